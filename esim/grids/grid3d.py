"""Where are the cells of the crust? A horizontal grid, and layers of cells downwards."""

from dataclasses import dataclass

import numpy as np

from esim.grids.grid import Grid


@dataclass(frozen=True)
class Grid3D:
    """A regular grid of nx x ny x nz cells; index order [k (down), j (north), i (east)].

    horizontal holds the cells of one layer, in metres; depth_min is the depth [m, positive down] of the upper faces of
    the first layer, dz the thickness of a layer. Normal stresses and the medium sit at cell centres, vx, vy and vz
    on the east, the north and the upper face of a cell, shear stresses on the edges between (Virieux 1986).
    """

    horizontal: Grid
    nz: int
    dz: float
    depth_min: float = 0.0

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of cells (nz, ny, nx)."""
        return self.nz, self.horizontal.ny, self.horizontal.nx

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.nz * self.horizontal.ny * self.horizontal.nx

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Size of a cell (dx, dy, dz) [m]."""
        return self.horizontal.dx, self.horizontal.dy, self.dz

    @property
    def depth_max(self) -> float:
        """Depth of the lowest faces [m]."""
        return self.depth_min + self.nz * self.dz

    def depth(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """Depths of the centres of layers first..last-1 [m], float64; indices outside continue the grid."""
        return self.depth_min + (np.arange(first, self.nz if last is None else last) + 0.5) * self.dz

    def index(self, x: float, y: float, depth: float) -> tuple[float, float, float]:
        """Fractional cell index (k, j, i) of a point [m]; cell centres are whole numbers."""
        j, i = self.horizontal.index(x, y)
        return (depth - self.depth_min) / self.dz - 0.5, j, i

    def extent(self) -> str:
        """Its extent in words, for messages."""
        g = self.horizontal
        return (
            f"the grid, which spans x {g.x0:g}..{g.x0 + g.nx * g.dx:g}, y {g.y0:g}..{g.y0 + g.ny * g.dy:g}, depth "
            f"{self.depth_min:g}..{self.depth_max:g} m"
        )
