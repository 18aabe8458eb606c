"""How does the moment of a point source grow with time?

Every function takes times since the onset [s], float64 of any shape, and returns the moment rate per unit of
moment [1/s]: its integral is 1, and it is zero before the onset. Wavelets are the exception: the Ricker wavelet,
and a file whose integral vanishes, have the peak 1 and release no moment in the end.
"""

from dataclasses import dataclass
from functools import cached_property
from math import e, erf, exp, pi, sqrt
from pathlib import Path
from typing import Protocol

import numpy as np

from esim.config.crust.time_function import TimeFunctionConfig
from esim.data import locate
from esim.errors import InputError

LATEST, LARGEST = 1e6, 1e30  # s, 1/s or N m/s: of a file
WAVELET = 1e-3  # integral over integral of the absolute value, below which a file is a wavelet


class TimeFunction(Protocol):
    """A moment rate per unit of moment, [1/s], of the time since the onset [s]."""

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s], in the shape of `since`."""

    @property
    def duration(self) -> float:
        """Time [s] after which both the rate, over its peak, and the moment to come are below 1e-6."""

    @property
    def integral(self) -> float:
        """What is released in the end: 1, or 0 for a wavelet."""

    @property
    def peak(self) -> float:
        """The largest absolute value [1/s]."""

    @property
    def centroid(self) -> float:
        """Time since the onset [s] about which the moment is released; of a wavelet, that of its peak."""


def _positive(what: str, **values: float) -> None:
    """Raises InputError unless all values are finite and above zero."""
    for name, value in values.items():
        if not 0 < value < np.inf:
            raise InputError(
                f"time function {what}: {name} is {value:g}, expected a number greater than zero"
            )


def _not_negative(what: str, **values: float) -> None:
    """Raises InputError unless all values are finite and zero or more."""
    for name, value in values.items():
        if not 0 <= value < np.inf:
            raise InputError(f"time function {what}: {name} is {value:g}, expected a number from zero up")


@dataclass(frozen=True)
class Gaussian:
    """exp(-(t - delay)^2 / (2 sigma^2)) / (sigma sqrt(2 pi)); sigma and delay [s], 6 sigma where it is None."""

    sigma: float
    delay: float | None = None

    def __post_init__(self) -> None:
        _positive("gaussian", sigma=self.sigma)
        _not_negative("gaussian", delay=self.centre)

    @property
    def centre(self) -> float:
        """Time of the peak [s]."""
        return 6 * self.sigma if self.delay is None else self.delay

    @property
    def duration(self) -> float:
        """6 sigma after the peak [s]."""
        return self.centre + 6 * self.sigma

    @property
    def integral(self) -> float:
        """1, less what lies before the onset (1e-9 by default)."""
        return 0.5 * (1 + erf(self.centre / (self.sigma * sqrt(2))))

    @property
    def peak(self) -> float:
        """Largest value [1/s]."""
        return 1 / (self.sigma * sqrt(2 * pi))

    @property
    def centroid(self) -> float:
        """The peak, and a little later where what lies before the onset is missing [s]."""
        cut = self.peak * exp(-0.5 * (self.centre / self.sigma) ** 2)
        return self.centre + self.sigma**2 * cut / self.integral

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        t = (since - self.centre) / self.sigma
        return np.where(since >= 0, self.peak * np.exp(-0.5 * t * t), 0.0)


@dataclass(frozen=True)
class Ricker:
    """(1 - 2 a) exp(-a), a = (pi frequency (t - delay))^2: a wavelet with the peak 1.

    frequency [Hz] is where its spectrum peaks; delay [s] is 1.5 / frequency where it is None.
    """

    frequency: float
    delay: float | None = None
    peak = 1.0

    def __post_init__(self) -> None:
        _positive("ricker", frequency=self.frequency)
        _not_negative("ricker", delay=self.centre)

    @property
    def centre(self) -> float:
        """Time of the peak [s]."""
        return 1.5 / self.frequency if self.delay is None else self.delay

    @property
    def centroid(self) -> float:
        """The peak [s]."""
        return self.centre

    @property
    def duration(self) -> float:
        """1.5 periods after the peak [s]."""
        return self.centre + 1.5 / self.frequency

    @property
    def integral(self) -> float:
        """0, but for what lies before the onset (2e-10 of the delay by default) [s]."""
        return self.centre * exp(-((pi * self.frequency * self.centre) ** 2))

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """The wavelet at times since the onset [s], no unit."""
        a = (pi * self.frequency * (since - self.centre)) ** 2
        return np.where(since >= 0, (1 - 2 * a) * np.exp(-a), 0.0)


@dataclass(frozen=True)
class Triangle:
    """An isosceles triangle over the time `duration` [s]."""

    duration: float
    integral = 1.0

    def __post_init__(self) -> None:
        _positive("triangle", duration=self.duration)

    @property
    def centroid(self) -> float:
        """The middle [s]."""
        return self.duration / 2

    @property
    def peak(self) -> float:
        """Largest value [1/s]."""
        return 2 / self.duration

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        return self.peak * np.maximum(1 - np.abs(2 * since / self.duration - 1), 0.0)


@dataclass(frozen=True)
class Cosine:
    """(1 - cos(2 pi t / duration)) / duration over the time `duration` [s]."""

    duration: float
    integral = 1.0

    def __post_init__(self) -> None:
        _positive("cosine", duration=self.duration)

    @property
    def centroid(self) -> float:
        """The middle [s]."""
        return self.duration / 2

    @property
    def peak(self) -> float:
        """Largest value [1/s]."""
        return 2 / self.duration

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        t = np.clip(since / self.duration, 0.0, 1.0)
        return (1 - np.cos(2 * pi * t)) / self.duration


@dataclass(frozen=True)
class Kupper:
    """3 pi / (4 duration) sin^3(pi t / duration): the wavelet of Kuepper (1958) with one lobe; duration [s]."""

    duration: float
    integral = 1.0

    def __post_init__(self) -> None:
        _positive("kupper", duration=self.duration)

    @property
    def centroid(self) -> float:
        """The middle [s]."""
        return self.duration / 2

    @property
    def peak(self) -> float:
        """Largest value [1/s]."""
        return 0.75 * pi / self.duration

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        return self.peak * np.sin(pi * np.clip(since / self.duration, 0.0, 1.0)) ** 3


@dataclass(frozen=True)
class Texp:
    """t / time^2 exp(-t / time): the moment rate of the LOH benchmarks, and of the model of Brune (1970).

    `time` [s] is when it peaks, one over the corner frequency in radians per second.
    """

    time: float
    integral = 1.0

    def __post_init__(self) -> None:
        _positive("texp", time=self.time)

    @property
    def centroid(self) -> float:
        """Twice `time` [s]."""
        return 2 * self.time

    @property
    def duration(self) -> float:
        """18 times `time` [s]."""
        return 18 * self.time

    @property
    def peak(self) -> float:
        """Largest value [1/s]."""
        return 1 / (e * self.time)

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        t = np.maximum(since, 0.0) / self.time
        return t * np.exp(-t) / self.time


@dataclass(frozen=True)
class Yoffe:
    """The regularised Yoffe function (Tinti et al. 2005): Yoffe's slip rate smoothed by a triangle.

    rise_time [s] is that of the singular function 2 / (pi R) sqrt((R - t) / t), smoothing [s] half the width of
    the triangle; slip rate peaks at about 1.3 times smoothing. The convolution is exact: the second difference of
    the second integral of Yoffe's function.
    """

    rise_time: float
    smoothing: float
    integral = 1.0

    def __post_init__(self) -> None:
        _positive("yoffe", rise_time=self.rise_time, smoothing=self.smoothing)
        if not 1e-4 <= self.smoothing / self.rise_time <= 1e4:  # the difference would drown in round-off
            raise InputError(
                f"time function yoffe: smoothing is {self.smoothing:g} s, expected between 1e-4 and 1e4 times the "
                f"rise time, {self.rise_time:g} s"
            )

    @property
    def centroid(self) -> float:
        """A quarter of the rise time, the mean of Yoffe's function, and that of the triangle [s]."""
        return 0.25 * self.rise_time + self.smoothing

    @property
    def duration(self) -> float:
        """Rise time plus the width of the triangle [s]."""
        return self.rise_time + 2 * self.smoothing

    @cached_property
    def peak(self) -> float:
        """Largest value [1/s]."""
        return float(self(np.linspace(0, min(4 * self.smoothing, self.duration), 20001)).max())

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        s, t = self.smoothing / self.rise_time, since / self.rise_time
        rate = (_yoffe(t) - 2 * _yoffe(t - s) + _yoffe(t - 2 * s)) / (s * s * self.rise_time)
        return np.where((since > 0) & (since < self.duration), np.maximum(rate, 0.0), 0.0)


