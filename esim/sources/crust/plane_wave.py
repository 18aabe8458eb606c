"""What is a vertically incident plane wave?"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.sources.crust import spectrum
from esim.sources.crust.time_function import TimeFunction


@dataclass(frozen=True)
class PlaneWave:
    """A wave that travels vertically upwards; its particles move along x (east), y (north) or z (down).

    It passes the depth [m] with the velocity amplitude [m/s] times time_function, which has the peak 1, of the
    time since onset [s].
    """

    name: str
    polarisation: Literal["x", "y", "z"] | None  # None: of another direction
    depth: float
    amplitude: float
    time_function: TimeFunction
    onset: float = 0.0
    low_pass: float | None = None  # corner frequency [Hz] of the filter that it passes before it acts

    @property
    def compressional(self) -> bool:
        """Whether it is a P wave."""
        return self.polarisation == "z"

    @property
    def magnitude(self) -> None:
        """A plane wave has none."""
        return None

    @property
    def total_moment(self) -> float:
        """A plane wave has no moment [N m]."""
        return 0.0

    @property
    def begin(self) -> float:
        """Time [s] at which it begins to pass its depth."""
        return self.onset

    @property
    def end(self) -> float:
        """Time [s] after which it has passed its depth, to 1e-6."""
        return self.onset + self.time_function.duration

    def velocity(self, times: np.ndarray) -> np.ndarray:
        """Velocity of the particles [m/s] at its depth, at times (K,) [s]."""
        return self.amplitude * self.time_function(times - self.onset)

    def highest_frequency(self, fraction: float = 0.01) -> float:
        """Frequency [Hz] above which less than `fraction` of the energy of the velocity lies."""
        span = np.array([self.time_function.duration])
        return spectrum.highest_frequency(self.time_function, span, np.ones(1), fraction, False)

    def check(self, grid: Grid3D) -> None:
        """Raises InputError if its depth is outside the grid."""
        if not grid.depth_min <= self.depth <= grid.depth_max:
            raise InputError(f"source {self.name} at depth {self.depth:g} m lies outside {grid.extent()}")
