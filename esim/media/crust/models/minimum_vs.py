"""What is the lowest S-wave velocity? Soft sediments that would need a finer grid are raised to it."""

import math
from dataclasses import dataclass

import numpy as np

from esim.media.crust.medium import VP, VS
from esim.media.crust.models.derived import Derived

POISSON_SOLID = math.sqrt(3.0)  # vp / vs where both Lame parameters are the same


@dataclass(frozen=True)
class LeastVs(Derived):
    """A medium whose vs is at least `least` [m/s] in solids; vp there is at least sqrt(3) times the new vs.

    vp is not raised in the ratio of the two: wet sediment has vp of water, and would become faster than rock.
    """

    least: float

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx)."""
        return self._raised(self.base.sample(x, y, depth))

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m]: float64 (5, n)."""
        return self._raised(self.base.at(x, y, depth))

    def _raised(self, values: np.ndarray) -> np.ndarray:
        soft = (values[VS] > 0) & (values[VS] < self.least)
        values[VS] = np.where(soft, self.least, values[VS])
        values[VP] = np.where(soft, np.maximum(values[VP], POISSON_SOLID * self.least), values[VP])
        return values
