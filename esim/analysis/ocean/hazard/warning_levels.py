"""Which warning does a tsunami call for, along which part of a coast?

The height of a segment is the largest above the still water in its coastal cells: those of the sea with land in one of
the eight around them, or all of the sea where the segment has none of these. Of nested grids the finest around a place
counts. On a coarse grid such cells lie in deeper water than the shore; Green's law, H = H_cell (d_cell / d)^(1/4), then
gives the height at a depth d, commonly 1 m (Kamigaichi 2009). Cells in absorbing layers, where waves are damped, do
not count.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.ocean.hazard.travel_times import still_water
from esim.analysis.reading.plane import Plane, plane_of, spacing
from esim.analysis.reading.run import Run
from esim.config.ocean.warning_levels import WarningLevels
from esim.errors import InputError
from esim.io.atomic import whole_file
from esim.io.ocean.coastal_segments import Segment
from esim.io.tables import write_table

if TYPE_CHECKING:
    import xarray as xr

TABLE, MAP = "warning_levels.csv", "warning_levels.geojson"
PLACES = {True: ("lon", "lat"), False: ("x", "y")}


class SegmentWarning(NamedTuple):
    """The warning of a segment, and the cell that calls for it; None, and no level, where no sea lies in it.

    height [m] is that above still water, by Green's law where that was asked for, cell_height [m] that of the cell, in
    depth [m] of still water at x, y. arrival [s since origin] is the first in any of the cells.
    """

    segment: str
    level: str
    height: float | None = None
    cell_height: float | None = None
    depth: float | None = None
    x: float | None = None
    y: float | None = None
    arrival: float | None = None
    cells: int = 0
    coastal: bool = False
    grid: str = ""


class Cells(NamedTuple):
    """Cells of a segment: height above and depth of the still water [m], arrival [s], places, whether at a coast.

    All are arrays (cells,).
    """

    height: np.ndarray
    depth: np.ndarray
    arrival: np.ndarray
    x: np.ndarray
    y: np.ndarray
    coast: np.ndarray


def segment_warnings(
    run: Run, segments: Sequence[Segment], levels: WarningLevels, green_depth: float | None = None
) -> list[SegmentWarning]:
    """The warning of each segment. green_depth [m] is the depth to which Green's law takes the heights; None: not.

    Raises InputError for a run without eta_max, or a depth that is not positive. A warning names segments without sea.
    """
    if green_depth is not None and not green_depth > 0:
        raise InputError(
            f"the depth for Green's law is {green_depth:g} m; expected a positive one, such as 1 m"
        )
    if not run.grids or "eta_max" not in next(iter(run.grids.values())):
        raise InputError(
            f"{run.directory}: warnings need maxima.nc with eta_max, which the run did not write"
        )
    planes = {name: plane_of(data, run.record["configuration"]) for name, data in run.grids.items()}
    found = [_warning(run, planes, segment, levels, green_depth) for segment in segments]
    if dry := [one.segment for one in found if not one.cells]:
        logging.getLogger("esim").warning(
            "no cell of the sea lies in segment %s: it has no level", ", ".join(dry)
        )
    return found


def green(height: np.ndarray, depth: np.ndarray, target: float) -> np.ndarray:
    """Heights [m] at a target depth [m], by Green's law, of those at other depths [m]; the same in shallower water."""
    return height * np.maximum(depth / target, 1.0) ** 0.25


def write_warnings(
    folder: Path,
    segments: Sequence[Segment],
    found: Sequence[SegmentWarning],
    levels: WarningLevels,
    lonlat: bool,
    green_depth: float | None,
) -> list[Path]:
    """Writes warning_levels.csv, and warning_levels.geojson with the geometries of the segments; returns the paths."""
    rows = [_properties(one, lonlat, green_depth) for one in found]
    table, places = folder / TABLE, folder / MAP
    write_table(table, rows[0], (list(row.values()) for row in rows))
    features = [
        {"type": "Feature", "geometry": dict(segment.geometry), "properties": row}
        for segment, row in zip(segments, rows, strict=True)
    ]
    tree = {"type": "FeatureCollection", "name": levels.name or "warning levels", "features": features}
    with whole_file(places) as temporary:
        temporary.write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")
    return [table, places]


