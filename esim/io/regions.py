"""Which points of a map lie in a region? Polygons from GeoJSON or corners, masks from NetCDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.json_file import read_json
from esim.errors import InputError
from esim.io.gridded import reader
from esim.io.gridded.expected import Expected

INSIDE = 0.5  # value of a mask from which a cell is inside


@dataclass(frozen=True, eq=False)
class Polygons:
    """Polygons of shapely in degrees (lonlat) or metres; name says in messages where they are from."""

    name: str
    shapes: tuple[Any, ...]

    def contains(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Which of the points x (nx,), y (ny,) lie inside, (ny, nx); across the dateline too."""
        import shapely

        inside = np.zeros((len(y), len(x)), bool)
        for shape in self.shapes:
            west, _, east, _ = shape.bounds
            # Longitudes on the turn of the globe on which the polygon is.
            across = x - 360.0 * np.round((x - (west + east) / 2) / 360.0) if lonlat else x
            inside |= shapely.contains_xy(shape, *np.meshgrid(across, y))
        return inside


@dataclass(frozen=True, eq=False)
class Mask:
    """A variable of a NetCDF file that is 1 inside and 0 outside; cells that are half inside are inside."""

    path: Path
    variable: str | None

    @property
    def name(self) -> str:
        """The file."""
        return self.path.name

    def contains(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Which of the points x (nx,), y (ny,) lie inside, (ny, nx); none beyond the file."""
        if not (len(x) and len(y)):
            return np.zeros((len(y), len(x)), bool)
        found = reader.read_field(
            self.path,
            self.variable,
            x,
            y,
            lonlat,
            fill=0.0,
            expected=Expected(limits=(0.0, 1.0)),
            coverage=0.0,
        )
        return np.nan_to_num(found) >= INSIDE


Region = Polygons | Mask


def polygon(corners: Sequence[tuple[float, float]], where: str) -> Polygons:
    """The polygon with these corners; where names it in messages. Raises InputError if its sides cross."""
    from shapely.geometry import Polygon

    return Polygons(where, (_valid(Polygon(corners), where),))


def polygons(where: str, geometry: Mapping[str, Any]) -> Polygons:
    """The polygons of a GeoJSON geometry; where names it in messages. Raises InputError if its sides cross."""
    from shapely.geometry import shape

    return Polygons(where, (_valid(shape(geometry), where),))


def read(path: Path, variable: str | None, lonlat: bool) -> Region:
    """The region that a file holds. Raises InputError if it can not be read or holds none."""
    if path.suffix.lower() in (".nc", ".nc4"):
        reader.describe(path, variable, lonlat)
        return Mask(path, variable)
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        shapes = [shape(geometry) for geometry in _geometries(read_json(path))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise InputError(
            f"{path}: is no region that can be read ({error}); expected GeoJSON with polygons, or a NetCDF mask"
        ) from error
    areas = [_valid(one, str(path)) for one in shapes if one.geom_type in ("Polygon", "MultiPolygon")]
    if not areas:
        kinds = ", ".join(sorted({one.geom_type for one in shapes})) or "nothing"
        raise InputError(f"{path}: has {kinds}, expected polygons")
    return Polygons(path.name, tuple(areas))


def _geometries(thing: dict[str, Any]) -> list[dict[str, Any]]:
    """The geometries of a GeoJSON object (RFC 7946)."""
    if thing["type"] == "FeatureCollection":
        return [one for feature in thing["features"] for one in _geometries(feature)]
    if thing["type"] == "Feature":
        return [] if thing["geometry"] is None else _geometries(thing["geometry"])
    if thing["type"] == "GeometryCollection":
        return [one for geometry in thing["geometries"] for one in _geometries(geometry)]
    return [thing]


def _valid(shape: Any, where: str) -> Any:
    import shapely
    from shapely.validation import explain_validity

    if not shape.is_valid or shape.is_empty:
        raise InputError(f"{where}: its polygon is not one ({explain_validity(shape)})")
    shapely.prepare(shape)
    return shape
