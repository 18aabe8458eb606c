"""How do waves lose energy in this run? The relaxation mechanisms, and what they do to the moduli."""

import math
from dataclasses import dataclass

import numpy as np

from esim.config.crust.physics import CrustPhysics
from esim.errors import InputError
from esim.media.crust import attenuation
from esim.media.crust.attenuation import Mechanisms

Q_BAND_RATIO = 100.0  # default ratio of the highest to the lowest frequency over which Q is constant


@dataclass(frozen=True)
class Attenuation:
    """Mechanisms, the frequency [Hz] at which velocities are as given, and the lowest Q of the medium."""

    mechanisms: Mechanisms
    reference: float
    lowest_q: float

    @property
    def stiffening(self) -> float:
        """Unrelaxed over given modulus, at most in the medium: the fastest change meets the former."""
        return float(self.unrelaxed(np.ones(1), np.array([1 / self.lowest_q]))[0])

    def unrelaxed(self, modulus: np.ndarray, inverse_q: np.ndarray) -> np.ndarray:
        """The unrelaxed moduli of given ones."""
        return self.mechanisms.unrelaxed(modulus, inverse_q, self.reference)


def fit_attenuation(
    physics: CrustPhysics, frequency: float, lowest_qp: float, lowest_qs: float
) -> Attenuation | None:
    """The mechanisms for waves up to a frequency [Hz]; None for an elastic run.

    Raises InputError if the medium has no Q, or one too low for them.
    """
    if physics.attenuation == "none":
        return None
    if not math.isfinite(min(lowest_qp, lowest_qs)):
        raise InputError(
            f"physics.attenuation: '{physics.attenuation}' needs a medium with qp and qs, and it has none"
        )
    band = physics.band or (frequency / Q_BAND_RATIO, frequency)
    fit = attenuation.coarse_grained if physics.attenuation == "coarse" else attenuation.conventional
    mechanisms = fit(band)
    mechanisms.check(np.array([lowest_qp]), "medium: qp")
    mechanisms.check(np.array([lowest_qs]), "medium: qs")
    reference = physics.reference_frequency or math.sqrt(band[0] * band[1])
    return Attenuation(mechanisms, reference, min(lowest_qp, lowest_qs))
