"""Which cells of the grid stand for the cells of a box?"""

import numpy as np

from esim.grids.grid3d import Grid3D

Range = tuple[int, int]
Box = tuple[Range, Range, Range]


def indices(grid: Grid3D, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (k, j, i) of the grid for those of a box ((k0, k1), (j0, j1), (i0, i1)), which may reach beyond it.

    Outside, the nearest cell of the grid stands for one; across a periodic side, the one it repeats.
    """
    periodic = (False, *grid.horizontal.periodic)
    k, j, i = (
        np.arange(*span) % size if wraps else np.clip(np.arange(*span), 0, size - 1)
        for span, size, wraps in zip(box, grid.shape, periodic, strict=True)
    )
    return k, j, i
