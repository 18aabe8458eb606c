"""Which parts of a coast does a warning name? Polygons, or points with a radius, from GeoJSON or CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.json_file import read_json
from esim.config.table import read_table
from esim.config.yaml.suggest import listed
from esim.config.yaml.units import LENGTH, parse
from esim.constants import DEGREE
from esim.errors import InputError
from esim.io import regions

NAMES = ("name", "segment", "id")
POSITIONS = {True: ("lon", "lat"), False: ("x", "y")}


@dataclass(frozen=True)
class Circle:
    """Points within a radius [m] of a point in degrees (lonlat) or metres."""

    x: float
    y: float
    radius: float

    def bounds(self, lonlat: bool) -> tuple[float, float, float, float]:
        """West, south, east and north of what may lie inside."""
        high = self.radius / (DEGREE if lonlat else 1.0)
        wide = high / max(np.cos(np.deg2rad(min(abs(self.y) + high, 89.9))), 1e-3) if lonlat else high
        return self.x - wide, self.y - high, self.x + wide, self.y + high

    def contains(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Which of the points x (nx,), y (ny,) lie inside, (ny, nx); across the dateline too."""
        across, along = np.meshgrid(x, y)
        if not lonlat:
            return np.asarray(np.hypot(across - self.x, along - self.y) <= self.radius)
        import pyproj

        here = np.full_like(across, self.x), np.full_like(along, self.y)
        distance = pyproj.Geod(ellps="WGS84").inv(*here, across, along)[2]
        return np.asarray(distance) <= self.radius


@dataclass(frozen=True)
class Area:
    """A polygon, or several, of GeoJSON."""

    region: regions.Polygons

    def bounds(self, lonlat: bool) -> tuple[float, float, float, float]:
        """West, south, east and north."""
        corners = np.array([shape.bounds for shape in self.region.shapes])
        low, high = corners.min(axis=0), corners.max(axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])

    def contains(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Which of the points x (nx,), y (ny,) lie inside, (ny, nx); across the dateline too."""
        return self.region.contains(x, y, lonlat)


@dataclass(frozen=True)
class Segment:
    """A part of a coast: its name, its place, and its geometry as in GeoJSON."""

    name: str
    place: Circle | Area
    geometry: Mapping[str, Any]


def read_segments(path: Path, lonlat: bool, radius: float | None = None) -> list[Segment]:
    """The segments of a file, in degrees (lonlat) or metres as the grid is.

    GeoJSON has features with polygons, or with points and a property radius [m]; CSV the columns name, lon, lat (or x,
    y) and radius. radius [m] holds for points without one. Raises InputError with a sentence for what is no segment.
    """
    geojson = path.suffix.lower() in (".json", ".geojson")
    try:
        found = list(_geojson(path, radius) if geojson else _table(path, lonlat, radius))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: no coastal segments ({error}); expected GeoJSON with polygons or points, or CSV with name, "
            f"{', '.join(POSITIONS[lonlat])} and radius"
        ) from error
    names = [segment.name for segment in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path}: two segments are called {listed(twice[:1])}; expected names of their own")
    if not found:
        raise InputError(f"{path}: has no segments")
    if lonlat and (far := [one.name for one in found if abs(one.place.bounds(True)[1]) > 91]):
        raise InputError(f"{path}: segment '{far[0]}' is not in degrees, but the grid is")
    return found


def _geojson(path: Path, radius: float | None) -> Iterator[Segment]:
    tree = read_json(path)
    features = tree["features"] if tree["type"] == "FeatureCollection" else [tree]
    for number, feature in enumerate(features, start=1):
        properties, geometry = feature.get("properties") or {}, feature["geometry"]
        title = next((str(properties[key]) for key in NAMES if properties.get(key)), f"segment {number}")
        if geometry is None:
            raise ValueError(f"'{title}' has no geometry")
        place = _place(path, title, geometry, properties.get("radius", radius))
        yield Segment(title, place, geometry)


def _place(path: Path, name: str, geometry: Mapping[str, Any], radius: Any) -> Circle | Area:
    if geometry["type"] in ("Polygon", "MultiPolygon"):
        return Area(regions.polygons(f"{path}: segment '{name}'", geometry))
    if geometry["type"] != "Point":
        raise ValueError(f"'{name}' is a {geometry['type']}")
    x, y = geometry["coordinates"][:2]
    return Circle(float(x), float(y), _radius(name, radius))


def _table(path: Path, lonlat: bool, radius: float | None) -> Iterator[Segment]:
    table = read_table(path)
    title, x, y = (table.find(one) for one in (NAMES, *((word,) for word in POSITIONS[lonlat])))
    wide = table.find(("radius",))
    if title is None or x is None or y is None:
        raise ValueError(
            f"it has the columns {listed(column.title for column in table.columns) or 'of numbers'}"
        )
    for number, cells in table.rows:
        name = cells[title] or f"line {number}"
        given = radius if wide is None or not cells[wide] else f"{cells[wide]} {table.columns[wide].unit}"
        place = Circle(float(cells[x]), float(cells[y]), _radius(name, given))
        yield Segment(name, place, {"type": "Point", "coordinates": [place.x, place.y]})


def _radius(name: str, given: Any) -> float:
    if given is None:
        raise ValueError(f"'{name}' is a point without a radius")
    found = parse(given.strip() if isinstance(given, str) else given, LENGTH)
    if not found > 0:
        raise ValueError(f"the radius of '{name}' is {found:g} m")
    return found
