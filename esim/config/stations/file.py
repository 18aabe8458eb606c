"""Which stations does a file list? A table (CSV), GeoJSON points, or StationXML."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from esim.config.yaml.suggest import listed, shown
from esim.distribution import install

# What columns and properties are called: the first of these that is there counts. Case, and units at the end, do not.
SPELLINGS: Mapping[str, Sequence[str]] = {
    "name": ("name", "station_name", "station", "gauge", "site", "code", "station_id", "id", "sta"),
    "lon": ("lon", "longitude", "long", "lng"),
    "lat": ("lat", "latitude"),
    "x": ("x", "easting", "east"),
    "y": ("y", "northing", "north"),
    "depth": ("depth",),
    "observed": ("observed",),
}
OF_PROPERTIES = ("name", "depth", "observed")
UNIT = re.compile(r"\s*[\[(]([^\])]*)[\])]\s*$|_(m|km|deg|degrees)$")
DEGREES = re.compile(r"deg|°")


class Row(NamedTuple):
    """A station as a file has it: where it stands in there ("gauges.csv, line 7"), and its values by key."""

    where: str
    values: dict[str, Any]


class Contents(NamedTuple):
    """The stations of a file, and what it says beyond them that is not read."""

    rows: list[Row]
    unused: list[str]


def read(path: Path, lonlat: bool) -> Contents:
    """The stations of a CSV, GeoJSON or StationXML file, told by the end of its name.

    Positions have the keys lon and lat [degrees] or x and y [m], as the columns are called; those of GeoJSON are
    degrees where lonlat, else metres. Raises ValueError with a sentence for a file that is none of these.
    """
    readers: dict[str, Callable[[Path, bool], Contents]] = {
        **dict.fromkeys((".csv", ".txt", ".tsv", ".dat"), _read_table),
        **dict.fromkeys((".geojson", ".json"), _read_geojson),
        **dict.fromkeys((".xml", ".stationxml"), _read_stationxml),
    }
    if path.suffix.lower() not in readers:
        raise ValueError(f"{path}: unknown kind of file '{path.suffix}'; expected one of {listed(readers)}")
    try:
        found = readers[path.suffix.lower()](path, lonlat)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a text file in UTF-8 ({error})") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if not found.rows:
        raise ValueError(f"{path} has no stations")
    return found


# ---------------------------------------------------------------- tables


def _read_table(path: Path, lonlat: bool) -> Contents:
    """A row of column names, then one for each station; columns parted by commas, semicolons, tabs or blanks."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        lines = [
            (number, line)
            for number, line in enumerate(stream, 1)
            if line.strip() and line.lstrip()[0] != "#"
        ]
    if not lines:
        return Contents([], [])
    header, *cells = _split(lines)
    columns, unused = _columns(header[1])
    if "name" not in columns:
        raise ValueError(
            f"{path} has no column of names; expected a first row such as 'name,lon,lat', not "
            f"{shown(','.join(header[1]))}"
        )
    rows = []
    for number, row in cells:
        if len(row) != len(header[1]):
            raise ValueError(
                f"{path.name}, line {number}: {len(row)} columns; expected {len(header[1])} as in the first row"
            )
        values = {key: _with_unit(row[n].strip(), unit) for key, (n, unit) in columns.items()}
        given = {
            key: text for key, text in values.items() if text or key == "name"
        }  # an empty cell says nothing
        rows.append(Row(f"{path.name}, line {number}", given))
    return Contents(rows, unused)


