"""Where does a longitude and latitude lie on the plane of a Cartesian grid?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.errors import InputError


@dataclass(frozen=True)
class Projection:
    """The transverse Mercator plane of WGS84 that touches the ellipsoid along the meridian of an origin.

    lon0, lat0 [degrees] become x = 0 (east), y = 0 (north) [m]. Angles are kept, and so are lengths on the
    meridian of the origin; at a distance x from it they are longer by x^2 / (2 R^2): 0.01 % at 100 km, 0.3 % at
    500 km. Grid north turns away from true north by (lon - lon0) sin(lat). There and back agrees to 1e-6 m.
    """

    lon0: float
    lat0: float

    def to_xy(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """East and north [m] of points in degrees (numbers or arrays); longitudes by either convention.

        Raises InputError for a point that has no place on the plane.
        """
        x, y = self._plane()(lon, lat)
        if not np.all(np.isfinite(x) & np.isfinite(y)):
            lon, lat = _first(lon, lat, np.isfinite(x) & np.isfinite(y))
            raise InputError(
                f"lon {lon:.6g}, lat {lat:.6g} is no point of the Earth or lies too far from the origin of the grid "
                f"(lon {self.lon0:g}, lat {self.lat0:g}) to be projected"
            )
        return x, y

    def to_lonlat(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Longitude (-180..180) and latitude [degrees] of points in metres (numbers or arrays).

        Raises InputError for a point that has no place on the Earth.
        """
        lon, lat = self._plane()(x, y, inverse=True)
        if not np.all(np.isfinite(lon) & np.isfinite(lat)):
            x, y = _first(x, y, np.isfinite(lon) & np.isfinite(lat))
            raise InputError(
                f"x {x:.6g}, y {y:.6g} m lies too far from the origin of the grid to have a longitude and latitude"
            )
        return lon, lat

    def cf_attributes(self) -> dict[str, Any]:
        """The attributes of a grid mapping of CF that tell it, with the text that other programs read (WKT)."""
        import pyproj

        return dict(
            pyproj.CRS.from_user_input(self._definition() | {"datum": "WGS84", "type": "crs"}).to_cf()
        )

    def _definition(self) -> dict[str, Any]:
        return {"proj": "tmerc", "lon_0": self.lon0, "lat_0": self.lat0, "k": 1, "x_0": 0, "y_0": 0}

    def _plane(self) -> Any:
        """A transformation of its own for every call: threads must not share one, and it costs a millisecond."""
        import pyproj

        return pyproj.Proj(**self._definition(), ellps="WGS84")


@dataclass(frozen=True)
class MapProjection:
    """The plane of a coordinate reference system in metres, such as EPSG:32654; longitude and latitude are of WGS84."""

    crs: str

    def __post_init__(self) -> None:
        import pyproj

        system = pyproj.CRS.from_user_input(self.crs)
        units = {axis.unit_name for axis in system.axis_info[:2]}
        if not system.is_projected or units != {"metre"}:
            raise InputError(
                f"grid.crs: '{self.crs}' ({system.name}) has its axes in {' and '.join(sorted(units))}; expected a map "
                "projection in metres, such as EPSG:32654"
            )

    def to_xy(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """East and north [m] of points in degrees (numbers or arrays); longitudes by either convention.

        Raises InputError for a point that has no place on the plane.
        """
        import pyproj

        x, y = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True).transform(lon, lat)
        if not np.all(good := np.isfinite(x) & np.isfinite(y)):
            lon, lat = _first(lon, lat, good)
            raise InputError(f"lon {lon:.6g}, lat {lat:.6g} has no place on the map of grid.crs, {self.crs}")
        return x, y

    def to_lonlat(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Longitude (-180..180) and latitude [degrees] of points in metres (numbers or arrays).

        Raises InputError for a point that has no place on the Earth.
        """
        import pyproj

        lon, lat = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True).transform(x, y)
        if not np.all(good := np.isfinite(lon) & np.isfinite(lat)):
            x, y = _first(x, y, good)
            raise InputError(f"x {x:.6g}, y {y:.6g} m has no longitude and latitude on the map {self.crs}")
        return lon, lat


def destination(lon: float, lat: float, east: Any, north: Any) -> tuple[Any, Any]:
    """Longitude and latitude [degrees] of points east, north [m] (arrays) of a point, on the ellipsoid of WGS84.

    Their distance is that of the geodesic, and their direction that in which it starts.
    """
    import pyproj

    distance, azimuth = np.hypot(east, north), np.rad2deg(np.arctan2(east, north))
    x, y, _ = pyproj.Geod(ellps="WGS84").fwd(
        np.full(distance.shape, lon), np.full(distance.shape, lat), azimuth, distance
    )
    return x, y


def _first(a: Any, b: Any, good: Any) -> tuple[float, float]:
    """The first pair that is not good."""
    a, b, good = np.broadcast_arrays(a, b, good)
    place = np.argmin(good)
    return float(a.ravel()[place]), float(b.ravel()[place])
