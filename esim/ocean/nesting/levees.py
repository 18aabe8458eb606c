"""Which crests of the bathymetry's file are narrower than a cell, so that the cells of a grid do not have them?

From the centre of a cell to that of the next one the file's ground is followed along a straight line. Where it rises
over the mean ground of both cells there is a crest, and the highest point on the way is its height at the face. Whoever
goes from centre to centre meets it, so what is kept of a levee has no gap that the levee has not.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.grids.nested_grid import NestedGrid
from esim.media.elevation import Elevation, FromFile
from esim.media.ocean.structures import SOUTH, WEST, Faces, join
from esim.parallel.comm import Comm

HIGHEST = 20.0  # m above the still water: higher ground is beyond the reach of nearly all waves
FINE = 200.0  # m, size of cells up to which crests that are lost are told: those of grids for inundation
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


def on_rim(own: Faces, parent: Faces, nest: NestedGrid) -> Faces:
    """Faces of a nest with those on its sides that its parent has there: what lies between the two is on no other."""
    (j0, j1, i0, i1), ratio, grid = nest.box, nest.ratio, nest.grid
    parts, fine = [own], np.arange(ratio)
    for axis, sides, across, along, span in (
        (WEST, grid.boundary[:2], parent.i, parent.j, (i0, i1, j0, j1)),
        (SOUTH, grid.boundary[2:], parent.j, parent.i, (j0, j1, i0, i1)),
    ):
        for kind, face, at in zip(sides, span[:2], (0, (span[1] - span[0]) * ratio), strict=True):
            if kind == "nest":
                here = (parent.axis == axis) & (across == face) & (along >= span[2]) & (along < span[3])
                on = (((along[here] - span[2]) * ratio)[:, None] + fine).ravel()
                same = np.repeat(np.flatnonzero(here), ratio)
                j, i = (on, np.full(on.size, at)) if axis == WEST else (np.full(on.size, at), on)
                parts.append(parent.take(same).moved(j, i))
    return join(parts)


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
