"""Which sensor is wrong? One whose record is far likelier, given all others, if something is the matter with it.

A record is compared with what the others expect of it, under the hypotheses that it is right, that its sign is
turned, that it is dead, in centimetres, or has a clock that is off by minutes. Each is a Gaussian, so that its
evidence is a number (MacKay 2003, Information Theory, Inference, and Learning Algorithms, section 28.1). For a right
sensor twice the logarithm of the ratio of two of them is above c with a probability of exp(-c/2) at most, since the
mean of that ratio is one (Markov's inequality): a level follows from the false alarms that are allowed. Errors of the
model last longer than those of the library, and travel times on a grid are wrong by a minute or more, hence another
level for clocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from esim.forecast import noise
from esim.forecast.library import Library
from esim.forecast.spikes import spikes

LEVEL = 25.0  # rise of twice the log evidence: one false alarm in 1000 earthquakes, of some 200 hypotheses, at most
CLOCK_LEVEL = 50.0  # for clocks; right sensors of one earthquake, on 4 arc-minutes, reached 41
LATE = tuple(60.0 * minute for minute in range(-10, 11) if abs(minute) > 1)  # s that a clock may be late
MUCH = 10.0  # times the largest value that the others let expect, from which the unit is in doubt
LASTING = 2.5  # times the correlation of errors in the library, for which errors of the model last
FEWEST = 4  # independent values of a record, fewer of which say nothing
USUAL = 0.95  # of the values of a record are no spikes
SPIKES = 3  # values that stand out, from which a sensor is wrong


@dataclass(frozen=True)
class Verdict:
    """A sensor and what is wrong with it; strength is by how far twice the log evidence rises above its level."""

    sensor: str
    cause: str
    strength: float

    def sentence(self) -> str:
        """For people."""
        return f"sensor '{self.sensor}' contradicts the others: {self.cause}"


@dataclass(frozen=True, eq=False)
class _Others:
    """What all other sensors know of x: its mean (U,), and a root (U, U) of its covariance."""

    mean: np.ndarray
    root: np.ndarray


@dataclass(frozen=True, eq=False)
class _Fit:
    """Twice the log evidence of a record, but for what is the same for all, and its residual, made independent."""

    evidence: float
    residual: np.ndarray


def wrong_sensors(library: Library, values: np.ndarray) -> list[Verdict]:
    """The sensors that contradict the others, the worst first; data (sensors, times) [m] are NaN for none."""
    thinned = independent(library, values)
    found: list[Verdict] = []
    for n, name in enumerate(library.sensors):
        if (count := spikes(values[n], _usual_deviation(library, n, values[n]))) >= SPIKES:
            found.append(Verdict(name, f"{count} values stand out as spikes", float(count)))
            thinned[n] = np.nan
    while np.isfinite(thinned).any(axis=1).sum() > 2:  # of two that differ, nobody knows which is wrong
        wrong = [one for one in doubts(library, thinned) if one.strength > 0]
        if not wrong:
            break
        worst = max(wrong, key=lambda one: one.strength)
        found.append(worst)
        thinned[library.sensors.index(worst.sensor)] = np.nan
    return found


def _usual_deviation(library: Library, n: int, values: np.ndarray) -> float:
    """Standard deviation [m] of the errors of a record by its large values, of which spikes are none."""
    known = np.abs(values[np.isfinite(values)])
    large = float(np.quantile(known, USUAL)) if known.size else 0.0
    return noise.deviation(library.noise.floor, library.sensor_relative[n], large)


def doubts(library: Library, values: np.ndarray) -> Iterator[Verdict]:
    """What could be the matter with each sensor, likely or not, from data that are far enough apart."""
    known = {n: np.flatnonzero(np.isfinite(row)) for n, row in enumerate(values)}
    known = {n: columns for n, columns in known.items() if columns.size >= FEWEST}
    terms = {n: _whitened(library, n, columns, values[n, columns]) for n, columns in known.items()}
    precision = np.eye(library.slip_mean.size) + sum(white.T @ white for white, _ in terms.values())
    pull = sum((white.T @ data for white, data in terms.values()), np.zeros(library.slip_mean.size))
    for n, columns in known.items():
        white, data = terms[n]
        lower = np.linalg.cholesky(precision - white.T @ white)
        root = np.linalg.inv(lower).T
        others = _Others(root @ (root.T @ (pull - white.T @ data)), root)
        yield from _of_sensor(library, n, columns, values[n, columns], others)


def independent(library: Library, values: np.ndarray) -> np.ndarray:
    """Data of which neighbours are half the time apart for which errors last; NaN in place of others."""
    step = max(1, round(LASTING * library.correlation / 2 / library.every))
    kept = np.arange(values.shape[1]) % step == step - 1
    return np.where(kept, values, np.nan)


def _of_sensor(
    library: Library, n: int, columns: np.ndarray, values: np.ndarray, others: _Others
) -> Iterator[Verdict]:
    name, right = library.sensors[n], _fit(library, n, columns, values, others)
    turned = _fit(library, n, columns, values, others, scale=-1.0)
    yield Verdict(name, "its sign seems to be turned", turned.evidence - right.evidence - LEVEL)
    if np.abs(values).max() > MUCH * _largest(library, n, columns, others):
        centimetres = _fit(library, n, columns, values, others, scale=100.0)
        rise = centimetres.evidence - right.evidence
        yield Verdict(name, "it is far too large, so it seems to be in cm, not m", rise - LEVEL)
    dead = _fit(library, n, columns, values - np.median(values), others, scale=0.0)
    if dead.residual @ dead.residual <= 2 * columns.size:
        yield Verdict(name, "it hardly moves, so it seems to be dead", dead.evidence - right.evidence - LEVEL)
    for late in LATE:
        shifted = columns - round(late / library.every) < library.sensor_time.size
        if shifted.sum() >= FEWEST:
            part = columns[shifted], values[shifted]
            before = right if shifted.all() else _fit(library, n, *part, others)
            rise = _fit(library, n, *part, others, late=late).evidence - before.evidence
            words = f"its clock seems to be about {abs(late) / 60:g} min {'late' if late > 0 else 'early'}"
            yield Verdict(name, words, rise - CLOCK_LEVEL)


def _fit(
    library: Library,
    n: int,
    columns: np.ndarray,
    values: np.ndarray,
    others: _Others,
    *,
    scale: float = 1.0,
    late: float = 0.0,
) -> _Fit:
    """How well a record fits what the others expect, times a scale and with a clock late by so many seconds."""
    white, data = _whitened(library, n, columns, values, scale, late)
    spread = white @ others.root
    root = np.linalg.cholesky(np.eye(columns.size) + spread @ spread.T)
    residual = np.linalg.solve(root, data - white @ others.mean)
    evidence = -float(residual @ residual) - 2 * float(np.log(np.diag(root)).sum())
    return _Fit(evidence, residual)


def _whitened(
    library: Library,
    n: int,
    columns: np.ndarray,
    values: np.ndarray,
    scale: float = 1.0,
    late: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Design and data less the mean, so that errors are independent and of deviation one."""
    at = columns - round(late / library.every)
    inside = np.clip(at, 0, library.sensor_time.size - 1)
    begun = scale * (at >= 0)  # nothing moves before the origin
    times, lasting = library.sensor_time[columns], LASTING * library.correlation
    deviation = noise.deviation(library.noise.floor, library.sensor_relative[n], float(np.abs(values).max()))
    white = noise.whiten(library.sensor_design[n, inside] * begun[:, None], times, lasting) / deviation
    data = noise.whiten(values - library.sensor_mean[n, inside] * begun, times, lasting) / deviation
    return white, data


def _largest(library: Library, n: int, columns: np.ndarray, others: _Others) -> float:
    """The largest value [m] that the others let expect at the times of a record, at two deviations."""
    design = library.sensor_design[n, columns]
    mean = library.sensor_mean[n, columns] + design @ others.mean
    spread = np.sqrt(((design @ others.root) ** 2).sum(axis=1) + library.noise.floor**2)
    return float((np.abs(mean) + 2 * spread).max())
