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

Lengths and depths in km, slip in cm, angles in degrees, times in s, mo, the moment, in dyn cm, or in the unit that
stands beside the name; other spellings are in `columns`. The slip begins at t_rup, and lasts for t_ris + t_fal. Files
differ in which point of a subfault they give, and in what they call corners: those of the plane, or the outermost of
the point sources into which subfaults were divided, which lie inside it. Both are found from their distances (see
`reference`); a file without corners gives centres.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.errors import InputError
from esim.sources import geodesy
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.columns import (
    SPELLINGS,
    Column,
    duration,
    header,
    is_header,
    is_text,
    rigidity_in_pascal,
)
from esim.sources.formats.lines import Lines, opened

NUMBER = r"([0-9.]+)"
SIZES = re.compile(
    rf"#?\s*Fault_segment\s*=?\s*\d+.*?nx[^=]*=\s*(\d+)\s*Dx\s*=\s*{NUMBER}\s*km\s*ny[^=]*=\s*(\d+)\s*"
    rf"Dy\s*=\s*{NUMBER}\s*km",
    re.IGNORECASE,
)
SIZES_EXPECTED = "#Fault_segment = 1 nx(Along-strike)= 21 Dx= 16.00km ny(downdip)= 10 Dy= 12.00km"
SEGMENTS = re.compile(r"total\D*number\D*segments?\s*=?\s*(\d+)", re.IGNORECASE)
REQUIRED = ("lat", "lon", "depth", "slip", "rake", "strike", "dip")
UNITS = {"depth": 1e3, "slip": 0.01, "moment": 1e-7}
SNAP = 0.03  # of a subfault, as far as coordinates are rounded: the middle or the edge
FLAT = 5.0  # degrees of dip, below which depths are too alike to tell how far down dip points lie
SAME_ROW = 0.25  # of the width of a subfault: how far down dip points of one row may differ
BEYOND = (-0.05, 0.55)  # of a subfault: how far a plane may reach beyond what its file calls corners


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
    parts = [_located(lines, segment) for segment in segments]
    names = [name for name in parts[0] if all(name in part for part in parts)]
    table = {name: np.concatenate([part[name] for part in parts]) for name in names}
    count = table["slip"].size
    if "rupture_time" not in table:
        lines.remark_all("no rupture times: everything moves at the origin time")
    mu, given = _rigidity(lines, table)
    depth, shifted = lowered(table["depth"], table["width"], table["dip"], table["down"])
    if shifted:
        lines.remark_all(shifted)
    return FiniteFault(
        lonlat=True,
        x=table["lon"],
        y=table["lat"],
        along=table["along"],
        down=table["down"],
        length=table["length"],
        width=table["width"],
        dip=table["dip"],
        depth=depth,
        strike=np.mod(table["strike"], 360.0),
        rake=np.mod(table["rake"], 360.0),
        start=table.get("rupture_time", np.zeros(count))[:, None],
        # Without a time of falling, the slip falls for as long as it has risen.
        rise=duration(table, count, symmetric=True)[:, None],
        slip=table["slip"][:, None],
        opening=np.zeros(count),
        rigidity=mu if rigidity is None else rigidity,
        labels=tuple(f"{path} line {number}" for segment in segments for number in segment.lines),
        rigidity_given=given or rigidity is not None,
        remarks=lines.remarks,
    )


def _rigidity(lines: Lines, table: dict[str, np.ndarray]) -> tuple[np.ndarray, bool]:
    """Rigidity of each subfault [Pa], and whether the file gives it, as such or by moments."""
    area = table["length"] * table["width"]
    mu = np.full(area.shape, RIGIDITY)
    if "rigidity" in table and (table["rigidity"] > 0).all():
        return rigidity_in_pascal(lines, table["rigidity"]), True
    if "moment" in table and (table["moment"] > 0).any():
        known = (table["moment"] > 0) & (table["slip"] > 0)
        mu[known] = table["moment"][known] / (area * table["slip"])[known]
        return mu, True
    return mu, False


def _segments(lines: Lines) -> list[_Segment]:
    found: list[_Segment] = []
    names: list[Column] = []
    expected = None
    line = lines.optional()
    while line is not None:
        words = line.lstrip("# ").split()
        stray = bool(words) and not line.startswith("#") and is_text(words)
        if stray:
            lines.remark(f"'{line[:40]}' is no row of numbers; it is read as if it began with #")
        if (line.startswith("#") or stray) and words:
            if count := SEGMENTS.search(line):
                expected = int(count[1])
            elif words[0].lower().startswith("fault_segment"):
                _check_complete(lines, found)
                found.append(_begun(lines, line))
                names = []
            elif is_header(words):
                names = _header(lines, line.lstrip("# "))
        elif not line.startswith("#"):
            _row(lines, line, found, names)
        line = lines.optional()
    _check_complete(lines, found)
    if not found:
        raise InputError(f"{lines.where}: the file ends here, expected a line such as {SIZES_EXPECTED}")
    if expected is not None and expected != len(found):
        lines.remark_all(f"its first lines say {expected} segments, but it has {len(found)}, which are used")
    return found


def _begun(lines: Lines, line: str) -> _Segment:
    sizes = SIZES.match(line)
    if sizes is None:
        raise InputError(f"{lines.where}: '{line[:60]}', expected {SIZES_EXPECTED}")
    along, length, down, width = (lines.number_of(word, SIZES_EXPECTED) for word in sizes.groups())
    if min(along, length, down, width) <= 0:
        raise InputError(f"{lines.where}: number and size of the subfaults must be above 0")
    return _Segment(
        int(along), length * 1e3, int(down), width * 1e3, [], {name: [] for name in SPELLINGS}, []
    )


