"""How high is the topography of a plane grid? From a file in metres or degrees, or from a simple shape."""

import math
from dataclasses import dataclass

import numpy as np

from esim.config.crust.topography import TopographyConfig
from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.io.gridded.axis import Axis, Places
from esim.io.gridded.layout import GriddedVariable
from esim.io.gridded.reference import system_name
from esim.media import elevation
from esim.media.elevation import Elevation
from esim.media.elevation_file import ElevationFile, elevation_file, require_elevation

MOST = 4  # samples along each side of a cell, at most: a staircase is no finer than its cells


def build(section: TopographyConfig, grid: Grid3D, projection: Projection | None) -> Elevation:
    """The height of the ground that a section of the configuration describes, positive up.

    projection is needed for a file in longitude and latitude. Raises InputError if there is no such file.
    """
    if section.kind == "file" and projection is not None:
        file = elevation_file(section)
        if _in_degrees(file):
            return ProjectedRelief(file, grid.horizontal, projection)
        _require_no_system(file)
    return elevation.build(section, grid.horizontal)


def _in_degrees(file: ElevationFile) -> bool:
    """Whether a file can be read as one in longitude and latitude."""
    try:
        file.describe(True)
    except InputError:
        return False  # reading it in metres says what is wrong, if anything is
    return True


def _require_no_system(file: ElevationFile) -> None:
    """Raises InputError for a file in metres of another projection than that of the grid."""
    crs = file.describe(False).crs
    if crs is not None:
        raise InputError(
            f"{file.path}: is in {system_name(crs)}, but the grid has its own projection; convert it: gdalwarp -t_srs "
            f"EPSG:4326 {file.path.name} {file.path.stem}_lonlat.tif"
        )


@dataclass(frozen=True)
class ProjectedRelief:
    """Elevation from a lon/lat file on the cells of a Cartesian grid that a projection places.

    Bilinear where the file is less than twice as fine as the cells; else the mean of m x m samples of a
    cell, m at most 4.
    """

    file: ElevationFile
    grid: Grid
    projection: Projection

    @property
    def resolution(self) -> tuple[float, float]:
        """Distance of the nodes (dx, dy) [m], in the middle of the grid; raises InputError if there are none."""
        source, degree = self._source(), EARTH_RADIUS * math.radians(1.0)
        g = self.grid
        _, latitude = self.projection.to_lonlat(g.x0 + g.nx * g.dx / 2, g.y0 + g.ny * g.dy / 2)
        return source.x.step * degree * math.cos(math.radians(latitude)), source.y.step * degree

    @property
    def described(self) -> tuple[GriddedVariable, ...]:
        """What the file is; raises InputError if it is not usable."""
        return (self._source(),)

    def check(self) -> None:
        """Raises InputError unless the file is readable, has the variable in metres, and covers the grid."""
        source = self._source()
        require_elevation(source)
        g = self.grid
        x, y = g.x0 + g.dx * np.arange(g.nx + 1), g.y0 + g.dy * np.arange(g.ny + 1)
        columns = np.concatenate([x, x, np.full(y.size, x[0]), np.full(y.size, x[-1])])
        rows = np.concatenate([np.full(x.size, y[0]), np.full(x.size, y[-1]), y, y])
        lon, lat = self.projection.to_lonlat(columns, rows)
        west = self.projection.lon0 - 180
        lon = west + (lon - west) % 360  # in one piece, also across the dateline
        gaps = source.x.missing(lon.min(), lon.max()) + source.y.missing(lat.min(), lat.max())
        sides = zip(("west", "east", "south", "north"), gaps, strict=True)
        short = ", ".join(f"{gap:.6g} degrees in the {side}" for side, gap in sides if gap > 0)
        if short:
            raise InputError(
                f"{self.file.path}: covers {_span('lon', source.x)} and {_span('lat', source.y)}, but the grid needs "
                f"lon {lon.min():.9g}..{lon.max():.9g} and lat {lat.min():.9g}..{lat.max():.9g}; short by {short}"
            )

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, at cell centres x (nx,), y (ny,) [m]: float64 (ny, nx).

        A cell has the same bits whichever block it is asked for in. Raises InputError for cells without a value.
        """
        source = self._source()
        samples = [
            min(MOST, math.ceil(size / step)) if size >= 2 * step else 1
            for size, step in zip((self.grid.dx, self.grid.dy), self.resolution, strict=True)
        ]
        total = np.zeros((y.size, x.size))
        for north in _offsets(samples[1], self.grid.dy):
            for east in _offsets(samples[0], self.grid.dx):
                total += self._at(source, x + east, y + north)
        return total / (samples[0] * samples[1])

    def _source(self) -> GriddedVariable:
        return self.file.describe(True)

    def _at(self, source: GriddedVariable, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bilinear values at the points x, y of the plane."""
        lon, lat = self.projection.to_lonlat(*np.meshgrid(x, y))
        east, north = source.x.locate(lon), source.y.locate(lat)
        nodes = _nodes(source.x, east), _nodes(source.y, north)
        values = self.file.read(*nodes, True, (0.0, 0.0))
        i, j = (places.window[0] for places in (east, north))
        west, east_of = east.left - i, east.right - i
        lower, upper = north.left - j, north.right - j
        south = values[lower, west] + east.weight * (values[lower, east_of] - values[lower, west])
        far = values[upper, west] + east.weight * (values[upper, east_of] - values[upper, west])
        return np.asarray(south + north.weight * (far - south))


def _nodes(axis: Axis, places: Places) -> np.ndarray:
    """The coordinates of the nodes between which places lie."""
    return axis.first + axis.step * np.arange(*places.window)


def _offsets(count: int, size: float) -> np.ndarray:
    """Where `count` samples of a cell lie from its centre."""
    return ((np.arange(count) + 0.5) / count - 0.5) * size


def _span(name: str, axis: Axis) -> str:
    low, high = axis.extent
    return f"{name} {low:.9g}..{high:.9g}"
