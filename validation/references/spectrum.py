"""How does a response known by frequency become a seismogram? Fourier's integral below the real axis.

With exp(+i w t) the signal exp(-damping t) f(t) has the spectrum F(w - i damping). At these complex frequencies no
response has a pole (a step is 1 / i w), and what wraps around the end of the window is smaller by
exp(-damping duration).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]

TAPER = 0.8  # of the highest frequency, above which responses fade


@dataclass(frozen=True)
class Window:
    """The frequencies that describe motion from 0 to `duration` [s] up to `highest` [Hz].

    Above 0.8 `highest` responses fade to 0. Motion that comes a duration too late is seen multiplied by `wrap`.
    """

    duration: float
    highest: float
    wrap: float = 1e-4

    @classmethod
    def covering(
        cls, function: Function, end: float, fraction: float = 1e-3, limit: float = 25.0
    ) -> "Window":
        """A window for motion until `end` [s] caused by `function`, up to where its spectrum is that small.

        `fraction` is that of the largest amplitude. No frequency above `limit` [Hz] is taken.
        """
        wide = cls(1.5 * end, limit)
        amplitude = np.abs(wide.spectrum(function))
        above = np.flatnonzero(amplitude > fraction * amplitude.max())[-1] + 1
        return cls(wide.duration, min(limit, float(above / wide.duration / TAPER)))

    @property
    def damping(self) -> float:
        """The distance of the frequencies from the real axis [1/s]."""
        return float(-np.log(self.wrap) / self.duration)

    @cached_property
    def omega(self) -> np.ndarray:
        """Complex angular frequencies [rad/s] (F,), the first one on the imaginary axis."""
        count = int(np.ceil(self.highest * self.duration))
        return 2.0 * np.pi * np.arange(count) / self.duration - 1j * self.damping

    def spectrum(self, function: Function) -> np.ndarray:
        """The spectrum (F,) of a function of time, in its unit times seconds, by the trapezoidal rule."""
        count = 32 * int(np.ceil(self.highest * self.duration))
        time = np.arange(count) * (self.duration / count)
        signal = function(time) * np.exp(-self.damping * time)
        signal[0] *= 0.5
        return np.fft.fft(signal)[: self.omega.size] * (self.duration / count)

    def motion(self, spectra: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Signals (..., T) at times [s] within the window, from spectra (..., F)."""
        relative = self.omega.real / (2.0 * np.pi * self.highest)
        taper = np.cos(0.5 * np.pi * np.clip((relative - TAPER) / (1.0 - TAPER), 0.0, 1.0)) ** 2
        weight = np.where(self.omega.real == 0.0, 1.0, 2.0) * taper / self.duration
        return np.real((spectra * weight) @ np.exp(1j * np.outer(self.omega, times)))
