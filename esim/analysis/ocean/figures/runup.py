"""The figure of run-up along a coast, on a map and in profile."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.06  # of the extent of the points, around them
QUANTILE = 0.995  # of the heights that the colours span
MAP, SIDE = 4.0, 2.6  # inches: the longer side of the map; of the diagram beside or below it
LEAST = 0.3  # of the longer side of the map: the shorter one, at least
SHORE = "#7aa6c2"
COLOURS = "viridis_r"


def figure(run: Run, grid: str = "", look: Look = PLAIN) -> "Figure | None":
    """Maximum water-surface elevation at coastal points on a map, and run-up along its longer side.

    None where the run kept no points of the coast, no water came to them, or none lies in the extent of the look.
    """
    from matplotlib.figure import Figure

    points, maxima = run.runups.get(grid), run.grids.get(grid)
    if points is None or maxima is None or not points.sizes["point"]:
        return None
    points = _within(points, look.extent)
    if points is None:
        return None
    known = points["shore_level"].copy(data=np.fmax(points["runup"].values, points["shore_level"].values))
    if not known.notnull().any():
        return None
    bathymetry = maxima["bathymetry"]
    x, y = _places(points)
    box = look.extent or _box(x, y, bathymetry)
    upright = (box[3] - box[2]) * chart.stretch(bathymetry, (box[2] + box[3]) / 2) >= box[1] - box[0]
    top = max(chart.span(known, QUANTILE), 1e-6)
    size = (MAP + SIDE, 1.7 * MAP) if upright else (1.7 * MAP, MAP + SIDE)
    drawing = Figure(figsize=size, layout="constrained")
    rows, columns = (1, 2) if upright else (2, 1)
    plain, diagram = drawing.subplots(rows, columns, sharex=not upright, sharey=upright)
    colours = look.colours(COLOURS)
    _map(plain, bathymetry, box, x, y, known, top, colours)
    _along(diagram, points, y if upright else x, upright, top, colours)
    chart.frame(plain, bathymetry, box)
    plain.set_aspect(chart.stretch(bathymetry, (box[2] + box[3]) / 2), adjustable="box")
    marks.scale_bar(plain, chart.lonlat(bathymetry))
    plain.set_title(f"{look.heading(run)}\n{f'{grid}: ' if grid else ''}{_words(points)}", loc="left")
    credit.line(drawing, run)
    return drawing


def _within(points: "xr.Dataset", box: chart.Box | None) -> "xr.Dataset | None":
    """The points in a box, None if there are none."""
    if box is None:
        return points
    x, y = _places(points)
    inside = (x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3])
    return points.isel(point=inside) if inside.any() else None


def _places(points: "xr.Dataset") -> tuple[np.ndarray, np.ndarray]:
    """Positions as the map counts them: degrees, or km."""
    if "lon" in points.variables:
        return points["lon"].values, points["lat"].values
    return points["x"].values / 1000, points["y"].values / 1000


def _box(x: np.ndarray, y: np.ndarray, field: "xr.DataArray") -> chart.Box:
    """The box of the map around the points, within the grid and not too narrow."""
    west, east, south, north = chart.extent(field)
    stretch = chart.stretch(field, float(y.mean()))
    long = max(np.ptp(x), np.ptp(y) * stretch, (east - west) / 50)
    half_x = max(np.ptp(x) / 2 + MARGIN * long, LEAST * long / 2)
    half_y = max(np.ptp(y) / 2 + MARGIN * long / stretch, LEAST * long / stretch / 2)
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    return (
        max(middle_x - half_x, west),
        min(middle_x + half_x, east),
        max(middle_y - half_y, south),
        min(middle_y + half_y, north),
    )


def _map(
    axes: "Axes",
    bathymetry: "xr.DataArray",
    box: chart.Box,
    x: np.ndarray,
    y: np.ndarray,
    known: "xr.DataArray",
    top: float,
    colours: str,
) -> None:
    rows, columns = bathymetry.dims
    scale = 1 if chart.lonlat(bathymetry) else 1000
    near = bathymetry.sel(
        {
            rows: slice(*_ordered(bathymetry[rows], box[2] * scale, box[3] * scale)),
            columns: slice(box[0] * scale, box[1] * scale),
        }
    )
    chart.land(axes, chart.thin(near if min(near.shape) > 1 else bathymetry))
    order = np.argsort(np.nan_to_num(known.values))
    values = known.values[order]
    axes.scatter(x[order], y[order], c=values, s=14, cmap=colours, vmin=0, vmax=top, zorder=6, lw=0)


def _ordered(axis: "xr.DataArray", low: float, high: float) -> tuple[float, float]:
    return (low, high) if axis.values[0] <= axis.values[-1] else (high, low)


def _along(
    axes: "Axes", points: "xr.Dataset", place: np.ndarray, upright: bool, top: float, cmap: str
) -> None:
    """Bars of the run-up, coloured as on the map, and points of the maximum elevation at the shore, along the coast."""
    from matplotlib import colormaps

    shore, runup = points["shore_level"].values, points["runup"].values
    known = np.isfinite(runup)
    lines = axes.hlines if upright else axes.vlines
    if known.any():
        colours = colormaps[cmap](np.clip(runup[known] / top, 0, 1))
        order = np.argsort(-runup[known])  # lower ones in front
        lines(
            place[known][order],
            0,
            runup[known][order],
            colors=colours[order],
            lw=1.2,
            label="run-up",
        )
    across = (shore, place) if upright else (place, shore)
    axes.plot(*across, ".", ms=3.5, color=SHORE, label="maximum elevation at the shore", zorder=3)
    limits, label = (axes.set_xlim, axes.set_xlabel) if upright else (axes.set_ylim, axes.set_ylabel)
    highest = float(np.nanmax(np.concatenate([shore, runup])))
    limits(min(0.0, float(np.nanmin(np.concatenate([shore, runup])))), 1.08 * max(highest, 1e-6))
    label("elevation above datum (m)")
    axes.grid(alpha=0.25, lw=0.5)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), fontsize=8, frameon=False, borderpad=0.2)


def _words(points: "xr.Dataset") -> str:
    runup = points["runup"].values
    count = f"{points.sizes['point']:,} coastal points"
    if not np.isfinite(runup).any():
        return f"maximum elevation at {count}, no inundation"
    return f"run-up at {count}, up to {np.nanmax(runup):.1f} m"
