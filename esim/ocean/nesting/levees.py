"""Which crests of the bathymetry's file are narrower than a cell, so that the cells of a grid do not have them?

From the centre of a cell to that of the next one the file's ground is followed along a straight line. Where it rises
over the mean ground of both cells there is a crest, and the highest point on the way is its height at the face. Whoever
goes from centre to centre meets it, so what is kept of a levee has no gap that the levee has not.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from esim.errors import InputError
from esim.grids.grid import CellFunction, Grid
from esim.grids.nested_grid import NestedGrid
from esim.media.elevation import Elevation, FromFile
from esim.media.ocean.structures import SOUTH, WEST, Faces, join
from esim.ocean.nesting.grid_level import GridMedia
from esim.parallel.comm import Comm

HIGHEST = 20.0  # m above the still water: higher ground is beyond the reach of nearly all waves
FINE = 200.0  # m, cell size up to which lost crests are reported: that of grids for inundation
WORTH_TELLING = 0.5  # m, by which a crest stands over both cells
SAMPLES = 2  # on the way from node to node of the file
PIECE = 2_000_000  # samples at a time


@dataclass(frozen=True)
class Crests:
    """Faces of a grid over which the file has a crest that the cells do not have, and by how much it is higher [m]."""

    faces: Faces
    stand: np.ndarray


def find_crests(
    grid: Grid, bathymetry: Elevation, ground: CellFunction, sea_level: float, comm: Comm, least: float
) -> Crests | None:
    """Crests of a grid that stand at least so high [m], the same on all ranks; None where the file has none so narrow.

    ground [m above the still water] is what is computed with, bathymetry where it comes from.
    """
    fine = _samples(grid, bathymetry)
    if fine is None or not isinstance(bathymetry, FromFile):
        return None
    samples = replace(bathymetry, grid=replace(grid, dx=grid.dx / fine[0], dy=grid.dy / fine[1]))
    first, last = (grid.ny * n // comm.size for n in (comm.rank, comm.rank + 1))
    found = [
        piece
        for axis in (WEST, SOUTH)
        for piece in _follow(grid, samples, ground, sea_level, axis, fine[axis], (first, last), least)
    ]
    parts = [part for rank in comm.allgather(found) for part in rank]
    axis, j, i, crest, stand = np.concatenate([np.empty((5, 0)), *parts], axis=1)
    faces = Faces(axis.astype(int), j.astype(int), i.astype(int), crest, np.ones(crest.size))
    return Crests(faces, stand)


def _samples(grid: Grid, bathymetry: Elevation) -> tuple[int, int] | None:
    """Samples of the file on the way from cell to cell along x and y; None where it is not finer than the grid."""
    if bathymetry.resolution is None:
        return None
    ratios = grid.dx / bathymetry.resolution[0], grid.dy / bathymetry.resolution[1]
    return (
        (math.ceil(SAMPLES * ratios[0]), math.ceil(SAMPLES * ratios[1])) if max(ratios) > 1 + 1e-6 else None
    )


def _follow(
    grid: Grid,
    samples: FromFile,
    ground: CellFunction,
    sea_level: float,
    axis: int,
    count: int,
    rows: tuple[int, int],
    least: float,
) -> Iterator[np.ndarray]:
    """Arrays (5, n) of axis, j, i, crest and its height over both cells, of faces of some rows of a grid."""
    length = max(1, PIECE // (grid.nx * count))
    for first in range(rows[0], rows[1], length):
        last, before = min(first + length, rows[1]), max(first - (axis == SOUTH), 0)
        x, y = grid.x(), grid.y(before, last)
        if min(y.size, x.size) < 1 or (x.size, y.size)[axis] < 2:
            continue
        bed = ground(x, y)
        if axis == WEST:
            way = samples.elevation(_between(x, count), y)
        else:
            way, bed = samples.elevation(x, _between(y, count)).T, bed.T
        way = way - sea_level
        # With both ends: a crest may lie on a centre, and the cell, of which it is a small part, be much lower.
        ways = [way[:, n : way.shape[1] - count + n : count] for n in range(count)]
        peak = np.maximum.reduce([*ways, way[:, count::count]])
        stand = peak - np.maximum(bed[:, :-1], bed[:, 1:])
        a, b = np.nonzero((stand >= least) & (peak > 0) & (peak <= HIGHEST))
        j, i = (a + before, b + 1) if axis == WEST else (b + before + 1, a)
        yield np.stack([np.full(a.size, axis), j, i, peak[a, b], stand[a, b]])


def _between(centres: np.ndarray, count: int) -> np.ndarray:
    """Centres of consecutive cells, and count - 1 places between each and the next one, at equal distances."""
    step = (centres[1] - centres[0]) / count
    return centres[0] + step * np.arange((centres.size - 1) * count + 1)


def rim_crests(
    nest: NestedGrid, media: GridMedia, parent: GridMedia, sea_level: float, least: float
) -> Faces:
    """Faces on the sides of a nest in its parent, with crests on the way to where its ghost cells have their water.

    That is from the centre of the cell inside straight out, then along the side, to the centre of the parent's cell.
    """
    sides = [n for n, kind in enumerate(nest.grid.boundary) if kind == "nest"]
    return join([_on_side(nest, media, parent, side, sea_level, least) for side in sides])


def _on_side(
    nest: NestedGrid, media: GridMedia, parent: GridMedia, side: int, sea_level: float, least: float
) -> Faces:
    """Faces with crests on one side: west, east, south, north."""
    axis, far, ratio = side // 2, side % 2, nest.ratio
    along_x, grid = axis == WEST, nest.grid  # x is across the side from here on, whichever it is
    x, y = (grid.x(), grid.y()) if along_x else (grid.y(), grid.x())
    step_x, step_y = (grid.dx, grid.dy) if along_x else (grid.dy, grid.dx)
    count = 2 * max(1, math.ceil(0.5 * max(_samples(grid, media.bathymetry) or (SAMPLES, SAMPLES))))
    outward = step_x / count * (1 if far else -1)
    out = x[-1 if far else 0] + outward * np.arange((ratio + 1) * count // 2 + 1)
    along = y[0] + step_y / count * np.arange((y.size - 1) * count + 1)
    straight = _read(nest, media, parent, np.sort(out), y, along_x, count).max(axis=1)
    beside = _read(nest, media, parent, out[-1:], along, along_x, count)[:, 0]
    peak = np.maximum(straight, _to_centres(beside, y.size, ratio, count)) - sea_level
    inner, outer = x[-1:] if far else x[:1], out[-1:]
    places = y.reshape(-1, ratio).mean(axis=1)
    ground = (
        media.elevation(*((inner, y) if along_x else (y, inner))),
        parent.elevation(*((outer, places) if along_x else (places, outer))),
    )
    floor = np.maximum(ground[0].ravel(), np.repeat(ground[1].ravel(), ratio))
    on = np.flatnonzero((peak - floor >= least) & (peak > 0) & (peak <= HIGHEST))
    at = np.full(on.size, x.size * far)
    j, i = (on, at) if along_x else (at, on)
    return Faces(np.full(on.size, axis), j, i, peak[on], np.ones(on.size))


def _to_centres(values: np.ndarray, cells: int, ratio: int, count: int) -> np.ndarray:
    """The highest value on the way from each of some cells to the middle of the `ratio` cells that it belongs to."""
    found = np.empty(cells)
    middle = (ratio - 1) * count // 2
    for k in range(ratio):
        low, high = sorted((k * count, middle))
        ways = [values[n :: ratio * count][: cells // ratio] for n in range(low, high + 1)]
        found[k::ratio] = np.maximum.reduce(ways)
    return found


def _read(
    nest: NestedGrid,
    media: GridMedia,
    parent: GridMedia,
    x: np.ndarray,
    y: np.ndarray,
    along_x: bool,
    count: int,
) -> np.ndarray:
    """Samples (ny, nx) of the ground around a nest: from its own file if that goes so far, else from its parent's.

    x is across the side, and y along it.
    """
    fine = replace(nest.grid, dx=nest.grid.dx / count, dy=nest.grid.dy / count)
    places = (x, y) if along_x else (y, x)
    for bathymetry in (media.bathymetry, parent.bathymetry):
        source = replace(bathymetry, grid=fine) if isinstance(bathymetry, FromFile) else bathymetry
        try:
            values = source.elevation(*places)
        except InputError:
            continue
        return values if along_x else values.T
    return np.full((y.size, x.size), -np.inf)


def are_told(grid: Grid) -> bool:
    """Whether the cells of a grid are those of one for inundation, so that what they lack of crests is told."""
    return max(size.max() for size in grid.cell_size()) <= FINE


def loss(grid: Grid, name: str, crests: Crests) -> Iterator[str]:
    """A sentence about the crests that a grid does not have."""
    faces = crests.faces
    if not len(faces):
        return
    n = int(crests.stand.argmax())
    x = grid.x0 + (faces.i[n] + 0.5 * (faces.axis[n] == SOUTH)) * grid.dx
    y = grid.y0 + (faces.j[n] + 0.5 * (faces.axis[n] == WEST)) * grid.dy
    names = ("lon", "lat") if grid.lonlat else ("x", "y")
    yield (
        f"bathymetry: crests of the file that are narrower than a cell of '{name}' are lost at {len(faces):,} cell "
        f"faces, up to {crests.stand[n]:.2f} m of them at {names[0]} {x:.6g}, {names[1]} {y:.6g}; levees: "
        f"{WORTH_TELLING:g} m keeps those that stand so high"
    )
