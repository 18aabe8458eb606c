"""What is the rock around a source like, and where is the ground above it?"""

from dataclasses import dataclass

import numpy as np

from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import Columns
from esim.media.crust.medium import RHO, VP, VS


@dataclass(frozen=True)
class GroundRock:
    """The medium of a ground; see `esim.sources.crust.volcanic.Rock`."""

    around: Ground

    def moduli(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rigidity [Pa], 0 in a fluid, and Poisson's ratio, of the medium at its reference frequency."""
        values = self.around.medium.rock.at(x, y, depth)
        p, s = values[VP] ** 2, values[VS] ** 2
        return values[RHO] * s, (p - 2 * s) / (2 * (p - s))

    @property
    def free(self) -> bool:
        """Whether there is a free surface above it."""
        return not self.around.absorbing

    def ground(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Depth [m] of the first layer of rock, as cells have it."""
        return Columns(self.around, x, y).floor
