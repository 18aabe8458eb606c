"""How does layered ground answer S waves from straight below? The propagator of Thomson (1950) and Haskell (1953)."""

from collections.abc import Sequence

import numpy as np

from esim.validation.references.law import Law
from esim.validation.references.layered import Layer


def amplification(layers: Sequence[Layer], frequencies: np.ndarray, law: Law | None = None) -> np.ndarray:
    """Complex motion of the ground (F,) [-] at frequencies [Hz] > 0, for a wave of amplitude one in the half-space.

    The last layer is the half-space, the phase is that against the wave at its top. `law` makes moduli complex where
    layers have a Q; without it Q is ignored. Motion and shear stress are carried down from the ground, where they are
    one and zero (Haskell 1960, J. Geophys. Res. 65, 4147).
    """
    omega = 2 * np.pi * np.asarray(frequencies, float)
    motion, traction = np.ones_like(omega, complex), np.zeros_like(omega, complex)
    for layer, below in zip(layers, layers[1:], strict=False):
        speed = _speed(layer, omega, law)
        phase, impedance = omega * (below.top - layer.top) / speed, layer.rho * speed
        motion, traction = (
            motion * np.cos(phase) + traction * np.sin(phase) / (omega * impedance),
            traction * np.cos(phase) - motion * np.sin(phase) * omega * impedance,
        )
    rock = layers[-1].rho * _speed(layers[-1], omega, law)
    return np.asarray(2 / (motion - 1j * traction / (omega * rock)))


def _speed(layer: Layer, omega: np.ndarray, law: Law | None) -> np.ndarray:
    """The complex velocity [m/s] of S waves exp(+i omega t)."""
    factor = law(omega + 0j, 1 / layer.qs) if law is not None and np.isfinite(layer.qs) else 1 + 0j
    return np.asarray(layer.vs * np.sqrt(factor) * np.ones_like(omega))
