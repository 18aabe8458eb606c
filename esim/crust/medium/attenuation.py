"""How do waves lose energy in this run? The relaxation mechanisms, and what they do to the moduli."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.config.crust.physics import CrustPhysics
from esim.config.crust.root import SeismicConfig
from esim.errors import InputError
from esim.media.crust import attenuation
from esim.media.crust.attenuation import Mechanisms

Q_BAND_RATIO = 100.0  # default ratio of the highest to the lowest frequency over which Q is constant


@dataclass(frozen=True)
class Attenuation:
    """Mechanisms, by form, the frequency [Hz] at which velocities are as given, and the lowest Q of the medium."""

    form: str  # coarse or conventional
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

    def describe(self) -> str:
        """Its line of the plan of a run."""
        low, high = self.mechanisms.band
        return (
            f"attenuation    {self.form}, Q constant over {low:.3g}-{high:.3g} Hz; vp and vs hold at "
            f"{self.reference:g} Hz"
        )

    def record(self) -> dict[str, Any]:
        """What run.json has of it; frequencies in Hz."""
        band = list(self.mechanisms.band)
        return {
            "form": self.form,
            "band": band,
            "reference_frequency": self.reference,
            "lowest_q": self.lowest_q,
        }


def attenuation_in_force(config: SeismicConfig, attenuates: bool) -> SeismicConfig:
    """The configuration with the form of attenuation that it leaves open: coarse in a medium that has Q.

    Raises InputError for memory variables of an elastic run.
    """
    physics = config.physics
    if physics.attenuation is not None:
        return config
    if physics.memory_variable_precision is not None and not attenuates:
        raise InputError(
            f"physics.memory_variable_precision: '{physics.memory_variable_precision}' has no memory variables to "
            "apply to: the medium has no qp and qs, and waves are not attenuated"
        )
    form = "coarse" if attenuates else "none"
    return config.model_copy(update={"physics": physics.model_copy(update={"attenuation": form})})


def check_used(physics: CrustPhysics) -> Iterator[str]:
    """A warning where something is said of attenuation, and waves are not attenuated."""
    if physics.attenuation == "none" and physics.band is not None:
        yield "physics.band: is not used, because waves are not attenuated (physics.attenuation: none, or no Q)"


def fit_attenuation(
    physics: CrustPhysics, frequency: float, lowest_qp: float, lowest_qs: float
) -> Attenuation | None:
    """The mechanisms for waves up to a frequency [Hz]; None for an elastic run.

    Raises InputError if the medium has no Q, or one too low for them.
    """
    if physics.attenuation in ("none", None):
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
    form, reference = str(physics.attenuation), physics.reference_frequency
    return Attenuation(form, mechanisms, reference, min(lowest_qp, lowest_qs))
