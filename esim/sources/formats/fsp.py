"""Finite faults in the form of the SRCMOD data base (Mai and Thingbaijam 2014) and of the USGS, files `*.fsp`.

Lines that begin with % are the header, made of `NAME = value`; of these count

    Size : ... Mo = 1.8e+22 Nm                          seismic moment
    Mech : STRK = 200 DIP = 10 RAKE = 90 Htop = 4 km    of the whole fault
    Invs : Dx = 16.0 km Dz = 12.0 km                    size of the subfaults (inDx, inDz as well)
    Invs : LEN = 2 s SHF = 2 s                          length and shift of the time windows
    SEGMENT # 1: STRIKE = 198 deg DIP = 10 deg          of each segment, where there are several
    LEN = 500 km WID = 200 km, Z2top = 4.0 km, Nsbfs = 200, Dx = 16.0 km Dz = 12.0 km, RAKE = 90     of a segment

and the last line with LAT and LON before the numbers names the columns: LAT LON X==EW Y==NS Z SLIP RAKE TRUP RISE
SF_MOMENT, or TW1 TW2 ... for the slip in each time window, rkTW1 rkTW2 ... for its rake (the slips are then added as
vectors). Z in km, slip in m (or cm, if the header says `SLIP in cm`),
RISE and TRUP in s, SF_MOMENT in N m. The point of a subfault is its centre, or the middle of its top edge; the depth of
the top of the fault tells which, else the header (`Coordinates are given for ...`).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.lines import Lines, opened

ENTRY = re.compile(r"([A-Za-z]\w*)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
SEGMENT = re.compile(r"SEGMENT\s*#?\s*\d+", re.IGNORECASE)
WINDOW = re.compile(r"(?:slip[-_]?)?tw[-_]?(\d+)")
WINDOW_RAKE = re.compile(r"(?:rk|rake)[-_]?tw[-_]?(\d+)")
COLUMNS_EXPECTED = "% LAT LON X==EW Y==NS Z SLIP RAKE TRUP RISE SF_MOMENT"
ALIASES = {
    "total-slip": "slip",
    "total_slip": "slip",
    "totalslip": "slip",
    "moment": "sf_moment",
    "depth": "z",
}
UNKNOWN = (
    999.0,
    -999.0,
    -99.0,
)  # what files give for a value that they do not have, or that is not one value
PLAUSIBLE = (1e9, 3e11)  # Pa, rigidity that the moment of a whole fault may give
SNAP = 0.25  # of the width: how far the first row may lie from the top edge and still be taken for it


@dataclass
class _Segment:
    """A segment as it is read: its settings, the names of its columns, its rows, and the lines of these."""

    settings: dict[str, float]
    names: list[str] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads a finite fault; rigidity [Pa] replaces the one that moment and slip of the file give.

    Raises InputError with file and line where it is not as it should be.
    """
    with opened(path, comment=None) as lines:
        header, text, segments = _read(lines)
    for number, segment in enumerate(segments, start=1):
        expected = segment.settings.get("nsbfs", header.get("nsbfs") if len(segments) == 1 else None)
        if expected and expected != len(segment.rows):
            raise InputError(
                f"{path} line {segment.lines[-1]}: segment {number} ends with {len(segment.rows)} subfaults, "
                f"expected Nsbfs = {expected:g}"
            )
    parts = [_table(path, segment, header, text) for segment in segments]
    if len({part["slip"].shape[1] for part in parts}) > 1:
        raise InputError(f"{path}: its segments have different numbers of time windows")
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    mu, given = _rigidity(table, header)
    return FiniteFault(
        lonlat=True,
        x=table["lon"],
        y=table["lat"],
        along=table["along"],
        down=table["down"],
        length=table["length"],
        width=table["width"],
        dip=table["dip"],
        start=table["start"],
        rise=table["rise"],
        slip=table["slip"],
        depth=lowered(table["z"], table["width"], table["dip"], table["down"]),
        strike=np.mod(table["strike"], 360.0),
        rake=np.mod(table["rake"], 360.0),
        opening=np.zeros(table["z"].shape),
        rigidity=mu if rigidity is None else rigidity,
        labels=tuple(f"{path} line {number}" for segment in segments for number in segment.lines),
        rigidity_given=given or rigidity is not None,
    )


