"""Finite faults of the U.S. Geological Survey in the form of Ji et al. (2002), files `*.param`.

    #Total number of fault_segments=     1
    #Fault_segment =   1 nx(Along-strike)=  21 Dx= 16.00km ny(downdip)=  10 Dy= 12.00km
    #Boundary of Fault_segment     1 ...
    #Lon.  Lat.  Depth
    143.8 39.2 4.0                                  corners of the segment, the first one again at the end
    ...
    #Lat. Lon. depth slip rake strike dip t_rup t_ris t_fal mo
    38.1 143.9 5.1 120.3 88.0 200.0 10.0 31.2 4.0 6.0 0.1e+27     one line for each subfault
    ...

Lengths and depths in km, slip in cm (or in the unit that stands beside its name), angles in degrees, times in s, mo,
the moment, in dyn cm. The slip begins at t_rup, and lasts for t_ris + t_fal. Files differ in which point of a subfault
they give: it is found from the corners, at the middle or the end of a subfault along strike and its middle or top down
dip; a file without corners gives centres.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.errors import InputError
from esim.sources import geodesy
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.lines import Lines, opened

NUMBER = r"([0-9.]+)"
SIZES = re.compile(
    rf"#\s*Fault_segment\s*=?\s*\d+.*?nx[^=]*=\s*(\d+)\s*Dx\s*=\s*{NUMBER}\s*km\s*ny[^=]*=\s*(\d+)\s*"
    rf"Dy\s*=\s*{NUMBER}\s*km",
    re.IGNORECASE,
)
SIZES_EXPECTED = "#Fault_segment = 1 nx(Along-strike)= 21 Dx= 16.00km ny(downdip)= 10 Dy= 12.00km"
COLUMNS = ("lat", "lon", "depth", "slip", "rake", "strike", "dip", "t_rup", "t_ris", "t_fal", "mo")
REQUIRED = COLUMNS[:7]
ALIASES = {"t_rise": "t_ris", "h_dur": "t_ris", "latitude": "lat", "longitude": "lon", "moment": "mo"}
SLIP_UNITS = {"m": 1.0, "cm": 0.01}
SNAP = 0.25  # of a subfault: how far the point may lie from the middle or the edge that it is taken for


class _Segment(NamedTuple):
    """A segment as it is read: number and size [m] of subfaults, corners (lon, lat, m), table, lines of its rows."""

    along: int
    length: float
    down: int
    width: float
    corners: list[list[float]]
    table: dict[str, list[float]]
    lines: list[int]


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads a finite fault; rigidity [Pa] replaces the one that moment and slip of the file give.

    Raises InputError with file and line where it is not as it should be.
    """
    with opened(path, comment=None) as lines:
        segments = list(_segments(lines))
    parts = [_located(segment) for segment in segments]
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    area = table["length"] * table["width"]
    given = "mo" in table and bool((table["mo"] > 0).any())
    mu = np.full(area.shape, RIGIDITY)
    if given:
        known = (table["mo"] > 0) & (table["slip"] > 0)
        mu[known] = (table["mo"][known] * 1e-7) / (area * table["slip"])[known]
    return FiniteFault(
        lonlat=True,
        x=table["lon"],
        y=table["lat"],
        along=table["along"],
        down=table["down"],
        length=table["length"],
        width=table["width"],
        dip=table["dip"],
        depth=lowered(table["depth"], table["width"], table["dip"], table["down"]),
        strike=np.mod(table["strike"], 360.0),
        rake=np.mod(table["rake"], 360.0),
        start=table["t_rup"][:, None],
        rise=table["rise"][:, None],
        slip=table["slip"][:, None],
        opening=np.zeros(area.shape),
        rigidity=mu if rigidity is None else rigidity,
        labels=tuple(f"{path} line {number}" for segment in segments for number in segment.lines),
        rigidity_given=given or rigidity is not None,
    )


def _segments(lines: Lines) -> list[_Segment]:
    found: list[_Segment] = []
    names: list[str] = []
    scale = 0.01
    line = lines.optional()
    while line is not None:
        word = line.lstrip("# ").lower()
        if line.startswith("#") and word.startswith("fault_segment"):
            _check_complete(lines, found)
            found.append(_begun(lines, line))
            names = []
        elif line.startswith("#") and word.startswith("lat"):
            names, scale = _header(lines, line)
        elif not line.startswith("#"):
            _row(lines, line, found, names, scale)
        line = lines.optional()
    _check_complete(lines, found)
    if not found:
        raise InputError(f"{lines.where}: the file ends here, expected a line such as {SIZES_EXPECTED}")
    return found


