"""Which cells of the grid represent the cells of a box? Beyond the grid, the nearest."""

import numpy as np

from esim.grids.grid3d import Grid3D

Range = tuple[int, int]
Box = tuple[Range, Range, Range]


def indices(volume: Grid3D, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (k, j, i) of the volume for those of a box ((k0, k1), (j0, j1), (i0, i1)), which may reach beyond it.

    Outside, the nearest cell of the volume stands for one; across a periodic side, the one it repeats.
    """
    periodic = (False, *volume.grid.periodic)
    k, j, i = (
        np.arange(*span) % size if wraps else np.clip(np.arange(*span), 0, size - 1)
        for span, size, wraps in zip(box, volume.shape, periodic, strict=True)
    )
    return k, j, i
