"""Where on the plane of the grid is a point of the Earth, and where is true north from there?"""

from typing import Any

import numpy as np

from esim.errors import InputError
from esim.grids.projection import MapProjection, Projection

STEP = 1e-4  # degrees of latitude, 11 m: the direction turns by less than 1e-5 degrees over it


def place(
    projection: Projection | MapProjection | None, lon: Any, lat: Any, what: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x east, y north [m] of points in degrees, and true north there [degrees, clockwise from y].

    A strike on the plane is larger than the one on the Earth by the latter. Raises InputError, about `what`, where
    the grid has no place on the Earth.
    """
    if projection is None:
        raise InputError(f"{what}: placed by lon and lat, which needs the key grid.origin with lon and lat")
    x, y = projection.to_xy(lon, lat)
    x1, y1 = projection.to_xy(lon, np.asarray(lat, dtype=np.float64) + STEP)
    x0, y0 = projection.to_xy(lon, np.asarray(lat, dtype=np.float64) - STEP)
    north = np.rad2deg(np.arctan2(np.subtract(x1, x0), np.subtract(y1, y0)))
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), north
