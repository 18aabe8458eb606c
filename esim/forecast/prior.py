"""What is known of slip before any data? Gaussian slip, correlated over the fault."""

from dataclasses import dataclass

import numpy as np

from esim.config.forecast.statistics import PriorConfig
from esim.sources import geodesy
from esim.sources.finite_fault import FiniteFault

JITTER = 1e-10  # of the variance, so that subfaults in one place can be factored


@dataclass(frozen=True, eq=False)
class Prior:
    """Slip [m] = mean (U,) + root (U, U) x, with independent x of variance one; U = windows x subfaults."""

    mean: np.ndarray
    root: np.ndarray


def build_prior(config: PriorConfig, fault: FiniteFault, windows: int) -> Prior:
    """The prior of slip on the subfaults of a fault in so many windows, which are independent.

    The correlation is exp(-d / L) of the distance d between centres: the von Karman field with a Hurst exponent of 0.5
    (Mai and Beroza 2002, J. Geophys. Res. 107(B11), 2308).
    """
    apart = distances(fault)
    covariance = config.spread**2 * (np.exp(-apart / config.correlation) + JITTER * np.eye(len(apart)))
    root = np.kron(np.eye(windows), np.linalg.cholesky(covariance))
    return Prior(np.full(len(root), config.mean), root)


def distances(fault: FiniteFault) -> np.ndarray:
    """Distances [m] between the centres of subfaults, (K, K)."""
    centres = np.array([fault.centre(n) for n in range(fault.x.size)])
    depth = np.array([fault.outline(n)[:, 2].mean() for n in range(fault.x.size)])
    found = np.empty((depth.size, depth.size))
    for n, (x, y) in enumerate(centres):
        # Seen from one centre, on the grid of all their x and y: the diagonal has the centres themselves.
        east, north = geodesy.local(centres[:, 0], centres[:, 1], float(x), float(y), fault.lonlat)
        apart = np.broadcast_to(np.hypot(east, north), found.shape)
        found[n] = np.hypot(np.diagonal(apart), depth - depth[n])
    return 0.5 * (found + found.T)  # the projection is true in distance to rounding
