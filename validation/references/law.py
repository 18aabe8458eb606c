"""How does a modulus depend on frequency? Laws of attenuation for solutions without a grid.

A law gives the factor of a modulus, density times velocity squared, at complex angular frequencies [rad/s] for a
1/Q, with exp(+i w t).
"""

from collections.abc import Callable

import numpy as np

from esim.media.crust.attenuation import Mechanisms

Law = Callable[[np.ndarray, float], np.ndarray]


def constant_q(reference: float) -> Law:
    """Q the same at all frequencies (Kjartansson 1979), and phase velocities as given at `reference` [Hz]."""

    def factor(omega: np.ndarray, inverse_q: float) -> np.ndarray:
        gamma = np.arctan(inverse_q) / np.pi
        return np.cos(0.5 * np.pi * gamma) ** 2 * (1j * omega / (2.0 * np.pi * reference)) ** (2.0 * gamma)

    return factor


def relaxing(mechanisms: Mechanisms, reference: float) -> Law:
    """What the engine's mechanisms make of a Q, phase velocities as given at `reference` [Hz].

    Between this and `constant_q` lies the error of the fit; what remains of a run's error is that of its grid.
    """

    def factor(omega: np.ndarray, inverse_q: float) -> np.ndarray:
        unrelaxed = mechanisms.unrelaxed(np.array(1.0), np.array(inverse_q), reference)
        return unrelaxed * mechanisms.modulus(omega / (2.0 * np.pi), inverse_q)

    return factor
