"""How deep below the ground? A model whose depths count from the ground, not from depth 0 of the grid."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from esim.grids.grid3d import Grid3D
from esim.media.crust.cells import MOST
from esim.media.crust.models.derived import Derived
from esim.media.crust.models.gridded import Gridded

Elevation = Callable[
    [np.ndarray, np.ndarray], np.ndarray
]  # of x (nx,), y (ny,) [m]: (ny, nx) [m], positive up
ROWS = 1_000_000  # columns whose elevation is looked at together


@dataclass(frozen=True)
class Draped(Derived):
    """A medium whose depths count from the ground, the seafloor under the sea, of a given elevation.

    Values above the ground are those on it. grid is that of the run: interfaces of the base, which are not level any
    more, are averaged over parts of its cells.
    """

    elevation: Elevation
    grid: Grid3D

    @property
    def interfaces(self) -> tuple[float, ...]:
        """None are level."""
        return ()

    @property
    def layered(self) -> bool:
        """Whether values depend on depth alone: not on that below depth 0."""
        return False

    @property
    def detail(self) -> float:
        """Distance of depths [m] between which values run straight, at least, or a part of a cell where they jump."""
        return min(self.base.detail, self.grid.dz / MOST if self.base.interfaces else math.inf)

    def check(self, grid: Grid3D) -> None:
        """Raises InputError unless the base has sound values from the ground down to the bottom of the grid."""
        flat = grid.horizontal
        step = max(1, ROWS // flat.nx)
        rows = (flat.y(first, min(first + step, flat.ny)) for first in range(0, flat.ny, step))
        highest = max(float(self.elevation(flat.x(), y).max()) for y in rows)
        layers = max(1, math.ceil((grid.depth_max + highest) / grid.dz - 1e-9))
        self.base.check(replace(grid, depth_min=0.0, nz=layers))

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m] of the grid: float64 (5, nz, ny, nx)."""
        below = self.below(x, y, depth)
        if isinstance(self.base, Gridded):
            return self.base.sample_at(x, y, below)
        return self.base.sample(x[:1], y[:1], below.ravel()).reshape(5, *below.shape)

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m] of the grid, under the ground of their cells: (5, n)."""
        flat = self.grid.horizontal
        j, i = (
            np.clip(np.floor((points - first) / size).astype(int), 0, cells - 1)
            for points, first, size, cells in ((y, flat.y0, flat.dy, flat.ny), (x, flat.x0, flat.dx, flat.nx))
        )
        rows, columns = ((int(n.min()), int(n.max()) + 1) for n in (j, i))
        heights = self.elevation(flat.x(*columns), flat.y(*rows))[j - rows[0], i - columns[0]]
        return self.base.at(x, y, np.maximum(depth + heights, 0.0))

    def below(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """How deep below the ground (nz, ny, nx) [m] depths of the grid are; zero above it."""
        return np.maximum(depth[:, None, None] + self.elevation(x, y), 0.0)
