"""How is a source limited to the frequencies that the grid resolves? A low-pass without delay that keeps the moment.

A Butterworth filter of order 2, forward and backward in time: gain 1 / (1 + (f / f0)^4) at the frequency f, one half
at the corner f0, and no phase. Nothing is late: centroids and the times of peaks stay where they are, and the result is
what the same filter makes of seismograms that were not filtered (ObsPy: lowpass, corners=2, zerophase=True). The moment
released stays. The price is a forerunner: the response to a pulse, exp(-a |t|) (cos a t + sin a |t|) with a = sqrt(2)
pi f0, begins before it. A source begins HEAD / f0 before its onset, where that is below 1e-4 of the peak.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np

from esim.errors import InputError
from esim.sources.crust.plane_wave import PlaneWave
from esim.sources.crust.point import PointSources
from esim.sources.crust.rates import Joined, Rates, Repeated, Sampled, Shifted, Windows
from esim.sources.crust.time_function import WAVELET, Table, TimeFunction

ORDER = 2  # of each of the two passes
HEAD = 2.2  # over the corner frequency: before the onset, where the response to a pulse is below 1e-4 of its peak
TAIL = 3.2  # after the end of a source: below 1e-6
GAIN = "Butterworth of order 2 forward and backward (zero phase), gain 1 / (1 + (f / f0)^4)"
FINER = 4  # samples that are filtered, for one that is kept
SHORT = 2  # steps of the result; what is over sooner, the filter cannot tell from a box
TOGETHER = 256  # sources filtered at a time

S = TypeVar("S", bound=PointSources | PlaneWave)


def low_pass(sources: S, frequency: float, dt: float) -> S:
    """The same sources without what lies above a frequency [Hz], see above; dt [s] is the step of the run.

    The result is sampled at half the step, or 1/40 of the period where that is less, and linear between samples; it
    begins HEAD / frequency before the onset. Each source is filtered on its own, so that the result does not depend on
    which others are there.
    """
    if not 0 < frequency < np.inf:
        raise InputError(f"low-pass frequency is {frequency:g} Hz, expected a number greater than zero")
    step = _step(frequency, dt)
    if isinstance(sources, PlaneWave):
        function = _function(sources.time_function, frequency, step)
        onset = sources.onset - _head(frequency, step)
        return replace(sources, time_function=function, onset=onset, low_pass=frequency)
    return replace(sources, rates=_rates(sources.rates, frequency, step), low_pass=frequency)


def begin_filtered(sources: S, frequency: float, dt: float) -> float:
    """Time [s] at which the same sources begin when they have passed the filter."""
    return sources.begin - _head(frequency, _step(frequency, dt))


def _step(frequency: float, dt: float) -> float:
    """Time [s] between the samples of the result."""
    return min(dt / 2, 1 / (40 * frequency))


def _head(frequency: float, step: float) -> float:
    """By how much a filtered source begins earlier [s]: whole steps."""
    return step * float(np.ceil(HEAD / frequency / step))


def _rates(rates: Rates, frequency: float, step: float) -> Rates:
    match rates:
        case Joined(parts):
            return Joined(tuple(_rates(part, frequency, step) for part in parts))
        case Repeated(inner, index):
            return Repeated(_rates(inner, frequency, step), index)
        case Shifted(function, onset):
            return Shifted(_function(function, frequency, step), onset - _head(frequency, step))
        case Windows():  # a window that falls between two samples would be lost
            rates = replace(rates, rise=np.maximum(rates.rise, SHORT * step))
    series = [np.zeros(0, dtype=np.float32)]
    for n in range(0, rates.first.size, TOGETHER):
        some = rates.take(np.arange(n, min(n + TOGETHER, rates.first.size)))
        series += [part.astype(np.float32) for part in _series(some, frequency, step)]
    count = np.array([part.size for part in series[1:]], dtype=np.int64)
    first = rates.first - _head(frequency, step)
    return Sampled(first, np.full(count.size, step), np.cumsum(count) - count, count, np.concatenate(series))


def _function(function: TimeFunction, frequency: float, step: float) -> TimeFunction:
    values = _series(Shifted(function, np.zeros(1)), frequency, step)[0]
    return Table(step * np.arange(values.size), values)


def _series(rates: Rates, frequency: float, step: float) -> list[np.ndarray]:
    """The filtered series of each source from the head before its onset on, samples `step` [s] apart."""
    from scipy import signal

    span, total, head = rates.last - rates.first, rates.integral, _head(frequency, step)
    fine = step / FINER
    count = np.ceil((head + span + TAIL / frequency) / step).astype(np.int64) + 1
    onset, active = round(head / fine), int(np.ceil(span.max() / fine))
    raw = np.zeros((count.max() * FINER, span.size))
    times = rates.first + fine * (np.arange(active)[:, None] + 0.5)
    raw[onset : onset + active] = rates.at(times, np.arange(span.size))
    for n in np.flatnonzero(span < SHORT * step):  # nothing that the filter passes tells it from a box
        width = int(np.ceil(span[n] / fine))
        raw[:, n] = 0.0
        raw[onset : onset + width, n] = total[n] / (width * fine)
    poles = signal.butter(ORDER, frequency, fs=1 / fine, output="sos")
    forward = signal.sosfilt(poles, raw, axis=0)
    forward[np.arange(len(raw))[:, None] >= FINER * count] = 0.0  # how long the others last does not matter
    filtered = signal.sosfilt(poles, forward[::-1], axis=0)[::-1]
    # The fine samples lie in the middles of their intervals: the mean of two is the value between them.
    between = 0.5 * (filtered[FINER - 1 :: FINER][:-1] + filtered[FINER::FINER])
    series = np.concatenate([np.zeros((1, span.size)), between])
    return [_preserved(series[: count[n], n], total[n], step) for n in range(span.size)]


def _preserved(series: np.ndarray, total: float, step: float) -> np.ndarray:
    """A series scaled so that its integral is `total`; a wavelet, which has none, stays as it is."""
    found = float(np.trapezoid(series, dx=step))
    wavelet = abs(total) < WAVELET * step * np.abs(series).sum()
    return series if wavelet else series * (total / found)
