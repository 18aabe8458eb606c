"""Finite faults in the form of the SRCMOD data base (Mai and Thingbaijam 2014) and of the USGS, files `*.fsp`.

Lines that begin with % are the header, made of `NAME = value`; of these count

    Size : ... Mo = 1.8e+22 Nm                          seismic moment
    Mech : STRK = 200 DIP = 10 RAKE = 90 Htop = 4 km    of the whole fault
    Invs : Dx = 16.0 km Dz = 12.0 km                    size of the subfaults (inDx, inDz as well)
    Invs : LEN = 2 s SHF = 2 s                          length and shift of the time windows
    Loc : DEP = 15 km, Rupt : HypZ = 10 km              depth of the hypocentre, and its place down dip
    SEGMENT # 1: STRIKE = 198 deg DIP = 10 deg          of each segment, where there are several
    LEN = 500 km WID = 200 km, Z2top = 4.0 km, Nsbfs = 200, Dx = 16.0 km Dz = 12.0 km, RAKE = 90     of a segment

and the last line with LAT and LON before the numbers names the columns: LAT LON X==EW Y==NS Z SLIP RAKE TRUP RISE
SF_MOMENT, or TW1 TW2 ... for the slip in each time window, rkTW1 rkTW2 ... for its rake (the slips are then added as
vectors). Z in km, slip in m (or cm, if the header says `SLIP in cm`), RISE and TRUP in s, SF_MOMENT in N m; other
spellings are in `columns`. The point of a subfault is its centre, or the middle of its top edge: the header says so
(`Coordinates are given for ...`), and so does the depth of the top of the fault. Where the two contradict each other,
the depth of the top counts that follows from the hypocentre.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.columns import (
    Column,
    duration,
    header,
    is_header,
    is_text,
    rigidity_in_pascal,
)
from esim.sources.formats.lines import Lines, opened

ENTRY = re.compile(r"([A-Za-z]\w*)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
SEGMENT = re.compile(r"SEGMENT\s*#?\s*\d+", re.IGNORECASE)
WINDOW = re.compile(r"(?:slip[-_]?)?tw[-_]?(\d+)")
WINDOW_RAKE = re.compile(r"(?:rk|rake)[-_]?tw[-_]?(\d+)")
OTHERS = re.compile(f"{WINDOW.pattern}|{WINDOW_RAKE.pattern}")
COLUMNS_EXPECTED = "% LAT LON X==EW Y==NS Z SLIP RAKE TRUP RISE SF_MOMENT"
UNITS = {"depth": 1e3}
UNKNOWN = (999.0, -999.0, -99.0)  # what files give for a value that they do not have
PLAUSIBLE = (1e9, 3e11)  # Pa, rigidity that the moment of a whole fault may give
SNAP = 0.25  # of the width: how far the first row may lie from the top edge and still be taken for it


@dataclass
class _Segment:
    """A segment as it is read: its settings, its columns, its rows, and the lines of these."""

    settings: dict[str, float]
    columns: list[Column] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads a finite fault; rigidity [Pa] replaces the one that moment and slip of the file give.

    Raises InputError with file and line where it is not as it should be.
    """
    with opened(path, comment=None) as lines:
        top, text, segments = _read(lines)
    for number, segment in enumerate(segments, start=1):
        _check_count(lines, number, segment, top, len(segments) == 1)
    parts = [_table(lines, segment, top, text, len(segments) == 1) for segment in segments]
    if len({part["slip"].shape[1] for part in parts}) > 1:
        raise InputError(f"{path}: its segments have different numbers of time windows")
    names = [name for name in parts[0] if all(name in part for part in parts)]
    table = {name: np.concatenate([part[name] for part in parts]) for name in names}
    mu, given = _rigidity(lines, table, top)
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
        start=table["start"],
        rise=table["rise"],
        slip=table["slip"],
        depth=depth,
        strike=np.mod(table["strike"], 360.0),
        rake=np.mod(table["rake"], 360.0),
        opening=np.zeros(depth.shape),
        rigidity=mu if rigidity is None else rigidity,
        labels=tuple(f"{path} line {number}" for segment in segments for number in segment.lines),
        rigidity_given=given or rigidity is not None,
        remarks=lines.remarks,
    )


def _check_count(lines: Lines, number: int, segment: _Segment, top: dict[str, float], only: bool) -> None:
    """InputError unless a segment has as many subfaults as its header says in one way or the other; else a remark."""
    settings, count = (top | segment.settings) if only else segment.settings, len(segment.rows)
    said: dict[str, float] = {}
    if settings.get("nsbfs"):
        said["Nsbfs"] = settings["nsbfs"]
    if only and settings.get("nx") and settings.get("nz"):
        said["Nx x Nz"] = settings["nx"] * settings["nz"]
    length, width = settings.get("len", 0.0), settings.get("wid", 0.0)
    dx, dz = _spacing(segment, top)
    fits = min(length, width, dx, dz) > 0 and round(length / dx) * round(width / dz) == count
    wrong = {name: value for name, value in said.items() if value != count}
    if "Nsbfs" in wrong and len(wrong) == len(said) and not fits:
        raise InputError(
            f"{lines.path} line {segment.lines[-1]}: segment {number} ends with {count} subfaults, "
            f"expected Nsbfs = {said['Nsbfs']:g}"
        )
    for name, value in wrong.items():
        lines.remark_all(
            f"{name} is {value:g} by the header, but segment {number} has {count} subfaults, which are used"
        )


