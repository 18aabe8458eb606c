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


def place(lon0: float, lat0: float, angle: float, bearing: float) -> tuple[float, float]:
    """Longitude and latitude at an angle and a bearing (clockwise from north) from a pole; all in degrees."""
    a, b, lat = np.radians([angle, bearing, lat0])
    north = np.arcsin(np.sin(lat) * np.cos(a) + np.cos(lat) * np.sin(a) * np.cos(b))
    east = np.arctan2(np.sin(b) * np.sin(a) * np.cos(lat), np.cos(a) - np.sin(lat) * np.sin(north))
    return lon0 + float(np.degrees(east)), float(np.degrees(north))


def between(
    first: tuple[float, float], last: tuple[float, float], shares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes at shares of the great circle from one place to another; all in degrees."""
    ends = []
    for lon, lat in np.radians([first, last]):
        ends.append(np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]))
    angle = np.arccos(ends[0] @ ends[1])
    weights = np.sin(np.multiply.outer((1 - shares, shares), angle)) / np.sin(angle)
    x, y, z = weights[0] * ends[0][:, None] + weights[1] * ends[1][:, None]
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z))


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


def forced(
    pressure: Callable[[np.ndarray, float], np.ndarray],
    times: np.ndarray,
    angle: float | np.ndarray,
    depth: float,
    density: float,
    degree: int = 300,
) -> np.ndarray:
    """The linear wave under air pressure(angle from the pole, time) [Pa] on water at rest: (times, angles).

    Legendre degree l of the surface obeys a'' = -w^2 (a + p / (rho g)), w as in `spread`. Where p is linear in time
    a + p / (rho g) turns at the frequency w: exact between the times, which begin at rest and are evenly spaced.
    """
    mu, weight = np.polynomial.legendre.leggauss(3 * degree)
    basis = np.polynomial.legendre.legvander(mu, degree)
    n = np.arange(degree + 1)
    nodes = np.arccos(mu)
    heads = np.array([pressure(nodes, float(time)) for time in times]) / (density * G)
    head = (2 * n + 1) / 2 * ((heads * weight) @ basis)
    step = float(times[1] - times[0])
    rate = np.sqrt(n * (n + 1) * G * depth) / EARTH_RADIUS
    cosine, sine = np.cos(rate * step), np.sin(rate * step)
    over = np.where(n > 0, sine / np.where(n > 0, rate, 1.0), step)
    surface = np.zeros_like(head)
    speed = np.zeros(n.size)
    for k in range(times.size - 1):
        slope = (head[k + 1] - head[k]) / step
        total, change = surface[k] + head[k], speed + slope
        surface[k + 1] = cosine * total + over * change - head[k + 1]
        speed = cosine * change - rate * sine * total - slope
    return np.asarray(surface @ np.polynomial.legendre.legvander(np.cos(np.atleast_1d(angle)), degree).T)
