"""A Gaussian hump of the water surface, the simplest of all sources."""

from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

import numpy as np

from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.ocean.fault_source import require_inside
from esim.sources.ocean.seafloor import TRUNCATION


@dataclass(frozen=True, eq=False)
class Hump:
    """eta = height exp(-(r / radius)^2) at t = 0, r the distance [m] from (x, y) ; see `Source`."""

    name: str
    x: float
    y: float
    height: float
    radius: float
    target: Literal["bed", "water"] = "water"
    kajiura: bool = False
    horizontal_on_slope: bool = False
    moment: float | None = None
    magnitude: float | None = None

    @property
    def times(self) -> np.ndarray:
        """The origin time alone."""
        return np.zeros(1)

    def check(self, grid: Grid) -> None:
        """Raises InputError if the top of the hump lies outside the grid."""
        require_inside(grid, self.x, self.y, f"{self.name}: the centre of the hump")

    def region(self, grid: Grid) -> geodesy.Box:
        """Cells outside which the water is lifted by less than 0.1 mm."""
        reach = self.radius * sqrt(max(1.0, log(max(abs(self.height), TRUNCATION) / TRUNCATION)))
        return geodesy.box(grid, self.x, self.y, reach)

    def displacement(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        slope_x: np.ndarray | None = None,
        slope_y: np.ndarray | None = None,
    ) -> np.ndarray:
        """Height of the water above its level at rest [m], (1, ny, nx)."""
        east, north = geodesy.local(x, y, self.x, self.y, lonlat)
        return self.height * np.exp(-((east / self.radius) ** 2) - (north / self.radius) ** 2)[None]