def _read(lines: Lines) -> tuple[dict[str, float], str, list[_Segment]]:
    """Settings of the whole file, what it says beside them, and its segments."""
    top: dict[str, float] = {}
    text: list[str] = []
    segments: list[_Segment] = []
    line = lines.optional()
    while line is not None:
        if line.startswith("%"):
            _comment(lines, line.lstrip("% "), top, segments)
            text.append(line.lower())
        elif is_text(line.split()):
            lines.remark(f"'{line[:40]}' is no row of numbers; it is read as if it began with %")
            _comment(lines, line, top, segments)
        else:
            _row(lines, line, segments)
        line = lines.optional()
    filled = [segment for segment in segments if segment.rows]
    if not filled:
        raise InputError(f"{lines.where}: the file ends here, expected {COLUMNS_EXPECTED} and subfaults")
    if top.get("nsg", len(filled)) != len(filled):
        lines.remark_all(
            f"Nsg is {top['nsg']:g} by the header, but there are {len(filled)} segments, which are used"
        )
    return top, " ".join(text), filled


def _comment(lines: Lines, line: str, top: dict[str, float], segments: list[_Segment]) -> None:
    words = line.lower().split()
    found = {name.lower(): float(value) for name, value in ENTRY.findall(line) if float(value) not in UNKNOWN}
    if SEGMENT.match(line):
        segments.append(_Segment({}))
        segments[-1].settings |= found
    elif is_header(words) and "=" not in words:
        columns = header(lines, line, UNITS, OTHERS)
        if not segments or (segments[-1].rows and segments[-1].columns != columns):
            segments.append(_Segment({}))
        segments[-1].columns = columns
    elif words and words[0].startswith("invs") and "shf" in found:
        top |= {"window": found.get("len", 0.0), "shift": found["shf"]}
    elif segments and not segments[-1].rows:
        segments[-1].settings |= found
    else:
        top |= found


def _row(lines: Lines, line: str, segments: list[_Segment]) -> None:
    if not segments or not segments[-1].columns:
        raise InputError(
            f"{lines.where}: '{line[:40]}' comes before the names of the columns, expected {COLUMNS_EXPECTED}"
        )
    columns, words = segments[-1].columns, line.split()
    names = [column.name for column in columns]
    for name in ("depth", "slip"):
        if name not in names and not (name == "slip" and any(WINDOW.fullmatch(other) for other in names)):
            raise InputError(f"{lines.where}: there is no column {name.upper()}, expected {COLUMNS_EXPECTED}")
    expected = " ".join(names).upper()
    if len(words) != len(names):
        raise InputError(f"{lines.where}: has {len(words)} values, expected {len(names)}: {expected}")
    values = [lines.number_of(word, expected) for word in words]
    segments[-1].rows.append([column.factor * value for column, value in zip(columns, values, strict=True)])
    segments[-1].lines.append(lines.number)


def _table(
    lines: Lines, segment: _Segment, top: dict[str, float], text: str, only: bool
) -> dict[str, np.ndarray]:
    """The columns of a segment in SI units and degrees, with all that the header says of it."""
    where = f"{lines.path} line {segment.lines[0]}"
    names = [column.name for column in segment.columns]
    columns = dict(zip(names, np.array(segment.rows).T, strict=True))
    for name in ("rupture_time", "rise_time", "rising", "falling", "moment", "rigidity"):
        if name in columns and np.isin(columns[name], UNKNOWN).all():
            del columns[name]
    count = len(segment.rows)
    in_metres = all(column.factor == 1.0 for column in segment.columns if column.name != "depth")
    unit = 0.01 if "slip in cm" in text and in_metres else 1.0

    def setting(column: str, *names: str) -> np.ndarray:
        if column in columns:
            return columns[column]
        for name in names:
            for settings in (segment.settings, top):
                if name in settings:
                    return np.full(count, settings[name])
        raise InputError(
            f"{where}: neither the columns nor the header say the {column.upper()} of the subfaults"
        )

    columns |= _one_rake(columns)
    length, width = _sizes(where, segment, top)
    dip = setting("dip", "dip")
    height = width * float(np.sin(np.deg2rad(dip[0])))
    down = _down(lines, float(columns["depth"].min()), height, _tops(segment, top, float(dip[0]), only), text)
    windows, start, rise = _windows(lines, where, columns, top)
    return {name: columns[name] for name in ("moment", "rigidity") if name in columns} | {
        "lon": columns["lon"],
        "lat": columns["lat"],
        "depth": columns["depth"],
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
    }


