"""How does something small below the seafloor displace it? A closed form around a point, which grows in time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Literal

import numpy as np

from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.ocean.fault_source import STEEP
from esim.sources.ocean.seafloor import TRUNCATION
from esim.sources.ocean.volcanic.half_space import Vector

Field = Callable[[np.ndarray, np.ndarray], Vector]

CELLS = 65_536  # cells treated at once
ANGLES, DISTANCES = 24, np.geomspace(0.01, 100.0, 60)  # where the strength is sought, in depths


@dataclass(frozen=True, eq=False)
class BuriedPoint:
    """What displaces the seafloor around a point at a depth [m]; see `Source` for the other attributes.

    field(east, north) is the final displacement (east, north, up) [m] at points relative to it [m]; it grows linearly
    from onset [s] on within rise_time [s]. radius [m] is that of a chamber, 0 of a point. moment [N m] is that of a
    seismic source, None of a chamber.
    """

    name: str
    lonlat: bool
    x: float
    y: float
    depth: float
    field: Field
    onset: float = 0.0
    rise_time: float = 0.0
    radius: float = 0.0
    kajiura: bool = False
    horizontal_on_slope: bool = False
    moment: float | None = None
    magnitude: float | None = None
    target: Literal["bed", "water"] = "bed"
    remarks: tuple[str, ...] = ()

    @property
    def times(self) -> np.ndarray:
        """Onset, and the end of the rise."""
        return self.onset + np.array([0.0, self.rise_time] if self.rise_time > 0 else [0.0])

    @cached_property
    def strength(self) -> float:
        """The largest displacement times the square of the distance from the point [m3], with which it falls off."""
        angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
        distance = self.depth * DISTANCES[:, None]
        size = np.sqrt(sum(u * u for u in self.field(distance * np.sin(angle), distance * np.cos(angle))))
        return float((size * (distance**2 + self.depth**2)).max())

    def outline(self) -> np.ndarray:
        """The chamber seen from above: corners (n, 3), x and y as those of the source, depth [m]."""
        angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
        ring = self.radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)
        places = [geodesy.travel(self.x, self.y, e, n, self.lonlat) for e, n in ring.tolist()]
        return np.array([(*place, self.depth) for place in places])

    def check(self, grid: Grid) -> None:
        """Nothing is wrong with a point outside the grid: it moves the seafloor inside it all the same."""

    def region(self, grid: Grid) -> geodesy.Box:
        """Cells outside which nothing moves by more than 0.1 mm."""
        counted = self.strength * (1 + sqrt(2) * STEEP if self.horizontal_on_slope else 1)
        return geodesy.box(grid, self.x, self.y, max(sqrt(counted / TRUNCATION), 2 * self.depth))

    def displacement(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        slope_x: np.ndarray | None = None,
        slope_y: np.ndarray | None = None,
    ) -> np.ndarray:
        """Uplift of the seafloor [m], (K, ny, nx); with slopes uz - ux db/dx - uy db/dy (Tanioka and Satake 1996).

        East and north are those of the point; on the sphere they turn with the distance from it.
        """
        result = np.zeros((len(self.times), len(y), len(x)))
        rows = max(1, CELLS // max(1, len(x)))
        for first in range(0, len(y), rows):
            strip = slice(first, first + rows)
            ux, uy, rise = self.field(*geodesy.local(x, y[strip], self.x, self.y, lonlat))
            if self.horizontal_on_slope and slope_x is not None and slope_y is not None:
                rise = rise - ux * slope_x[strip] - uy * slope_y[strip]
            result[-1, strip] = rise
        return result
