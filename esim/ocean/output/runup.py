"""How high and how far did the water come along the coast? One answer for each point of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from esim.config.ocean.output import AUTO, RunupConfig
from esim.constants import EARTH_RADIUS
from esim.data import locate
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import coast
from esim.ocean.model import Ocean
from esim.variables.ocean_maxima import MAXIMA, Maxima

MAX_POINTS = 1_000_000  # points along a coast
RADIUS_CELLS = 5  # within which flooded land belongs to a point, where the configuration does not say
NAMES = ("shore_level", "runup", "runup_distance", "runup_time")


@dataclass(frozen=True)
class FloodedCells:
    """Cells of the whole grid: position, a height [m] and a time [s]; in the order of rows and columns."""

    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    time: np.ndarray


def check_coast(section: RunupConfig, grid: Grid) -> None:
    """Raises InputError if the coast that the configuration names cannot be read, or has no point in the grid."""
    inside = coast_points(section, grid)
    if inside is not None and not len(inside):
        raise InputError(f"output.runup.coast: no point of {section.coast.name} lies in the grid")


def coast_points(section: RunupConfig, grid: Grid) -> np.ndarray | None:
    """Points (n, 2) in the grid of the coast that the configuration names; None where it is the grid's own.

    Raises InputError if the file cannot be read.
    """
    if section.coast == AUTO:
        return None
    found = np.concatenate([_spaced(line, section, grid) for line in _lines(section, grid)])
    if grid.lonlat:  # to the turn of the globe on which the grid counts
        found[:, 0] = grid.x0 + (found[:, 0] - grid.x0) % 360.0
    return found[[grid.contains(float(x), float(y)) for x, y in found]]


def _lines(section: RunupConfig, grid: Grid) -> list[np.ndarray]:
    """The lines of the file; on the globe they run on across the dateline."""
    lines = coast.read(locate(str(section.coast)), grid.lonlat)
    if grid.lonlat:
        lines = [np.stack([np.unwrap(lon, period=360.0), lat], axis=1) for lon, lat in (n.T for n in lines)]
    return lines


def _spaced(line: np.ndarray, section: RunupConfig, grid: Grid) -> np.ndarray:
    """The points of a line, or points on it at equal distances, with both of its ends."""
    if section.spacing is None or len(line) < 2:
        return line
    legs = np.linalg.norm(np.diff(positions(line[:, 0], line[:, 1], grid.lonlat), axis=0), axis=1)
    way = np.concatenate(([0.0], np.cumsum(legs)))
    if way[-1] > MAX_POINTS * section.spacing:
        raise InputError(
            f"output.runup.spacing: {section.spacing:g} m makes {way[-1] / section.spacing:.3g} points of the "
            f"{way[-1] / 1e3:.6g} km of a line in {section.coast.name}, more than {MAX_POINTS:,}; use at least "
            f"{way[-1] / MAX_POINTS:.2g} m"
        )
    places = np.linspace(0, way[-1], max(int(np.ceil(way[-1] / section.spacing)), 1) + 1)
    return np.stack([np.interp(places, way, line[:, 0]), np.interp(places, way, line[:, 1])], axis=1)


def positions(x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
    """Positions [m] (n, 2) on the plane, or (n, 3) on the globe, whose distances are those of the points."""
    if not lonlat:
        return np.stack([x, y], axis=1)
    lon, lat = np.deg2rad(x), np.deg2rad(y)
    flat = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    return EARTH_RADIUS * flat


def shore(ocean: Ocean, sea: np.ndarray) -> np.ndarray:
    """Which owned cells are water at first beside such as were not; beyond the grid it goes on as at its edge."""
    block, domain_sides = ocean.block, (ocean.grid.ny, ocean.grid.nx)
    (j0, j1), (i0, i1) = block.interior
    around = ocean.zeros(1)
    around[0, j0:j1, i0:i1] = ocean.backend.from_host(sea.astype(np.float64))
    ocean.exchange(1).fill(around)
    wet = np.array(ocean.backend.to_host(around[0, j0 - 1 : j1 + 1, i0 - 1 : i1 + 1])) > 0
    first, last = (block.j0, block.i0), (block.j1, block.i1)
    for axis in (0, 1):
        turned = wet if axis == 0 else wet.T
        if not ocean.grid.periodic[axis] and turned.shape[0] > 2:
            if first[axis] == 0:
                turned[0] = turned[1]
            if last[axis] == domain_sides[axis]:
                turned[-1] = turned[-2]
    land = ~wet
    beside = land[:-2, 1:-1] | land[2:, 1:-1] | land[1:-1, :-2] | land[1:-1, 2:]
    return wet[1:-1, 1:-1] & beside


def runup_along(
    ocean: Ocean, edge: np.ndarray, maxima: Maxima, section: RunupConfig, given: np.ndarray | None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Coordinates of the points along the coast, and the values there by NAMES; every rank gets all of them.

    edge tells which of the owned cells are the `shore`; given (n, 2) are the points of `coast_points`, None for each
    cell of the shore. At each point shore_level is the maximum water-surface
    elevation in the nearest cell of the shore; runup the height of the highest flooded ground; both within the radius.
    """
    grid = ocean.grid
    radius = section.radius or RADIUS_CELLS * float(max(size.max() for size in grid.cell_size()))
    level, ground, time = (MAXIMA[name].values(maxima) for name in ("eta_max", "bathymetry", "eta_max_time"))
    beach = _gather(ocean, edge, level, time)
    flood = _gather(ocean, maxima.flooded, ground, time)
    if given is None:
        x, y, levels = beach.x, beach.y, beach.height
    else:
        x, y = given.T
        levels = _nearest(positions(x, y, grid.lonlat), beach, radius, grid.lonlat)
    found = _highest(positions(x, y, grid.lonlat), flood, radius, grid.lonlat)
    names = grid.dims[::-1]
    return dict(zip(names, (x, y), strict=True)), dict(zip(NAMES, (levels, *found), strict=True))