def _begun(lines: Lines, line: str) -> _Segment:
    sizes = SIZES.match(line)
    if sizes is None:
        raise InputError(f"{lines.where}: '{line[:60]}', expected {SIZES_EXPECTED}")
    along, length, down, width = (lines.number_of(word, SIZES_EXPECTED) for word in sizes.groups())
    if min(along, length, down, width) <= 0:
        raise InputError(f"{lines.where}: number and size of the subfaults must be above 0")
    return _Segment(int(along), length * 1e3, int(down), width * 1e3, [], {name: [] for name in COLUMNS}, [])


def _header(lines: Lines, line: str) -> tuple[list[str], float]:
    """The names of the columns, and the unit of slip [m]."""
    names, scale = [], SLIP_UNITS["cm"]
    for word in line.lstrip("# ").lower().split():
        name, _, unit = word.rstrip(")").partition("(")
        name = ALIASES.get(name.rstrip("."), name.rstrip("."))
        names.append(name)
        if name == "slip" and unit:
            if unit not in SLIP_UNITS:
                raise InputError(f"{lines.where}: slip is in '{unit}', expected cm or m")
            scale = SLIP_UNITS[unit]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise InputError(
            f"{lines.where}: has no column {missing[0]}, expected #Lat. Lon. depth slip rake strike dip and, where "
            "there are times, t_rup t_ris t_fal mo"
        )
    return names, scale


def _row(lines: Lines, line: str, found: list[_Segment], names: list[str], scale: float) -> None:
    """A corner of the segment, before its table, or a subfault."""
    if not found:
        raise InputError(f"{lines.where}: '{line[:60]}', expected {SIZES_EXPECTED}")
    words = line.split()
    if not names:
        if len(words) != 3:
            raise InputError(f"{lines.where}: has {len(words)} values, expected 3: lon lat depth of a corner")
        lon, lat, depth = (lines.number_of(word, "lon lat depth of a corner") for word in words)
        found[-1].corners.append([lon, lat, depth * 1e3])
        return
    if len(words) != len(names):
        raise InputError(f"{lines.where}: has {len(words)} values, expected {len(names)}: {' '.join(names)}")
    values = dict(zip(names, (lines.number_of(word, " ".join(names)) for word in words), strict=True))
    values["depth"] *= 1e3
    values["slip"] *= scale
    for name in COLUMNS:
        if name in values:
            found[-1].table[name].append(values[name])
    found[-1].lines.append(lines.number)


def _check_complete(lines: Lines, found: list[_Segment]) -> None:
    """InputError unless the last segment has as many subfaults as it says."""
    if found and len(found[-1].lines) != found[-1].along * found[-1].down:
        segment = found[-1]
        raise InputError(
            f"{lines.where}: segment {len(found)} ends with {len(segment.lines)} subfaults, expected nx x ny = "
            f"{segment.along} x {segment.down} = {segment.along * segment.down}"
        )


def _located(segment: _Segment) -> dict[str, np.ndarray]:
    """The table of a segment with sizes, reference points and rise times; a column that is missing is zero."""
    count = len(segment.lines)
    table = {name: np.array(values if values else np.zeros(count)) for name, values in segment.table.items()}
    # Without a time of falling, the slip falls for as long as it has risen.
    table["rise"] = table["t_ris"] + (table["t_fal"] if segment.table["t_fal"] else table["t_ris"])
    along, down = reference(segment, table)
    sizes = {"length": segment.length, "width": segment.width, "along": along, "down": down}
    return table | {name: np.full(count, value) for name, value in sizes.items()}


def reference(segment: _Segment, table: dict[str, np.ndarray]) -> tuple[float, float]:
    """Where in its rectangle the point of a subfault lies, as fractions along strike and down dip."""
    if len(segment.corners) < 4:
        return 0.5, 0.5
    x0, y0 = float(table["lon"][0]), float(table["lat"][0])
    corners = np.array(segment.corners)
    strike, dip = np.deg2rad(table["strike"][0]), np.deg2rad(table["dip"][0])

    def least(lon: np.ndarray, lat: np.ndarray, depth: np.ndarray) -> tuple[float, float]:
        """The least distance along strike and down dip from the first subfault [m]."""
        there = [geodesy.local(lon[n : n + 1], lat[n : n + 1], x0, y0, True) for n in range(len(lon))]
        east, north = np.array(there)[:, :, 0, 0].T
        across = east * np.cos(strike) - north * np.sin(strike)
        below = across * np.cos(dip) + (depth - table["depth"][0]) * np.sin(dip)
        return float((east * np.sin(strike) + north * np.cos(strike)).min()), float(below.min())

    edge = least(*corners.T)
    point = least(table["lon"], table["lat"], table["depth"])
    along = _snapped((point[0] - edge[0]) / segment.length)
    return along, _snapped((point[1] - edge[1]) / segment.width)


def _snapped(fraction: float) -> float:
    """0 or 0.5, whichever it is near to; 0.5 if neither."""
    return 0.0 if abs(fraction) < SNAP else 0.5
