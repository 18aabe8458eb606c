"""A rupture in the Standard Rupture Format, versions 1.0 and 2.0 (Graves 2014).

    2.0                                                     version; lines that start with # are comments
    PLANE 1                                                 optional, two lines for each plane
    ...
    POINTS 2                                                one block or more
    lon lat dep stk dip area tinit dt [vs den]              vs and den in version 2.0
    rake slip1 nt1 slip2 nt2 slip3 nt3
    slip rates along u1 (nt1 of them), along u2 (nt2), along u3 (nt3), over any number of lines

dep [km]; stk, dip, rake [degrees]; area [cm2]; tinit, dt [s]; vs [cm/s] and den [g/cm3], -1 where they are not
given; slip [cm] along u1 (the rake), u2 (the rake + 90 degrees) and u3 (opening); slip rates [cm/s].
Files that say one version and have the columns of the other, or say none, are read by their columns, with a remark.
"""

import math
from array import array
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.lines import Lines, opened

PLACE = "lon lat dep stk dip area tinit dt"
ROCK = "vs den"
COLUMNS = {"1.0": 8, "2.0": 10}  # of the place of a subfault, by version
ROCKS = ((5e3, 1e6), (0.9, 8.0))  # what vs [cm/s] and den [g/cm3] can be, as distinct from other columns
LOST = 0.01  # of the moment: slip without slip rates up to which a file is still read
SLIP = "rake slip1 nt1 slip2 nt2 slip3 nt3"
MOST_SUBFAULTS = 10**8
LARGEST_SLIP, FASTEST = 1e5, 1e5  # cm, cm/s; the largest slip known is some 60 m, fast slip 10 m/s
WINDOWS = 8  # parts of the slip rate that a rectangle keeps


@dataclass(frozen=True, eq=False)
class Rupture:
    """N subfaults as a file has them, in SI units and degrees; arrays (N,), slip, begin and count (N, 3).

    Slip direction d of subfault n has the slip rates values[begin[n, d] : begin[n, d] + count[n, d]] [m/s], step[n]
    apart from onset[n] on. rigidity [Pa] is nan where the file does not give it; line is where each subfault begins;
    ratio is its length along strike over its width, 1 where the planes of the file do not say. remarks: what the
    user should know of how the file was read.
    """

    path: Path
    line: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    depth: np.ndarray
    strike: np.ndarray
    dip: np.ndarray
    area: np.ndarray
    onset: np.ndarray
    step: np.ndarray
    rigidity: np.ndarray
    rake: np.ndarray
    slip: np.ndarray
    count: np.ndarray
    values: np.ndarray
    ratio: np.ndarray
    remarks: tuple[str, ...] = ()

    @property
    def begin(self) -> np.ndarray:
        """Number of the first slip rate of each subfault and direction, (N, 3)."""
        ends = np.cumsum(self.count.ravel()).reshape(self.count.shape)
        return ends - self.count

    @cached_property
    def lost(self) -> np.ndarray:
        """Which slip (N, 3) has no slip rates, or none but zeros."""
        moved = np.zeros(self.slip.shape)
        there = self.count > 0
        if there.any():
            moved[there] = np.add.reduceat(np.abs(self.values), self.begin[there])
        return (moved == 0) & (self.slip != 0)

    def label(self, n: int) -> str:
        """How to call subfault n in a message."""
        return f"{self.path} line {self.line[n]}: the subfault"


def read(path: Path) -> Rupture:
    """Reads a rupture; InputError names the line where the file is not as it should be."""
    with opened(path) as lines:
        return _read(path, lines)


def _read(path: Path, lines: Lines) -> Rupture:
    expected = "the version, 1.0 or 2.0"
    version, line = _version(lines, lines.next(expected))
    rows: list[tuple] = []
    rates = array("d")
    ratios: list[float] = []
    while line is not None:
        word, count = _block(lines, line)
        if word == "PLANE":
            for _ in range(count):
                ratios += _plane(lines)
        else:
            for n in range(count):
                rows.append(_subfault(lines, version, _Name(n + 1, count), rates))
        line = lines.optional()
    if not rows:
        raise InputError(f"{lines.where}: the file ends here, expected POINTS and the number of subfaults")
    return replace(_rupture(path, rows, rates, ratios), remarks=lines.remarks)


