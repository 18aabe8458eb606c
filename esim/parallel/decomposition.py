"""Which block is mine, and who are my neighbours?

The grid is cut into strips of columns, each strip into blocks of rows, so that any number of ranks fits, primes
too. Cuts are placed so that every rank has the same part of the cost.
"""

from dataclasses import dataclass

import numpy as np

from esim.errors import InputError

HALO = 2
MIN_CELLS = 4  # a block is at least this wide and high, and not less than its halo
Box = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Block:
    """Cells [j0, j1) x [i0, i1) of the grid that one rank owns; its arrays have `halo` cells more on each side."""

    j0: int
    j1: int
    i0: int
    i1: int
    halo: int = HALO

    @property
    def shape(self) -> tuple[int, int]:
        """Number of owned cells (nj, ni)."""
        return self.j1 - self.j0, self.i1 - self.i0

    @property
    def cells(self) -> int:
        """Number of owned cells."""
        return self.shape[0] * self.shape[1]

    @property
    def interior(self) -> Box:
        """Box of the owned cells in the block's arrays."""
        h = self.halo
        return (h, h + self.shape[0]), (h, h + self.shape[1])

    @property
    def extended(self) -> Box:
        """Box of the whole block with its halo in the block's arrays."""
        h = self.halo
        return (0, self.shape[0] + 2 * h), (0, self.shape[1] + 2 * h)

    @property
    def allocated(self) -> tuple[int, int]:
        """Shape of the block's arrays: rows do not start on the same cache lines, and vectors may run over."""
        nj, ni = self.shape[0] + 2 * self.halo, self.shape[1] + 2 * self.halo
        pitch = -(-(ni + 16) // 16) * 16
        if pitch % 512 < 16:
            pitch += 32
        return nj + 1, pitch

    def local(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[slice, slice]:
        """Cells of the grid as slices of the block's arrays."""
        j, i = self.halo - self.j0, self.halo - self.i0
        return slice(rows[0] + j, rows[1] + j), slice(columns[0] + i, columns[1] + i)

    def owns(self, j: int, i: int) -> bool:
        """Whether a cell of the grid is one of the block's."""
        return self.j0 <= j < self.j1 and self.i0 <= i < self.i1


def common(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The common part of two ranges; empty where there is none."""
    first, last = max(a[0], b[0]), min(a[1], b[1])
    return first, max(first, last)


@dataclass(frozen=True)
class Overlap:
    """Cells that one rank needs from another, in the indices of the grid; shift places them in the halo."""

    j0: int
    j1: int
    i0: int
    i1: int
    shift: tuple[int, int]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return (self.j1 - self.j0) * (self.i1 - self.i0)


@dataclass(frozen=True)
class Decomposition:
    """The blocks of all ranks, in rank order; a rank without cells has an empty one."""

    shape: tuple[int, int]
    periodic: tuple[bool, bool]
    blocks: tuple[Block, ...]

    def needs(self, receiver: int, sender: int) -> list[Overlap]:
        """What the halo of one rank takes from the cells of another, in an order both agree on.

        A rank may need its own cells where the grid is periodic.
        """
        mine, theirs = self.blocks[receiver], self.blocks[sender]
        found: list[Overlap] = []
        if not (mine.cells and theirs.cells):
            return found
        for sj in (-1, 0, 1) if self.periodic[0] else (0,):
            for si in (-1, 0, 1) if self.periodic[1] else (0,):
                if receiver == sender and (sj, si) == (0, 0):
                    continue
                dj, di = sj * self.shape[0], si * self.shape[1]
                h = mine.halo
                j0, j1 = max(mine.j0 - h + dj, theirs.j0), min(mine.j1 + h + dj, theirs.j1)
                i0, i1 = max(mine.i0 - h + di, theirs.i0), min(mine.i1 + h + di, theirs.i1)
                if j0 < j1 and i0 < i1:
                    found.append(Overlap(j0, j1, i0, i1, (-dj, -di)))
        return found

    def imbalance(self, cost: "CostMap") -> float:
        """Largest cost of a rank over the mean."""
        costs = [cost.of(block) for block in self.blocks]
        return max(costs) / (sum(costs) / len(costs))


@dataclass(frozen=True)
class CostMap:
    """Cost of the cells, summed over bins: bin [a, b] covers rows edges_j[a]..edges_j[a+1], and columns likewise."""

    edges_j: np.ndarray
    edges_i: np.ndarray
    cost: np.ndarray

    @classmethod
    def uniform(cls, shape: tuple[int, int]) -> "CostMap":
        """Every cell costs the same."""
        return cls(np.array([0, shape[0]]), np.array([0, shape[1]]), np.array([[float(shape[0] * shape[1])]]))

    def columns(self) -> np.ndarray:
        """Cumulative cost of columns 0..nx, (nx + 1,)."""
        return _cumulative(self.edges_i, self.cost.sum(0))

    def rows(self, i0: int, i1: int) -> np.ndarray:
        """Cumulative cost of rows 0..ny within columns i0..i1-1, (ny + 1,)."""
        width = np.diff(self.edges_i)
        inside = np.clip(self.edges_i[1:], i0, i1) - np.clip(self.edges_i[:-1], i0, i1)
        return _cumulative(self.edges_j, (self.cost * (inside / width)).sum(1))

    def of(self, block: Block) -> float:
        """Cost of a block."""
        rows = self.rows(block.i0, block.i1)
        return float(rows[block.j1] - rows[block.j0])


def _cumulative(edges: np.ndarray, cost: np.ndarray) -> np.ndarray:
    return np.interp(np.arange(edges[-1] + 1), edges, np.concatenate([[0.0], np.cumsum(cost)]))


def decompose(
    shape: tuple[int, int],
    ranks: int,
    periodic: tuple[bool, bool] = (False, False),
    cost: CostMap | None = None,
    halo: int = HALO,
) -> Decomposition:
    """Cut a grid of (ny, nx) cells among ranks; raises InputError if there are more ranks than fit."""
    cost = cost or CostMap.uniform(shape)
    least = max(MIN_CELLS, halo) if ranks > 1 else MIN_CELLS
    strips = _strips(shape, ranks, least)
    columns = _cuts(cost.columns(), strips, least)
    blocks = []
    for n, count in enumerate(strips):
        i0, i1 = columns[n], columns[n + 1]
        rows = _cuts(cost.rows(i0, i1), [1] * count, least)
        blocks += [Block(rows[k], rows[k + 1], i0, i1, halo) for k in range(count)]
    return Decomposition(shape, periodic, tuple(blocks))


def _strips(shape: tuple[int, int], ranks: int, least: int) -> list[int]:
    """Ranks in each strip, for the number of strips with the shortest inner edges."""
    ny, nx = shape
    best: tuple[float, list[int]] | None = None
    for count in range(1, min(ranks, nx // least) + 1):
        strips = [ranks // count + (n < ranks % count) for n in range(count)]
        if strips[0] * least > ny:
            continue
        # Edges along columns are twice as dear: their cells are far apart in memory.
        edges = 2.0 * (count - 1) * ny + sum(ranks_in - 1 for ranks_in in strips) * nx / count
        if best is None or edges < best[0]:
            best = edges, strips
    if best is None:
        most = (ny // least) * (nx // least)
        raise InputError(
            f"{ranks} ranks are too many for a grid of {ny} x {nx} cells: a rank needs at least "
            f"{least} x {least} of them, so use at most {most} ranks"
        )
    return best[1]


def _cuts(cumulative: np.ndarray, weights: list[int], least: int) -> list[int]:
    """Positions that split a cumulative cost in proportion to weights, each part at least so wide."""
    n, total = len(cumulative) - 1, sum(weights)
    cuts, taken = [0], 0
    for k, weight in enumerate(weights[:-1]):
        taken += weight
        at = int(np.searchsorted(cumulative, cumulative[-1] * taken / total))
        left = len(weights) - 1 - k
        cuts.append(min(max(at, cuts[-1] + least), n - left * least))
    return [*cuts, n]
