"""Where does a point of a grid lie on the plane of another, and how do vectors turn on the way?"""

from dataclasses import dataclass

import numpy as np

from esim.constants import EARTH_RADIUS
from esim.grids.axes import true_north
from esim.grids.grid import Grid
from esim.grids.projection import MapProjection, Projection

Points = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class PlaneTransform:
    """Between the coordinates of a grid and a plane of metres.

    projection is that of the plane, None where it has no place on the Earth. A lonlat grid needs one; a Cartesian grid
    is on the same plane, unless the plane has a projection and the grid a map of its own.
    """

    lonlat: bool
    projection: Projection | None = None
    map: MapProjection | None = None

    @property
    def identity(self) -> bool:
        """Whether both are one plane."""
        return not self.lonlat and (self.projection is None or self.map is None)

    def to_plane(self, x: np.ndarray, y: np.ndarray) -> Points:
        """Places on the plane [m] of points of the grid [degrees or m]."""
        if self.identity:
            return x, y
        assert self.projection is not None
        lon, lat = (x, y) if self.map is None else self.map.to_lonlat(x, y)
        return self.projection.to_xy(lon, lat)

    def from_plane(self, x: np.ndarray, y: np.ndarray) -> Points:
        """Points of the grid [degrees or m] at places on the plane [m]; longitudes go on across 180 degrees."""
        if self.identity:
            return x, y
        assert self.projection is not None
        lon, lat = self.projection.to_lonlat(x, y)
        if self.map is not None:
            return self.map.to_xy(lon, lat)
        return continued(np.asarray(lon), float(np.ravel(lon)[np.size(lon) // 2])), lat

    def turn(self, x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        """Angle [degrees] by which vectors at places on the plane turn into the axes of the grid; None: none do.

        A vector (a, b) along the axes of the plane becomes (a cos + b sin, b cos - a sin).
        """
        if self.identity:
            return None
        assert self.projection is not None
        lon, lat = self.projection.to_lonlat(x, y)
        own = 0.0 if self.map is None else true_north(self.map, lon, lat)
        return own - true_north(self.projection, lon, lat)

    def cell_areas(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Areas [m2] of cells of the plane with edges x (nx + 1,), y (ny + 1,), (ny, nx), as the grid measures areas.

        That of a lonlat grid is a sphere: longitude and the sine of latitude are a plane with its areas.
        """
        east, north = self.from_plane(*np.meshgrid(x, y))
        if self.lonlat:
            east, north = EARTH_RADIUS * np.deg2rad(east), EARTH_RADIUS * np.sin(np.deg2rad(north))
        (a, b), (c, d) = (((p[1:, 1:] - p[:-1, :-1]), (p[1:, :-1] - p[:-1, 1:])) for p in (east, north))
        return 0.5 * np.abs(a * d - b * c)


def continued(lon: np.ndarray, centre: float) -> np.ndarray:
    """Longitudes within half a turn of a centre [degrees]."""
    return centre + (np.asarray(lon) - centre + 180.0) % 360.0 - 180.0


def inside(grid: Grid, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie in the cells of a grid; longitudes by any convention, all of them on a whole globe."""
    if grid.lonlat:
        x = grid.x0 + (x - grid.x0) % 360.0
    east, north = grid.x0 + grid.nx * grid.dx, grid.y0 + grid.ny * grid.dy
    in_x = ((x >= grid.x0) & (x <= east)) | (grid.lonlat and grid.periodic[1])
    return in_x & (y >= grid.y0) & (y <= north)