def _version(lines: Lines, first: str) -> tuple[str | None, str | None]:
    """The version and the line after it; None for a file that begins without one, as those of some programs do."""
    if first.split()[0] in ("PLANE", "POINTS"):
        lines.remark_all("has no version line; it is read by its columns")
        return None, first
    version = {"1": "1.0", "2": "2.0"}.get(first, first)
    if version not in COLUMNS:
        raise InputError(f"{lines.where}: the version is '{first}', expected 1.0 or 2.0")
    return version, lines.next("PLANE or POINTS and a number")


@dataclass(frozen=True)
class _Name:
    """How messages call a subfault, by its number in a block."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"subfault {self.number} of {self.count}"


def _block(lines: Lines, line: str) -> tuple[str, int]:
    """PLANE or POINTS and how many of them follow."""
    words = line.split()
    if len(words) == 2 and words[0] in ("PLANE", "POINTS") and words[1].isdigit():
        return words[0], int(words[1])
    raise InputError(f"{lines.where}: '{line[:40]}', expected PLANE or POINTS and a number")


def _plane(lines: Lines) -> list[float]:
    """Length over width of each subfault of a plane, for those that will follow in its order."""
    _, _, along, down, length, width = lines.numbers("elon elat nstk ndip len wid", 6)
    if along * down > MOST_SUBFAULTS:
        raise InputError(
            f"{lines.where}: nstk x ndip are {along * down:.3g} subfaults, expected at most {MOST_SUBFAULTS:g}"
        )
    lines.numbers("stk dip dtop shyp dhyp", 5)
    if min(along, down, length, width) <= 0 or along * down != int(along * down):
        return []
    return [length / along / (width / down)] * int(along * down)


def _subfault(lines: Lines, version: str | None, what: _Name, rates: array) -> tuple:
    """Line, place, rigidity, rake, slip and counts of a subfault, whose slip rates [cm/s] go to the end of `rates`."""
    place, rigidity = _place(lines, version, what)
    line, step = lines.number, place[7]
    slip = lines.numbers(SLIP, 7)
    for name, value in zip(("slip1", "slip2", "slip3"), slip[1::2], strict=True):
        if abs(value) > LARGEST_SLIP:
            raise InputError(
                f"{lines.where}: {name} is {value:g} cm, expected at most {LARGEST_SLIP:g}: the largest slip known, of "
                "2011, is some 60 m"
            )
    counts = [
        _count(lines, name, value) for name, value in zip(("nt1", "nt2", "nt3"), slip[2::2], strict=True)
    ]
    if any(counts):
        if step <= 0:
            raise InputError(f"{lines.path} line {line}: dt is {step:g}, expected a time above 0 s")
        rates.extend(_series(lines, sum(counts), what))
    return (line, *place, rigidity, slip[0], *slip[1::2], *counts)


def _place(lines: Lines, version: str | None, what: _Name) -> tuple[list[float], float]:
    """The first eight columns of a subfault, and its rigidity [Pa], nan where it has none."""
    words = (
        lines.optional() or lines.next(f"{PLACE} of {what}")
    ).split()  # words for a message are made for one alone
    if len(words) < COLUMNS["1.0"]:
        raise InputError(
            f"{lines.where}: has {len(words)} values, expected {COLUMNS[version or '1.0']}: {PLACE} of {what}"
        )
    numbers = lines.numbers_of(words, f"{PLACE} {ROCK}")
    place, rock = numbers[:8], numbers[8:10]
    _check_place(lines, place)
    if len(words) not in ([COLUMNS[version]] if version else COLUMNS.values()):
        _remark_columns(lines, version, len(words), _can_be_rock(rock))
    if not _can_be_rock(rock):
        if len(words) == COLUMNS["2.0"] and version != "1.0" and min(rock) > 0:
            lines.remark(
                "vs and den, here and elsewhere, are no rock in cm/s and g/cm3, and taken as not given"
            )
        return place, math.nan
    vs, density = rock[0] / 100, rock[1] * 1000
    return place, density * vs * vs


def _can_be_rock(rock: list[float]) -> bool:
    return len(rock) == 2 and all(
        low <= value <= high for value, (low, high) in zip(rock, ROCKS, strict=True)
    )


def _remark_columns(lines: Lines, version: str | None, found: int, rock: bool) -> None:
    """Keep what is done with columns that the version does not have, or lacks."""
    has = f"{version} has {COLUMNS[version]}" if version else "1.0 has 8 and 2.0 10"
    begins = f"subfaults have {found} columns, but version {has}"
    if found == COLUMNS["1.0"]:
        lines.remark(f"{begins}; {ROCK} are taken as not given")
    elif rock:
        more = "" if found == COLUMNS["2.0"] else ", and the others are not used"
        lines.remark(f"{begins}; the last are taken as {ROCK}{more}")
    else:
        lines.remark(f"{begins}; the others are not used")


def _check_place(lines: Lines, place: list[float]) -> None:
    """InputError for a value that no subfault can have."""
    lon, lat, depth, strike, dip, area, start, step = place[:8]
    ranges = (
        ("lon", lon, -360, 360, "degrees"),
        ("lat", lat, -90, 90, "degrees"),
        ("dep", depth, -12, 6400, "km, as the Earth has a radius of 6370 km"),
        ("stk", strike, -720, 720, "degrees"),
        ("dip", dip, 0, 90, "degrees"),
        ("area", area, -1, 1e17, "cm2, as the largest rupture known had 2e15 cm2"),
        ("tinit", start, -1e6, 1e6, "s, as the slowest earthquakes last an hour"),
        ("dt", step, -1e5, 1e5, "s"),
    )
    for name, value, low, high, unit in ranges:
        if not low <= value <= high:
            raise InputError(f"{lines.where}: {name} is {value:g}, expected {low} to {high} {unit}")
    if area <= 0:
        raise InputError(f"{lines.where}: area is {area:g}, expected an area above 0 cm2")


def _count(lines: Lines, name: str, value: float) -> int:
    if value < 0 or value != int(value):
        raise InputError(
            f"{lines.where}: {name} is {value:g}, expected a whole number of slip rates, 0 or more"
        )
    return int(value)


def _series(lines: Lines, count: int, what: _Name) -> list[float]:
    """The next `count` slip rates, over as many lines as they take."""
    words: list[str] = []
    seen: list[tuple[int, int]] = []
    while len(words) < count:
        more = lines.optional()
        if more is None:
            expected = f"{count - len(words)} more of the {count} slip rates of {what}"
            raise InputError(f"{lines.where}: the file ends here, expected {expected}")
        words += more.split()
        seen.append((lines.number, len(words)))
    if len(words) > count:
        raise InputError(
            f"{lines.where}: has {len(words) - count} values too many, expected {count} slip rates of {what}"
        )
    try:
        values = list(map(float, words))
        if math.isfinite(sum(values)) and max(map(abs, values)) <= FASTEST:
            return values
    except ValueError:
        pass
    begin = 0
    for lines.number, end in seen:  # which line it was is only asked when something is wrong
        for word in words[begin:end]:
            value = lines.number_of(word, f"{count} slip rates of {what} [cm/s]")
            if abs(value) > FASTEST:
                raise lines.error(
                    f"a slip rate is {value:g} cm/s, expected at most {FASTEST:g}: fast slip has 1000"
                )
        begin = end
    return list(map(float, words))


def _rupture(path: Path, rows: list[tuple], rates: array, ratios: list[float]) -> Rupture:
    table = np.array(rows, dtype=np.float64)
    columns = table.T
    return Rupture(
        path,
        line=columns[0].astype(np.int64),
        lon=columns[1],
        lat=columns[2],
        depth=columns[3] * 1e3,
        strike=columns[4],
        dip=columns[5],
        area=columns[6] * 1e-4,
        onset=columns[7],
        step=columns[8],
        rigidity=columns[9],
        rake=columns[10],
        slip=table[:, 11:14] * 1e-2,
        count=table[:, 14:17].astype(np.int64),
        values=np.array(rates) * 1e-2,
        ratio=np.array(ratios) if len(ratios) == len(rows) else np.ones(len(rows)),
    )


def without_lost(rupture: Rupture, rigidity: np.ndarray) -> Rupture:
    """The rupture without the slip for which it has no slip rates, which is remarked with how much moment that is.

    Programs round slip rates, and the little slip of some subfaults then has none. rigidity [Pa] is (N,). Raises
    InputError where it is LOST of the moment or more.
    """
    lost = rupture.lost
    if not lost.any():
        return rupture
    moment = (rigidity * rupture.area)[:, None] * rupture.slip
    size = np.linalg.norm(np.where(lost, moment, 0.0), axis=1).sum() / np.linalg.norm(moment, axis=1).sum()
    subfaults = np.flatnonzero(lost.any(axis=1))
    n, d = (int(first[0]) for first in np.nonzero(lost))
    begins = f"{rupture.path} line {rupture.line[n]}: slip{d + 1} is {rupture.slip[n, d] * 100:g} cm without slip rates"
    if subfaults.size > 1:
        begins += f", and so in {subfaults.size} of {rupture.line.size} subfaults"
    begins += f", {100 * size:.3g} % of the moment"
    if size >= LOST:
        raise InputError(
            f"{begins}; expected slip rates for all but {100 * LOST:g} % of it, or, for waves, the key rise_time of "
            "the source, over which it then slips"
        )
    text = f"{begins}; slip without slip rates is left out"
    return replace(rupture, slip=np.where(lost, 0.0, rupture.slip), remarks=(*rupture.remarks, text))


def fault(rupture: Rupture, rigidity: float | None = None) -> FiniteFault:
    """The subfaults as rectangles about their points, slipping in 8 windows of equal length each.

    Slip along u1 and u2 becomes slip in one direction, that of its sum. rigidity [Pa] replaces that of the file.
    """
    mu = np.where(np.isnan(rupture.rigidity), RIGIDITY, rupture.rigidity)
    rupture = without_lost(rupture, mu if rigidity is None else np.full(mu.shape, rigidity))
    length = np.sqrt(rupture.area * rupture.ratio)
    halves = np.full(rupture.line.size, 0.5)
    depth, shifted = lowered(rupture.depth, rupture.area / length, rupture.dip, halves)
    start, rise, slip = _windows(rupture)
    return FiniteFault(
        lonlat=True,
        x=rupture.lon,
        y=rupture.lat,
        along=halves,
        down=halves,
        depth=depth,
        length=length,
        width=rupture.area / length,
        strike=np.mod(rupture.strike, 360.0),
        dip=rupture.dip,
        rake=np.mod(rupture.rake + np.rad2deg(np.arctan2(rupture.slip[:, 1], rupture.slip[:, 0])), 360.0),
        start=start,
        rise=rise,
        slip=slip,
        opening=rupture.slip[:, 2],
        rigidity=mu if rigidity is None else rigidity,
        labels=tuple(f"{rupture.path} line {line}" for line in rupture.line),
        rigidity_given=rigidity is not None or bool(np.isfinite(rupture.rigidity).all()),
        remarks=(*rupture.remarks, *([f"{rupture.path}: {shifted}"] if shifted else ())),
    )


def _windows(rupture: Rupture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start, rise time [s] and slip [m] of each window of each subfault, (N, WINDOWS)."""
    count, begin = rupture.count.max(axis=1), rupture.begin
    rise = np.repeat((count * rupture.step / WINDOWS)[:, None], WINDOWS, axis=1)
    start = rupture.onset[:, None] + rise * np.arange(WINDOWS)
    total = np.hypot(rupture.slip[:, 0], rupture.slip[:, 1])
    slip = np.zeros(rise.shape)
    for n in np.flatnonzero(total):
        done = np.zeros(WINDOWS + 1)
        for d in np.flatnonzero(rupture.count[n, :2]):
            rates = np.append(rupture.values[begin[n, d] : begin[n, d] + rupture.count[n, d]], 0.0)
            sums = np.append(0.0, np.cumsum(0.5 * (rates[1:] + rates[:-1])))
            times = np.linspace(0.0, count[n], WINDOWS + 1)
            if sums[-1]:
                fraction = np.interp(times, np.arange(sums.size), sums) / sums[-1]
                done += fraction * rupture.slip[n, d] ** 2 / total[n] ** 2
        part = np.maximum(np.diff(done), 0.0)
        slip[n] = total[n] * part / part.sum() if part.any() else total[n] / WINDOWS
    return start, rise, slip
