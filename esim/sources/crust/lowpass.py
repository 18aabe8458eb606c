"""How is a source limited to the frequencies that the grid resolves? A causal low-pass that keeps the moment.

A Butterworth filter of order 4: gain 1 at frequency zero, so that the moment released stays; 1 / sqrt(2) at the
corner frequency f, 24 dB per octave above. It is causal, so that nothing moves before the onset, and so it delays:
low frequencies by 0.416 / f (the group delay is 2.613 / (2 pi f)), those near the corner by up to 0.62 / f. Times
of arrival in a filtered run are late by that; references must pass the same filter.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np

from esim.errors import InputError
from esim.sources.crust.plane_wave import PlaneWave
from esim.sources.crust.point import PointSources
from esim.sources.crust.rates import Joined, Rates, Repeated, Sampled, Shifted, Windows
from esim.sources.crust.time_function import WAVELET, Table, TimeFunction

ORDER = 4
TAIL = 6.0  # over the corner frequency: the slowest pole has then decayed to 1e-6
FINER = 4  # samples that are filtered, for one that is kept
SHORT = 2  # steps of the result; what is over sooner, the filter cannot tell from a box
TOGETHER = 256  # sources filtered at a time

S = TypeVar("S", bound=PointSources | PlaneWave)


def low_pass(sources: S, frequency: float, dt: float) -> S:
    """The same sources without what lies above a frequency [Hz], see above; dt [s] is the step of the run.

    The result is sampled at half the step, or 1/40 of the period where that is less, and linear between samples.
    Each source is filtered on its own, so that the result does not depend on which others are there.
    """
    if not 0 < frequency < np.inf:
        raise InputError(f"low-pass frequency is {frequency:g} Hz, expected a number greater than zero")
    step = min(dt / 2, 1 / (40 * frequency))
    if isinstance(sources, PlaneWave):
        return replace(sources, time_function=_function(sources.time_function, frequency, step))
    return replace(sources, rates=_rates(sources.rates, frequency, step))


def _rates(rates: Rates, frequency: float, step: float) -> Rates:
    match rates:
        case Joined(parts):
            return Joined(tuple(_rates(part, frequency, step) for part in parts))
        case Repeated(inner, index):
            return Repeated(_rates(inner, frequency, step), index)
        case Shifted(function, onset):
            return Shifted(_function(function, frequency, step), onset)
        case Windows():  # a window that falls between two samples would be lost
            rates = replace(rates, rise=np.maximum(rates.rise, SHORT * step))
    series = [np.zeros(0, dtype=np.float32)]
    for n in range(0, rates.first.size, TOGETHER):
        some = rates.take(np.arange(n, min(n + TOGETHER, rates.first.size)))
        series += [part.astype(np.float32) for part in _series(some, frequency, step)]
    count = np.array([part.size for part in series[1:]], dtype=np.int64)
    return Sampled(
        rates.first, np.full(count.size, step), np.cumsum(count) - count, count, np.concatenate(series)
    )


def _function(function: TimeFunction, frequency: float, step: float) -> TimeFunction:
    values = _series(Shifted(function, np.zeros(1)), frequency, step)[0]
    return Table(step * np.arange(values.size), values)


def _series(rates: Rates, frequency: float, step: float) -> list[np.ndarray]:
    """The filtered series of each source from its onset on, samples `step` [s] apart."""
    from scipy import signal

    first, span, total = rates.first, rates.last - rates.first, rates.integral
    count = np.ceil((span + TAIL / frequency) / step).astype(np.int64) + 1
    fine = step / FINER
    raw = rates.at(first + fine * (np.arange(count.max() * FINER)[:, None] + 0.5), np.arange(first.size))
    for n in np.flatnonzero(span < SHORT * step):  # nothing that the filter passes tells it from a box
        width = int(np.ceil(span[n] / fine))
        raw[:, n] = 0.0
        raw[:width, n] = total[n] / (width * fine)
    filtered = signal.sosfilt(signal.butter(ORDER, frequency, fs=1 / fine, output="sos"), raw, axis=0)
    # The fine samples lie in the middles of their intervals: the mean of two is the value between them.
    between = 0.5 * (filtered[FINER - 1 :: FINER][:-1] + filtered[FINER::FINER])
    series = np.concatenate([np.zeros((1, first.size)), between])
    return [_preserved(series[: count[n], n], total[n], step) for n in range(first.size)]


def _preserved(series: np.ndarray, total: float, step: float) -> np.ndarray:
    """A series scaled so that its integral is `total`; a wavelet, which has none, stays as it is."""
    found = float(np.trapezoid(series, dx=step))
    wavelet = abs(total) < WAVELET * step * np.abs(series).sum()
    return series if wavelet else series * (total / found)
