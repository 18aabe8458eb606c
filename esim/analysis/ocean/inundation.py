"""The figure of inundation: maximum depth on land, and exposed seafloor."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis import chart
from esim.analysis.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLOODED, EXPOSED = 1, 3  # in the variable extent
MARGIN = 0.08  # of the size of what is shown, on each side
LEAST = 12  # cells along a side of the map, at least
QUANTILE = 0.995  # of the depths that the colours span
SAND = "#d9b365"
SEA = "#dfe9f2"


def figure(run: Run, grid: str = "") -> "Figure | None":
    """Maximum inundation depth and exposed seafloor; None where there is neither."""
    from matplotlib.figure import Figure

    maxima = run.grids.get(grid)
    if maxima is None or "inundation_depth_max" not in maxima:
        return None
    depth = maxima["inundation_depth_max"]
    exposed = _exposed(maxima)
    shown = depth.notnull() if exposed is None else depth.notnull() | exposed
    if not shown.any():
        return None
    rows, columns = (_around(np.asarray(shown.values.any(axis=axis))) for axis in (1, 0))
    part = maxima.isel({shown.dims[0]: rows, shown.dims[1]: columns})
    depth = chart.thin(part["inundation_depth_max"])
    bathymetry = chart.thin(part["bathymetry"])
    drawing = Figure(figsize=_size(depth), layout="constrained")
    axes = drawing.add_subplot()
    axes.set_facecolor(SEA)
    chart.land(axes, bathymetry)
    top = chart.span(depth, QUANTILE)
    drawn = chart.image(axes, depth, cmap="plasma_r", vmin=0, vmax=top, zorder=3)
    if exposed is not None:
        _exposure(axes, chart.thin(_exposed(part)))  # type: ignore[arg-type]
    chart.frame(axes, depth)
    chart.gauges(axes, run.stations)
    chart.bar(axes, drawn, "maximum inundation depth (m)", extend="max")
    axes.set_title(f"{run.title}\n{_words(run, grid)}", loc="left")
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


def _size(field: "xr.DataArray") -> tuple[float, float]:
    """Inches of a drawing whose map has the shape of the field."""
    width = 6.4
    height = float(np.clip(width * chart.ratio(field), 2.6, 8.5))
    return min(width, height / chart.ratio(field)) + 1.9, height + 1.0


def _words(run: Run, grid: str) -> str:
    found = run.record.get("hazard", {}).get(grid or "grid")
    name = f"{grid}: " if grid else ""
    if not found:
        return f"{name}inundation"
    text = f"{name}{found['flooded_km2']:.3g} km² inundated"
    if found["highest_runup_m"] is not None:
        text += f", maximum run-up {found['highest_runup_m']:.1f} m"
    return text
