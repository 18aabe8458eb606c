"""Which components has a vector to true east and north, and along the axes of a grid?

On the plane of a projection y points away from true north: by the meridian convergence, the azimuth of y, about
(lon - lon0) sin(lat) on the transverse Mercator plane.
"""

from typing import Any

import numpy as np

from esim.grids.projection import MapProjection, Projection

STEP = 1e-4  # degrees of latitude, 11 m: the direction turns by less than 1e-5 degrees over it


def true_north(projection: Projection | MapProjection, lon: Any, lat: Any) -> np.ndarray:
    """The direction of true north [degrees, clockwise from y of the grid] at points in degrees."""
    lat = np.asarray(lat, dtype=np.float64)
    x1, y1 = projection.to_xy(lon, lat + STEP)
    x0, y0 = projection.to_xy(lon, lat - STEP)
    return np.rad2deg(np.arctan2(np.subtract(x1, x0), np.subtract(y1, y0)))


def meridian_convergence(projection: Projection, lon: Any, lat: Any) -> np.ndarray:
    """The azimuth of y of the grid [degrees, clockwise from true north] at points in degrees."""
    return -true_north(projection, lon, lat)


def vector_to_grid(vector: np.ndarray, north: Any) -> np.ndarray:
    """Components (..., 3) along x, y of the grid and down of vectors to true east, true north and down.

    north [degrees] is the direction of true north, clockwise from y: one number, or one for each vector.
    """
    s, c = np.sin(np.deg2rad(north)), np.cos(np.deg2rad(north))
    east, northward, down = np.moveaxis(np.asarray(vector, dtype=np.float64), -1, 0)
    return np.stack(np.broadcast_arrays(east * c + northward * s, northward * c - east * s, down), axis=-1)


def tensor_to_grid(tensor: np.ndarray, north: Any) -> np.ndarray:
    """The same of symmetric tensors (..., 6): xx, yy, zz, xy, xz, yz."""
    s, c = np.sin(np.deg2rad(north)), np.cos(np.deg2rad(north))
    ee, nn, dd, en, ed, nd = np.moveaxis(np.asarray(tensor, dtype=np.float64), -1, 0)
    xx = ee * c * c + 2 * en * s * c + nn * s * s
    yy = nn * c * c - 2 * en * s * c + ee * s * s
    xy = en * (c * c - s * s) + (nn - ee) * s * c
    return np.stack(np.broadcast_arrays(xx, yy, dd, xy, ed * c + nd * s, nd * c - ed * s), axis=-1)


def vector_to_earth(vector: np.ndarray, north: Any) -> np.ndarray:
    """Components (..., 3) to true east, true north and down of vectors along x, y of the grid and down."""
    return vector_to_grid(vector, -np.asarray(north))


def tensor_to_earth(tensor: np.ndarray, north: Any) -> np.ndarray:
    """The same of symmetric tensors (..., 6): xx, yy, zz, xy, xz, yz."""
    return tensor_to_grid(tensor, -np.asarray(north))
