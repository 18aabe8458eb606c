"""Lamb's problem: a vertical force on the surface of a half-space, motion of the surface.

The response to a force that stays on is exact. Vertical displacement: the closed form of Pekeris (1955) for any
Poisson ratio (Kausel 2012), a sum over the roots of Rayleigh's cubic. Radial displacement: Cagniard's integral
along the cut between the slownesses of P and S, where the integrand is smooth, plus the Rayleigh pole. Times are
counted in travel times of S, tau = t vs / r; the Rayleigh wave passes at tau = gamma, where both are singular
like an inverse square root. Sums over time take their points closer and closer to gamma, which integrates that.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esim.validation.references.spectrum import Function

POINTS = 3000  # of the convolution, between two arrivals
ANGLES = 200  # of Cagniard's integral


@dataclass(frozen=True)
class HalfSpace:
    """A homogeneous half-space: velocities [m/s] and density [kg/m3]."""

    vp: float
    vs: float
    rho: float

    @property
    def ratio(self) -> float:
        """vs / vp."""
        return self.vs / self.vp

    @property
    def rigidity(self) -> float:
        """Shear modulus [Pa]."""
        return self.rho * self.vs**2

    def rayleigh(self) -> np.ndarray:
        """Roots of Rayleigh's cubic in (slowness vs)^2; the first is real, above 1 and that of the wave."""
        a2 = self.ratio**2
        roots = np.roots([16.0 * (a2 - 1.0), 24.0 - 16.0 * a2, -8.0, 1.0]).astype(complex)
        return roots[np.argsort(-np.where(np.abs(roots.imag) < 1e-9, roots.real, 0.0))]


def motion(medium: HalfSpace, distance: float, force_rate: Function, times: np.ndarray) -> np.ndarray:
    """Displacement (radial outward, vertical down), (2, T) [m], `distance` [m] from a downward force at times [s].

    `force_rate` is the rate of change of the force [N/s], smooth and 0 before 0. Of its derivative comes the
    velocity, and so on.
    """
    gamma = float(np.sqrt(medium.rayleigh()[0].real))
    crossing = distance / medium.vs
    arrivals = [medium.ratio, 1.0, gamma, max(float(np.max(times)) / crossing, gamma)]
    result = np.zeros((2, len(times)))
    for first, last in zip(arrivals[:-1], arrivals[1:], strict=True):
        tau, weight = _points(first, last)
        past = force_rate(np.asarray(times)[:, None] - tau * crossing) * (weight * crossing)
        result += np.stack([past @ radial(medium, tau), past @ vertical(medium, tau)])
    return result / (medium.rigidity * distance)


def vertical(medium: HalfSpace, tau: np.ndarray) -> np.ndarray:
    """Vertical displacement, down, for a unit downward step of force: as a fraction of 1 / (rigidity r)."""
    a2 = medium.ratio**2
    k = medium.rayleigh()
    body = [_amplitude(k[j], k[[m for m in range(3) if m != j]], a2) for j in range(3)]
    tau2 = np.asarray(tau, dtype=complex) ** 2
    wave = 1j * body[0] / np.sqrt(k[0].real - tau2 + 0j)  # sqrt(a2 - k) is imaginary for the first root
    between = 0.5 * (1.0 + wave - sum(body[j] / np.sqrt(tau2 - k[j]) for j in (1, 2))).real
    late = np.where(tau2.real < k[0].real, (1.0 + wave).real, 1.0)
    fraction = np.where(tau2.real < a2, 0.0, np.where(tau2.real < 1.0, between, late))
    return fraction / (4.0 * np.pi * (1.0 - a2))  # (1 - Poisson's ratio) / 2 pi, after Boussinesq


def radial(medium: HalfSpace, tau: np.ndarray) -> np.ndarray:
    """Radial displacement, outward, for a unit downward step of force: as a fraction of 1 / (rigidity r)."""
    tau = np.asarray(tau, dtype=float)
    a2, gamma2 = medium.ratio**2, medium.rayleigh()[0].real
    result = np.zeros(tau.shape)
    some = tau**2 > a2
    result[some] = _cut(a2, tau[some])
    late = tau**2 > gamma2
    result[late] -= np.pi * _pole(a2, gamma2) / np.sqrt(tau[late] ** 2 - gamma2)
    return tau * result / np.pi**2


def derivative(function: Function, step: float = 1e-3) -> Callable[[np.ndarray], np.ndarray]:
    """The derivative of a smooth function of time by central differences of order 4 over `step` [s]."""

    def rate(t: np.ndarray) -> np.ndarray:
        near, far = (function(t + n * step) - function(t - n * step) for n in (1, 2))
        return (8.0 * near - far) / (12.0 * step)

    return rate


def _points(first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Points between two times, dense at both, and weights that integrate over them."""
    angle = (np.arange(POINTS) + 0.5) * np.pi / POINTS
    half = 0.5 * (last - first)
    return first + half * (1.0 - np.cos(angle)), half * np.sin(angle) * np.pi / POINTS


def _amplitude(root: complex, others: np.ndarray, a2: float) -> complex:
    """Kausel's A_j, with the sign of the square root that belongs to exp(+i w t)."""
    return (root - 0.5) ** 2 * np.sqrt(a2 - root + 0j) / np.prod(root - others)


def _cut(a2: float, tau: np.ndarray) -> np.ndarray:
    """The integral over slownesses x from that of P to that of S, or to tau."""
    angle = (np.arange(ANGLES) + 0.5) * np.pi / ANGLES
    width = np.minimum(tau**2, 1.0)[..., None] - a2
    x2 = a2 + width * np.sin(0.5 * angle) ** 2
    root2 = (x2 - a2) * (1.0 - x2)
    modulus2 = (1.0 - 2.0 * x2) ** 4 + 16.0 * x2**2 * root2
    # sqrt(tau^2 - x^2) cancels against the density of the points where the integral ends at tau
    density = 0.5 * width * np.sin(angle) / np.sqrt(tau[..., None] ** 2 - x2)
    return np.mean(density * np.sqrt(root2) * (1.0 - 2.0 * x2) / modulus2, axis=-1) * np.pi


def _pole(a2: float, gamma2: float) -> float:
    """Rest of the integrand at the Rayleigh slowness, gamma N(gamma) / R'(gamma)."""
    root2 = (gamma2 - a2) * (gamma2 - 1.0)
    root = np.sqrt(root2)
    numerator = 1.0 - 2.0 * gamma2 + 2.0 * root
    # R = (1 - 2 y)^2 - 4 y sqrt((y - a2)(y - 1)) with y = x^2, and dR/dx = 2 x dR/dy
    slope = -4.0 * (1.0 - 2.0 * gamma2) - 4.0 * root - 2.0 * gamma2 * (2.0 * gamma2 - a2 - 1.0) / root
    return float(0.5 * numerator / slope)
