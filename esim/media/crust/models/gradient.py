"""How do values increase with depth? Linearly."""

from dataclasses import dataclass

import numpy as np

from esim.grids.grid3d import Grid3D
from esim.media.crust.checks import require_sound
from esim.media.crust.medium import QP, RHO


@dataclass(frozen=True)
class Gradient:
    """A medium whose vp, vs [m/s] and rho [kg/m3] are those at sea level plus a rate [per m] times depth.

    values are vp, vs, rho, qp, qs at depth 0, rates those of vp, vs, rho; qp and qs do not change. Above sea
    level the lines go on.
    """

    values: tuple[float, float, float, float, float]
    rates: tuple[float, float, float]
    interfaces: tuple[float, ...] = ()
    layered: bool = True
    detail: float = np.inf
    remarks: tuple[str, ...] = ()

    def check(self, grid: Grid3D) -> None:
        """Raises InputError if values are impossible in the first or the last layer of cells."""
        ends = grid.depth()[[0, -1]]
        column = self._column(ends)
        require_sound(column, lambda index: f"medium at depth {ends[index[0]]:g} m")

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx)."""
        column = self._column(depth)
        return np.broadcast_to(column[:, :, None, None], (*column.shape, y.size, x.size)).copy()

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m]: float64 (5, n)."""
        return self._column(depth)

    def _column(self, depth: np.ndarray) -> np.ndarray:
        column = np.empty((5, depth.size))
        for row in range(RHO + 1):
            column[row] = self.values[row] + self.rates[row] * depth
        column[QP:] = np.array(self.values[QP:])[:, None]
        return column
