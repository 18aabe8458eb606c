"""On which plane does a dataset lie, and where on it is a place?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.errors import InputError

if TYPE_CHECKING:
    import pyproj
    import xarray as xr

GEOGRAPHIC = "EPSG:4326"
AXES = (("lat", "lon"), ("y", "x"))


@dataclass(frozen=True)
class Plane:
    """Names of rows and columns of a horizontal map, their cell centres (rising), and where it is on the Earth.

    crs is the coordinate reference system of x and y as text that pyproj knows, "" for a plane without a place.
    """

    rows: str
    columns: str
    y: np.ndarray
    x: np.ndarray
    crs: str

    @property
    def lonlat(self) -> bool:
        """Whether its coordinates are degrees."""
        return self.columns == "lon"

    @property
    def turn(self) -> float | None:
        """The period of its columns [degrees], where these go round the whole Earth."""
        width = self.x.size * spacing(self.x)
        return 360.0 if self.lonlat and abs(width - 360.0) < 0.5 * spacing(self.x) else None

    def system(self) -> "pyproj.CRS":
        """Its reference system. Raises InputError for a plane without a place on the Earth."""
        import pyproj

        if not self.crs:
            raise InputError(
                "the run has no place on the Earth; expected grid.crs or grid.origin in its configuration"
            )
        return pyproj.CRS.from_user_input(self.crs)

    def locate(
        self, lon: Any = None, lat: Any = None, x: Any = None, y: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Columns and rows of places given either as lon, lat [degrees] or as x, y [m], in its own coordinates.

        Raises InputError unless exactly one pair is given, or where the plane has no such coordinates.
        """
        geographic, plain = _pair("lon", lon, "lat", lat), _pair("x", x, "y", y)
        if (geographic is None) == (plain is None):
            raise InputError("a place is given by lon and lat or by x and y; expected one of these pairs")
        if plain is not None:
            if self.lonlat:
                raise InputError("the grid is in degrees; expected lon and lat in place of x and y")
            return plain
        assert geographic is not None
        if not self.lonlat:
            return project(GEOGRAPHIC, self.system(), *geographic)
        west = self.x[0] - spacing(self.x) / 2
        return west + (geographic[0] - west) % 360.0, geographic[1]

    def contains(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Which places, in its own coordinates, lie in its cells."""
        return _within(self.x, x, self.turn) & _within(self.y, y)


def plane_of(data: "xr.Dataset", configuration: Mapping[str, Any]) -> Plane:
    """The plane of a dataset of a run with some configuration. Raises InputError if it is no horizontal map."""
    for rows, columns in AXES:
        if {rows, columns} <= set(data.dims):
            y, x = (np.asarray(data[name].values, dtype=float) for name in (rows, columns))
            if (np.diff(y) <= 0).any() or (np.diff(x) <= 0).any():
                raise InputError(
                    f"{rows} and {columns} do not rise; expected data.sortby(['{rows}', '{columns}'])"
                )
            return Plane(
                rows, columns, y, x, GEOGRAPHIC if columns == "lon" else reference_system(configuration)
            )
    raise InputError(
        f"the dataset has the dimensions {_listed(data)}; expected a horizontal map: lat and lon, or y and x"
    )


def configuration_of(data: "xr.Dataset") -> dict[str, Any]:
    """The configuration in the attributes of a dataset that esim wrote; empty where there is none."""
    import json

    try:
        return dict(json.loads(data.attrs.get("configuration", "{}")))
    except (TypeError, ValueError):
        return {}


def spacing(centres: np.ndarray) -> float:
    """Mean distance of cell centres; 1 for a single one."""
    return float(abs(centres[-1] - centres[0]) / max(centres.size - 1, 1)) or 1.0


def project(source: Any, target: Any, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Places of one coordinate reference system in another, longitude or easting first; not finite where impossible."""
    import pyproj

    found = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(x, y)
    return np.asarray(found[0], dtype=float), np.asarray(found[1], dtype=float)


def _listed(data: "xr.Dataset") -> str:
    return ", ".join(map(str, data.dims)) or "none"


def reference_system(configuration: Mapping[str, Any]) -> str:
    """That of x and y: grid.crs, or the transverse Mercator plane of grid.origin; "" for a plane without a place."""
    grid = configuration.get("grid") or {}
    if grid.get("crs"):
        return str(grid["crs"])
    if origin := grid.get("origin"):
        return f"+proj=tmerc +lon_0={origin['lon']} +lat_0={origin['lat']} +k=1 +x_0=0 +y_0=0 +ellps=WGS84"
    return ""


def _pair(first: str, a: Any, second: str, b: Any) -> tuple[np.ndarray, np.ndarray] | None:
    if (a is None) != (b is None):
        raise InputError(
            f"{first if b is None else second} is given without the other; expected {first} and {second}"
        )
    if a is None:
        return None
    found = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if found[0].shape != found[1].shape or found[0].ndim > 1 or not found[0].size:
        raise InputError(
            f"{first} and {second} are not alike; expected two numbers, or two lists of the same length"
        )
    return found


def _within(centres: np.ndarray, at: np.ndarray, turn: float | None = None) -> np.ndarray:
    """Which places are in the cells of an axis."""
    half = spacing(centres) / 2
    inside = (at >= centres[0] - half) & (at <= centres[-1] + half)
    return np.isfinite(at) if turn else inside
