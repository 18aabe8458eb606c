"""A source of seafloor motion from a formula."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Lift:
    """A source that lifts the bed by shape(x, y) times what `done` says at each of `times`."""

    shape: object
    times: np.ndarray
    done: np.ndarray
    box: tuple | None = None
    name: str = "lift"
    target: str = "bed"
    kajiura: bool = False
    horizontal_on_slope: bool = False
    moment: float | None = None
    magnitude: float | None = None
    cells: list = field(default_factory=list)

    def check(self, grid):
        pass

    def region(self, grid):
        return self.box or (0, grid.ny, 0, grid.nx)

    def displacement(self, x, y, lonlat, slope_x=None, slope_y=None):
        return self.done[:, None, None] * (self.shape(x, y) + np.zeros((y.size, x.size)))


def at_once(shape, time=0.0, **more):
    """Lift the bed by shape(x, y) [m] at a time [s]."""
    return Lift(shape, np.array([time]), np.ones(1), **more)