def _read(lines: Lines) -> tuple[dict[str, float], str, list[_Segment]]:
    """Settings of the whole file, what it says beside them, and its segments."""
    header: dict[str, float] = {}
    text: list[str] = []
    segments: list[_Segment] = []
    line = lines.optional()
    while line is not None:
        if line.startswith("%"):
            _comment(line.lstrip("% "), header, segments)
            text.append(line.lower())
        else:
            _row(lines, line, header, segments)
        line = lines.optional()
    filled = [segment for segment in segments if segment.rows]
    if not filled:
        raise InputError(f"{lines.where}: the file ends here, expected {COLUMNS_EXPECTED} and subfaults")
    return header, " ".join(text), filled


def _comment(line: str, header: dict[str, float], segments: list[_Segment]) -> None:
    words = line.lower().split()
    found = {
        name.lower(): float(value) for name, value in ENTRY.findall(line) if abs(float(value)) != UNKNOWN
    }
    if SEGMENT.match(line):
        segments.append(_Segment({}))
        segments[-1].settings |= found
    elif words[:2] == ["lat", "lon"] and "=" not in words:
        names = [ALIASES.get(word, word) for word in words]
        if not segments or (segments[-1].rows and segments[-1].names != names):
            segments.append(_Segment({}))
        segments[-1].names = names
    elif words and words[0].startswith("invs") and "shf" in found:
        header |= {"window": found.get("len", 0.0), "shift": found["shf"]}
    elif segments and not segments[-1].rows:
        segments[-1].settings |= found
    else:
        header |= found


def _row(lines: Lines, line: str, header: dict[str, float], segments: list[_Segment]) -> None:
    if not segments or not segments[-1].names:
        raise InputError(
            f"{lines.where}: '{line[:40]}' comes before the names of the columns, expected {COLUMNS_EXPECTED}"
        )
    names, words = segments[-1].names, line.split()
    for name in ("z", "slip"):
        if name not in names and not (name == "slip" and any(WINDOW.fullmatch(other) for other in names)):
            raise InputError(f"{lines.where}: there is no column {name.upper()}, expected {COLUMNS_EXPECTED}")
    expected = " ".join(names).upper()
    if len(words) != len(names):
        raise InputError(f"{lines.where}: has {len(words)} values, expected {len(names)}: {expected}")
    segments[-1].rows.append([lines.number_of(word, expected) for word in words])
    segments[-1].lines.append(lines.number)


def _table(path: Path, segment: _Segment, header: dict[str, float], text: str) -> dict[str, np.ndarray]:
    """The columns of a segment in SI units and degrees, with all that the header says of it."""
    where = f"{path} line {segment.lines[0]}"
    columns = dict(zip(segment.names, np.array(segment.rows).T, strict=True))
    count = len(segment.rows)
    unit = 0.01 if "slip in cm" in text else 1.0

    def setting(column: str, *names: str) -> np.ndarray:
        if column in columns:
            return columns[column]
        for name in names:
            for settings in (segment.settings, header):
                if name in settings:
                    return np.full(count, settings[name])
        raise InputError(
            f"{where}: neither the columns nor the header say the {column.upper()} of the subfaults"
        )

    columns |= _one_rake(columns)
    length, width = _sizes(where, segment, header)
    z = columns["z"] * 1e3
    dip = setting("dip", "dip")
    down = _down(z, width, dip, segment.settings.get("z2top", header.get("htop")), text)
    windows, start, rise = _windows(where, columns, header)
    return {
        "lon": columns["lon"],
        "lat": columns["lat"],
        "z": z,
        "length": np.full(count, length),
        "width": np.full(count, width),
        "along": np.full(count, 0.5),
        "down": np.full(count, down),
        "strike": setting("strike", "strike", "strk"),
        "dip": dip,
        "rake": setting("rake", "rake"),
        "start": start,
        "rise": rise,
        "slip": windows * unit,
        "moment": columns.get("sf_moment", np.zeros(count)),
    }


