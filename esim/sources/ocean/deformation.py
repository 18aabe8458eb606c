"""Which deformation of the seafloor? From a grid in a file, in time or at once."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io.gridded import reader
from esim.io.gridded.expected import Expected
from esim.io.gridded.layout import GriddedVariable
from esim.sources.formats.units import METRE
from esim.sources.geodesy import Box

# m; more is a file of elevations, or of another unit, and exactly 999 is a mark for a missing value
POSSIBLE = Expected((-1000.0, 1000.0), marks=(-999.0, 999.0))


@dataclass(frozen=True, eq=False)
class Deformation:
    """Cumulative uplift [m] from a file, (y, x) at t = 0 or (time, y, x), zero outside it; see `Source`.

    horizontal are the displacements towards east and north [m], if they count on a sloping bed.
    """

    name: str
    variable: GriddedVariable
    times: np.ndarray
    kajiura: bool = False
    horizontal: tuple[GriddedVariable, GriddedVariable] | None = None
    target: Literal["bed", "water"] = "bed"
    moment: float | None = None
    magnitude: float | None = None

    @property
    def horizontal_on_slope(self) -> bool:
        """Whether the file says how the bed moves horizontally."""
        return self.horizontal is not None

    @property
    def variables(self) -> tuple[GriddedVariable, ...]:
        """All that is read of the file."""
        return self.variable, *(self.horizontal or ())

    def require_values(self, grid: Grid) -> None:
        """Reads the file where it covers the grid; raises InputError for a missing or an impossible value there.

        Also on land, which it moves as well.
        """
        x = grid.x0 + grid.dx * np.arange(grid.nx + 1)
        y = grid.y0 + grid.dy * np.arange(grid.ny + 1)
        for variable in self.variables:
            reader.require_values(variable, x, y, POSSIBLE)

    def check(self, grid: Grid) -> None:
        """Raises InputError if the file and the grid have no cell in common."""
        j0, j1, i0, i1 = self.region(grid)
        if j0 >= j1 or i0 >= i1:
            (west, east), (south, north) = self.variable.x.extent, self.variable.y.extent
            raise InputError(
                f"{self.variable.path}: the deformation lies outside the grid; "
                f"it covers {west:.7g} to {east:.7g}, {south:.7g} to {north:.7g}"
            )

    def region(self, grid: Grid) -> Box:
        """Cells that the file covers."""
        rows = np.flatnonzero(self.variable.y.locate(grid.y()).inside)
        columns = np.flatnonzero(self.variable.x.locate(grid.x()).inside)
        if not (rows.size and columns.size):
            return 0, 0, 0, 0
        return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1

    def displacement(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        slope_x: np.ndarray | None = None,
        slope_y: np.ndarray | None = None,
    ) -> np.ndarray:
        """Uplift of the seafloor [m], (K, ny, nx), interpolated from the file.

        With slopes and horizontal motion it is uz - ux db/dx - uy db/dy (Tanioka and Satake 1996).
        """
        rise = self._read(self.variable, x, y, lonlat)
        if self.horizontal is not None and slope_x is not None and slope_y is not None:
            east, north = (self._read(variable, x, y, lonlat) for variable in self.horizontal)
            rise = rise - east * slope_x - north * slope_y
        return rise

    def _read(self, variable: GriddedVariable, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        shape = len(self.times), len(y), len(x)
        if 0 in shape:
            return np.zeros(shape)
        where = variable.path, variable.name
        return reader.read_field(*where, x, y, lonlat, fill=0.0, expected=POSSIBLE).reshape(shape)


def read(
    path: Path,
    variable: str | None,
    lonlat: bool,
    start: datetime | None = None,
    kajiura: bool = False,
    horizontal: tuple[str, str] | None = None,
) -> Deformation:
    """Describes a deformation file without reading its values.

    Its times count from the origin time `start` of the run where both the file and the run have a date, else
    from zero. horizontal names the variables of the displacement towards east and north. Raises InputError if the
    file is not usable or not in metres, or if its variables have different times.
    """
    found = reader.describe(path, variable, lonlat)
    others = [reader.describe(path, name, lonlat) for name in horizontal or ()]
    for one in (found, *others):
        if one.units.lower() not in METRE:
            raise InputError(f"{path}: variable {one.name} is in '{one.units}', expected the uplift in m")
        if one.records != found.records:
            raise InputError(f"{path}: variable {one.name} has other times than {found.name}")
    times = np.zeros(1)
    if found.records is not None:
        times, date = reader.read_times(path, found.name, lonlat)
        if date is not None and start is not None:
            times = times + (date - start).total_seconds()
    return Deformation(path.name, found, times, kajiura, tuple(others) or None)  # type: ignore[arg-type]
