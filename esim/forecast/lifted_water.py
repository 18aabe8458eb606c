"""How large is an uplift of which no fault is known? The water that it lifts, and the potential energy of that."""

from dataclasses import dataclass

import numpy as np

from esim.constants import SEA_DENSITY
from esim.forecast.library import Library
from esim.forecast.moment import draw
from esim.forecast.posterior import Gaussian
from esim.forecast.waves import SAMPLES


@dataclass(frozen=True, eq=False)
class LiftedWater:
    """In samples of the posterior, (S,): net volume [m3], and potential energy [J]."""

    volume: np.ndarray
    energy: np.ndarray


def lifted_water(library: Library, x: Gaussian, count: int = SAMPLES, seed: int = 0) -> LiftedWater | None:
    """What uplift of cells lifts in samples, when all windows have ended; None where slip is what was to be found.

    The energy is that of a surface that has followed the bed at once, rho g / 2 times the integral of its square.
    """
    if library.unknowns == "slip":
        return None
    metres = library.slip_mean[:, None] + library.slip_root @ draw(x, None, count, seed)
    uplift = metres.reshape(library.windows, -1, count).sum(axis=0)
    gravity = float(library.about["base"]["physics"]["gravity"])
    return LiftedWater(library.area @ uplift, 0.5 * SEA_DENSITY * gravity * (library.area @ uplift**2))
