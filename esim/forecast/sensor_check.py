"""Which sensor is wrong? One that the others contradict, and would not with its sign or clock corrected.

Whatever the slip, the evidence of all data is the Gaussian integral over it (MacKay 2003, Information Theory,
Inference, and Learning Algorithms, section 28.1), here twice its logarithm. It is computed anew with a record turned
round, or with its operator at other times; how much it rises is to be compared with what errors of the model do, some
tens (Kass and Raftery 1995, J. Am. Stat. Assoc. 90:773, call ten very strong where the model is right).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from esim.forecast import noise
from esim.forecast.library import Library

STRONG = 60.0  # rise of twice the log evidence from which a sensor is called wrong
SHIFTS = (-480.0, -300.0, -180.0, 180.0, 300.0, 480.0)  # s by which a clock is late
FEWEST = 8  # data of a sensor, fewer of which say nothing
EXPECTED = 3.0  # deviations of what the others expect, to which a sensor that does not move must have moved


@dataclass(frozen=True)
class Verdict:
    """A sensor and what is wrong with it; strength is how much that raises twice the log evidence, or in deviations."""

    sensor: str
    cause: str
    strength: float

    def sentence(self) -> str:
        """For people."""
        return f"sensor '{self.sensor}' contradicts the others: {self.cause}"


@dataclass(frozen=True, eq=False)
class _Term:
    """The sums of a record, divided by the variance of its errors, and its largest value [m]."""

    precision: np.ndarray
    pull: np.ndarray
    square: float
    largest: float


def wrong_sensors(library: Library, values: np.ndarray) -> list[Verdict]:
    """The sensors that contradict the others, the worst first; data (sensors, times) [m] are NaN for none."""
    terms = {
        n: _term(library, n, values[n]) for n in range(len(values)) if np.isfinite(values[n]).sum() >= FEWEST
    }
    found: list[Verdict] = []
    while len(terms) > 2:  # of two that differ, nobody knows which is wrong
        worst = max(
            (verdict for n in terms for verdict in _doubts(library, terms, n, values[n])),
            key=lambda verdict: verdict.strength,
            default=None,
        )
        if worst is None:
            break
        found.append(worst)
        del terms[library.sensors.index(worst.sensor)]
    return found


def _term(library: Library, n: int, values: np.ndarray, late: float = 0.0, sign: float = 1.0) -> _Term:
    """The sums of a record that is late by so many seconds, or whose sign is turned."""
    columns = np.flatnonzero(np.isfinite(values))
    times, largest = library.sensor_time[columns], float(np.abs(values[columns]).max())
    design, mean = _operator(library, n, columns, late)
    deviation = noise.deviation(library.noise.floor, library.sensor_relative[n], largest)
    white = noise.whiten(design, times, library.correlation) / deviation
    data = noise.whiten(sign * values[columns] - mean, times, library.correlation) / deviation
    return _Term(white.T @ white, white.T @ data, float(data @ data), largest)


def _operator(library: Library, n: int, columns: np.ndarray, late: float) -> tuple[np.ndarray, np.ndarray]:
    """What a sensor sees at its times less so many seconds: nothing before the origin, all that is known at the end."""
    at = columns - round(late / library.every)
    inside = np.clip(at, 0, library.sensor_time.size - 1)
    design, mean = library.sensor_design[n, inside], library.sensor_mean[n, inside]
    return design * (at >= 0)[:, None], mean * (at >= 0)


def _doubts(library: Library, terms: dict[int, _Term], n: int, values: np.ndarray) -> Iterator[Verdict]:
    """What speaks against a sensor: no signal where the others want one, another sign, another clock."""
    others = [term for m, term in terms.items() if m != n]
    name, own = library.sensors[n], terms[n]
    if own.largest < library.noise.floor:
        expected = _expected(library, others, n, values)
        if expected > EXPECTED:
            yield Verdict(name, "it hardly moves, so it seems to be dead", STRONG + expected)
        return
    before = _evidence([*others, own])
    corrected = {"its sign seems to be turned": _term(library, n, values, sign=-1.0)}
    columns = np.flatnonzero(np.isfinite(values))
    lasts = library.sensor_time[columns[-1]] - library.sensor_time[columns[0]]
    for late in SHIFTS:
        known = columns[-1] - round(late / library.every) < library.sensor_time.size
        if known and lasts > 2 * abs(late):
            way = "late" if late > 0 else "early"
            words = f"its clock seems to be about {abs(late) / 60:g} min {way}"
            corrected[words] = _term(library, n, values, late=late)
    for words, term in corrected.items():
        rise = _evidence([*others, term]) - before
        if rise > STRONG:
            yield Verdict(name, words, rise)


def _evidence(terms: list[_Term]) -> float:
    """Twice the log evidence of records, but for what does not depend on slip."""
    precision = np.eye(len(terms[0].pull)) + sum(term.precision for term in terms)
    root = np.linalg.cholesky(precision)
    pull = np.linalg.solve(root, sum(term.pull for term in terms))
    return float(pull @ pull - sum(term.square for term in terms) - 2 * np.log(np.diag(root)).sum())


def _expected(library: Library, others: list[_Term], n: int, values: np.ndarray) -> float:
    """The largest value that the others expect of a sensor, in deviations of it from zero."""
    precision = np.eye(library.sensor_design.shape[2]) + sum(term.precision for term in others)
    covariance = np.linalg.inv(precision)
    columns = np.flatnonzero(np.isfinite(values))
    design = library.sensor_design[n, columns]
    mean = library.sensor_mean[n, columns] + design @ (covariance @ sum(term.pull for term in others))
    error = noise.deviation(library.noise.floor, library.sensor_relative[n], float(np.abs(mean).max()))
    spread = np.sqrt(((design @ covariance) * design).sum(axis=1) + error**2)
    return float((np.abs(mean) / spread).max())