def _gather(ocean: Ocean, cells: np.ndarray, height: np.ndarray, time: np.ndarray) -> FloodedCells:
    """Some of the owned cells of all ranks, in the order of rows and columns, whatever the ranks."""
    block, grid = ocean.block, ocean.grid
    j, i = np.nonzero(cells)
    mine = np.stack([(j + block.j0) * grid.nx + i + block.i0, height[cells], time[cells]])
    number, high, when = np.concatenate(ocean.comm.allgather(mine), axis=1)
    order = np.argsort(number)
    rows, columns = np.divmod(number[order].astype(np.int64), grid.nx)
    return FloodedCells(grid.x()[columns], grid.y()[rows], high[order], when[order])


def _nearest(places: np.ndarray, cells: FloodedCells, radius: float, lonlat: bool) -> np.ndarray:
    """Height of the nearest of the cells within the radius [m] of each place; NaN where there is none."""
    from scipy.spatial import KDTree

    if not cells.x.size:
        return np.full(len(places), np.nan)
    way, n = KDTree(positions(cells.x, cells.y, lonlat)).query(places)
    return np.where(way <= radius, cells.height[n], np.nan)


def _highest(
    places: np.ndarray, cells: FloodedCells, radius: float, lonlat: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height of the highest of the cells within the radius [m] of each place, its distance [m] and time [s]."""
    from scipy.spatial import KDTree

    height, distance, time = (np.full(len(places), np.nan) for _ in range(3))
    if not cells.x.size:
        return height, distance, time
    there = positions(cells.x, cells.y, lonlat)
    near: Sequence[list[int]] = KDTree(there).query_ball_point(places, radius, return_sorted=True)
    for n, candidates in enumerate(near):
        if candidates:
            best = candidates[int(np.argmax(cells.height[candidates]))]
            height[n], time[n] = cells.height[best], cells.time[best]
            distance[n] = np.linalg.norm(there[best] - places[n])
    return height, distance, time
