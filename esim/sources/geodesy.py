"""Where is this cell, in metres, seen from that point? On the sphere or on a plane."""

from math import asin, atan2, cos, degrees, hypot, radians, sin

import numpy as np

from esim.constants import EARTH_RADIUS
from esim.grids.grid import Grid

Box = tuple[int, int, int, int]


def local(x: np.ndarray, y: np.ndarray, x0: float, y0: float, lonlat: bool) -> tuple[np.ndarray, np.ndarray]:
    """East and north [m] of cell centres x (nx,), y (ny,) seen from (x0, y0); they broadcast to (ny, nx).

    On the sphere: azimuthal equidistant projection about (x0, y0), true in distance and azimuth from there
    (Snyder 1987, USGS Professional Paper 1395, p. 195). Longitudes in any convention.
    """
    if not lonlat:
        return x[None, :] - x0, y[:, None] - y0
    s0, c0 = sin(radians(y0)), cos(radians(y0))
    lon, lat = np.deg2rad(x - x0)[None, :], np.deg2rad(y)[:, None]
    s, c, s_lon, c_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    east, north = c * s_lon, c0 * s - (s0 * c) * c_lon
    sine = np.maximum(np.sqrt(east * east + north * north), 1e-15)
    scale = EARTH_RADIUS * np.arctan2(sine, s0 * s + (c0 * c) * c_lon) / sine
    return east * scale, north * scale


def travel(x0: float, y0: float, east: float, north: float, lonlat: bool) -> tuple[float, float]:
    """The point that lies east, north [m] of (x0, y0): the inverse of `local` (Snyder 1987, p. 196)."""
    distance = hypot(east, north)
    if not lonlat or distance == 0.0:
        return x0 + east, y0 + north
    s0, c0, s, c = (
        sin(radians(y0)),
        cos(radians(y0)),
        sin(distance / EARTH_RADIUS),
        cos(distance / EARTH_RADIUS),
    )
    lat = asin(min(1.0, max(-1.0, c * s0 + north * s * c0 / distance)))
    lon = atan2(east * s, distance * c0 * c - north * s0 * s)
    return x0 + degrees(lon), degrees(lat)


def box(grid: Grid, x: float, y: float, reach: float) -> Box:
    """Cells (j0, j1, i0, i1) that cover a square of half-width reach [m] about (x, y); may be empty."""
    dx, dy = reach, reach
    if grid.lonlat:
        dy = degrees(reach / EARTH_RADIUS)
        dx = min(dy / max(cos(radians(min(abs(y) + dy, 90.0))), 1e-6), 180.0)
    j, i = grid.index(x, y)
    if grid.lonlat and i - 0.5 * grid.nx > 180.0 / grid.dx:
        i -= 360.0 / grid.dx  # west of the grid rather than all the way round to the east
    rows = _clip(j - dy / grid.dy, j + dy / grid.dy, grid.ny, grid.periodic[0])
    return rows + _clip(i - dx / grid.dx, i + dx / grid.dx, grid.nx, grid.periodic[1] or dx >= 180.0)


def _clip(first: float, last: float, n: int, periodic: bool) -> tuple[int, int]:
    """Index range that holds first..last; all n cells where it crosses the seam of a periodic axis."""
    a, b = int(np.floor(first)), int(np.ceil(last)) + 1
    if periodic and (a < 0 or b > n):
        return 0, n
    return min(max(a, 0), n), min(max(b, 0), n)


def union(boxes: list[Box]) -> Box:
    """The smallest box around boxes (j0, j1, i0, i1); empty ones count for nothing."""
    full = [b for b in boxes if b[0] < b[1] and b[2] < b[3]]
    if not full:
        return 0, 0, 0, 0
    return min(b[0] for b in full), max(b[1] for b in full), min(b[2] for b in full), max(b[3] for b in full)
