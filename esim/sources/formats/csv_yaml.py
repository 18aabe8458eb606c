"""How is a finite fault written down? As a CSV table or as YAML, with the same names in both.

Files of other makers are read as well: `.param` and `.fsp` of the USGS and SRCMOD (`param`, `fsp`), `.geojson` of the
USGS (`geojson`), `.srf` (`srf`), `.inp` of Coulomb (`coulomb`).

Columns (any order; lengths in m, or in km with `_km` after the name; angles in degrees, times in s):

    lon, lat            position of the reference point of the subfault (or longitude, latitude); on a plane x, y
    depth               depth of the reference point
    length, width       along strike, down dip
    strike, dip, rake   the fault dips to the right of strike; rake 90 is a thrust
    slip                or slip1, slip2, ... for windows that follow one another
    opening             tensile part, default 0
    rupture_time        start of the first window after the origin time, default 0
    rise_time           how long each window slips; default 0, or window_duration where there are windows
    reference           top_center (default), top_corner (where strike starts) or center
    lon1, lat1, depth1, ... to lon3, lat3, depth3       corners of triangles, in place of all above but slip, opening,
                        rake and times (see `triangles`)
    name                free text, used in messages

Settings for the whole file:

    rigidity            Pa, default 4e10; enters the moment only
    poisson             Poisson's ratio, default 0.25
    window_duration     from the start of one window to the start of the next, required for slip1, slip2, ...

In CSV, lines that start with `#` are comments; one of the form `# key: value` (a key in small letters and one
word) is a setting, or gives one value to a column for all rows. The first other line names the columns.
In YAML the settings are keys beside `faults`, the list of subfaults, and so are values that all of them
share.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.sources.finite_fault import REFERENCES, RIGIDITY, FiniteFault
from esim.sources.formats import coulomb, fsp, geojson, param, srf, triangles

KINDS = (".csv", ".yaml", ".yml", ".param", ".fsp", ".srf", ".geojson", ".inp")
MARKS = {
    "fault_segment": ".param",
    "finite-source": ".fsp",
    "x-start": ".inp",
    "featurecollection": ".geojson",
}
LENGTHS = (
    "x",
    "y",
    "depth",
    "length",
    "width",
    *(f"{name}{n}" for n in "123" for name in ("x", "y", "depth")),
)
DEGREES = ("lon", "lat", *(f"{name}{n}" for n in "123" for name in ("lon", "lat")))
SPELLINGS = {"longitude": "lon", "latitude": "lat"}  # as GeoClaw has them
REQUIRED = ("depth", "length", "width", "strike", "dip", "rake")
OPTIONAL = {"opening": 0.0, "rupture_time": 0.0, "reference": "top_center", "name": ""}
TEXT = ("reference", "name")
SETTINGS = ("rigidity", "poisson", "window_duration")
EXPECTED = (
    "lon, lat (or x, y), depth, length, width (or depth_km, ...), strike, dip, rake, slip (or slip1, slip2, "
    "...) and, if needed, opening, rupture_time, rise_time, reference, name"
)
SETTING_LINE = re.compile(r"#\s*([a-z_]+[0-9]*):\s*(\S+)\s*")


@dataclass(frozen=True)
class Entry:
    """One subfault as it was written: its values by name, and where it stands ("faults.csv line 7")."""

    where: str
    values: Mapping[str, Any]


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads a finite fault from a file of a kind in KINDS; rigidity [Pa] replaces the one in the file.

    Raises InputError with file, line, column and what was expected.
    """
    match kind := _kind(path):
        case ".param":
            return param.read(path, rigidity)
        case ".fsp":
            return fsp.read(path, rigidity)
        case ".srf":
            return srf.fault(srf.read(path), rigidity)
        case ".inp":
            return coulomb.read(path, rigidity)
        case ".geojson":
            return geojson.read(path, rigidity)
    common, entries = (_read_csv if kind == ".csv" else _read_yaml)(path)
    if not entries:
        raise InputError(f"{path}: holds no subfault")
    if rigidity is not None:
        common = Entry(common.where, {**common.values, "rigidity": rigidity})
    return assemble(common, entries)