def _sizes(where: str, segment: _Segment, top: dict[str, float]) -> tuple[float, float]:
    """Length and width of the subfaults of a segment [m]."""
    dx, dz = _spacing(segment, top)
    whole = segment.settings.get("len"), segment.settings.get("wid")
    count = len(segment.rows)
    if count == 1 and None not in whole:
        dx, dz = whole  # type: ignore[assignment]
    if min(dx, dz) <= 0:
        raise InputError(
            f"{where}: the header has no size of the subfaults, expected Dx = 16.0 km Dz = 12.0 km"
        )
    if None not in whole and abs(count * dx * dz / (whole[0] * whole[1]) - 1) > 0.01:  # type: ignore[operator]
        # The subfaults of this segment are not those of the others.
        along, down = max(1, round(whole[0] / dx)), max(1, round(whole[1] / dz))  # type: ignore[operator]
        if along * down == count:
            dx, dz = whole[0] / along, whole[1] / down  # type: ignore[operator]
    return dx * 1e3, dz * 1e3


def _spacing(segment: _Segment, top: dict[str, float]) -> tuple[float, float]:
    """Dx, Dz [km] of a segment, 0 where the header has none."""
    settings = top | segment.settings
    dx, dz = (settings.get(name, settings.get(f"in{name}", 0.0)) for name in ("dx", "dz"))
    return dx, dz


def _tops(
    segment: _Segment, top: dict[str, float], dip: float, only: bool
) -> tuple[float | None, float | None]:
    """Depth of the top of a segment [km] by its header, and by the hypocentre if it is the only one; None: unknown."""
    hypocentre = None
    if only and "dep" in top and "hypz" in top:
        hypocentre = top["dep"] - top["hypz"] * float(np.sin(np.deg2rad(dip)))
    return segment.settings.get("z2top", top.get("htop")), hypocentre


def _down(
    lines: Lines, least: float, rise: float, tops: tuple[float | None, float | None], text: str
) -> float:
    """How far down dip the points lie in their subfaults, 0 or 0.5.

    least is the depth of the uppermost point [m], rise the height of a subfault [m], tops what `_tops` knows, text what
    the header says.
    """

    def place_of(top: float | None) -> float | None:
        if top is None or rise <= 0:
            return None
        fraction = (least - top * 1e3) / rise
        return next((place for place in (0.0, 0.5) if abs(fraction - place) < SNAP), None)

    by_top, by_hypocentre = map(place_of, tops)
    by_text = 0.5 if "given for center" in text else 0.0 if "given for top" in text else None
    if by_top is None:
        if by_text is not None:
            return by_text
        if least >= SNAP * rise:
            return 0.5
        lines.remark_all(
            "positions are taken for those of top edges: they are too shallow to be those of centres"
        )
        return 0.0
    if by_text is None or by_top == by_text:
        return by_top
    found, reason = (
        (by_top, "the depth of the top") if by_hypocentre is None else (by_hypocentre, "the hypocentre")
    )
    words = {0.0: "top edges", 0.5: "centres"}
    lines.remark_all(
        f"its header says that positions are those of {words[by_text]}, but the top of the fault at {tops[0]:g} km "
        f"that they are those of {words[by_top]}; by {reason}, they are taken for {words[found]}"
    )
    return found


def _windows(
    lines: Lines, where: str, columns: dict[str, np.ndarray], top: dict[str, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slip in the unit of the file, start and rise time [s] of each window, (n, windows)."""
    names = {int(match[1]): name for name in columns if (match := WINDOW.fullmatch(name))}
    count = len(columns["depth"])
    onset = columns.get("rupture_time", np.zeros(count))[:, None]
    if "rupture_time" not in columns:
        what = "everything moves" if len(names) < 2 else "the first window of all subfaults begins"
        lines.remark_all(f"no rupture times: {what} at the origin time")
    if len(names) < 2:
        slip = columns.get("slip", columns.get(names.get(1, ""), np.zeros(count)))
        return slip[:, None], onset, duration(columns, count, symmetric=False)[:, None]
    if "shift" not in top or top["shift"] <= 0:
        raise InputError(
            f"{where}: has slip in time windows, but the header has no Invs : LEN = 2 s SHF = 2 s"
        )
    slip = np.stack([columns[names[n]] for n in sorted(names)], axis=1)
    rise = np.full(slip.shape, top.get("window") or top["shift"])
    return slip, onset + top["shift"] * np.arange(slip.shape[1]), rise


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


def _rigidity(lines: Lines, table: dict[str, np.ndarray], top: dict[str, float]) -> tuple[np.ndarray, bool]:
    """Rigidity of each subfault [Pa], and whether the file has given it, as such, by moments or by that of all."""
    size = table["length"] * table["width"] * table["slip"].sum(axis=1)
    mu = np.full(size.shape, RIGIDITY)
    if "rigidity" in table and (table["rigidity"] > 0).all():
        return rigidity_in_pascal(lines, table["rigidity"]), True
    moment = table.get("moment", np.zeros(size.shape))
    known = (moment > 0) & (size > 0)
    if known.any():
        mu[known] = moment[known] / size[known]
        return mu, True
    mean = top.get("mo", 0.0) / size.sum() if size.any() else 0.0
    if PLAUSIBLE[0] < mean < PLAUSIBLE[1]:
        return np.full(size.shape, mean), True
    return mu, False
