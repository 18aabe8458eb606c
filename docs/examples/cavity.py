"""The cavity that an impact or an explosion opens in the sea."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.ocean.fault_source import require_inside


@dataclass(frozen=True, eq=False)
class Cavity:
    """eta = -depth (1 - (r / radius)^2) out to the lip at sqrt(2) radius (Ward and Asphaug 2000, Icarus 145:64).

    r is the distance [m] from (x, y); the water that is missing inside stands in the lip. See `Source`.
    """

    name: str
    x: float
    y: float
    depth: float
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
        """Raises InputError if the centre lies outside the grid."""
        require_inside(grid, self.x, self.y, f"{self.name}: the centre of the cavity")

    def region(self, grid: Grid) -> geodesy.Box:
        """Cells as far as the lip."""
        return geodesy.box(grid, self.x, self.y, np.sqrt(2) * self.radius)

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
        square = (east**2 + north**2) / self.radius**2
        return np.where(square <= 2, -self.depth * (1 - square), 0.0)[None]