def _kind(path: Path) -> str:
    """The kind of a file by the end of its name, else by the words with which the forms of others begin."""
    if (kind := path.suffix.lower()) in KINDS:
        return kind
    try:
        begin = path.read_bytes()[:4000].decode("latin-1").lower()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    for words, kind in MARKS.items():
        if words in begin:
            return kind
    raise InputError(
        f"{path}: finite faults are read from {', '.join(KINDS[:-1])} and {KINDS[-1]} files, not '{path.suffix}'; "
        "write it as .csv with lon, lat, depth_km, length_km, width_km, strike, dip, rake, slip (GeoClaw's dtopotools "
        "reads more forms), or give its uplift as NetCDF with kind: deformation"
    )


def assemble(common: Entry, entries: Sequence[Entry]) -> FiniteFault:
    """Builds the fault from its subfaults; `common` has the settings and the values that all subfaults share.

    Raises InputError for a name that is unknown, given twice or missing, and for a value that is impossible.
    """
    settings = {
        key: _number(common.where, key, common.values[key]) for key in SETTINGS if key in common.values
    }
    shared = _canonical(common, skip=SETTINGS)
    rows = [shared | _canonical(entry) for entry in entries]
    labels = tuple(_label(entry.where, row) for entry, row in zip(entries, rows, strict=True))
    windows = _slip_names(rows[0], labels[0])

    def column(name: str) -> np.ndarray:
        return np.array([_value(row, name, label) for row, label in zip(rows, labels, strict=True)])

    lonlat, corners, place = (triangles.geometry if triangles.are_given(rows) else _rectangles)(rows, labels)
    start, rise = _windows(
        rows, labels, len(windows), settings.get("window_duration"), column("rupture_time")
    )
    for name in ("rigidity", "poisson"):
        _check_setting(common.where, name, settings.get(name))
    return FiniteFault(
        lonlat=lonlat,
        x=place["x"],
        y=place["y"],
        along=place["along"],
        down=place["down"],
        depth=place["depth"],
        length=place["length"],
        width=place["width"],
        strike=place["strike"],
        dip=place["dip"],
        rake=column("rake"),
        opening=column("opening"),
        start=start,
        rise=rise,
        slip=np.stack([column(name) for name in windows], axis=1),
        rigidity=settings.get("rigidity", RIGIDITY),
        poisson=settings.get("poisson", 0.25),
        labels=labels,
        rigidity_given="rigidity" in settings,
        corners=corners,
    )


def _rectangles(
    rows: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> tuple[bool, None, dict[str, np.ndarray]]:
    """Whether positions are in lon and lat, no corners, and the geometry by the names of FiniteFault, (n,)."""
    lonlat, (x, y) = _position(rows, labels)
    names = {"x": x, "y": y} | {name: name for name in REQUIRED}
    place = {
        name: np.array([_value(row, given, label) for row, label in zip(rows, labels, strict=True)])
        for name, given in names.items()
    }
    points = np.array([_reference(row, label) for row, label in zip(rows, labels, strict=True)])
    return lonlat, None, place | {"along": points[:, 0], "down": points[:, 1]}


def _read_csv(path: Path) -> tuple[Entry, list[Entry]]:
    common: dict[str, str] = {}
    names: list[str] = []
    entries = []
    for where, line in _lines(path):
        setting = SETTING_LINE.fullmatch(line)
        if line.startswith("#"):
            if setting:
                common[setting[1]] = setting[2]
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True))]
        except csv.Error as error:
            raise InputError(f"{where}: cannot be divided into cells ({error})") from None
        if not names:
            names = _header(where, cells)
        elif len(cells) != len(names):
            raise InputError(f"{where}: has {len(cells)} values, expected {len(names)}: {', '.join(names)}")
        else:
            entries.append(Entry(where, dict(zip(names, cells, strict=True))))
    return Entry(str(path), common), entries


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of the lines of a file that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{path} line {number}", line.strip()


