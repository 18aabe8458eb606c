"""On what plane does a map lie? Dimensions and coordinates of a file, apart from the engine that fills it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.io import cf

CRS = "crs"  # name of the variable with the attributes of a projection
Positions = tuple[np.ndarray, ...]
GEOGRAPHIC = ("lon", "lat", "meridian_convergence")


@dataclass(frozen=True)
class Coordinate:
    """Values along dimensions; along none it is one value that holds for the whole map."""

    name: str
    dims: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True)
class Frame:
    """A plane of rows and columns: a coordinate for each, and auxiliary ones that tell more about its points.

    lonlat tells whether rows and columns are degrees, so that velocities are eastward and northward. mapping are the
    attributes of the projection of x and y, in the words of CF; none where it is not known or not told.
    """

    rows: Coordinate
    columns: Coordinate
    auxiliary: tuple[Coordinate, ...] = ()
    lonlat: bool = False
    mapping: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dims(self) -> tuple[str, str]:
        """Names of the dimensions, slowest first."""
        return self.rows.name, self.columns.name

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.rows.values.size, self.columns.values.size


Place = Grid | Frame


def frame_of(place: Place) -> Frame:
    """The frame itself, or that of the cells of a horizontal grid."""
    return place if isinstance(place, Frame) else horizontal(place)


def horizontal(grid: Grid, lonlat: Positions | None = None, depth: float | None = None) -> Frame:
    """The cells of a grid, of a surface or of the plane at a depth [m].

    lonlat are longitude and latitude [degrees] of the cells, each (ny, nx), where x and y are metres, and may have the
    meridian convergence, the azimuth of y [degrees].
    """
    south, east = grid.dims
    return Frame(
        _along(south, grid.y()),
        _along(east, grid.x()),
        (*_geographic(lonlat, grid.dims), *_fixed("depth", depth)),
        grid.lonlat,
    )


def section(grid: Grid3D, along: str, at: float, lonlat: Positions | None = None) -> Frame:
    """The cells of a vertical plane along "x" or "y", which cuts the other axis `at` [m].

    lonlat are longitude and latitude [degrees] of its columns of cells, each (n,), and as of `horizontal`.
    """
    points, across = (grid.horizontal.x(), "y") if along == "x" else (grid.horizontal.y(), "x")
    return Frame(
        _along("depth", grid.depth()),
        _along(along, points),
        (*_geographic(lonlat, (along,)), *_fixed(across, at)),
    )


def _along(name: str, values: np.ndarray) -> Coordinate:
    return Coordinate(name, (name,), values)


def _geographic(lonlat: Positions | None, dims: tuple[str, ...]) -> tuple[Coordinate, ...]:
    if lonlat is None:
        return ()
    return tuple(Coordinate(name, dims, values) for name, values in zip(GEOGRAPHIC, lonlat, strict=False))


def _fixed(name: str, value: float | None) -> tuple[Coordinate, ...]:
    return () if value is None else (Coordinate(name, (), np.array(float(value))),)


def define_frame(dataset: Any, frame: Frame) -> None:
    """Adds the dimensions and coordinates of a frame to an open dataset."""
    for axis in (frame.rows, frame.columns):
        dataset.createDimension(axis.name, axis.values.size)
        _define(dataset, axis, cf.coordinate_attributes(axis.name))
    for coordinate in frame.auxiliary:
        _define(dataset, coordinate, cf.auxiliary_attributes(coordinate.name))
    if frame.mapping:
        crs = dataset.createVariable(CRS, "i4")
        crs.setncatts(frame.mapping)
        crs[...] = 0


def _define(dataset: Any, coordinate: Coordinate, attributes: Mapping[str, str]) -> None:
    storage = {"compression": "zlib", "shuffle": True} if len(coordinate.dims) == 2 else {}
    variable = dataset.createVariable(coordinate.name, "f8", coordinate.dims, **storage)
    variable.setncatts(attributes)
    variable[...] = coordinate.values
