"""Where are the cells? A regular grid of cells in degrees (lon/lat) or metres (Cartesian)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esim.constants import EARTH_RADIUS, EARTH_ROTATION

SIDES = ("west", "east", "south", "north")
ROUND_OFF = 1e-4  # of a cell: what is left of positions and edges that are written with few decimals
ABSORBING = ("open", "sponge")  # kinds of sides with layers that absorb waves
CellFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]  # cell centres x (nx,), y (ny,) -> (ny, nx)


@dataclass(frozen=True)
class Grid:
    """A regular two-dimensional grid of nx x ny cells; index order is [j (north), i (east)].

    kind is "lonlat" (x, y in degrees; x may run past 180 so that it always increases) or "cartesian" (metres).
    x0, y0 are the outer edges of the first cell, dx, dy the cell size. boundary names the kind of each side
    in the order west, east, south, north: "open", "sponge", "wall", "periodic" or
    "incident", or, for a side of a nest inside its parent, "nest".
    latitude [degrees] is where a Cartesian grid lies, for Coriolis; a lon/lat grid knows its own.
    """

    kind: str
    x0: float
    y0: float
    dx: float
    dy: float
    nx: int
    ny: int
    boundary: tuple[str, str, str, str] = ("open", "open", "open", "open")
    latitude: float = 0.0

    @property
    def lonlat(self) -> bool:
        """Whether x and y are degrees of longitude and latitude."""
        return self.kind == "lonlat"

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells (ny, nx)."""
        return self.ny, self.nx

    @property
    def dims(self) -> tuple[str, str]:
        """Names of the dimensions in files, slowest first."""
        return ("lat", "lon") if self.lonlat else ("y", "x")

    @property
    def periodic(self) -> tuple[bool, bool]:
        """Whether the grid closes on itself in (y, x)."""
        return self.boundary[2] == "periodic", self.boundary[0] == "periodic"

    def x(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """Cell centres first..last-1 along x [degrees or m], float64; indices outside the grid continue it."""
        return self.x0 + (np.arange(first, self.nx if last is None else last) + 0.5) * self.dx

    def y(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """Cell centres first..last-1 along y [degrees or m], float64; indices outside the grid continue it."""
        return self.y0 + (np.arange(first, self.ny if last is None else last) + 0.5) * self.dy

    def index(self, x: float, y: float) -> tuple[float, float]:
        """Fractional cell index (j, i) of a point; cell centres are whole numbers. Longitudes are wrapped."""
        if self.lonlat:
            x = self.x0 + (x - self.x0) % 360.0
        return (y - self.y0) / self.dy - 0.5, (x - self.x0) / self.dx - 0.5

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies inside the outermost cell centres, to rounding, so that it can be interpolated."""
        j, i = self.index(x, y)
        inside_x = self.periodic[1] or -ROUND_OFF <= i <= self.nx - 1 + ROUND_OFF
        inside_y = self.periodic[0] or -ROUND_OFF <= j <= self.ny - 1 + ROUND_OFF
        return inside_x and inside_y

    def cell_size(self, first: int = 0, last: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Width and height [m] of the cells of rows first..last-1, float64.

        On the sphere the width is the mean over the row, so that width x height is the exact cell area.
        """
        last = self.ny if last is None else last
        rows = np.arange(first, last)
        if not self.lonlat:
            return np.full(rows.size, self.dx), np.full(rows.size, self.dy)
        height = EARTH_RADIUS * np.deg2rad(self.dy)
        south = np.deg2rad(self.y0 + rows * self.dy)
        north = np.deg2rad(self.y0 + (rows + 1) * self.dy)
        width = EARTH_RADIUS * np.deg2rad(self.dx) * (np.sin(north) - np.sin(south)) / (north - south)
        return width, np.full(rows.size, height)

    def face_width(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """Width [m] of the south faces of rows first..last-1, float64; row ny is the north edge of the grid."""
        rows = np.arange(first, self.ny if last is None else last)
        if not self.lonlat:
            return np.full(rows.size, self.dx)
        return EARTH_RADIUS * np.deg2rad(self.dx) * np.cos(np.deg2rad(self.y0 + rows * self.dy))

    def coriolis(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """Coriolis parameter f = 2 Omega sin(latitude) [1/s] of rows first..last-1, float64."""
        y = self.y(first, last)
        return 2 * EARTH_ROTATION * np.sin(np.deg2rad(y if self.lonlat else np.full_like(y, self.latitude)))

    def curvature(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """tan(latitude) / radius [1/m] of rows first..last-1, the metric term of the sphere; zero on a plane."""
        y = self.y(first, last)
        return np.tan(np.deg2rad(y)) / EARTH_RADIUS if self.lonlat else np.zeros_like(y)
