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
ISOCHRONES = 14  # steps of a map of arrivals, at most, about
STEPS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def probability(run: Run, nest: str, name: str, look: Look) -> "Figure | None":
    """Probability that a threshold is exceeded, or that land is flooded; None beside the extent of the look."""
    from matplotlib.colors import BoundaryNorm

    colours, field = _colours(look, "YlOrRd"), run.grids[nest][name]
    norm = BoundaryNorm(STEPS, colours.N)
    words = str(field.attrs["long_name"]) + (f" {_units(run, name)}" if "exceedance" in name else "")
    return _map(run, nest, field.where(field > 0), words, "probability", colours, norm, look, ticks=STEPS)


def height(run: Run, nest: str, name: str, look: Look) -> "Figure | None":
    """A quantile over the members, or the worst of them, by the logarithm of its height."""
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator

    field = run.grids[nest][name]
    top = chart.span(field, QUANTILE)
    least = top / 10**DECADES
    words, units = str(field.attrs["long_name"]), str(field.attrs["units"])
    what = words.partition("quantile of the ")[2] or words.partition(" of the worst")[0]
    colours, norm, shown = _colours(look, "YlGnBu"), LogNorm(least, top), field.where(field >= least)
    ticks: dict[str, Any] = {"format": "%g", "ticks": LogLocator(subs=(1, 2, 5))}
    return _map(run, nest, shown, words, f"{what} ({units})", colours, norm, look, **ticks)


def arrival(run: Run, nest: str, name: str, look: Look) -> "Figure | None":
    """A quantile of the time of arrival, in steps of minutes; None beside the extent of the look."""
    from matplotlib.colors import BoundaryNorm

    field = run.grids[nest][name]
    minutes = (field / 60).assign_attrs(field.attrs)
    step = chart.nice(chart.span(minutes, 1.0) / ISOCHRONES, (1, 2, 5))
    edges = np.arange(0.0, float(minutes.max()) + step, step)
    colours = _colours(look, "viridis_r")
    norm = BoundaryNorm(edges, colours.N)
    words = str(field.attrs["long_name"])
    return _map(run, nest, minutes, words, "time since origin (min)", colours, norm, look, ticks=edges)


def _units(run: Run, name: str) -> str:
    """The units of the threshold that a map is of: metres of depth on land, else those of the quantity."""
    return "m" if name.startswith("inundation") else str(_hazard(run)["threshold"].attrs["units"])


def _hazard(run: Run) -> "xr.Dataset":
    assert run.hazard is not None  # by draw
    return run.hazard


def _colours(look: Look, default: str) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    own = ListedColormap(colormaps[default](np.linspace(PALEST, 1, 256)))
    return colormaps.get_cmap(look.colours(own))


def _map(
    run: Run,
    nest: str,
    field: "xr.DataArray",
    words: str,
    scale: str,
    colours: Any,
    norm: Any,
    look: Look,
    **options: Any,
) -> "Figure | None":
    """A map of a grid of the members, with land, stations and scale; what is missing is white."""
    from matplotlib.figure import Figure

    part = chart.crop(field, look.extent)
    if part is None:
        return None
    shown = chart.thin(part)
    drawing = Figure(figsize=chart.size(shown, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    axes.set_facecolor("white")
    if "bathymetry" in (grid := run.grids[nest]):
        chart.land(axes, chart.thin(grid["bathymetry"].sel({name: part[name] for name in part.dims})))
    drawn = chart.image(axes, shown, cmap=colours, norm=norm)
    chart.frame(axes, shown)
    marks.scale_bar(axes, chart.lonlat(shown))
    marks.stations(axes, stations_of(_hazard(run)))
    chart.bar(axes, drawn, scale, **options)
    where = f", nest '{nest}'" if nest else ""
    subtitle = f"{words}, of {_hazard(run).sizes['member']} members{where}"
    axes.set_title("\n".join((look.heading(run), subtitle)), loc="left")
    credit.line(drawing, run)
    return drawing
