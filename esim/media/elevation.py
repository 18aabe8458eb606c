"""How high are the seafloor and the land? From files, or from a simple shape."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from esim.config.elevation import BathymetryConfig, BowlConfig, FlatConfig, LayerConfig, SlopeConfig
from esim.constants import EARTH_RADIUS
from esim.grids.grid import Grid
from esim.io.gridded.layout import GriddedVariable
from esim.media.elevation_file import ElevationFile, elevation_file, require_elevation
from esim.media.layered_elevation import Layer, LayeredElevation


class Elevation(Protocol):
    """The height of the solid surface over a grid."""

    @property
    def resolution(self) -> tuple[float, float] | None:
        """Distance of the data (dx, dy) in degrees or metres; None where it is given by a formula."""

    @property
    def described(self) -> tuple[GriddedVariable, ...]:
        """The files it comes from, in the order of the configuration; raises InputError if one is not usable."""

    def check(self) -> None:
        """Raises InputError, in one sentence, if there cannot be a value at each cell of the grid."""

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, at cell centres x (nx,), y (ny,) of the grid: float64 (ny, nx).

        A cell has the same bits whichever block it is asked for in.
        """


def build(section: BathymetryConfig, grid: Grid, whole: Grid | None = None) -> Elevation:
    """The elevation that a section of the configuration describes; raises InputError if its file is missing.

    Shapes are measured in the whole grid, by default the grid itself.
    """
    if isinstance(section, tuple):
        if len(section) > 1:
            return _layered(section, grid, whole or grid)
        section = section[0]
    match section.kind:
        case "file":
            return FromFile(elevation_file(section), grid)
        case _:
            return shape(section, whole or grid)


def shape(section: FlatConfig | SlopeConfig | BowlConfig, grid: Grid) -> "Shape":
    """The elevation of a simple shape."""
    match section.kind:
        case "flat":
            return flat(section.depth)
        case "slope":
            return slope(section.depth, section.slope, section.direction, grid)
        case "bowl":
            return bowl(section.depth, section.radius, section.x, section.y)


def _layered(sections: Sequence[LayerConfig], grid: Grid, whole: Grid) -> Elevation:
    """Files on top of each other, the last one on top."""
    first, *others = sections
    base = FromFile(elevation_file(first), grid) if first.kind == "file" else shape(first, whole)
    layers = [Layer(elevation_file(one), one.blend) for one in others if one.kind == "file"]
    return LayeredElevation(base, tuple(layers), grid)


@dataclass(frozen=True)
class FromFile:
    """Elevation from a file, interpolated or averaged to the cells of a grid."""

    file: ElevationFile
    grid: Grid

    @property
    def resolution(self) -> tuple[float, float]:
        """Distance of the nodes (dx, dy), degrees or metres; raises InputError if the file is not usable."""
        return self.described[0].resolution

    @property
    def described(self) -> tuple[GriddedVariable, ...]:
        """What the file is; raises InputError if it is not usable."""
        return (self.file.describe(self.grid.lonlat),)

    def check(self) -> None:
        """Raises InputError unless the file is readable, has the variable in metres, and covers the grid."""
        x, y = self.grid.x(), self.grid.y()
        require_elevation(self.file.require_cover(x, y, self.grid.lonlat, self._spacing))

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, (ny, nx); InputError for cells outside, without a value or with a wild one."""
        return self.file.read(x, y, self.grid.lonlat, self._spacing)

    def patches(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The same, NaN for cells outside or without a value."""
        return self.file.read(x, y, self.grid.lonlat, self._spacing, patchy=True)

    @property
    def _spacing(self) -> tuple[float, float]:
        return self.grid.dx, self.grid.dy


@dataclass(frozen=True)
class Shape:
    """Elevation [m] by a formula of the cell centres x (1, nx), y (ny, 1)."""

    formula: Callable[[np.ndarray, np.ndarray], np.ndarray]
    resolution: None = None
    described: tuple[()] = ()

    def check(self) -> None:
        """A formula has a value everywhere."""

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, float64 (ny, nx)."""
        return np.array(np.broadcast_to(self.formula(x[None, :], y[:, None]), (y.size, x.size)))

    patches = elevation


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