def _header(lines: Lines, text: str) -> list[Column]:
    """The columns of a table."""
    found = header(lines, text, UNITS)
    missing = [name for name in REQUIRED if name not in [column.name for column in found]]
    if missing:
        raise InputError(
            f"{lines.where}: has no column {missing[0]}, expected #Lat. Lon. depth slip rake strike dip and, where "
            "there are times, t_rup t_ris t_fal mo"
        )
    return found


def _row(lines: Lines, line: str, found: list[_Segment], columns: list[Column]) -> None:
    """A corner of the segment, before its table, or a subfault."""
    if not found:
        raise InputError(f"{lines.where}: '{line[:60]}', expected {SIZES_EXPECTED}")
    words = line.split()
    if not columns:
        if len(words) != 3:
            raise InputError(f"{lines.where}: has {len(words)} values, expected 3: lon lat depth of a corner")
        lon, lat, depth = (lines.number_of(word, "lon lat depth of a corner") for word in words)
        found[-1].corners.append([lon, lat, depth * 1e3])
        return
    names = " ".join(column.name for column in columns)
    if len(words) != len(columns):
        raise InputError(f"{lines.where}: has {len(words)} values, expected {len(columns)}: {names}")
    for column, word in zip(columns, words, strict=True):
        if column.name in SPELLINGS:
            found[-1].table[column.name].append(lines.number_of(word, names) * column.factor)
    found[-1].lines.append(lines.number)


def _check_complete(lines: Lines, found: list[_Segment]) -> None:
    """InputError unless the last segment has as many subfaults as it says."""
    if found and len(found[-1].lines) != found[-1].along * found[-1].down:
        segment = found[-1]
        raise InputError(
            f"{lines.where}: segment {len(found)} ends with {len(segment.lines)} subfaults, expected nx x ny = "
            f"{segment.along} x {segment.down} = {segment.along * segment.down}"
        )


def _located(lines: Lines, segment: _Segment) -> dict[str, np.ndarray]:
    """The table of a segment in SI units and degrees, with sizes and reference points of the subfaults."""
    count = len(segment.lines)
    table = {name: np.array(values) for name, values in segment.table.items() if values}
    along, down = reference(lines, segment, table)
    sizes = {"length": segment.length, "width": segment.width, "along": along, "down": down}
    return table | {name: np.full(count, value) for name, value in sizes.items()}


def reference(lines: Lines, segment: _Segment, table: dict[str, np.ndarray]) -> tuple[float, float]:
    """Where in its rectangle the point of a subfault lies, as fractions along strike and down dip.

    n subfaults are n spacings long. Where what the file calls corners are less far apart, they lie inside the plane,
    by half of the difference on each side: as they do where a subfault is divided into point sources, the outermost
    of which are given.
    """
    if len(segment.corners) < 4:
        lines.remark_all("no corners of the fault: the points of subfaults are taken for their centres")
        return 0.5, 0.5
    corners = np.array(segment.corners).T
    points = np.stack([table["lon"], table["lat"], table["depth"]])
    counts, sizes = (segment.along, segment.down), (segment.length, segment.width)
    of_points, of_corners = (_in_plane(some, table, segment.width) for some in (points, corners))
    axes = zip(of_points, of_corners, counts, sizes, strict=True)
    along, down = (_fraction(*axis) for axis in axes)
    if along is None or down is None:
        lines.remark_all("its corners do not fit its subfaults, whose points are taken for their centres")
        return 0.5, 0.5
    return along, down


def _in_plane(
    points: np.ndarray, table: dict[str, np.ndarray], width: float
) -> tuple[np.ndarray, np.ndarray]:
    """Distances along strike of the uppermost points (lon, lat, depth) and down dip of all [m], from the first row.

    Depth, which no map distorts, tells how far down dip, unless the fault is too flat.
    """
    x0, y0 = float(table["lon"][0]), float(table["lat"][0])
    strike, dip = np.deg2rad(table["strike"][0]), np.deg2rad(table["dip"][0])
    lon, lat, depth = points
    there = [geodesy.local(lon[n : n + 1], lat[n : n + 1], x0, y0, True) for n in range(len(lon))]
    east, north = np.array(there)[:, :, 0, 0].T
    across = east * np.cos(strike) - north * np.sin(strike)
    along = east * np.sin(strike) + north * np.cos(strike)
    below = depth - table["depth"][0]
    flat = dip < np.deg2rad(FLAT)
    down = across * np.cos(dip) + below * np.sin(dip) if flat else below / np.sin(dip)
    return along[down <= down.min() + SAME_ROW * width], down


def _fraction(points: np.ndarray, corners: np.ndarray, count: int, size: float) -> float | None:
    """Where in a subfault its point lies, 0 to 1, on one axis of the plane; None if the corners tell nothing.

    Distances [m] are compared with each other, not with the size [m] that the header has: so nothing depends on the
    shape of the Earth by which the file was made.
    """
    spacing = float(np.ptp(points)) / (count - 1) if count > 1 else size
    beyond = (count - float(np.ptp(corners)) / spacing) / 2 if spacing > 0 else np.nan
    fraction = float(points.min() - corners.min()) / spacing + beyond if spacing > 0 else np.nan
    if not (BEYOND[0] <= beyond <= BEYOND[1] and -SNAP <= fraction <= 1 + SNAP):
        return None
    return next((edge for edge in (0.0, 0.5, 1.0) if abs(fraction - edge) < SNAP), fraction)