def _warning(
    run: Run, planes: Mapping[str, Plane], segment: Segment, levels: WarningLevels, green_depth: float | None
) -> SegmentWarning:
    """The warning of a segment, by its highest cell."""
    found = _segment_cells(run, planes, segment)
    if not found:
        return SegmentWarning(segment.name, "")
    heights = {
        grid: cells.height if green_depth is None else green(cells.height, cells.depth, green_depth)
        for grid, cells in found.items()
    }
    grid = max(heights, key=lambda name: heights[name].max())
    cells, top = found[grid], int(heights[grid].argmax())
    arrivals = np.concatenate([one.arrival for one in found.values()])
    return SegmentWarning(
        segment.name,
        levels.level(float(heights[grid][top])),
        height=float(heights[grid][top]),
        cell_height=float(cells.height[top]),
        depth=float(cells.depth[top]),
        x=float(cells.x[top]),
        y=float(cells.y[top]),
        arrival=float(np.nanmin(arrivals)) if np.isfinite(arrivals).any() else None,
        cells=arrivals.size,
        coastal=bool(cells.coast[top]),
        grid=grid,
    )


def _segment_cells(run: Run, planes: Mapping[str, Plane], segment: Segment) -> dict[str, Cells]:
    """The cells of a segment by their grids: those at the coast, or all of the sea where none is."""
    found: dict[str, Cells] = {}
    for name in sorted(planes, key=lambda one: spacing(planes[one].x)):
        finer = [planes[one] for one in found]
        cells = _cells(run.grids[name], planes[name], finer, segment, still_water(run))
        if cells.height.size:
            found[name] = cells
    if not any(cells.coast.any() for cells in found.values()):
        return found
    return {name: _chosen(cells, cells.coast) for name, cells in found.items() if cells.coast.any()}


def _cells(data: "xr.Dataset", plane: Plane, finer: Sequence[Plane], segment: Segment, still: float) -> Cells:
    """The cells of the sea in a segment, but for those within finer grids."""
    part = _around(data, plane, segment)
    x, y = part[plane.columns].values, part[plane.rows].values
    columns, rows = np.meshgrid(x, y)
    eta, depth = part["eta_max"].values, still - part["bathymetry"].values
    unknown = np.full(depth.shape, np.nan)
    arrival = part["arrival_time"].values if "arrival_time" in part else unknown
    sea = (depth > 0) & np.isfinite(eta) & segment.place.contains(x, y, plane.lonlat)
    if "absorbing_layer" in part:
        sea &= part["absorbing_layer"].values == 0
    for one in finer:
        places = one.locate(lon=columns.ravel(), lat=rows.ravel()) if plane.lonlat else (columns, rows)
        sea &= ~one.contains(*places).reshape(sea.shape)
    east = (columns + 180) % 360 - 180 if plane.lonlat else columns
    found = Cells(eta - still, depth, arrival, east, rows, _beside(depth <= 0))
    return _chosen(found, sea)


def _chosen(cells: Cells, which: np.ndarray) -> Cells:
    return Cells(*(values[which] for values in cells))


def _around(data: "xr.Dataset", plane: Plane, segment: Segment) -> "xr.Dataset":
    """The part of a grid within the bounds of a segment, and a cell more on every side."""
    west, south, east, north = segment.place.bounds(plane.lonlat)
    x = plane.x
    if plane.lonlat:
        middle = (west + east) / 2
        x = x - 360.0 * np.round((x - middle) / 360.0)
    columns = np.flatnonzero((x >= west - spacing(plane.x)) & (x <= east + spacing(plane.x)))
    rows = np.flatnonzero((plane.y >= south - spacing(plane.y)) & (plane.y <= north + spacing(plane.y)))
    return data.isel({plane.rows: rows, plane.columns: columns}).transpose(plane.rows, plane.columns)


def _beside(land: np.ndarray) -> np.ndarray:
    """Which cells have land in one of the eight around them."""
    wide = np.pad(land, 1)
    ny, nx = land.shape
    around = [
        wide[1 + j : 1 + j + ny, 1 + i : 1 + i + nx]
        for j in (-1, 0, 1)
        for i in (-1, 0, 1)
        if (j, i) != (0, 0)
    ]
    return np.any(around, axis=0)


def _properties(one: SegmentWarning, lonlat: bool, green_depth: float | None) -> dict[str, Any]:
    """What a warning says, by the names of columns, which end with their units."""
    x, y = PLACES[lonlat]
    what = "still water" if green_depth is None else f"still water, by Green's law at {green_depth:g} m depth"
    return {
        "segment": one.segment,
        "level": one.level,
        "height_m": _rounded(one.height),
        "height_above": what,
        "cell_height_m": _rounded(one.cell_height),
        "cell_depth_m": _rounded(one.depth),
        f"cell_{x}": _rounded(one.x, 9),
        f"cell_{y}": _rounded(one.y, 9),
        "arrival_s": _rounded(one.arrival),
        "cells": one.cells,
        "cells_at": "coast" if one.coastal else "sea" if one.cells else "",
        "grid": one.grid,
    }


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else float(f"{value:.{digits}g}")
