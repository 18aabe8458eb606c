"""A rupture in the Standard Rupture Format, versions 1.0 and 2.0 (Graves 2014).

    2.0                                                     version; lines that start with # are comments
    PLANE 1                                                 optional, two lines for each plane; only checked
    ...
    POINTS 2                                                one block or more
    lon lat dep stk dip area tinit dt [vs den]              vs and den in version 2.0
    rake slip1 nt1 slip2 nt2 slip3 nt3
    slip rates along u1 (nt1 of them), along u2 (nt2), along u3 (nt3), over any number of lines

dep [km]; stk, dip, rake [degrees]; area [cm2]; tinit, dt [s]; vs [cm/s] and den [g/cm3], -1 where they are not
given; slip [cm] along u1 (the rake), u2 (the rake + 90 degrees) and u3 (opening); slip rates [cm/s].
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.projection import Projection
from esim.sources.seismic import bearing, moment_tensor
from esim.sources.seismic.point import PointSources
from esim.sources.seismic.rates import Sampled

Rigidity = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

PLACE = "lon lat dep stk dip area tinit dt"
SLIP = "rake slip1 nt1 slip2 nt2 slip3 nt3"
NEGLIGIBLE = 1e-3  # m, slip that files round away
TOLERANCE = 0.25  # of the slip, by which the slip rates may miss it


@dataclass(frozen=True, eq=False)
class Rupture:
    """N subfaults as a file has them, in SI units and degrees; arrays (N,), slip, begin and count (N, 3).

    Slip direction d of subfault n has the slip rates values[begin[n, d] : begin[n, d] + count[n, d]] [m/s], step[n]
    apart from onset[n] on. rigidity [Pa] is nan where the file does not give it; line is where each subfault begins.
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

    @property
    def begin(self) -> np.ndarray:
        """Number of the first slip rate of each subfault and direction, (N, 3)."""
        ends = np.cumsum(self.count.ravel()).reshape(self.count.shape)
        return ends - self.count

    def label(self, n: int) -> str:
        """How to call subfault n in a message."""
        return f"{self.path} line {self.line[n]}: the subfault"


class _Lines:
    """Lines of a file with something on them, and the place of the last one for messages."""

    def __init__(self, path: Path, lines: Iterator[str]) -> None:
        self.path, self.number, self._lines = path, 0, lines

    @property
    def where(self) -> str:
        return f"{self.path} line {self.number}"

    def next(self, expected: str) -> str:
        """The next line that is neither blank nor a comment; InputError if there is none."""
        line = self.optional()
        if line is None:
            raise InputError(f"{self.path} line {self.number}: the file ends here, expected {expected}")
        return line

    def optional(self) -> str | None:
        """The next line, None at the end."""
        for line in self._lines:
            self.number += 1
            line = line.strip()
            if line and not line.startswith("#"):
                return line
        return None

    def numbers(self, expected: str, count: int) -> list[float]:
        """The numbers of the next line, at least `count` of them."""
        words = self.next(expected).split()
        if len(words) < count:
            raise InputError(f"{self.where}: has {len(words)} values, expected {count}: {expected}")
        return [self.number_of(word, expected) for word in words[:count]]

    def number_of(self, word: str, expected: str) -> float:
        """One number; InputError if it is none."""
        try:
            value = float(word)
            if np.isfinite(value):
                return value
        except ValueError:
            pass
        raise InputError(f"{self.where}: '{word}' is not a number, expected {expected}")


