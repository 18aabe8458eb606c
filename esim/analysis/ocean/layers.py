"""Which layers has a tsunami for other maps? Stations, faults, isochrones, what was flooded, run-up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from esim.analysis.export.layer import Layer, stations
from esim.analysis.figures import chart
from esim.analysis.figures.clock import duration
from esim.analysis.ocean.figures import fault, isochrones
from esim.analysis.reading.run import Run
from esim.constants import EARTH_RADIUS

if TYPE_CHECKING:
    import xarray as xr

FLOODED = 1  # in the variable extent


def layers(run: Run, step: float | None = None) -> list[Layer]:
    """The layers of a run that are not empty; isochrones are every `step` [s], by default as on the map of heights."""
    found = stations(run)
    for name, maxima in run.grids.items():
        suffix = f"_{name}" if name else ""
        if not name:
            found += _faults(run, maxima)
        found += _isochrones(run, maxima, suffix, step)
        found += _flood(maxima, suffix)
        found += _runup(run, name, suffix)
    return found


def _faults(run: Run, maxima: "xr.Dataset") -> list[Layer]:
    """The subfaults, seen from above."""
    field = maxima["bathymetry"]
    scale = 1 if chart.lonlat(field) else 1000
    shapes = [shapely.Polygon(corners * scale) for corners in fault.subfaults(run, field)]
    return (
        [Layer("faults", "faults", shapes, [{"subfault": n} for n in range(1, len(shapes) + 1)])]
        if shapes
        else []
    )


def _isochrones(run: Run, maxima: "xr.Dataset", suffix: str, step: float | None) -> list[Layer]:
    from contourpy import contour_generator

    field = maxima["bathymetry"]
    arrival = isochrones.arrivals(maxima, fault.subfaults(run, field))
    if arrival is None or min(arrival.shape) < 2:
        return []
    y, x = (arrival[name].values for name in arrival.dims)
    lines = contour_generator(x, y, arrival.values)
    scale = 1 if chart.lonlat(arrival) else 1000
    least = isochrones.diagonal(arrival) * scale
    shapes, rows = [], []
    for time in isochrones.levels(arrival, step):
        if kept := isochrones.pieces([np.asarray(line) for line in lines.lines(float(time))], least):
            shapes.append(shapely.MultiLineString([line for line in kept if len(line) > 1]))
            rows.append(
                {"name": duration(float(time)), "seconds": float(time), "utc": _utc(run, float(time))}
            )
    return [Layer(f"isochrones{suffix}", "isochrones", shapes, rows)] if shapes else []


def _utc(run: Run, seconds: float) -> str | None:
    """A time since the origin as a date (ISO 8601)."""
    return None if run.start is None else f"{run.start + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def _flood(maxima: "xr.Dataset", suffix: str) -> list[Layer]:
    """A polygon, with its holes, around each connected area of land that was flooded."""
    if "inundation_depth_max" not in maxima:
        return []
    depth = maxima["inundation_depth_max"]
    flooded = (maxima["extent"] == FLOODED).values if "extent" in maxima else depth.notnull().values
    if not flooded.any():
        return []
    shapes, rows = zip(*_areas(depth, flooded), strict=True)
    return [Layer(f"flood{suffix}", "flood", list(shapes), list(rows))]


def _areas(depth: "xr.DataArray", flooded: np.ndarray) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Polygons of areas that hang together along sides of cells, each with its size and largest depth."""
    from scipy.ndimage import label, maximum

    area, count = label(flooded)
    y, x = (_edges(depth[name].values) for name in depth.dims)
    numbers = np.arange(1, count + 1)
    deepest = maximum(np.nan_to_num(depth.values), area, numbers)
    rows, first, last = _runs(flooded)
    boxes = shapely.box(x[first], y[rows], x[last], y[rows + 1])
    width = x[last] - x[first]
    size = width * np.abs(np.diff(y))[rows] / 1e6
    if chart.lonlat(depth):
        middle = (y[rows] + y[rows + 1]) / 2
        size = size * 1e6 * (np.deg2rad(1) * EARTH_RADIUS / 1e3) ** 2 * np.cos(np.deg2rad(middle))
    owner = area[rows, first]
    order = np.argsort(owner, kind="stable")
    for number, members in zip(
        numbers, np.split(order, np.searchsorted(owner[order], numbers[1:])), strict=True
    ):
        told = {
            "area_km2": float(f"{size[members].sum():.6g}"),
            "depth_max_m": float(f"{deepest[number - 1]:.4g}"),
        }
        yield shapely.union_all(boxes[members]), told


def _runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of neighbouring cells of a mask: the row of each, its first column, and the one after its last."""
    steps = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, first = np.nonzero(steps == 1)
    return rows, first, np.nonzero(steps == -1)[1]


def _edges(centres: np.ndarray) -> np.ndarray:
    """Edges of the cells along an axis, one more than there are cells."""
    step = (centres[-1] - centres[0]) / max(centres.size - 1, 1) or 1.0
    return centres[0] + step * (np.arange(centres.size + 1) - 0.5)


def _runup(run: Run, name: str, suffix: str) -> list[Layer]:
    """The points of the coast that water came to."""
    points = run.runups.get(name)
    if points is None or not points.sizes["point"]:
        return []
    x, y = ("lon", "lat") if "lon" in points.variables else ("x", "y")
    known = np.fmax(points["runup"].values, points["shore_level"].values)
    reached = np.flatnonzero(np.isfinite(known))
    values = {key: points[key].values for key in ("runup", "shore_level")}
    rows = [
        {"name": f"{known[n]:.1f} m"} | {f"{key}_m": _number(v[n]) for key, v in values.items()}
        for n in reached
    ]
    shapes = list(shapely.points(points[x].values[reached], points[y].values[reached]))
    return [Layer(f"runup{suffix}", "runup", shapes, rows)] if shapes else []


def _number(value: float) -> float | None:
    """A number of a few digits; None where there is none."""
    return float(f"{value:.5g}") if np.isfinite(value) else None
