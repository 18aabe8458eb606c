"""What do instruments and towns see of slip? The linear map from slip in windows of time to the water at a station.

Slip grows linearly in its window, of length T from s on, so that the response to it is the mean of the response r to
sudden slip,

    g(t) = 1/T integral of r(t - tau) d tau over the window = (R(t - s) - R(t - s - T)) / T,

with R the integral of r from time zero.
"""

import numpy as np

from esim.forecast.reciprocity import Response


def window_starts(first: np.ndarray, windows: int, window: float) -> np.ndarray:
    """Start [s] of each window of each subfault, (W, K), from those of the first windows (K,)."""
    return np.asarray(first + window * np.arange(windows)[:, None])


def windowed(response: Response, times: np.ndarray, starts: np.ndarray, window: float) -> np.ndarray:
    """Surface [m] at times (T,) after 1 m of slip in each window (W, K): (T, W * K), a window after the other."""
    steps = np.diff(response.times)[:, None]
    between = 0.5 * (response.surface[1:] + response.surface[:-1])
    integral = np.concatenate([np.zeros((1, response.surface.shape[1])), np.cumsum(steps * between, axis=0)])
    found = np.empty((times.size, *starts.shape))
    for k in range(starts.shape[1]):
        for w, start in enumerate(starts[:, k]):
            ends = (np.interp(times - at, response.times, integral[:, k]) for at in (start, start + window))
            found[:, w, k] = (next(ends) - next(ends)) / window
    return found.reshape(times.size, -1)


def ramps(times: np.ndarray, starts: np.ndarray, window: float) -> np.ndarray:
    """Fraction of its slip that each window (W, K) has had at times (T,), (T, W * K)."""
    return np.clip((times[:, None] - starts.ravel()) / window, 0.0, 1.0)


def depth_change(
    surface: np.ndarray, times: np.ndarray, starts: np.ndarray, window: float, rise: np.ndarray
) -> np.ndarray:
    """What a gauge on the seafloor sees, (T, W * K): the surface less its own rise [m] by each subfault (K,)."""
    return surface - ramps(times, starts, window) * np.tile(rise, starts.shape[0])