def _yoffe(t: np.ndarray) -> np.ndarray:
    """The second integral of 2 / pi sqrt((1 - t) / t), 0 < t < 1."""
    u = np.clip(t, 0.0, 1.0)
    curved = (u - 0.25) * np.arcsin(np.sqrt(u)) + 0.25 * (1 + 2 * u) * np.sqrt(u * (1 - u))
    return (2 / pi) * curved + np.maximum(t - 1, 0.0)


@dataclass(frozen=True, eq=False)
class Table:
    """Values [1/s] at increasing times [s] since the onset, linear between them, zero outside."""

    times: np.ndarray
    values: np.ndarray

    @property
    def duration(self) -> float:
        """Last time of the table [s]."""
        return float(self.times[-1])

    @cached_property
    def integral(self) -> float:
        """Integral over all times."""
        return float(np.trapezoid(self.values, self.times))

    @cached_property
    def centroid(self) -> float:
        """Time [s] about which the integral is gathered; that of the peak where it vanishes."""
        if abs(self.integral) < WAVELET * np.trapezoid(np.abs(self.values), self.times):
            return float(self.times[np.argmax(np.abs(self.values))])
        (t, u), (v, w) = ((a[:-1], a[1:]) for a in (self.times, self.values))
        return float(((u - t) * (t * (2 * v + w) + u * (v + 2 * w))).sum() / (6 * self.integral))

    @cached_property
    def peak(self) -> float:
        """Largest absolute value [1/s]."""
        return float(np.abs(self.values).max())

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """Moment rate [1/s] at times since the onset [s]."""
        return np.interp(since, self.times, self.values, left=0.0, right=0.0)


