"""How well do a computed and an observed series agree?"""

import numpy as np

PART = 0.25  # of the time that is compared: the longest lag


def relative_rms(computed: np.ndarray, observed: np.ndarray) -> float | None:
    """Root mean square difference over that of the observed series; None where that has nothing."""
    if not observed.size or not observed.any():
        return None
    return float(np.sqrt(np.mean((computed - observed) ** 2) / np.mean(observed**2)))


def correlation(computed: np.ndarray, observed: np.ndarray) -> float | None:
    """Correlation of two series without their means; None where one is constant."""
    if observed.size < 2 or not np.ptp(computed) or not np.ptp(observed):
        return None
    return float(np.corrcoef(computed, observed)[0, 1])


def best_lag(
    time: np.ndarray, series: np.ndarray, at: np.ndarray, observed: np.ndarray, longest: float
) -> float | None:
    """The delay [s] of a series at times [s] at which it correlates best with one observed at other times.

    Delays up to the longest [s] or a quarter of the observed time are tried, in steps of the finer series. None for
    less than three samples, or where nothing correlates.
    """
    if at.size < 3:
        return None
    step = min(float(np.median(np.diff(at))), float(np.median(np.diff(time))))
    count = int(min(longest, PART * (at[-1] - at[0])) / step)
    best: tuple[float, float] | None = None
    for shift in sorted(np.arange(-count, count + 1) * step, key=abs):  # of equal ones the shortest
        computed = np.interp(at + shift, time, series, left=np.nan, right=np.nan)
        known = np.isfinite(computed)
        fit = correlation(computed[known], observed[known]) if known.sum() > at.size / 2 else None
        if fit is not None and (best is None or fit > best[0]):
            best = fit, float(shift)
    return None if best is None else best[1]
