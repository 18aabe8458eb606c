"""What does water do on a sphere? A steady zonal flow, and linear waves on an ocean of one depth.

Angles in radians, lengths in m, times in s.
"""

from collections.abc import Callable

import numpy as np

from esim.constants import EARTH_RADIUS, EARTH_ROTATION

G = 9.81


def balanced(lat: np.ndarray, speed: float) -> np.ndarray:
    """Surface that keeps the flow speed cos(lat) towards east steady, less that at the equator (Williamson et al. 1992,
    J. Comput. Phys. 102:211, test 2).
    """
    head = (EARTH_RADIUS * EARTH_ROTATION * speed + speed**2 / 2) / G
    return np.asarray(-head * np.sin(lat) ** 2)


def distance(lon: np.ndarray, lat: np.ndarray, lon0: float, lat0: float) -> np.ndarray:
    """Angle between points and a pole at lon0, lat0."""
    cosine = np.sin(lat) * np.sin(lat0) + np.cos(lat) * np.cos(lat0) * np.cos(lon - lon0)
    return np.arccos(np.clip(cosine, -1.0, 1.0))


def spread(
    profile: Callable[[np.ndarray], np.ndarray],
    times: np.ndarray,
    angle: float | np.ndarray,
    depth: float,
    degree: int = 200,
) -> np.ndarray:
    """A linear wave from a surface profile(angle from the pole) at rest: (times, angles).

    Legendre degree l turns at the frequency sqrt(l (l + 1) g depth) / R.
    """
    mu, weight = np.polynomial.legendre.leggauss(3 * degree)
    basis = np.polynomial.legendre.legvander(mu, degree)
    n = np.arange(degree + 1)
    amplitude = (2 * n + 1) / 2 * ((profile(np.arccos(mu)) * weight) @ basis)
    rate = np.sqrt(n * (n + 1) * G * depth) / EARTH_RADIUS
    swing = amplitude * np.cos(np.multiply.outer(np.atleast_1d(times), rate))
    return swing @ np.polynomial.legendre.legvander(np.cos(np.atleast_1d(angle)), degree).T
