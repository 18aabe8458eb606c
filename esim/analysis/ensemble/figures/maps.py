"""Maps of an ensemble: how likely a threshold is exceeded, and how high the water comes."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.look import Look
from esim.analysis.reading.hazard_maps import stations_of
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

SIZE = 5.6, 7.4  # inches: width and height of the map, at most
QUANTILE, DECADES = 0.9995, 2.0  # of the values that the colours span, and how many decades
PALEST = 0.12
STEPS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def exceedance(run: Run, threshold: float, look: Look) -> "Figure | None":
    """Probability that a threshold is exceeded; None beside the extent of the look."""
    from matplotlib.colors import BoundaryNorm

    colours = _colours(look, "YlOrRd")
    norm = BoundaryNorm(STEPS, colours.N)
    field, about = _field(run, f"exceedance_probability_{threshold:g}"), _hazard(run)["threshold"].attrs
    words = f"probability of a {_quantity(run)} above {threshold:g} {about['units']}"
    return _map(run, field.where(field > 0), words, "probability", colours, norm, look, ticks=STEPS)


def height(run: Run, name: str, look: Look) -> "Figure | None":
    """A quantile over the members, or the worst of them, by the logarithm of its height."""
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator

    field = _field(run, name)
    top = chart.span(field, QUANTILE)
    least = top / 10**DECADES
    words, units = str(field.attrs["long_name"]), str(field.attrs["units"])
    shown = field.where(field >= least)
    ticks = LogLocator(subs=(1, 2, 5))
    colours, norm = _colours(look, "YlGnBu"), LogNorm(least, top)
    return _map(run, shown, words, f"{_quantity(run)} ({units})", colours, norm, look, format="%g", ticks=ticks)


def _hazard(run: Run) -> "xr.Dataset":
    assert run.hazard is not None  # by draw
    return run.hazard


def _quantity(run: Run) -> str:
    """What the maps are of."""
    return str(_hazard(run)["threshold"].attrs["long_name"]).removeprefix("threshold of the ")


def _field(run: Run, name: str) -> "xr.DataArray":
    assert run.maxima is not None  # by draw
    return run.maxima[name]


def _colours(look: Look, default: str) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    own = ListedColormap(colormaps[default](np.linspace(PALEST, 1, 256)))
    return colormaps.get_cmap(look.colours(own))


def _map(
    run: Run,
    field: "xr.DataArray",
    words: str,
    scale: str,
    colours: Any,
    norm: Any,
    look: Look,
    **options: Any,
) -> "Figure | None":
    """A map of the plane of the members, with land, stations and scale; what is missing is white."""
    from matplotlib.figure import Figure

    part = chart.crop(field, look.extent)
    if part is None:
        return None
    shown = chart.thin(part)
    drawing = Figure(figsize=chart.size(shown, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    axes.set_facecolor("white")
    if run.maxima is not None and "bathymetry" in run.maxima:
        chart.land(axes, chart.thin(run.maxima["bathymetry"].sel({name: part[name] for name in part.dims})))
    drawn = chart.image(axes, shown, cmap=colours, norm=norm)
    chart.frame(axes, shown)
    marks.scale_bar(axes, chart.lonlat(shown))
    marks.stations(axes, stations_of(_hazard(run)))
    chart.bar(axes, drawn, scale, **options)
    subtitle = f"{words}, of {_hazard(run).sizes['member']} members"
    axes.set_title("\n".join((look.heading(run), subtitle)), loc="left")
    credit.line(drawing, run)
    return drawing
