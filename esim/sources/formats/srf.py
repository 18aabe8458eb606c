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
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.lines import Lines, opened

PLACE = "lon lat dep stk dip area tinit dt"
SLIP = "rake slip1 nt1 slip2 nt2 slip3 nt3"
WINDOWS = 8  # parts of the slip rate that a rectangle keeps


@dataclass(frozen=True, eq=False)
class Rupture:
    """N subfaults as a file has them, in SI units and degrees; arrays (N,), slip, begin and count (N, 3).

    Slip direction d of subfault n has the slip rates values[begin[n, d] : begin[n, d] + count[n, d]] [m/s], step[n]
    apart from onset[n] on. rigidity [Pa] is nan where the file does not give it; line is where each subfault begins;
    ratio is its length along strike over its width, 1 where the planes of the file do not tell.
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

    @property
    def begin(self) -> np.ndarray:
        """Number of the first slip rate of each subfault and direction, (N, 3)."""
        ends = np.cumsum(self.count.ravel()).reshape(self.count.shape)
        return ends - self.count

    def label(self, n: int) -> str:
        """How to call subfault n in a message."""
        return f"{self.path} line {self.line[n]}: the subfault"


def read(path: Path) -> Rupture:
    """Reads a rupture; InputError names the line where the file is not as it should be."""
    with opened(path) as lines:
        return _read(path, lines)


def _read(path: Path, lines: Lines) -> Rupture:
    version = lines.next("the version, 1.0 or 2.0")
    if version not in ("1.0", "2.0"):
        raise InputError(f"{lines.where}: the version is '{version}', expected 1.0 or 2.0")
    rows: list[tuple] = []
    rates: list[np.ndarray] = []
    ratios: list[float] = []
    line = lines.next("PLANE or POINTS and a number")
    while line is not None:
        word, count = _block(lines, line)
        if word == "PLANE":
            for _ in range(count):
                ratios += _plane(lines)
        else:
            for n in range(count):
                row, series = _subfault(lines, version == "2.0", f"subfault {n + 1} of {count}")
                rows.append(row)
                rates.append(series)
        line = lines.optional()  # type: ignore[assignment]
    if not rows:
        raise InputError(f"{lines.where}: the file ends here, expected POINTS and the number of subfaults")
    return _rupture(path, rows, rates, ratios)


def _block(lines: Lines, line: str) -> tuple[str, int]:
    """PLANE or POINTS and how many of them follow."""
    words = line.split()
    if len(words) == 2 and words[0] in ("PLANE", "POINTS") and words[1].isdigit():
        return words[0], int(words[1])
    raise InputError(f"{lines.where}: '{line[:40]}', expected PLANE or POINTS and a number")


def _plane(lines: Lines) -> list[float]:
    """Length over width of each subfault of a plane, for those that will follow in its order."""
    _, _, along, down, length, width = lines.numbers("elon elat nstk ndip len wid", 6)
    lines.numbers("stk dip dtop shyp dhyp", 5)
    if min(along, down, length, width) <= 0 or along * down != int(along * down):
        return []
    return [length / along / (width / down)] * int(along * down)


def _subfault(lines: Lines, version_2: bool, what: str) -> tuple[tuple, np.ndarray]:
    """(line, place, slip) of a subfault and its slip rates [cm/s]."""
    names = f"{PLACE} vs den" if version_2 else PLACE
    place = lines.numbers(f"{names} of {what}", len(names.split()))
    line = lines.number
    _check_place(lines, place)
    slip = lines.numbers(f"{SLIP} of {what}", 7)
    counts = [
        _count(lines, name, value) for name, value in zip(("nt1", "nt2", "nt3"), slip[2::2], strict=True)
    ]
    for n, (value, count) in enumerate(zip(slip[1::2], counts, strict=True), start=1):
        if count == 0 and value != 0:
            raise InputError(
                f"{lines.where}: slip{n} is {value:g} cm but nt{n} is 0, expected its slip rates"
            )
    if any(counts) and place[7] <= 0:
        raise InputError(f"{lines.path} line {line}: dt is {place[7]:g}, expected a time above 0 s")
    if version_2:
        vs, density = place[8] / 100, place[9] * 1000
        rigidity = density * vs * vs if vs > 0 and density > 0 else np.nan
    else:
        rigidity = np.nan
    series = _series(lines, sum(counts), what)
    return (line, *place[:8], rigidity, slip[0], *slip[1::2], *counts), series


def _check_place(lines: Lines, place: list[float]) -> None:
    """InputError for a value that no subfault can have."""
    lon, lat, _, _, dip, area, _, _ = place[:8]
    ranges = (
        ("lon", lon, -360, 360, "degrees"),
        ("lat", lat, -90, 90, "degrees"),
        ("dip", dip, 0, 90, "degrees"),
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


def _series(lines: Lines, count: int, what: str) -> np.ndarray:
    """The next `count` slip rates, over as many lines as they take."""
    words: list[str] = []
    expected = f"{count} slip rates of {what}"
    seen: list[tuple[int, list[str]]] = []
    while len(words) < count:
        more = lines.next(f"{count - len(words)} more of the {expected}").split()
        seen.append((lines.number, more))
        words += more
    if len(words) > count:
        raise InputError(f"{lines.where}: has {len(words) - count} values too many, expected {expected}")
    try:
        values = np.fromiter(map(float, words), np.float64, count)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    for lines.number, more in seen:  # which line it was is only asked when something is wrong
        for word in more:
            lines.number_of(word, f"{expected} [cm/s]")
    raise AssertionError("a number was refused, and then accepted")


def _rupture(path: Path, rows: list[tuple], rates: list[np.ndarray], ratios: list[float]) -> Rupture:
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
        values=np.concatenate(rates) * 1e-2,
        ratio=np.array(ratios) if len(ratios) == len(rows) else np.ones(len(rows)),
    )


def fault(rupture: Rupture, rigidity: float | None = None) -> FiniteFault:
    """The subfaults as rectangles about their points, slipping in 8 windows of equal length each.

    Slip along u1 and u2 becomes slip in one direction, that of its sum. rigidity [Pa] replaces that of the file.
    """
    length = np.sqrt(rupture.area * rupture.ratio)
    halves = np.full(rupture.line.size, 0.5)
    depth, shifted = lowered(rupture.depth, rupture.area / length, rupture.dip, halves)
    start, rise, slip = _windows(rupture)
    mu = np.where(np.isnan(rupture.rigidity), RIGIDITY, rupture.rigidity)
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
        remarks=(f"{rupture.path}: {shifted}",) if shifted else (),
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
