"""How do simple structures answer the ground? Response spectra of single-degree-of-freedom oscillators.

The relative displacement u of an oscillator of period T and damping z follows u'' + 2 z w u' + w^2 u = -a, w = 2 pi/T.
Between samples the acceleration a of the ground is taken to be linear, for which one step is exact (Nigam and Jennings
1969, doi:10.1785/BSSA0590020909). u alone obeys the recursion of second order that follows from these steps, which
runs as a digital filter over all records at once.
"""

from collections.abc import Sequence

import numpy as np

from esim.errors import InputError

PERIODS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)  # s
DAMPING = 0.05
FINE = 20  # samples of a period, at least: the largest of them is within 1.3 % of the peak between them


def oscillator(acceleration: np.ndarray, dt: float, period: float, damping: float = DAMPING) -> np.ndarray:
    """Pseudo-acceleration w^2 u [m/s2] of an oscillator under accelerations (..., times) [m/s2], of the same sign as u.

    dt and period are in s. The ground is at rest before the first sample, to which acceleration rises within one
    step. Samples are made denser, along the straight lines between them, where dt is more than a twentieth of the
    period. Raises InputError for a period that is not positive or a damping out of 0 <= damping < 1.
    """
    from scipy.signal import lfilter

    check_oscillator(period, damping)
    parts = max(1, int(np.ceil(FINE * dt / period)))
    numerator, denominator = _filter(dt / parts, 2 * np.pi / period, damping)
    answer = lfilter(numerator, denominator, refine(acceleration, parts), axis=-1)
    return (2 * np.pi / period) ** 2 * np.asarray(answer)


def response_spectrum(
    acceleration: np.ndarray, dt: float, periods: Sequence[float] = PERIODS, damping: float = DAMPING
) -> np.ndarray:
    """Pseudo-spectral accelerations (..., periods) [m/s2] of accelerations (..., times) [m/s2] every dt [s]."""
    peaks = [np.abs(oscillator(acceleration, dt, period, damping)).max(axis=-1) for period in periods]
    return np.stack(peaks, axis=-1)


def check_oscillator(period: float, damping: float) -> None:
    """Raises InputError for a period [s] that is not positive, or a damping out of 0 <= damping < 1."""
    if not (0 < period < np.inf and 0 <= damping < 1):
        raise InputError(
            f"an oscillator of period {period:g} s and damping {damping:g} is none; expected a positive period and a "
            "damping from 0 to below 1"
        )


def refine(values: np.ndarray, parts: int) -> np.ndarray:
    """Values (..., times) with each step divided into equal parts, linearly."""
    if parts == 1:
        return values
    weight = np.arange(parts) / parts
    steps = values[..., :-1, None] + weight * np.diff(values, axis=-1)[..., None]
    return np.concatenate((steps.reshape(*values.shape[:-1], -1), values[..., -1:]), axis=-1)


def _filter(dt: float, w: float, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of the recursion u from a: numerator and denominator in powers of the delay by one step.

    With s = (u, u'), a step is s1 = A s0 + b0 a0 + b1 a1. Of the state s - b1 a the input is a alone, so that
    u = (polynomial of the delay) a / det(1 - A delay).
    """
    step, b0, b1 = _exact_step(dt, w, z)
    trace, determinant = np.trace(step), np.linalg.det(step)
    drive = step @ b1 + b0
    denominator = np.array([1.0, -trace, determinant])
    numerator = b1[0] * denominator
    numerator[1] += drive[0]
    numerator[2] += (step @ drive)[0] - trace * drive[0]
    return numerator, denominator


def _exact_step(dt: float, w: float, z: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, b0 and b1 of one step: the exponential of the linear system with the acceleration a0 + (a1 - a0) t / dt."""
    from scipy.linalg import expm

    system = np.zeros((4, 4))  # of u, u', a and its slope times dt
    system[0, 1] = 1.0
    system[1] = -(w**2), -2 * z * w, -1.0, 0.0
    system[2, 3] = 1 / dt
    whole = expm(system * dt)
    return whole[:2, :2], whole[:2, 2] - whole[:2, 3], whole[:2, 3]
