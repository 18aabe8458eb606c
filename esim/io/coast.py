"""Where is the coast? Points and lines from GeoJSON, CSV or NetCDF."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.json_file import read_json
from esim.config.table import read_table
from esim.errors import InputError

NAMES = (("lon", "lat"), ("x", "y"))
DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def read(path: Path, lonlat: bool) -> list[np.ndarray]:
    """Lines (n, 2) of longitude and latitude [degrees], or of x and y [m]; a point is a line of one.

    GeoJSON holds any geometries, CSV has a row of names (lon, lat or x, y), and NetCDF variables of these names in
    which missing values part the lines. Raises InputError if the file is none of these or has no point.
    """
    try:
        lines = _lines(path, lonlat)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"output.runup.coast: {path} is not a coast that can be read ({error}); expected GeoJSON, CSV or NetCDF "
            f"with {' and '.join(NAMES[not lonlat])}"
        ) from error
    if not lines:
        raise InputError(f"output.runup.coast: {path} has no points; expected points or lines along a coast")
    if lonlat and any(np.abs(line[:, 1]).max() > 90 or np.abs(line[:, 0]).max() > 540 for line in lines):
        raise InputError(f"output.runup.coast: {path} is not in degrees, but the grid is lonlat")
    return lines


def _lines(path: Path, lonlat: bool) -> list[np.ndarray]:
    match path.suffix.lower():
        case ".json" | ".geojson":
            found = list(geometries(read_json(path)))
        case ".nc" | ".nc4":
            found = _parted(_netcdf(path, NAMES[not lonlat]))
        case _:
            found = [_table(path, NAMES[not lonlat])]
    lines = [np.asarray(line, np.float64).reshape(len(line), -1)[:, :2] for line in found if len(line)]
    if any(line.shape[1] < 2 or not np.isfinite(line).all() for line in lines):
        raise ValueError("a position is not two numbers")
    return lines


def geometries(thing: Any) -> Iterator[Any]:
    """Coordinates of all lines and points in a GeoJSON object (RFC 7946), each a list of positions."""
    if not isinstance(thing, dict) or "type" not in thing:
        raise ValueError("it is not GeoJSON, which is a mapping with a type")
    kind = thing["type"]
    if kind == "FeatureCollection":
        for feature in thing["features"]:
            yield from geometries(feature)
    elif kind == "Feature":
        if thing["geometry"] is not None:
            yield from geometries(thing["geometry"])
    elif kind == "GeometryCollection":
        for geometry in thing["geometries"]:
            yield from geometries(geometry)
    elif kind == "MultiPoint":
        yield from ([position] for position in thing["coordinates"])
    elif kind in DEPTH:
        yield from _flat(thing["coordinates"], DEPTH[kind])
    else:
        raise ValueError(f"unknown type '{kind}'")


def _flat(coordinates: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        yield [coordinates]
    elif depth == 1:
        yield coordinates
    else:
        for part in coordinates:
            yield from _flat(part, depth - 1)


def _table(path: Path, names: tuple[str, str]) -> list[list[float]]:
    table = read_table(path)
    columns = {name: table.find((name,)) for name in names}
    missing = [name for name, n in columns.items() if n is None]
    if missing:
        raise ValueError(f"there is no column '{missing[0]}'")
    return [
        [number(line, name, row[n]) for name, n in columns.items() if n is not None]
        for line, row in table.rows
    ]


def number(line: int, name: str, text: str) -> float:
    """The number in a column of a row of a table; raises ValueError, in words, where there is none."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"line {line}: {name} is '{text}', which is no number") from None


def _netcdf(path: Path, names: tuple[str, str]) -> np.ndarray:
    from esim.io import netcdf

    with netcdf.LIBRARY, netcdf.read(path) as data:
        missing = [name for name in names if name not in data.variables]
        if missing:
            raise ValueError(f"there is no variable '{missing[0]}'")
        values = [np.ma.filled(np.ma.masked_array(data[name][...], dtype=float), np.nan) for name in names]
    if values[0].shape != values[1].shape:
        raise ValueError(f"{names[0]} and {names[1]} have not the same shape, as those of points have")
    return np.stack([np.ravel(value) for value in values], axis=1)


def _parted(points: np.ndarray) -> list[np.ndarray]:
    """Points in lines, which missing ones part."""
    known = np.isfinite(points).all(axis=1)
    parts = np.split(points, np.flatnonzero(~known))
    return [part[np.isfinite(part).all(axis=1)] for part in parts]