def _header(where: str, names: list[str]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{where}: column '{name}' is given twice")
        _known(where, name)
    return names


def _read_yaml(path: Path) -> tuple[Entry, list[Entry]]:
    from esim.config.yaml import document

    tree = document.read(path, "faults: [...]")
    common = dict(tree.data)
    faults = common.pop("faults", None)
    if not isinstance(faults, list):
        raise InputError(f"{path}: expected the key 'faults' with the list of subfaults")
    entries = []
    for n, values in enumerate(faults):
        if not isinstance(values, dict):
            raise InputError(f"{tree.place(('faults', n))}: expected a subfault with {EXPECTED}")
        entries.append(Entry(tree.place(("faults", n)), values))
    return Entry(str(path), common), entries


def _canonical(entry: Entry, skip: Sequence[str] = ()) -> dict[str, Any]:
    """The values of an entry under their names without `_km`, numbers as floats in SI units or degrees."""
    row: dict[str, Any] = {}
    written: dict[str, str] = {}
    for name, value in entry.values.items():
        if name in skip:
            continue
        base, factor = _known(entry.where, name, (*skip, "faults") if skip else ())
        if base in row:
            first, second = sorted((written[base], name))
            raise InputError(f"{entry.where}: both '{first}' and '{second}' are given; expected one of them")
        written[base] = name
        row[base] = str(value) if base in TEXT else _number(entry.where, name, value) * factor
    return row


def _known(where: str, name: str, settings: Sequence[str] = ()) -> tuple[str, float]:
    """(name in SI units, factor) of a column; InputError with the nearest valid name if there is none."""
    base = name.removesuffix("_km")
    if base in LENGTHS:
        return base, 1000.0 if base != name else 1.0
    name = SPELLINGS.get(name, name)
    valid = [
        *DEGREES,
        *REQUIRED,
        *OPTIONAL,
        "slip",
        "rise_time",
    ]
    if name in valid or re.fullmatch(r"slip[1-9][0-9]*", name):
        return name, 1.0
    from esim.config.yaml.suggest import nearest

    near = nearest(name, [*valid, *LENGTHS, *(f"{length}_km" for length in LENGTHS), *settings])
    hint = f", did you mean '{near}'?" if near else ""
    allowed = f"; settings: {', '.join(SETTINGS)}" if settings else ""
    raise InputError(f"{where}: unknown name '{name}'{hint} (expected columns: {EXPECTED}{allowed})")


def _number(where: str, name: str, value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: {name} is '{value}', expected a number") from None


def _label(where: str, row: Mapping[str, Any]) -> str:
    return f"{where} (subfault {row['name']})" if row.get("name") else where


def _position(rows: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> tuple[bool, tuple[str, str]]:
    """Whether the positions are lon, lat, and the names they go by; the same for all subfaults."""
    lonlat = "lon" in rows[0] or "lat" in rows[0]
    pair, other = (("lon", "lat"), ("x", "y")) if lonlat else (("x", "y"), ("lon", "lat"))
    for row, label in zip(rows, labels, strict=True):
        if not all(name in row for name in pair) or any(name in row for name in other):
            raise InputError(f"{label}: expected lon and lat, or x and y, the same for all subfaults")
    return lonlat, pair


def _slip_names(row: Mapping[str, Any], label: str) -> list[str]:
    """`slip`, or slip1..slipN without a gap."""
    windows = sorted((name for name in row if re.fullmatch(r"slip\d+", name)), key=lambda name: int(name[4:]))
    if not windows:
        return ["slip"]
    if "slip" in row or windows != [f"slip{n}" for n in range(1, len(windows) + 1)]:
        raise InputError(
            f"{label}: expected slip, or slip1, slip2, ... without a gap; found {', '.join(windows)}"
        )
    return windows


def _value(row: Mapping[str, Any], name: str, label: str) -> float:
    if name in row:
        return row[name]
    if name in OPTIONAL:
        return OPTIONAL[name]  # type: ignore[return-value]
    raise InputError(f"{label}: '{name}' is missing; expected columns: {EXPECTED}")


def _reference(row: Mapping[str, Any], label: str) -> tuple[float, float]:
    name = row.get("reference", OPTIONAL["reference"])
    if name not in REFERENCES:
        raise InputError(f"{label}: reference is '{name}', expected one of {', '.join(REFERENCES)}")
    return REFERENCES[name]


def _windows(
    rows: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    count: int,
    duration: float | None,
    rupture_time: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Start and rise time [s] of each window, (n, count)."""
    if count > 1 and duration is None:
        raise InputError(f"{labels[0]}: slip1, slip2, ... need the setting window_duration [s] of the file")
    step = duration or 0.0
    default = step if count > 1 else 0.0
    rise = np.array([row.get("rise_time", default) for row in rows])
    start = rupture_time[:, None] + step * np.arange(count)
    return start, np.repeat(rise[:, None], count, axis=1)


def _check_setting(where: str, name: str, value: float | None) -> None:
    limits = {"rigidity": (0.0, np.inf), "poisson": (0.0, 0.5)}
    low, high = limits[name]
    if value is not None and not low < value < high:
        raise InputError(f"{where}: {name} is {value:g}, expected more than {low:g} and less than {high:g}")
