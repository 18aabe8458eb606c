"""How does the water rise above a bed that moves, on a grid that may be cut out of a larger one?"""

from dataclasses import replace
from math import ceil
from typing import NamedTuple

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.io.remembered import REMEMBERED
from esim.parallel.comm import Comm
from esim.parallel.threads import on_threads
from esim.sources.geodesy import Box
from esim.sources.ocean import kajiura
from esim.sources.ocean.kajiura import KajiuraFilter


class FilterScale(NamedTuple):
    """What the filters of a source have in common on all grids of a run, as found on the whole one.

    deepest [m] is the depth of its deepest cell; y is where in the south or north the bed moves most, whose cells set
    the size of all.
    """

    deepest: float
    y: float


def filter_scale(grid: Grid, elevation: CellFunction, box: Box, field: np.ndarray) -> FilterScale:
    """The scale of a displacement of the bed (K, nj, ni) on a box of cells of the whole grid."""
    strongest = int(np.abs(field[-1]).max(axis=1).argmax()) if field.size else 0
    return FilterScale(deepest_water(grid, elevation, box), float(grid.y(box[0] + strongest)[0]))


def deepest_water(grid: Grid, elevation: CellFunction, box: Box) -> float:
    """Depth [m] of the deepest cell of a box at rest, zero where there is no water."""
    return float(_depth(grid, elevation, box).max(initial=0.0))


def smooth(
    comm: Comm,
    grid: Grid,
    elevation: CellFunction,
    box: Box,
    field: np.ndarray,
    scale: FilterScale,
    threads: int = 1,
) -> np.ndarray:
    """Rise of the water surface above a displacement of the bed, by Kajiura's filter; each rank does some times.

    Each of its threads filters some of those; all are the same to the last bit, on whichever.
    """
    mine = np.array_split(field, comm.size)[comm.rank]
    if mine.size:
        values = _filter_values(grid, elevation, box, scale)
        mine = REMEMBERED.of(
            (mine, values), lambda: np.stack(on_threads(KajiuraFilter(*values), list(mine), threads))
        )
    return np.concatenate(comm.allgather(mine))


def box_filter(grid: Grid, elevation: CellFunction, box: Box, scale: FilterScale) -> KajiuraFilter:
    """The filter of a box of cells of a grid, for one displacement after the other."""
    return KajiuraFilter(*_filter_values(grid, elevation, box, scale))


def _filter_values(
    grid: Grid, elevation: CellFunction, box: Box, scale: FilterScale
) -> tuple[np.ndarray, float, float, float]:
    """Depths of a box of cells, the size of a cell, and the greatest depth [m]."""
    row = round((scale.y - grid.y0) / grid.dy - 0.5)
    width, height = grid.cell_size(row, row + 1)
    return _depth(grid, elevation, box), float(width[0]), float(height[0]), scale.deepest


def widen(grid: Grid, whole: Grid, elevation: CellFunction, box: Box) -> Grid:
    """A nest with more cells beyond its sides that lie in its parent, up to where none reaches into it.

    elevation and box are of the whole grid and of the source in it. Water that a cell lifts at a distance of more than
    some depths is nothing. Mirrored at the new sides, no cell reaches into the nest either.
    """
    depth = _depth(whole, elevation, box)
    j0, j1, i0, i1 = box
    (width, height), x, y = whole.cell_size(j0, j1), whole.x(i0, i1), whole.y(j0, j1)
    east, north = grid.x0 + grid.nx * grid.dx, grid.y0 + grid.ny * grid.dy
    across = np.maximum(np.maximum(grid.x0 - x, x - east), 0.0) / whole.dx
    along = np.maximum(np.maximum(grid.y0 - y, y - north), 0.0) / whole.dy
    away = np.hypot(width[:, None] * across[None, :], (height * along)[:, None])
    reach = kajiura.REACH * float(depth[away < kajiura.REACH * depth].max(initial=0.0))
    beyond = (
        grid.x0 - whole.x0,
        whole.x0 + whole.nx * whole.dx - east,
        grid.y0 - whole.y0,
        whole.y0 + whole.ny * whole.dy - north,
    )
    width, height = grid.cell_size()
    more = []
    for kind, room, cell, size in zip(
        grid.boundary,
        beyond,
        (grid.dx, grid.dx, grid.dy, grid.dy),
        (width.min(), width.min(), height.min(), height.min()),
        strict=True,
    ):
        more.append(min(ceil(reach / size), round(room / cell)) if kind == "nest" else 0)
    return replace(
        grid,
        x0=grid.x0 - more[0] * grid.dx,
        y0=grid.y0 - more[2] * grid.dy,
        nx=grid.nx + more[0] + more[1],
        ny=grid.ny + more[2] + more[3],
    )


def _depth(grid: Grid, elevation: CellFunction, box: Box) -> np.ndarray:
    """Depth of the water at rest [m] on a box of cells, zero on land."""
    j0, j1, i0, i1 = box
    if j0 >= j1 or i0 >= i1:
        return np.zeros((max(0, j1 - j0), max(0, i1 - i0)))
    return np.maximum(-elevation(grid.x(i0, i1), grid.y(j0, j1)), 0.0)
