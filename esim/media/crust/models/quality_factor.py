"""What is Q where only velocities are known? Proportional to vs."""

from dataclasses import dataclass

import numpy as np

from esim.media.crust.medium import QP, QS, VS
from esim.media.crust.models.derived import Derived


@dataclass(frozen=True)
class QualityFromVs(Derived):
    """A medium with Qs = qs_per_km_s * vs [km/s] and Qp = qp_over_qs * Qs in place of its own; none in fluids."""

    qs_per_km_s: float
    qp_over_qs: float

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx)."""
        return self._with_q(self.base.sample(x, y, depth))

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m]: float64 (5, n)."""
        return self._with_q(self.base.at(x, y, depth))

    def _with_q(self, values: np.ndarray) -> np.ndarray:
        solid = values[VS] > 0
        values[QS] = np.where(solid, self.qs_per_km_s / 1000 * values[VS], np.inf)
        values[QP] = self.qp_over_qs * values[QS]
        return values
