"""How do the waves of subfaults add up? Green's functions, each times the slip of its subfault, when that slips.

Slip that grows evenly over a rise time is a mean over it of Green's functions that begin later: with their integral C
over time, (C(t - start) - C(t - start - rise)) / rise. Between samples, Green's functions are linear.
"""

from collections import defaultdict

import numpy as np

from esim.ensemble.slip_history import SlipHistory


def superposed(greens: np.ndarray, time: np.ndarray, history: SlipHistory) -> np.ndarray:
    """Change of the surface [m] (stations, times) by slip, from that (subfaults, stations, times) of 1 m each.

    time [s] begins at the origin and is that of both.
    """
    if history.at_once:
        return np.tensordot(history.total(len(greens)), greens, axes=1)
    found = np.zeros(greens.shape[1:])
    for n, windows in zip(history.subfault, _windows(history), strict=True):
        function = greens[n]
        if any(integral for _, integral in windows):
            steps = 0.5 * (function[:, 1:] + function[:, :-1]) * np.diff(time)
            whole = np.concatenate([np.zeros((len(function), 1)), np.cumsum(steps, axis=1)], axis=1)
        for (delay, integral), factor in windows.items():
            found += factor * (
                _integrated(function, whole, time, delay) if integral else _delayed(function, time, delay)
            )
    return found


def _windows(history: SlipHistory) -> list[dict[tuple[float, bool], float]]:
    """Of each subfault: the factors of its Green's function, or of the integral of that, by their delays [s]."""
    found = []
    for slips, starts, rises in zip(
        history.slip.tolist(), history.start.tolist(), history.rise.tolist(), strict=True
    ):
        factors: defaultdict[tuple[float, bool], float] = defaultdict(float)
        for slip, start, rise in zip(slips, starts, rises, strict=True):
            if rise > 0:
                factors[start, True] += slip / rise
                factors[start + rise, True] -= slip / rise
            else:
                factors[start, False] += slip
        found.append({key: factor for key, factor in factors.items() if factor})
    return found


def _places(time: np.ndarray, delay: float) -> tuple[int, np.ndarray, np.ndarray]:
    """The first sample not before a delay [s]; for those from there, the sample before t - delay and the rest [s]."""
    first = int(np.searchsorted(time, delay))
    then = time[first:] - delay
    before = np.minimum(np.searchsorted(time, then, side="right") - 1, len(time) - 2)
    return first, before, then - time[before]


def _delayed(function: np.ndarray, time: np.ndarray, delay: float) -> np.ndarray:
    """A function (stations, times) that begins later by a delay [s], zero before."""
    first, before, rest = _places(time, delay)
    found = np.zeros(function.shape)
    share = rest / (time[before + 1] - time[before])
    found[:, first:] = (1 - share) * function[:, before] + share * function[:, before + 1]
    return found


def _integrated(function: np.ndarray, whole: np.ndarray, time: np.ndarray, delay: float) -> np.ndarray:
    """Its integral over time, which is `whole` at the samples, later by a delay [s]."""
    first, before, rest = _places(time, delay)
    found = np.zeros(function.shape)
    start, end = function[:, before], function[:, before + 1]
    half = 0.5 * rest**2 / (time[before + 1] - time[before])
    found[:, first:] = whole[:, before] + rest * start + half * (end - start)
    return found
