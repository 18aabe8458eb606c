"""Where on the plane of the grid is a point of the Earth, and where is true north from there?"""

from typing import Any

import numpy as np

from esim.errors import InputError
from esim.grids.axes import true_north
from esim.grids.projection import MapProjection, Projection


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
    north = true_north(projection, lon, lat)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), north
