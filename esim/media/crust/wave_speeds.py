"""How fast are the fastest and the slowest waves? Of cells, before a time step is chosen."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Speeds:
    """The extremes of cells without air: speeds [m/s] and vp / vs of solids, 0 or inf where there are no cells."""

    fastest: float  # largest vp
    slowest: float  # smallest vs of solids and vp of fluids: it sets the shortest wavelength
    least_ratio: float  # smallest vp / vs of solids
    largest_ratio: float

    def join(self, other: "Speeds") -> "Speeds":
        """The extremes of both."""
        return Speeds(
            max(self.fastest, other.fastest),
            min(self.slowest, other.slowest),
            min(self.least_ratio, other.least_ratio),
            max(self.largest_ratio, other.largest_ratio),
        )


def speeds(values: np.ndarray) -> Speeds:
    """The extremes of lam, mu [Pa], rho [kg/m3], .. of cells, (3 or more, ...), as cell_averages gives them."""
    filled = values[2] > 0
    lam, mu, rho = (values[row][filled] for row in range(3))
    vp, vs = np.sqrt((lam + 2 * mu) / rho), np.sqrt(mu / rho)
    solid = vs > 0
    ratio = vp[solid] / vs[solid]
    return Speeds(
        float(vp.max(initial=0.0)),
        float(np.where(solid, vs, vp).min(initial=np.inf)),
        float(ratio.min(initial=np.inf)),
        float(ratio.max(initial=0.0)),
    )


def slownesses(values: np.ndarray) -> np.ndarray:
    """Slowness [s/m] of the slowest waves in cells as `speeds` takes them: S in solids, P in fluids; 0 in air."""
    lam, mu, rho = values[:3]
    modulus = np.where(mu > 0, mu, lam)
    return np.sqrt(np.divide(rho, modulus, out=np.zeros_like(rho), where=rho > 0))
