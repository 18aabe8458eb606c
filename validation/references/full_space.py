"""A point source in a space without end (Aki and Richards 2002, eqs. 4.23 and 4.29): near, mean and far field.

The displacement that a force F(w) makes is G F with

    G_ij = (d_ij g_s + d_i d_j (g_s - g_p) / k_s^2) / (4 pi mu)        g = exp(-i k r) / r,  k = w / velocity

and that of a moment tensor M_jk is -M_jk d_k G_ij. The derivatives are written out, so that all powers of 1/r are
there. Velocities and mu may be complex functions of frequency: the same lines give the viscoelastic space.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esim.validation.references.spectrum import Function, Window

PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))  # how six numbers stand for a moment tensor
Modulus = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class FullSpace:
    """A homogeneous medium: velocities [m/s] and density [kg/m3].

    `p` and `s` give, for complex angular frequencies [rad/s], the factors of the moduli rho vp^2 and rho vs^2
    (1 where they are None), with exp(+i w t): a law of attenuation for one 1/Q.
    """

    vp: float
    vs: float
    rho: float
    p: Modulus | None = None
    s: Modulus | None = None

    def velocities(self, omega: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Complex vp and vs [m/s] at angular frequencies [rad/s]."""
        p, s = (np.ones_like(omega) if f is None else f(omega) for f in (self.p, self.s))
        return self.vp * np.sqrt(p), self.vs * np.sqrt(s)


def displacement(
    medium: FullSpace,
    receivers: np.ndarray,
    function: Function,
    times: np.ndarray,
    *,
    moment: np.ndarray | None = None,
    force: np.ndarray | None = None,
    window: Window,
    derivatives: int = 0,
) -> np.ndarray:
    """Displacement (R, 3, T) [m] at receivers (R, 3) [m] relative to the source, at times [s] in the window.

    Either `moment` (xx, yy, zz, xy, xz, yz) [N m], and `function` is the moment rate per unit moment [1/s]; or
    `force` (x, y, z) [N], and `function` is its factor. With `derivatives` 1 it is the velocity [m/s], with 2 the
    acceleration [m/s2]; -1 integrates. `function` must be small above 0.8 window.highest.
    """
    omega, spectrum = window.omega, window.spectrum(function)
    if moment is not None:
        response = moment_response(medium, receivers, np.asarray(moment, float), omega) / (1j * omega)
    else:
        response = force_response(medium, receivers, np.asarray(force, float), omega)
    return window.motion(response * spectrum * (1j * omega) ** derivatives, times)


def force_response(
    medium: FullSpace, receivers: np.ndarray, force: np.ndarray, omega: np.ndarray
) -> np.ndarray:
    """Displacement spectra (R, 3, F) [m s] of a force [N] with spectrum 1 s at complex frequencies [rad/s]."""
    r, direction = _polar(receivers)
    mu, shear, potential = _potentials(medium, r, omega)
    along = np.einsum("ri,i->r", direction, force)[:, None, None] * direction[:, :, None]
    across = force[None, :, None] - along
    return (
        force[None, :, None] * shear[0] + along * potential[2] + across * potential[1] / r[:, None, None]
    ) / (4.0 * np.pi * mu)


def moment_response(
    medium: FullSpace, receivers: np.ndarray, moment: np.ndarray, omega: np.ndarray
) -> np.ndarray:
    """Displacement spectra (R, 3, F) [m s] of a moment tensor [N m] with spectrum 1 s (an impulse of moment)."""
    r, direction = _polar(receivers)
    mu, shear, potential = _potentials(medium, r, omega)
    tensor = np.zeros((3, 3))
    for value, (a, b) in zip(moment, PAIRS, strict=True):
        tensor[a, b] = tensor[b, a] = value
    towards = np.einsum("ij,rj->ri", tensor, direction)[:, :, None]
    along = np.einsum("ri,ij,rj->r", direction, tensor, direction)[:, None, None] * direction[:, :, None]
    trace = np.trace(tensor) * direction[:, :, None]
    r = r[:, None, None]
    # d_i d_j d_k f M_jk for a function f of r alone
    curl_free = (
        along * (potential[3] - 3.0 * potential[2] / r + 3.0 * potential[1] / r**2)
        + (trace + 2.0 * towards) * (potential[2] - potential[1] / r) / r
    )
    return -(towards * shear[1] + curl_free) / (4.0 * np.pi * mu)


def _polar(receivers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r = np.linalg.norm(receivers, axis=1)
    return r, receivers / r[:, None]


def _potentials(
    medium: FullSpace, r: np.ndarray, omega: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """mu (F,), and the derivatives by r, (R, 1, F) each, of g_s and of (g_s - g_p) / k_s^2."""
    vp, vs = medium.velocities(omega)
    shear, pressure = (_derivatives(omega / v, r[:, None, None]) for v in (vs, vp))
    ks2 = (omega / vs) ** 2
    return medium.rho * vs**2, shear, [(a - b) / ks2 for a, b in zip(shear, pressure, strict=True)]


def _derivatives(k: np.ndarray, r: np.ndarray) -> list[np.ndarray]:
    """exp(-i k r) / r and its first three derivatives by r."""
    g = np.exp(-1j * k * r) / r
    first = -1j * k * g - g / r
    second = -1j * k * first - first / r + g / r**2
    third = -1j * k * second - second / r + 2.0 * first / r**2 - 2.0 * g / r**3
    return [g, first, second, third]
