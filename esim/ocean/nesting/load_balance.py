"""Which rank computes which part of which grid?"""

import numpy as np

from esim.errors import InputError
from esim.grids.grid import CellFunction, Grid
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, CostMap, Decomposition, decompose

BINS = 400  # the map of costs has at most so many bins along a side
DRY_COST = 0.35  # cost of a dry cell over that of a moving one, as measured: tiles at rest are skipped
MIN_CELLS_PER_RANK = 256  # cells of a nest below which a rank is not worth its messages
NO_BLOCK = Block(0, 0, 0, 0)


def cost_map(comm: Comm, grid: Grid, unit: int, elevation: CellFunction) -> CostMap:
    """Cost of squares of unit x unit cells, from a coarse map of wet cells that all ranks help to draw."""
    ny, nx = grid.ny // unit, grid.nx // unit
    edges_j = np.linspace(0, ny, min(ny, BINS) + 1).astype(int)
    edges_i = np.linspace(0, nx, min(nx, BINS) + 1).astype(int)
    mine = np.array_split(np.arange(len(edges_j) - 1), comm.size)[comm.rank]
    cost = np.empty((0, len(edges_i) - 1))
    if mine.size:
        first, last = unit * edges_j[mine[0]], unit * edges_j[mine[-1] + 1]
        wet = elevation(grid.x(), grid.y(first, last)) < 0
        cells = np.where(wet, 1.0, DRY_COST)
        by_row = np.add.reduceat(cells, unit * edges_i[:-1], axis=1)
        cost = np.add.reduceat(by_row, unit * edges_j[mine] - first, axis=0)
    return CostMap(edges_j, edges_i, np.concatenate(comm.allgather(cost)))


def balance_root(comm: Comm, grid: Grid, elevation: CellFunction, halo: int) -> Decomposition:
    """Blocks of the whole grid with equal shares of the cost for all ranks; InputError if there are too many ranks."""
    if comm.size == 1:
        return decompose(grid.shape, 1, grid.periodic, halo=halo)
    return decompose(grid.shape, comm.size, grid.periodic, cost_map(comm, grid, 1, elevation), halo)


def assign_nest(
    comm: Comm, grid: Grid, ratio: int, elevation: CellFunction, weight: float, load: np.ndarray
) -> Decomposition:
    """Blocks of a nest, from the cost of its cells, which all ranks help to find: see `cut_nest`."""
    return cut_nest(grid, ratio, cost_map(comm, grid, ratio, elevation), weight, load)


def cut_nest(grid: Grid, ratio: int, cost: CostMap, weight: float, load: np.ndarray) -> Decomposition:
    """Blocks of a nest, cut along cells of its parent, for the ranks with the least load if it is too small for all.

    load (ranks,) is what the ranks have to do already; the cost of their blocks times weight, the number of steps,
    is added to it.
    """
    shape, ranks = (grid.ny // ratio, grid.nx // ratio), len(load)
    count = _most(shape, min(ranks, max(1, grid.nx * grid.ny // MIN_CELLS_PER_RANK)))
    chosen = np.sort(np.argsort(load, kind="stable")[:count])
    blocks = [NO_BLOCK] * ranks
    for rank, block in zip(chosen, decompose(shape, count, cost=cost).blocks, strict=True):
        load[rank] += weight * cost.of(block)
        blocks[rank] = Block(*(ratio * edge for edge in (block.j0, block.j1, block.i0, block.i1)))
    return Decomposition(grid.shape, grid.periodic, tuple(blocks))


def _most(shape: tuple[int, int], ranks: int) -> int:
    """The largest number of ranks, up to one given, among which a grid can be cut."""
    for count in range(ranks, 1, -1):
        try:
            decompose(shape, count)
        except InputError:
            continue
        return count
    return 1
