"""What is known of slip, or uplift, before any data? It is Gaussian, and correlated over distance."""

from dataclasses import dataclass

import numpy as np

from esim.config.forecast.statistics import PriorConfig
from esim.sources import geodesy

JITTER = 1e-10  # of the variance, so that unknowns in one place can be factored


@dataclass(frozen=True, eq=False)
class Prior:
    """Slip, or uplift, [m] = mean (U,) + root (U, U) x, with independent x of variance one; U = windows x parts."""

    mean: np.ndarray
    root: np.ndarray


def build_prior(config: PriorConfig, apart: np.ndarray, windows: int) -> Prior:
    """The prior of K parts, distances (K, K) [m] apart, in so many windows, which are independent.

    The correlation is exp(-d / L) of the distance d between centres: the von Karman field with a Hurst exponent of 0.5
    (Mai and Beroza 2002, J. Geophys. Res. 107(B11), 2308).
    """
    covariance = config.spread**2 * (np.exp(-apart / config.correlation) + JITTER * np.eye(len(apart)))
    root = np.kron(np.eye(windows), np.linalg.cholesky(covariance))
    return Prior(np.full(len(root), config.mean), root)


def distances(centres: np.ndarray, depth: np.ndarray, lonlat: bool) -> np.ndarray:
    """Distances [m] between points (K, 2), degrees if lonlat, else m, at depths (K,) [m]: (K, K)."""
    found = np.empty((depth.size, depth.size))
    for n, (x, y) in enumerate(centres):
        # Seen from one centre, on the grid of all their x and y: the diagonal has the centres themselves.
        east, north = geodesy.local(centres[:, 0], centres[:, 1], float(x), float(y), lonlat)
        apart = np.broadcast_to(np.hypot(east, north), found.shape)
        found[n] = np.hypot(np.diagonal(apart), depth - depth[n])
    return 0.5 * (found + found.T)  # the projection is true in distance to rounding
