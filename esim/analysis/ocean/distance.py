"""How far are places from a point? Along great circles on the globe, straight on a plane."""

from typing import TYPE_CHECKING

import numpy as np

from esim.constants import EARTH_RADIUS

if TYPE_CHECKING:
    import xarray as xr


def distance(x: np.ndarray, y: np.ndarray, x0: float, y0: float, lonlat: bool) -> np.ndarray:
    """Distances [m] of places x, y from a point x0, y0: degrees where lonlat, else m."""
    if not lonlat:
        return np.asarray(np.hypot(x - x0, y - y0))
    lat, lat0 = np.deg2rad(y), np.deg2rad(y0)
    haversine = (
        np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin(np.deg2rad(x - x0) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(haversine, 1.0))))


def distances(field: "xr.DataArray", x0: float, y0: float) -> np.ndarray:
    """Distances [m] of the cells of a field (y, x) from a point, which counts as they do."""
    y, x = (field[name].values.astype(float) for name in field.dims[-2:])
    return distance(x[None, :], y[:, None], x0, y0, field.dims[-1] == "lon")
