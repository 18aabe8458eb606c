"""Which cells lie around points? Looked up for many points together, those of a part of the grid at a time."""

from collections.abc import Callable, Sequence

import numpy as np

from esim.grids.grid3d import Grid3D
from esim.media.crust.box import Box

SNAP = 1e-6  # of a cell
TILE = 64  # columns along each side of such a part


def cells_of(grid: Grid3D, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (n, 3) of points [m] along k, j, i in cells, centres at whole numbers, and the cells that hold them.

    Points nearer to a node or a face than rounding lie on it.
    """
    edges = (grid.depth_min, grid.horizontal.y0, grid.horizontal.x0)
    places = [
        (np.asarray(point, dtype=np.float64) - edge) / size - 0.5
        for point, edge, size in zip((depth, y, x), edges, grid.spacing[::-1], strict=True)
    ]
    position = np.stack(places, axis=1)
    nearest = np.round(2 * position) / 2
    position = np.where(abs(position - nearest) < SNAP, nearest, position)
    return position, np.clip(np.floor(position + 0.5).astype(int), 0, np.array(grid.shape) - 1)


def tiles(rows_columns: np.ndarray) -> Sequence[np.ndarray]:
    """The numbers of points in cells of rows and columns (n, 2), those of a part of the grid together."""
    _, which = np.unique(rows_columns // TILE, axis=0, return_inverse=True)
    return [np.flatnonzero(which.ravel() == n) for n in range(int(which.max(initial=-1)) + 1)]


def cubes_of(field: Callable[[Box], np.ndarray], cell: np.ndarray, reach: tuple[int, int, int]) -> np.ndarray:
    """A field (nk, nj, ni) of cells around those of points (n, 3): uint8 (n, 2 k + 1, 2 j + 1, 2 i + 1) for a reach."""
    found = np.zeros((len(cell), *(2 * r + 1 for r in reach)), np.uint8)
    around = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    for mine in tiles(cell[:, 1:]):
        low, high = cell[mine].min(0) - reach, cell[mine].max(0) + reach + np.array(1)
        box = tuple((int(a), int(b)) for a, b in zip(low, high, strict=True))
        values = field(box)  # type: ignore[arg-type]
        k, j, i = (at[:, None, None, None] + d for at, d in zip((cell[mine] - low).T, around, strict=True))
        found[mine] = values[k, j, i]
    return found