def _sizes(where: str, segment: _Segment, header: dict[str, float]) -> tuple[float, float]:
    """Length and width of the subfaults of a segment [m]."""
    settings = header | segment.settings
    dx, dz = (settings.get(name, settings.get(f"in{name}")) for name in ("dx", "dz"))
    whole = segment.settings.get("len"), segment.settings.get("wid")
    count = len(segment.rows)
    if count == 1 and None not in whole:
        dx, dz = whole
    if dx is None or dz is None or min(dx, dz) <= 0:
        raise InputError(
            f"{where}: the header has no size of the subfaults, expected Dx = 16.0 km Dz = 12.0 km"
        )
    if None not in whole and abs(count * dx * dz / (whole[0] * whole[1]) - 1) > 0.01:  # type: ignore[operator]
        # The subfaults of this segment are not those of the others.
        along, down = max(1, round(whole[0] / dx)), max(1, round(whole[1] / dz))  # type: ignore[operator]
        if along * down == count:
            dx, dz = whole[0] / along, whole[1] / down  # type: ignore[operator]
    return dx * 1e3, dz * 1e3


def _down(z: np.ndarray, width: float, dip: np.ndarray, top: float | None, text: str) -> float:
    """How far down dip the points lie in their subfaults, 0 or 0.5."""
    rise = width * float(np.sin(np.deg2rad(dip[0])))
    if top is not None and rise > 0:
        fraction = (float(z.min()) - top * 1e3) / rise
        if abs(fraction) < SNAP or abs(fraction - 0.5) < SNAP:
            return 0.0 if abs(fraction) < SNAP else 0.5
    return 0.0 if "given for top" in text else 0.5


def _windows(
    where: str, columns: dict[str, np.ndarray], header: dict[str, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slip in the unit of the file, start and rise time [s] of each window, (n, windows)."""
    names = {int(match[1]): name for name in columns if (match := WINDOW.fullmatch(name))}
    count = len(columns["z"])
    onset = columns.get("trup", np.zeros(count))[:, None]
    if len(names) < 2:
        slip = columns.get("slip", columns.get(names.get(1, ""), np.zeros(count)))
        return slip[:, None], onset, columns.get("rise", np.zeros(count))[:, None]
    if "shift" not in header or header["shift"] <= 0:
        raise InputError(
            f"{where}: has slip in time windows, but the header has no Invs : LEN = 2 s SHF = 2 s"
        )
    slip = np.stack([columns[names[n]] for n in sorted(names)], axis=1)
    rise = np.full(slip.shape, header.get("window") or header["shift"])
    return slip, onset + header["shift"] * np.arange(slip.shape[1]), rise


def _one_rake(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rake of the whole slip, and windows that add up to it, where each window has a rake of its own."""
    slips = {match[1]: name for name in columns if (match := WINDOW.fullmatch(name))}
    rakes = {match[1]: name for name in columns if (match := WINDOW_RAKE.fullmatch(name))}
    if not slips or slips.keys() != rakes.keys():
        return {}
    size = np.stack([columns[name] for name in slips.values()])
    angle = np.deg2rad(np.stack([columns[rakes[n]] for n in slips]))
    along, across = (size * np.cos(angle)).sum(0), (size * np.sin(angle)).sum(0)
    total = size.sum(0)
    fraction = np.hypot(along, across) / np.where(total > 0, total, 1.0)
    shorter = {name: columns[name] * fraction for name in slips.values()}
    return shorter | {"rake": np.rad2deg(np.arctan2(across, along))}


def _rigidity(table: dict[str, np.ndarray], header: dict[str, float]) -> tuple[np.ndarray, bool]:
    """Rigidity of each subfault [Pa], and whether the file has given it, by moments or by the moment of all."""
    size = table["length"] * table["width"] * table["slip"].sum(axis=1)
    mu = np.full(size.shape, RIGIDITY)
    known = (table["moment"] > 0) & (size > 0)
    if known.any():
        mu[known] = table["moment"][known] / size[known]
        return mu, True
    mean = header.get("mo", 0.0) / size.sum() if size.any() else 0.0
    if PLAUSIBLE[0] < mean < PLAUSIBLE[1]:
        return np.full(size.shape, mean), True
    return mu, False