def read(path: Path) -> Rupture:
    """Reads a rupture; InputError names the line where the file is not as it should be."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return _read(path, _Lines(path, iter(file)))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _read(path: Path, lines: _Lines) -> Rupture:
    version = lines.next("the version, 1.0 or 2.0")
    if version not in ("1.0", "2.0"):
        raise InputError(f"{lines.where}: the version is '{version}', expected 1.0 or 2.0")
    rows: list[tuple] = []
    rates: list[np.ndarray] = []
    line = lines.next("PLANE or POINTS and a number")
    while line is not None:
        word, count = _block(lines, line)
        if word == "PLANE":
            for _ in range(count):
                lines.numbers("elon elat nstk ndip len wid", 6)
                lines.numbers("stk dip dtop shyp dhyp", 5)
        else:
            for n in range(count):
                row, series = _subfault(lines, version == "2.0", f"subfault {n + 1} of {count}")
                rows.append(row)
                rates.append(series)
        line = lines.optional()  # type: ignore[assignment]
    if not rows:
        raise InputError(f"{lines.where}: the file ends here, expected POINTS and the number of subfaults")
    return _rupture(path, rows, rates)


def _block(lines: _Lines, line: str) -> tuple[str, int]:
    """PLANE or POINTS and how many of them follow."""
    words = line.split()
    if len(words) == 2 and words[0] in ("PLANE", "POINTS") and words[1].isdigit():
        return words[0], int(words[1])
    raise InputError(f"{lines.where}: '{line[:40]}', expected PLANE or POINTS and a number")


def _subfault(lines: _Lines, version_2: bool, what: str) -> tuple[tuple, np.ndarray]:
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


def _check_place(lines: _Lines, place: list[float]) -> None:
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


def _count(lines: _Lines, name: str, value: float) -> int:
    if value < 0 or value != int(value):
        raise InputError(
            f"{lines.where}: {name} is {value:g}, expected a whole number of slip rates, 0 or more"
        )
    return int(value)


def _series(lines: _Lines, count: int, what: str) -> np.ndarray:
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


def _rupture(path: Path, rows: list[tuple], rates: list[np.ndarray]) -> Rupture:
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
    )


def sources(
    rupture: Rupture,
    projection: Projection | None,
    rigidity: float | None = None,
    medium: Rigidity | None = None,
    onset: float = 0.0,
) -> PointSources:
    """A point source for each subfault and direction in which it slips.

    The moment is rigidity x area x slip. rigidity [Pa] is the given one, else that of the file (den vs^2), else that
    of the medium, called with x, y, depth [m]. Opening has lambda = mu. Times are counted from onset [s]. Between
    samples the slip rate is linear; it falls to zero over one step after the last.
    """
    x, y, north = bearing.place(projection, rupture.lon, rupture.lat, str(rupture.path))
    strike = rupture.strike + north
    mu = _rigidity(rupture, x, y, rigidity, medium)
    tensors = np.stack(
        [
            moment_tensor.double_couple(strike, rupture.dip, rupture.rake),
            moment_tensor.double_couple(strike, rupture.dip, rupture.rake + 90),
            moment_tensor.opening(strike, rupture.dip),
        ],
        axis=1,
    )
    subfault, direction = np.nonzero(rupture.count)
    if subfault.size == 0:
        raise InputError(f"{rupture.path}: no subfault slips, expected slip rates of at least one")
    slip, rates = _rates(rupture, subfault, direction, onset)
    size = (mu * rupture.area)[subfault] * slip
    labels = [rupture.label(n) for n in range(rupture.line.size)]
    return PointSources(
        rupture.path.name,
        x[subfault],
        y[subfault],
        rupture.depth[subfault],
        size[:, None] * tensors[subfault, direction],
        np.zeros((subfault.size, 3)),
        rates,
        [labels[n] for n in subfault],
    )


def _rigidity(
    rupture: Rupture, x: np.ndarray, y: np.ndarray, given: float | None, medium: Rigidity | None
) -> np.ndarray:
    if given is not None:
        return np.full(x.shape, given)
    unknown = np.isnan(rupture.rigidity)
    if not unknown.any():
        return rupture.rigidity
    if medium is None:
        raise InputError(
            f"{rupture.label(int(np.argmax(unknown)))} has no vs and den; expected them in the file, or the key "
            "rigidity of the source"
        )
    return np.where(unknown, medium(x, y, rupture.depth), rupture.rigidity)


def _rates(
    rupture: Rupture, subfault: np.ndarray, direction: np.ndarray, onset: float
) -> tuple[np.ndarray, Sampled]:
    """Slip [m] of each series that the file has, and their slip rates per unit of slip [1/s].

    Where the slip is so small that it was rounded, or slip forth and back leaves none, the slip rates themselves
    say how much there is.
    """
    slip, count = rupture.slip[subfault, direction], rupture.count[subfault, direction]
    begin, step = rupture.begin[subfault, direction], rupture.step[subfault]
    total = step * np.add.reduceat(rupture.values, begin)
    integral = total - 0.5 * step * rupture.values[begin]
    tiny = np.abs(slip) <= NEGLIGIBLE
    wrong = np.abs(total - slip) > TOLERANCE * np.abs(slip) + NEGLIGIBLE
    wrong |= ~tiny & (integral * np.sign(slip) < TOLERANCE * np.abs(slip))
    if wrong.any():
        n = int(np.argmax(wrong))
        raise InputError(
            f"{rupture.label(subfault[n])} has slip{direction[n] + 1} {slip[n] * 100:g} cm, but its slip rates add up "
            f"to {total[n] * 100:g} cm"
        )
    moved = step * np.add.reduceat(np.abs(rupture.values), begin)
    size = np.where(tiny, moved, slip)
    per_unit = np.where(tiny, 1 / np.where(moved > 0, moved, 1.0), 1 / np.where(tiny, 1.0, integral))
    # One zero after each series, towards which the rate falls.
    series = np.arange(count.size)
    values = np.zeros(rupture.values.size + count.size, dtype=np.float32)
    values[np.arange(rupture.values.size) + np.repeat(series, count)] = rupture.values * np.repeat(
        per_unit, count
    )
    return size, Sampled(rupture.onset[subfault] + onset, step, begin + series, count + 1, values)
