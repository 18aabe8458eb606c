"""Where is the interface of a subducting plate, and into which subfaults is it divided?

Grids of its depth are those of Slab2 (Hayes et al. 2018, Science 362, 58-61), or any others. Its strike and dip follow
from the gradient of the depth. The corners of subfaults lie on lines of steepest descent, which begin evenly spaced on
the line of the smaller depth; four of them make a rectangle with the mean of their sides, so that neighbours neither
overlap nor leave gaps beyond what a bent surface asks of flat pieces. At its rim the surface is continued by a node.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from math import asin, atan2, degrees, hypot, isfinite, nan, radians, sqrt
from pathlib import Path
from typing import Self

import numpy as np

from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.io.gridded.layout import find_gridded
from esim.io.gridded.reader import opened
from esim.sources import geodesy
from esim.sources.finite_fault import FiniteFault
from esim.sources.subfaults import unit_fault

KILOMETRES = (
    1000.0  # a slab whose numbers are all below this has its depths in km: none lies so near to the ground
)
STEPS = 10  # of a line of steepest descent along a side of a subfault
TRIES = 50  # nodes from which a line is sought; those at the rim may lead out of the interface
LONGEST = 4e7  # m: a line around the Earth
Point = tuple[float, float]  # lon, lat
Corner = tuple[float, float, float]  # and depth [m]
Limits = tuple[float | None, float | None, float | None, float | None]


@dataclass(frozen=True, eq=False)
class Slab:
    """Depth [m] (ny, nx) of an interface at nodes lon, lat [degrees], rising; NaN where there is none."""

    path: Path
    lon: np.ndarray
    lat: np.ndarray
    depth: np.ndarray
    remarks: tuple[str, ...] = ()

    @cached_property
    def surface(self) -> np.ndarray:
        """Depth [m] and its slopes towards east and north at the nodes, and a node beyond, (ny, nx, 3); else NaN."""
        width, height = (EARTH_RADIUS * radians(axis[1] - axis[0]) for axis in (self.lon, self.lat))
        widths = width * np.cos(np.deg2rad(self.lat))[:, None]
        east, north = _slope(self.depth, 1) / widths, _slope(self.depth, 0) / height
        known = np.isfinite(self.depth) & np.isfinite(east) & np.isfinite(north)
        found = np.where(known[..., None], np.stack([self.depth, east, north], axis=-1), np.nan)
        return _continued(found, widths, height)

    def at(self, point: Point) -> tuple[float, float, float]:
        """Depth [m] and its slopes towards east and north at a point, bilinear; NaN where there is none."""
        column = (point[0] - self.lon[0]) % 360.0 / (self.lon[1] - self.lon[0])
        row = (point[1] - self.lat[0]) / (self.lat[1] - self.lat[0])
        if not (0 <= column <= self.lon.size - 1 and 0 <= row <= self.lat.size - 1):
            return nan, nan, nan
        i, j = min(int(column), self.lon.size - 2), min(int(row), self.lat.size - 2)
        east, north = column - i, row - j
        south, other = self.surface[j, i : i + 2], self.surface[j + 1, i : i + 2]
        nodes = (1 - north) * south + north * other
        depth, slope_east, slope_north = ((1 - east) * nodes[0] + east * nodes[1]).tolist()
        return depth, slope_east, slope_north

    def within(self, limits: Limits) -> Self:
        """The part of the interface between west, east, south and north [degrees]; None: no limit."""
        west, east, south, north = limits
        columns, rows = np.ones(self.lon.size, bool), np.ones(self.lat.size, bool)
        if west is not None or east is not None:
            first = self.lon[0] if west is None else west
            span = 360.0 if east is None else east - first
            columns = (self.lon - first) % 360.0 <= span
        rows &= self.lat >= (-90.0 if south is None else south)
        rows &= self.lat <= (90.0 if north is None else north)
        return replace(self, depth=np.where(rows[:, None] & columns, self.depth, np.nan))


def _slope(values: np.ndarray, axis: int) -> np.ndarray:
    """How much values grow from node to node along an axis: central differences, and one-sided ones at the rim."""
    steps, none = np.diff(values, axis=axis), np.full_like(values.take([0], axis), np.nan)
    ahead, behind = np.concatenate([steps, none], axis), np.concatenate([none, steps], axis)
    one_sided = np.where(np.isnan(ahead), behind, ahead)
    return np.where(np.isnan(ahead) | np.isnan(behind), one_sided, 0.5 * (ahead + behind))


def _continued(surface: np.ndarray, widths: np.ndarray, height: float) -> np.ndarray:
    """A surface (ny, nx, 3) that goes on evenly to the next nodes beyond its rim, so that lines can run along that.

    widths (ny, 1) and height are the distances [m] between nodes.
    """
    ny, nx = surface.shape[:2]
    around = np.pad(surface, ((1, 1), (1, 1), (0, 0)), constant_values=np.nan)
    total, count = np.zeros_like(surface), np.zeros((ny, nx, 1))
    for j, i in product((-1, 0, 1), (-1, 0, 1)):
        beside = around[1 + j : 1 + j + ny, 1 + i : 1 + i + nx].copy()
        beside[..., 0] -= i * widths * beside[..., 1] + j * height * beside[..., 2]
        there = np.isfinite(beside[..., :1])
        total, count = total + np.where(there, beside, 0.0), count + there
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(surface), total / count, surface)


def read_slab(path: Path) -> Slab:
    """Reads the depth of an interface from NetCDF or columns lon, lat, depth. Raises InputError."""
    with opened(path) as data:
        found = find_gridded(path, data, None, True, "down")
        if found.records is not None:
            raise InputError(f"{path}: has times; expected the depth of an interface in lon and lat")
        depth = np.abs(np.ma.filled(np.ma.asarray(data[found.name][:], float), np.nan))
    depth = depth[:: -1 if found.y.falling else 1, :: -1 if found.x.falling else 1]
    km = found.units in ("km", "kilometers", "kilometres") or (
        found.units not in ("m", "metres", "meters") and np.nanmax(depth, initial=0.0) < KILOMETRES
    )
    remarks = () if found.units else (f"{path.name}: no unit; depths are taken as {'km' if km else 'm'}",)
    lon, lat = (axis.first + axis.step * np.arange(axis.count) for axis in (found.x, found.y))
    return Slab(path, lon, lat, depth * (1000.0 if km else 1.0), remarks)


def divide_slab(
    slab: Slab,
    depths: tuple[float, float],
    size: tuple[float, float],
    rake: float,
    rigidity: float | None = None,
) -> FiniteFault:
    """Subfaults of about a size [m], along strike and down dip, from one depth [m] to another, each with 1 m of slip.

    A subfault counts if its middle lies above the larger depth. Raises InputError where there is none.
    """
    line = _upper_edge(slab, depths[0], 0.1 * min(size))
    count = max(1, round(_length(line) / size[0]))
    columns = [list(_descent(slab, start, size[1], depths[1])) for start in _evenly(line, count + 1)]
    found = [
        _rectangle(corners)
        for left, right in pairwise(columns)
        for corners in zip(left, right, left[1:], right[1:], strict=False)
    ]
    found = [one for one in found if one["depth"] <= depths[1]]
    if not found:
        raise InputError(
            f"{slab.path}: no subfault of {size[0] / 1e3:g} x {size[1] / 1e3:g} km lies between depths of "
            f"{depths[0] / 1e3:g} and {depths[1] / 1e3:g} km; expected smaller ones, or more depth"
        )
    table = {name: np.array([one[name] for one in found]) for name in found[0]}
    ends = " to ".join(f"lon {lon:.2f}, lat {lat:.2f}" for lon, lat in (line[0], line[-1]))
    told = f"{slab.path.name}: upper edge at {depths[0] / 1e3:g} km, {_length(line) / 1e3:.0f} km long, from {ends}"
    return unit_fault(True, table, rake, rigidity, (*slab.remarks, told))


def _upper_edge(slab: Slab, depth: float, step: float) -> list[Point]:
    """Points every step [m] along the line of a depth [m], towards its strike, as far as the interface goes."""
    for node in _nearest_nodes(slab, depth):
        start = _on_line(slab, node, depth)
        forward = list(_follow(slab, start, depth, step))
        closed = len(forward) > 2 and _distance(start, forward[-1]) < step  # round an island of the interface
        backward = [] if closed else list(_follow(slab, start, depth, -step))[1:]
        line = [*reversed(backward), *forward]
        if len(line) > 1:
            return line
    raise InputError(
        f"{slab.path}: the line of {depth / 1e3:g} km depth is shorter than {step / 1e3:.3g} km; expected wider "
        "limits, another depth, or smaller subfaults"
    )


def _nearest_nodes(slab: Slab, depth: float) -> Iterator[Point]:
    """The nodes whose depths are nearest to one [m]; raises InputError where all are above or below it."""
    known = slab.depth
    if not np.isfinite(known).any():
        raise InputError(f"{slab.path}: has no depth within the limits; expected that of an interface")
    low, high = float(np.nanmin(known)), float(np.nanmax(known))
    if not low <= depth <= high:
        raise InputError(
            f"{slab.path}: the interface lies between depths of {low / 1e3:.4g} and {high / 1e3:.4g} km there; "
            f"expected the first of slab.depth, {depth / 1e3:g} km, between them"
        )
    nearest = np.argsort(np.abs(known - depth), axis=None)[:TRIES]  # what is missing comes last
    for j, i in np.transpose(np.unravel_index(nearest, known.shape)).tolist():
        yield float(slab.lon[i]), float(slab.lat[j])


def _on_line(slab: Slab, point: Point, depth: float) -> Point:
    """The point on the line of a depth [m] to which the steepest slope leads, or the end of the interface before."""
    for _ in range(3):  # Newton's method
        here, east, north = slab.at(point)
        if not isfinite(here):
            break
        far = (depth - here) / max(east * east + north * north, 1e-12)
        point = geodesy.travel(*point, far * east, far * north, True)
    return point


def _follow(slab: Slab, point: Point, depth: float, step: float) -> Iterator[Point]:
    """Points every step [m] along the line of a depth, against the strike where negative, up to its end."""
    first, gone = point, 0.0
    while isfinite(slab.at(point)[0]) and gone < LONGEST:
        if gone > 2 * abs(step) and _distance(first, point) < 0.5 * abs(step):
            return
        yield point
        _, east, north = slab.at(point)
        slope = hypot(east, north)
        if not slope > 0:
            return
        # The interface dips to the right of its strike.
        onward = geodesy.travel(*point, -step * north / slope, step * east / slope, True)
        point, gone = _on_line(slab, onward, depth), gone + abs(step)


def _evenly(line: Sequence[Point], count: int) -> Iterator[Point]:
    """So many points evenly along a line, from its first to its last."""
    along = np.concatenate([[0.0], np.cumsum([_distance(*pair) for pair in pairwise(line)])])
    lon, lat = np.array(line).T
    wanted = np.linspace(0, along[-1], count)
    yield from zip(
        np.interp(wanted, along, lon).tolist(), np.interp(wanted, along, lat).tolist(), strict=True
    )


def _descent(slab: Slab, point: Point, side: float, deepest: float) -> Iterator[Corner]:
    """Points every side [m] down the steepest descent, from one on the interface to the first below a depth [m]."""
    depth = slab.at(point)[0]
    while isfinite(depth):
        yield *point, depth
        if depth > deepest:
            return
        for _ in range(STEPS):
            middle = _downwards(slab, point, point, 0.5 * side / STEPS)
            point = _downwards(slab, point, middle, side / STEPS)
        depth = slab.at(point)[0]


def _downwards(slab: Slab, point: Point, slope_at: Point, distance: float) -> Point:
    """The point a distance [m] down the interface, by its slope at another point."""
    depth, east, north = slab.at(slope_at)
    if not isfinite(depth):
        return slope_at  # beyond the end of the interface
    squared = east * east + north * north
    if squared == 0:
        raise InputError(
            f"{slab.path}: the interface is level at {point[0]:.4g}, {point[1]:.4g}; expected one that dips"
        )
    level = distance / sqrt((1 + squared) * squared)  # for each unit of slope
    return geodesy.travel(*point, level * east, level * north, True)


def _rectangle(corners: Sequence[Corner]) -> dict[str, float]:
    """The rectangle nearest to four corners: two above, the first in the direction of strike, and two below."""
    lon, lat, depth = (float(np.mean(values)) for values in zip(*corners, strict=True))
    (a, b, c, d) = (
        np.array([*(one.item() for one in geodesy.local(np.array([x]), np.array([y]), lon, lat, True)), z])
        for x, y, z in corners
    )
    along, down = 0.5 * (b - a + d - c), 0.5 * (c - a + d - b)
    width = float(np.linalg.norm(down))
    return {
        "x": lon,
        "y": lat,
        "depth": depth,
        "length": float(np.linalg.norm(along)),
        "width": width,
        "strike": degrees(atan2(along[0], along[1])) % 360.0,
        "dip": degrees(asin(down[2] / width)),
    }


def _length(line: Sequence[Point]) -> float:
    return sum(_distance(*pair) for pair in pairwise(line))


def _distance(one: Point, other: Point) -> float:
    """Distance [m] along the ground."""
    east, north = geodesy.local(np.array([other[0]]), np.array([other[1]]), *one, True)
    return hypot(float(east[0, 0]), float(north[0, 0]))
