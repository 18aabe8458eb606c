"""Which stations does a file list? A table (CSV), GeoJSON points, StationXML, or a list of another program."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from esim.config.json_file import read_json
from esim.config.stations.contents import Contents, Row
from esim.config.stations.lists import READERS
from esim.config.table import Table, column, read_table
from esim.config.yaml.suggest import listed, shown
from esim.distribution import install

# What columns and properties are called: the first of these that is there counts. Case, and units at the end, do not.
SPELLINGS: Mapping[str, Sequence[str]] = {
    "name": ("name", "station_name", "station", "gauge", "site", "code", "station_id", "id", "sta"),
    "network": ("network", "net"),
    "location": ("location", "loc"),
    "lon": ("lon", "longitude", "long", "lng"),
    "lat": ("lat", "latitude"),
    "x": ("x", "easting", "east"),
    "y": ("y", "northing", "north"),
    "depth": ("depth",),
    "observed": ("observed",),
    "kind": ("kind",),
}
OF_PROPERTIES = ("name", "depth", "observed", "kind")


def read(path: Path, lonlat: bool) -> Contents:
    """The stations of a file, by the suffix of its name, or by its name where that is STATIONS.

    Positions have the keys lon and lat [degrees] or x and y [m], as the columns are called; those of GeoJSON are
    degrees where lonlat, else metres. Raises ValueError with a sentence for a file that is none of these.
    """
    readers: dict[str, Callable[[Path, bool], Contents]] = {
        **dict.fromkeys((".csv", ".txt", ".tsv", ".dat"), _read_table),
        **dict.fromkeys((".geojson", ".json"), _read_geojson),
        **dict.fromkeys((".xml", ".stationxml"), _read_stationxml),
    }
    for kind, list_reader in READERS.items():
        readers[kind] = partial(_without_axes, list_reader)
    kind = "STATIONS" if path.name.startswith("STATIONS") else path.suffix.lower()
    if kind not in readers:
        raise ValueError(f"{path}: unknown kind of file '{path.suffix}'; expected one of {listed(readers)}")
    found = readers[kind](path, lonlat)
    if not found.rows:
        raise ValueError(f"{path} has no stations")
    return found


def _without_axes(reader: Callable[[Path], Contents], path: Path, lonlat: bool) -> Contents:
    """A file that itself says whether its positions are degrees."""
    return reader(path)


def _read_table(path: Path, lonlat: bool) -> Contents:
    """A row of column names, then one for each station."""
    table = read_table(path)
    columns = _columns(table)
    if table.rows and "name" not in columns:
        titles = ",".join(one.title for one in table.columns) or ",".join(table.rows[0][1])
        raise ValueError(
            f"{path} has no column of names; expected a first row such as 'name,lon,lat', not {shown(titles)}"
        )
    rows = []
    for number, cells in table.rows:
        values = {key: _with_unit(cells[n], table.columns[n].unit) for key, n in columns.items()}
        given = {
            key: text for key, text in values.items() if text or key == "name"
        }  # an empty cell says nothing
        codes = [given.pop("network", ""), given["name"], given.pop("location", "")]
        given["name"] = given["name"] and ".".join(filter(None, codes))
        rows.append(Row(f"{path.name}, line {number}", given))
    return Contents(rows, [one.title for n, one in enumerate(table.columns) if n not in columns.values()])


def _columns(table: Table) -> dict[str, int]:
    """The number of the column of each key that has one."""
    found = {key: table.find(spellings) for key, spellings in SPELLINGS.items()}
    if found["network"] is None:
        found["location"] = None  # the name of a place, and no code
    return {key: n for key, n in found.items() if n is not None}


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and text and text[-1].isdigit() else text


def _read_geojson(path: Path, lonlat: bool) -> Contents:
    """Features with points (RFC 7946); the name is one of the properties, or the id of the feature."""
    try:
        tree = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path} is not GeoJSON ({error})") from error
    try:
        features = tree["features"] if tree["type"] == "FeatureCollection" else [tree]
        rows = [_feature(path, n, feature, lonlat) for n, feature in enumerate(features, 1)]
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not GeoJSON with features that are points ({error})") from error
    titles = dict.fromkeys(title for feature in features for title in feature.get("properties") or ())
    known = {word for key in OF_PROPERTIES for word in SPELLINGS[key]}
    return Contents(rows, [title for title in titles if column(title).word not in known])


def _feature(path: Path, number: int, feature: Mapping[str, Any], lonlat: bool) -> Row:
    where, geometry = f"{path.name}, feature {number}", feature["geometry"]
    if geometry is None or geometry["type"] != "Point":
        kind = "has no geometry" if geometry is None else f"is a {geometry['type']}"
        raise ValueError(f"{where}: {kind}; expected points")
    properties = feature.get("properties") or {}
    columns = _columns(Table([column(title) for title in properties], []))
    texts = list(properties.values())
    values: dict[str, Any] = {key: texts[n] for key, n in columns.items() if key in OF_PROPERTIES}
    values["name"] = str(values.get("name", feature.get("id", "")))
    x, y = geometry["coordinates"][:2]
    return Row(where, values | ({"lon": x, "lat": y} if lonlat else {"x": x, "y": y}))


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
    unused = []
    for network in inventory:
        for station in network:
            name = f"{network.code}.{station.code}"
            row = {"name": name, "lon": station.longitude, "lat": station.latitude} | _depth(station.channels)
            if found.setdefault(name, row) != row:
                unused.append(f"another epoch of {name}")
    return Contents([Row(f"{path.name}, station {name}", row) for name, row in found.items()], unused)


def _depth(channels: Iterable[Any]) -> dict[str, float]:
    """The depth of all channels, where it is the same and not zero."""
    depths = {float(channel.depth or 0) for channel in channels}
    return {"depth": depths.pop()} if len(depths) == 1 and max(depths) > 0 else {}
