"""What moves in a tsunami: the water surface, or another variable of fields.nc."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.animation.moving import Moving, cropped, sample, variable
from esim.analysis.figures import chart, marks
from esim.analysis.figures.clock import clock
from esim.analysis.figures.look import Look
from esim.analysis.ocean.figures import fault
from esim.analysis.reading.run import Run
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

SIGNED = ("eta", "u", "v", "hu", "hv")  # variables around zero, even where they happen to be positive
COAST = 2.02  # z-order of the coast of a grid with nests: above its field and below them
SAME = 1e-3  # s between snapshots of one time
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
    nests = {nest: _dressed(run, whole._replace(field=part), bed) for nest, part, bed in _nests(run, field)}
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


def _nests(run: Run, field: "xr.DataArray") -> "Iterator[tuple[str, xr.DataArray, xr.DataArray]]":
    """Nested grids with snapshots of the same at the same times: names, fields and bathymetries, coarse ones first.

    They are cropped to the part of the map that is shown; a nest with other snapshots is left out, and that is told.
    """
    box, times = chart.extent(field), field["seconds"].values
    for name, data in sorted(run.nest_fields.items(), key=lambda one: -_spacing(one[1])):
        if str(field.name) not in data:
            continue
        own = data["seconds"].values
        chosen = np.clip(np.searchsorted(own, times - SAME), 0, own.size - 1)
        if not own.size or np.abs(own[chosen] - times).max() > SAME:
            logging.getLogger("esim").warning(
                "nest '%s' is not shown: its snapshots are at other times", name
            )
            continue
        part, bed = chart.crop(data[str(field.name)], box), chart.crop(data["bathymetry"], box)
        if part is not None and bed is not None:
            yield name, part.isel(time=chosen), bed


def _spacing(data: "xr.Dataset") -> float:
    x, _ = chart.plane(data["bathymetry"])
    return float(np.ptp(x)) / max(x.size - 1, 1)


def _colours(values: "xr.DataArray") -> tuple[Any, str]:
    """The scale for the whole run, and its map of colours: two-sided for what has both signs."""
    from matplotlib.colors import Normalize

    known = values.values[np.isfinite(values.values)]
    moved = np.abs(known[known != 0])
    top = chart.nice(float(np.quantile(moved, QUANTILE))) if moved.size else 1.0
    two_sided = values.name in SIGNED or bool(known.size and known.min() < 0)
    return (Normalize(-top, top), "RdBu_r") if two_sided else (Normalize(0, top), "YlGnBu")
