"""How rough is the seafloor? Manning's coefficient from a file; a single number needs none of this."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.config.ocean.physics import Manning
from esim.data import locate
from esim.grids.grid import Grid
from esim.io.gridded.expected import Expected
from esim.io.gridded.reader import GriddedVariable, check_cover, read_field

POSSIBLE = Expected((0.0, 1.0))  # s/m^(1/3); dense forest has 0.2


@dataclass(frozen=True)
class Roughness:
    """Manning's coefficient from a variable of a file (None: the only one), brought to cells."""

    path: Path
    variable: str | None
    grid: Grid

    def check(self) -> GriddedVariable:
        """Describes the variable; raises InputError unless the file has it and covers the grid; reads no values."""
        x, y = self.grid.x(), self.grid.y()
        return check_cover(self.path, self.variable, x, y, self.grid.lonlat, spacing=self._spacing)

    def coefficient(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Manning's n [s/m^(1/3)], (ny, nx); raises InputError for cells without a value or with a wild one."""
        lonlat, spacing = self.grid.lonlat, self._spacing
        field = read_field(self.path, self.variable, x, y, lonlat, spacing=spacing, expected=POSSIBLE)
        return field.reshape(y.size, x.size)

    @property
    def _spacing(self) -> tuple[float, float]:
        return self.grid.dx, self.grid.dy


def build(manning: Manning, grid: Grid) -> Roughness | None:
    """The roughness that physics.manning describes, checked; None for a number.

    Raises InputError if the file is not usable.
    """
    if isinstance(manning, float):
        return None
    roughness = Roughness(locate(manning.file), manning.variable, grid)
    roughness.check()
    return roughness