def _split(lines: Sequence[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """Numbers of lines and their cells, parted by what parts the first one."""
    parting = next((one for one in ",;\t" if one in lines[0][1]), None)
    if parting is None:
        return [(number, line.split()) for number, line in lines]
    texts = csv.reader((line for _, line in lines), delimiter=parting, skipinitialspace=True)
    return [(number, row) for (number, _), row in zip(lines, texts, strict=True)]


def _columns(header: Sequence[str]) -> tuple[dict[str, tuple[int, str]], list[str]]:
    """Number and unit of the column of each key that is there, and the columns that have none."""
    units = [UNIT.search(title) for title in header]
    plain = [_plain(title) for title in header]
    found = {}
    for key, spellings in SPELLINGS.items():
        word = next((one for one in spellings if one in plain), None)
        if word is not None:
            n, unit = plain.index(word), units[plain.index(word)]
            found[key] = (n, _unit((unit[1] or unit[2]) if unit else ""))
    taken = {n for n, _ in found.values()}
    return found, [title.strip() for n, title in enumerate(header) if n not in taken]


def _plain(title: str) -> str:
    """The title of a column without case and units: "Station Name" and "Longitude [deg]" become names of SPELLINGS."""
    return UNIT.sub("", title.strip()).strip().lower().replace(" ", "_")


def _unit(text: str) -> str:
    """A unit as numbers of a configuration have it; degrees east are degrees."""
    return "deg" if DEGREES.match(text) else text.strip()


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and text and text[-1].isdigit() else text


# ---------------------------------------------------------------- GeoJSON


def _read_geojson(path: Path, lonlat: bool) -> Contents:
    """Features with points (RFC 7946); the name is one of the properties, or the id of the feature."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8-sig"))
        features = tree["features"] if tree["type"] == "FeatureCollection" else [tree]
        rows = [_feature(path, n, feature, lonlat) for n, feature in enumerate(features, 1)]
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not GeoJSON with features that are points ({error})") from error
    known = {word for words in SPELLINGS.values() for word in words}
    titles = dict.fromkeys(title for feature in features for title in feature.get("properties") or ())
    return Contents(rows, [title for title in titles if _plain(title) not in known])


def _feature(path: Path, number: int, feature: Mapping[str, Any], lonlat: bool) -> Row:
    where, geometry = f"{path.name}, feature {number}", feature["geometry"]
    if geometry is None or geometry["type"] != "Point":
        kind = "has no geometry" if geometry is None else f"is a {geometry['type']}"
        raise ValueError(f"{where}: {kind}; expected points")
    properties = feature.get("properties") or {}
    columns, _ = _columns(list(properties))
    texts = list(properties.values())
    values: dict[str, Any] = {key: texts[n] for key, (n, _) in columns.items() if key in OF_PROPERTIES}
    values["name"] = str(values.get("name", feature.get("id", "")))
    x, y, *_ = geometry["coordinates"]
    return Row(where, values | ({"lon": x, "lat": y} if lonlat else {"x": x, "y": y}))


# ---------------------------------------------------------------- StationXML


def _read_stationxml(path: Path, lonlat: bool) -> Contents:
    """Stations of FDSN StationXML, called NETWORK.STATION; as deep as all channels of a station are."""
    try:
        from obspy import read_inventory
    except ImportError:
        raise ValueError(f"{path.name} needs ObsPy, which is not there: {install('seismology')}") from None
    try:
        inventory = read_inventory(str(path), format="STATIONXML")
    except Exception as error:  # a damaged file can fail in any way
        raise ValueError(f"{path} is not StationXML that can be read ({error})") from error
    found: dict[str, dict[str, Any]] = {}
    moved = []
    for network in inventory:
        for station in network:
            name = f"{network.code}.{station.code}"
            row = {"name": name, "lon": station.longitude, "lat": station.latitude} | _depth(station.channels)
            if found.setdefault(name, row) != row:
                moved.append(f"another epoch of {name}")
    return Contents([Row(f"{path.name}, station {name}", row) for name, row in found.items()], moved)


def _depth(channels: Iterable[Any]) -> dict[str, float]:
    """The depth of all channels, where it is the same and not zero."""
    depths = {float(channel.depth or 0) for channel in channels}
    return {"depth": depths.pop()} if len(depths) == 1 and max(depths) > 0 else {}
