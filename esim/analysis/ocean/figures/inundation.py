"""The figure of inundation: maximum depth on land, and exposed seafloor."""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.reading.run import Run
from esim.constants import EARTH_RADIUS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOODED, EXPOSED = 1, 3  # in the variable extent
MARGIN = 0.08  # of the size of what is shown, on each side
LEAST = 12  # cells along a side of the map, at least
QUANTILE = 0.995  # of the depths that the colours span
COARSE = 500.0  # m: larger cells do not resolve what is flooded
SIZE = 5.4, 7.4  # inches: width and height of the map, at most
SAND = "#d9b365"
SEA = "#dfe9f2"


def figure(run: Run, grid: str = "", look: Look = PLAIN) -> "Figure | None":
    """Maximum inundation depth and exposed seafloor, as far as anything is flooded or exposed.

    None where nothing is, beside the extent of the look, and, with a warning, on cells above 500 m.
    """
    from matplotlib.figure import Figure

    maxima = run.grids.get(grid)
    if maxima is None or "inundation_depth_max" not in maxima:
        return None
    depth = maxima["inundation_depth_max"]
    exposed = _exposed(maxima)
    shown = depth.notnull() if exposed is None else depth.notnull() | exposed
    if not shown.any() or _is_coarse(grid, depth):
        return None
    rows, columns = (_around(np.asarray(shown.values.any(axis=axis))) for axis in (1, 0))
    zoom = {shown.dims[0]: rows, shown.dims[1]: columns}
    shown_depth = chart.crop(depth, look.extent) if look.extent else depth.isel(zoom)
    if shown_depth is None:
        return None
    part = maxima.sel({name: shown_depth[name] for name in depth.dims})
    depth = chart.thin(shown_depth)
    bathymetry = chart.thin(part["bathymetry"])
    drawing = Figure(figsize=chart.size(depth, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    axes.set_facecolor(SEA)
    chart.land(axes, bathymetry)
    top = chart.span(depth, QUANTILE)
    drawn = chart.image(axes, depth, cmap=look.colours("plasma_r"), vmin=0, vmax=top, zorder=3)
    if exposed is not None:
        _exposure(axes, chart.thin(_exposed(part)))  # type: ignore[arg-type]
    chart.frame(axes, depth)
    marks.nests(axes, run, grid)
    marks.scale_bar(axes, chart.lonlat(depth))
    marks.stations(axes, run.stations)
    chart.bar(axes, drawn, "maximum inundation depth (m)", extend=chart.beyond(depth.values, 0, top))
    axes.set_title(f"{look.heading(run)}\n{_words(run, grid)}", loc="left")
    credit.line(drawing, run)
    return drawing


def _exposed(maxima: "xr.Dataset") -> "xr.DataArray | None":
    """Where seafloor was exposed; None if the run did not keep it."""
    return maxima["extent"] == EXPOSED if "extent" in maxima else None


def _around(shown: np.ndarray) -> slice:
    """The range of indices to show, with a margin."""
    found = np.flatnonzero(shown)
    size = max(found[-1] + 1 - found[0], LEAST)
    middle = (found[0] + found[-1] + 1) / 2
    half = (0.5 + MARGIN) * size
    return slice(max(int(middle - half), 0), min(int(np.ceil(middle + half)), shown.size))


def _exposure(axes: "Axes", exposed: "xr.DataArray") -> None:
    from matplotlib.colors import ListedColormap

    if exposed.any():
        colour: Any = ListedColormap([SAND])
        chart.image(axes, exposed.where(exposed).astype(float), cmap=colour, vmin=0, vmax=1, zorder=3)
        axes.plot([], [], "s", color=SAND, label="exposed seafloor")
        axes.legend(loc="best", fontsize=8, framealpha=0.9)


def _is_coarse(grid: str, field: "xr.DataArray") -> bool:
    """Whether cells are too large to tell what is flooded; says so."""
    y = field[field.dims[0]].values
    metres = np.deg2rad(1) * EARTH_RADIUS if chart.lonlat(field) else 1.0
    size = metres * float(np.ptp(y)) / max(y.size - 1, 1)
    if size > COARSE:
        where = f" of nest '{grid}'" if grid else ""
        logging.getLogger("esim").warning(
            "no figure of inundation%s: its cells of %.3g km do not resolve it, %g m at most would",
            where, size / 1000, COARSE,
        )  # fmt: skip
    return size > COARSE


def _words(run: Run, grid: str) -> str:
    found = run.record.get("hazard", {}).get(grid or "grid")
    name = f"{grid}: " if grid else ""
    if not found:
        return f"{name}inundation"
    text = f"{name}{found['flooded_km2']:.3g} km² inundated"
    if found["highest_runup_m"] is not None:
        text += f", maximum run-up {found['highest_runup_m']:.1f} m"
    return text
