"""Where do structures stand, and how high? Lines from GeoJSON or CSV, with a value at each point."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.json_file import read_json
from esim.config.limits import LEVEL
from esim.config.table import read_table
from esim.config.yaml.suggest import hint
from esim.config.yaml.units import LENGTH
from esim.errors import InputError
from esim.io import coast

Z = "z"  # as the name of a value: the third coordinate of positions
LINE = "line"  # the column of a table that numbers the lines


def read(path: Path, lonlat: bool, name: str | None, key: str) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Lines (n, 2) of longitude and latitude [degrees], or of x and y [m], and values (n,) of a name, if one is given.

    key is where the configuration names the file. Raises InputError, in one sentence, for what cannot be read.
    """
    names = coast.NAMES[not lonlat]
    try:
        found = list(
            _geojson(path, name)
            if path.suffix.lower() in (".json", ".geojson")
            else _table(path, names, name)
        )
        lines = [
            (np.asarray(p, np.float64)[:, :2], None if v is None else np.asarray(v, np.float64))
            for p, v in found
        ]
        _check(lines, lonlat)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(
            f"{key}: {path} has no lines that can be read ({error}); expected lines in GeoJSON, or CSV with "
            f"{' and '.join(names)}"
        ) from error
    return lines


def _check(lines: list[tuple[np.ndarray, np.ndarray | None]], lonlat: bool) -> None:
    if not lines:
        raise ValueError("it is empty")
    for n, (points, values) in enumerate(lines, start=1):
        if len(np.unique(points, axis=0)) < 2:
            raise ValueError(f"line {n} is a single point")
        if not np.isfinite(points).all() or (values is not None and not np.isfinite(values).all()):
            raise ValueError(f"line {n} has a value that is no number")
        if np.abs(points).max() > LENGTH.within.high or (
            values is not None and np.abs(values).max() > LEVEL.high
        ):
            raise ValueError(
                f"line {n} has a position beyond {LENGTH.within.high:g} m ({LENGTH.within.why}) or a crest beyond "
                f"{LEVEL.high:g} ({LEVEL.why})"
            )
        if lonlat and (np.abs(points[:, 1]).max() > 90 or np.abs(points[:, 0]).max() > 540):
            raise ValueError(f"line {n} is not in degrees, but the grid is lonlat")


def _geojson(path: Path, name: str | None) -> Iterator[tuple[Any, Any]]:
    content = read_json(path)
    features = content["features"] if content.get("type") == "FeatureCollection" else [content]
    for n, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        if name not in (None, Z) and properties.get(name) is None:
            raise ValueError(
                f"feature {n} has no property '{name}', {hint(name, list(properties), 'it has')}"
            )
        for line in coast.geometries(feature):
            if name is None:
                yield line, None
            elif name == Z:
                yield line, [position[2] for position in line]
            else:
                yield line, [float(properties[name])] * len(line)


def _table(path: Path, names: tuple[str, str], name: str | None) -> Iterator[tuple[Any, Any]]:
    table = read_table(path)
    wanted = [*names, *([name.lower()] if name else [])]
    places = []
    for one in wanted:
        if (n := table.find((one,))) is None:
            there = [column.word for column in table.columns]
            raise ValueError(f"there is no column '{one}', {hint(one, there, 'there are')}")
        places.append((one, n))
    apart = table.find((LINE,))
    lines: dict[str, list[list[float]]] = {}
    for number, row in table.rows:
        key = "" if apart is None else row[apart]
        lines.setdefault(key, []).append([coast.number(number, one, row[n]) for one, n in places])
    for points in lines.values():
        yield [point[:2] for point in points], [point[2] for point in points] if name else None
