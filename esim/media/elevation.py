"""How high are the seafloor and the land? From a file, or from a simple shape."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from esim.config.elevation import ElevationConfig
from esim.constants import EARTH_RADIUS
from esim.data import locate
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io.gridded.reader import GriddedVariable, check_cover, describe, read_field

METRES = ("", "m", "metre", "metres", "meter", "meters")
ON_EARTH = (-12_000.0, 9_000.0)  # m, with room to spare
OTHER_UNITS = ("km", "kilometer", "kilometers", "cm", "mm", "ft", "feet", "foot", "fathom", "fathoms")


class Elevation(Protocol):
    """The height of the solid surface over a grid."""

    @property
    def resolution(self) -> tuple[float, float] | None:
        """Distance of the data (dx, dy) in degrees or metres; None where it is given by a formula."""

    def check(self) -> None:
        """Raises InputError, in one sentence, if there cannot be a value at each cell of the grid."""

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, at cell centres x (nx,), y (ny,) of the grid: float64 (ny, nx).

        A cell has the same bits whichever block it is asked for in.
        """


def build(section: ElevationConfig, grid: Grid) -> Elevation:
    """The elevation that a section of the configuration describes; raises InputError if its file is missing."""
    match section.kind:
        case "file":
            return FromFile(locate(section.file), section.variable, grid)
        case "flat":
            return flat(section.depth)
        case "slope":
            return slope(section.depth, section.slope, section.direction, grid)
        case "bowl":
            return bowl(section.depth, section.radius, section.x, section.y)


@dataclass(frozen=True)
class FromFile:
    """Elevation from a variable of a NetCDF file (None: the only one), interpolated or averaged to cells."""

    path: Path
    variable: str | None
    grid: Grid

    @property
    def resolution(self) -> tuple[float, float]:
        """Distance of the nodes (dx, dy), degrees or metres; raises InputError if the file is not usable."""
        return describe(self.path, self.variable, self.grid.lonlat).resolution

    def check(self) -> None:
        """Raises InputError unless the file is readable, has the variable in metres, and covers the grid."""
        require_elevation(self._cover())

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, (ny, nx); InputError for cells outside, without a value or with a wild one."""
        lonlat, spacing = self.grid.lonlat, self._spacing
        field = read_field(self.path, self.variable, x, y, lonlat, spacing=spacing, limits=ON_EARTH)
        return field.reshape(y.size, x.size)

    @property
    def _spacing(self) -> tuple[float, float]:
        return self.grid.dx, self.grid.dy

    def _cover(self) -> GriddedVariable:
        x, y = self.grid.x(), self.grid.y()
        return check_cover(self.path, self.variable, x, y, self.grid.lonlat, spacing=self._spacing)


def require_elevation(source: GriddedVariable) -> None:
    """Raises InputError unless a variable has one record, or no records, in metres."""
    if source.records not in (None, 1):
        raise InputError(f"{source.path}: {source.name} has {source.records} records, expected one")
    unit = source.units.lower().rstrip(".").split(",")[0].split(" ")[0]
    if unit in OTHER_UNITS:
        raise InputError(f"{source.path}: {source.name} is in {source.units}, expected metres")


@dataclass(frozen=True)
class Shape:
    """Elevation [m] by a formula of the cell centres x (1, nx), y (ny, 1)."""

    formula: Callable[[np.ndarray, np.ndarray], np.ndarray]
    resolution: None = None

    def check(self) -> None:
        """A formula has a value everywhere."""

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, float64 (ny, nx)."""
        return np.array(np.broadcast_to(self.formula(x[None, :], y[:, None]), (y.size, x.size)))


def flat(depth: float) -> Shape:
    """The same depth [m], positive down, everywhere."""
    return Shape(lambda x, y: np.full((1, 1), -depth))


def slope(depth: float, rise: float, direction: float, grid: Grid) -> Shape:
    """A plane of `depth` [m] at the middle of the grid, rising by `rise` [m/m] towards an azimuth [degrees].

    On a lon/lat grid distances are those of the plane that touches the globe along the middle latitude.
    """
    middle_x, middle_y = grid.x0 + grid.nx * grid.dx / 2, grid.y0 + grid.ny * grid.dy / 2
    degree = EARTH_RADIUS * math.radians(1.0)
    scale_x = degree * math.cos(math.radians(middle_y)) if grid.lonlat else 1.0
    scale_y = degree if grid.lonlat else 1.0
    # Rounded so that a plane towards the east is level from south to north to the last bit.
    east = round(math.sin(math.radians(direction)), 15) * rise * scale_x
    north = round(math.cos(math.radians(direction)), 15) * rise * scale_y
    return Shape(lambda x, y: east * (x - middle_x) + north * (y - middle_y) - depth)


def bowl(depth: float, radius: float, x0: float, y0: float) -> Shape:
    """The paraboloid z = depth (r^2/radius^2 - 1), r the distance [m] from x0, y0 (Thacker 1981, JFM 107)."""
    return Shape(lambda x, y: depth * (((x - x0) ** 2 + (y - y0) ** 2) / radius**2 - 1.0))
