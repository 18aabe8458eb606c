"""Where does a station look at a field of columns? Between the four around it, those without a value left out."""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from esim.grids.grid import Grid
from esim.parallel.decomposition import Block

SNAP = 1e-6  # of a cell: a station so near to the centre of a column sees that column alone


class ColumnGather:
    """What the stations of one rank read from an array (1, j, i) of its columns, halo included.

    receivers are the numbers, among all stations at x, y (n,) [m], of those over the block; each reads the bilinear
    mean of the four columns around it, of those which `known` (j, i), an array like that of the columns, marks. Sums
    have as many terms for every station of every rank, so that their bits do not depend on the number of ranks. A
    station none of whose columns is known reads zero.
    """

    quantities: tuple[str, ...]

    def __init__(
        self, grid: Grid, block: Block, name: str, x: np.ndarray, y: np.ndarray, known: np.ndarray
    ) -> None:
        self.quantities = (name,)
        own = [
            _columns((point - edge) / size - 0.5, size_of, closed)
            for point, edge, size, size_of, closed in zip(
                (y, x), (grid.y0, grid.x0), (grid.dy, grid.dx), grid.shape, grid.periodic, strict=True
            )
        ]
        (cell_j, first_j, weight_j), (cell_i, first_i, weight_i) = own
        mine = (block.j0 <= cell_j) & (cell_j < block.j1) & (block.i0 <= cell_i) & (cell_i < block.i1)
        self.receivers = np.flatnonzero(mine)
        j = first_j[mine, None] + [0, 0, 1, 1] - block.j0 + block.halo
        i = first_i[mine, None] + [0, 1, 0, 1] - block.i0 + block.halo
        weights = (
            np.stack([1 - weight_j, weight_j])[[0, 0, 1, 1]]
            * np.stack([1 - weight_i, weight_i])[[0, 1, 0, 1]]
        )
        weights = weights.T[mine] * known[j, i]
        total = weights.sum(-1, keepdims=True)
        self.indices: Any = np.ravel_multi_index((j, i), known.shape)[None]
        self.weights: Any = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)[None]

    def moved(self, convert: Callable[[np.ndarray], Any]) -> "ColumnGather":
        """The same with indices and weights where the arrays are, on a GPU for instance."""
        other = copy(self)
        other.indices, other.weights = convert(self.indices), convert(self.weights)
        return other

    def read(self, array: Any) -> Any:
        """Values (1, receivers) in float64; the array is contiguous, in NumPy or CuPy."""
        return (array.reshape(-1).take(self.indices) * self.weights).sum(-1)


def _columns(position: np.ndarray, cells: int, closed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Along an axis: the cell of each position [cells], the first of the two around it, and the weight of the other.

    Beyond the outermost centres of a side that is not periodic the outermost column counts alone.
    """
    nearest = np.round(position)
    position = np.where(abs(position - nearest) < SNAP, nearest, position)
    cell = np.clip(np.floor(position + 0.5).astype(int), 0, cells - 1)
    if not closed:
        position = np.clip(position, 0, cells - 1)
    first = np.floor(position).astype(int)
    return cell, first, position - first
