"""How does a wave run up a plane beach without breaking? Carrier and Greenspan (1958, J. Fluid Mech. 4:97).

In units of a length along the beach, the still depth at that distance (slope times length), the velocity sqrt(g depth)
and the time length / velocity, x landward from the still shore: the depth is eta - x. The hodograph variables are
sigma, four times the square root of the depth, and lambda = 2 (u + t); a solution gives eta and u of both.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Solution = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # sigma, lambda -> eta, u


class Profile(NamedTuple):
    """Surface and velocity at places x, from the shore seaward."""

    x: np.ndarray
    eta: np.ndarray
    u: np.ndarray

    def at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Surface and velocity at other places: beyond the shore the ground, at rest."""
        eta, u = (np.interp(x, self.x[::-1], values[::-1]) for values in (self.eta, self.u))
        wet = x < self.x[0]
        return np.where(wet, eta, x), np.where(wet, u, 0.0)

    @property
    def shore(self) -> float:
        """Height of the shore, and its place."""
        return float(self.x[0])


def standing(amplitude: float) -> Solution:
    """A periodic wave that the beach sends back, of period pi in time; below amplitude 1 it does not break.

    At t = -pi/4 it is at rest with its highest run-up, amplitude / 4.
    """

    from scipy.special import j0, j1

    def solve(sigma: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        away = np.maximum(sigma, 1e-8)
        u = -amplitude * j1(away) / away * np.cos(lam)
        return -amplitude / 4 * j0(sigma) * np.sin(lam) - u * u / 2, u

    return solve


def hollow(depth: float) -> Solution:
    """Water at rest with a hollow of this depth at the shore, which lets go at t = 0 (their second example)."""
    a = 1.5 * np.sqrt(1 + 0.9 * depth)

    def solve(sigma: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        s, i = sigma / a, 1 - 1j * lam / a
        root = i * i + s * s
        u = 8 * depth / a * np.imag(root**-1.5 - 0.75 * i * root**-2.5)
        bracket = 1 - 2 * (1.25 - 1j * lam / a) * root**-1.5 + 1.5 * i * i * root**-2.5
        return depth * np.real(bracket) - u * u / 2, u

    return solve


def profile(solve: Solution, t: float, reach: float, points: int = 5000) -> Profile:
    """The solution at a time, from the shore to `reach` seaward of the still shore, a little more."""
    sigma = np.linspace(0.0, 4 * np.sqrt(1.05 * reach + 1.0), points)
    lam = np.full_like(sigma, 2 * t)
    for _ in range(400):
        _, u = solve(sigma, lam)
        following = 2 * (t + u)
        if np.abs(following - lam).max() < 1e-11:
            break
        lam = following
    eta, u = solve(sigma, lam)
    return Profile(eta - sigma**2 / 16, eta, u)
