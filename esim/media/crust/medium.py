"""What is a medium? vp, vs, rho, Qp and Qs at every point."""

from typing import Protocol

import numpy as np

from esim.grids.grid3d import Grid3D

VP, VS, RHO, QP, QS = range(5)  # the order of the values of a medium


class Medium(Protocol):
    """An isotropic viscoelastic medium; vs = 0 is a fluid, an infinite Q no attenuation."""

    @property
    def interfaces(self) -> tuple[float, ...]:
        """Depths [m], rising, at which values jump in every column; () if there are none or they vary."""

    @property
    def layered(self) -> bool:
        """Whether values depend on depth alone."""

    @property
    def detail(self) -> float:
        """Distance of depths [m] between which values run straight, at least; inf if there is no limit."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the user should know of how it was read, a sentence each."""

    def check(self, grid: Grid3D) -> None:
        """Raises InputError, in one sentence, unless there is a sound value in every cell of the grid."""

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs [m/s], rho [kg/m3], qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx).

        A point has the same bits whichever block it is asked for in. Exactly at an interface it belongs below.
        """

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs [m/s], rho [kg/m3], qp, qs at points x, y, depth (n,) [m], as `sample` has them: float64 (5, n)."""
