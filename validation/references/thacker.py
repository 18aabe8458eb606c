"""How does water move in a paraboloid without friction? Thacker's closed forms (1981, J. Fluid Mech. 107:499).

The bed is depth (r^2 / radius^2 - 1), lengths in m, times in s. Surfaces are those of the water, also where they lie
below the bed: there it is dry.
"""

from typing import NamedTuple

import numpy as np

G = 9.81


class Bowl(NamedTuple):
    """Depth in the middle and radius of the rim at rest, and how far the water is from rest.

    shift is how far the planar solution's centre is from the middle; amplitude, below 1, is that of the radial one.
    """

    depth: float
    radius: float
    shift: float
    amplitude: float

    def bed(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height of the ground."""
        return np.asarray(self.depth * ((x**2 + y**2) / self.radius**2 - 1))

    @property
    def turn(self) -> float:
        """Angular frequency [rad/s] of the planar solution; the radial one has twice that."""
        return float(np.sqrt(2 * G * self.depth)) / self.radius

    def planar(self, x: np.ndarray, y: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Surface and velocities u, v: a plane surface circles, and the water moves as one."""
        cos, sin = np.cos(self.turn * t), np.sin(self.turn * t)
        eta = self.shift * self.depth / self.radius**2 * (2 * x * cos + 2 * y * sin - self.shift)
        speed = self.shift * self.turn + 0 * eta
        return eta, -speed * sin, speed * cos

    def radial(self, x: np.ndarray, y: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Surface and velocities u, v: a curved surface swells and sinks, and its shore contracts and spreads."""
        a, swing = self.amplitude, np.sqrt(8 * G * self.depth) / self.radius
        size = 1 - a * np.cos(swing * t)
        r2 = (x**2 + y**2) / self.radius**2
        eta = self.depth * (np.sqrt(1 - a * a) / size - 1 - r2 * ((1 - a * a) / size**2 - 1))
        stretch = 0.5 * swing * a * np.sin(swing * t) / size
        return eta, stretch * x + 0 * eta, stretch * y + 0 * eta