@dataclass(frozen=True)
class Peaked:
    """Another time function, scaled to the peak 1: for a force or a velocity instead of a moment rate."""

    function: TimeFunction
    peak = 1.0

    @property
    def duration(self) -> float:
        """Time after which it is over [s]."""
        return self.function.duration

    @property
    def centroid(self) -> float:
        """That of the other one [s]."""
        return self.function.centroid

    @property
    def integral(self) -> float:
        """Integral over all times [s]."""
        return self.function.integral / self.function.peak

    def __call__(self, since: np.ndarray) -> np.ndarray:
        """The factor at times since the onset [s], no unit."""
        return self.function(since) / self.function.peak


def read(path: Path) -> Table:
    """A time function from two columns of text: time since the onset [s], and moment rate in any unit.

    Scaled to the integral 1, or to the peak 1 where the integral vanishes (a wavelet). Columns are separated by
    blanks or a comma; `#` starts a comment. InputError names the line that cannot be used.
    """
    times: list[float] = []
    values: list[float] = []
    for where, text in _rows(path):
        time, value = _pair(where, text)
        if time < 0 or (times and time <= times[-1]):
            raise InputError(f"{where}: the time is {time:g} s, expected times from 0 that increase")
        times.append(time)
        values.append(value)
    if len(times) < 2:
        raise InputError(
            f"{path}: holds {len(times)} rows, expected at least two of time [s] and moment rate"
        )
    return _scaled(path, np.array(times), np.array(values))


def _rows(path: Path) -> list[tuple[str, str]]:
    """(place, text) of the rows that hold something besides comments."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    rows = ((f"{path} line {n}", line.partition("#")[0].strip()) for n, line in enumerate(lines, start=1))
    return [(where, text) for where, text in rows if text]


def _pair(where: str, text: str) -> tuple[float, float]:
    try:
        time, value = (float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise InputError(f"{where}: '{text}', expected two numbers: time [s] and moment rate") from None
    if not np.isfinite(time + value):
        raise InputError(f"{where}: '{text}', expected finite numbers: time [s] and moment rate")
    if abs(time) > LATEST or abs(value) > LARGEST:
        raise InputError(
            f"{where}: '{text}', expected times up to {LATEST:g} s, as no earthquake lasts longer, and moment rates up "
            f"to {LARGEST:g}"
        )
    return time, value


def _scaled(path: Path, times: np.ndarray, values: np.ndarray) -> Table:
    total, size = np.trapezoid(values, times), np.trapezoid(np.abs(values), times)
    if size == 0:
        raise InputError(f"{path}: the moment rate is zero at all times")
    if total < -WAVELET * size:
        raise InputError(
            f"{path}: the moment rate has a negative integral; turn the mechanism around instead"
        )
    return Table(times, values / (total if total > WAVELET * size else np.abs(values).max()))


def build(config: TimeFunctionConfig) -> TimeFunction:
    """The time function that `time_function:` of a source describes; all its times and frequencies are in s, Hz."""
    match config.kind:
        case "gaussian":
            return Gaussian(config.width, config.delay)
        case "ricker":
            return Ricker(config.frequency, config.delay)
        case "triangle":
            return Triangle(config.length)
        case "cosine":
            return Cosine(config.length)
        case "kupper":
            return Kupper(config.length)
        case "brune" | "texp":
            return Texp(config.duration)
        case "yoffe":
            return Yoffe(config.rise_time, config.acceleration_time)
        case "file":
            return read(locate(config.file))
