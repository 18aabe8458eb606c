"""What moves in a tsunami: the water surface, or another variable of fields.nc."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.animation.moving import Moving, cropped, sample, variable
from esim.analysis.figures import chart, marks
from esim.analysis.figures.clock import clock
from esim.analysis.figures.inlay import COAST
from esim.analysis.figures.look import Look
from esim.analysis.ocean.figures import fault
from esim.analysis.ocean.figures.nests import nested
from esim.analysis.reading.run import Run
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

SIGNED = ("eta", "u", "v", "hu", "hv")  # variables around zero, even where they happen to be positive
QUANTILE = 0.995  # of the absolute values that the colours span


def moving(run: Run, what: str | None, plane: str | None, look: Look) -> Moving:
    """The variable `what` of fields.nc, by default eta. Raises InputError if the run has no snapshots of it."""
    if plane is not None:
        raise InputError(f"--plane {plane}: a tsunami has no planes")
    field = cropped(variable(run.fields, what or "eta", f"{run.directory}/fields.nc"), look.extent)
    assert run.fields is not None  # it has the variable
    norm, colours = _colours(sample(field))
    name, unit = field.attrs.get("long_name", str(field.name)), field.attrs.get("units", "1")
    title = "\n".join(filter(None, (look.heading(run), clock(run, look).origin())))
    words = f"{name} ({unit})" if unit != "1" else name
    whole = Moving(field, 1.0, words, title, look.colours(colours), norm, _nothing)
    nests = {nest: _dressed(run, whole._replace(field=part), bed) for nest, part, bed in nested(run, field)}
    whole = _dressed(run, whole, cropped(run.fields["bathymetry"], look.extent), COAST if nests else None)
    return whole._replace(nests=nests)


def _dressed(run: Run, scene: Moving, bathymetry: "xr.DataArray", coast: float | None = None) -> Moving:
    """A scene with its land, the place where slip begins and a scale bar; its coast below nests if it has some."""
    stars = fault.epicentres(run, bathymetry)

    def dress(axes: "Axes") -> None:
        chart.land(axes, chart.thin(bathymetry), **({} if coast is None else {"coast": coast}))
        chart.frame(axes, bathymetry)
        for x, y in stars:
            marks.star(axes, x, y)
        marks.scale_bar(axes, chart.lonlat(bathymetry))

    return scene._replace(dress=dress, bathymetry=bathymetry, stars=stars)


def _nothing(axes: "Axes") -> None:
    pass


def _colours(values: "xr.DataArray") -> tuple[Any, str]:
    """The scale for the whole run, and its map of colours: two-sided for what has both signs."""
    from matplotlib.colors import Normalize

    known = values.values[np.isfinite(values.values)]
    moved = np.abs(known[known != 0])
    top = chart.nice(float(np.quantile(moved, QUANTILE))) if moved.size else 1.0
    two_sided = values.name in SIGNED or bool(known.size and known.min() < 0)
    return (Normalize(-top, top), "RdBu_r") if two_sided else (Normalize(0, top), "YlGnBu")
