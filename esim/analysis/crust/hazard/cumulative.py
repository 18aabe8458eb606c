"""How much shaking is there altogether, and how long does it last? Arias intensity, CAV, significant duration.

Accelerations are in m/s2 and between samples dt [s] apart linear: integrals of |a| and a^2 are exact for that.
"""

import numpy as np

from esim.constants import STANDARD_GRAVITY

SIGNIFICANT = (
    (0.05, 0.75),
    (0.05, 0.95),
)  # shares of the Arias intensity between which shaking is significant


def arias_intensity(acceleration: np.ndarray, dt: float) -> np.ndarray:
    """Arias intensity pi / (2 g) times the integral of a^2 [m/s] (Arias 1970) of accelerations (..., times)."""
    return np.pi / (2 * STANDARD_GRAVITY) * _squares(acceleration, dt).sum(axis=-1)


def cumulative_absolute_velocity(acceleration: np.ndarray, dt: float) -> np.ndarray:
    """CAV, the integral of |a| [m/s] (EPRI 1988), of accelerations (..., times)."""
    before, after = np.abs(acceleration[..., :-1]), np.abs(acceleration[..., 1:])
    crossing = acceleration[..., :-1] * acceleration[..., 1:] < 0
    both = np.where(crossing, before + after, 1.0)
    mean = np.where(crossing, (before**2 + after**2) / (2 * both), (before + after) / 2)
    return dt * mean.sum(axis=-1)


def significant_duration(
    acceleration: np.ndarray, dt: float, first: float = 0.05, last: float = 0.95
) -> np.ndarray:
    """Time [s] from one share of the Arias intensity of all components to another (Trifunac and Brady 1975).

    acceleration is (..., components, times), the result (...); not a number where nothing moves.
    """
    husid = np.cumsum(_squares(acceleration, dt).sum(axis=-2), axis=-1)
    husid = np.concatenate((np.zeros((*husid.shape[:-1], 1)), husid), axis=-1)
    rows = husid.reshape(-1, husid.shape[-1])
    found = [_between(row, dt, first, last) for row in rows]
    return np.array(found).reshape(husid.shape[:-1])


def _squares(acceleration: np.ndarray, dt: float) -> np.ndarray:
    """Integrals of a^2 from each sample to the next."""
    before, after = acceleration[..., :-1], acceleration[..., 1:]
    return dt / 3 * (before**2 + before * after + after**2)


def _between(husid: np.ndarray, dt: float, first: float, last: float) -> float:
    """Time between two shares of a rising sum."""
    if not husid[-1] > 0:
        return np.nan
    begin, end = np.interp((first * husid[-1], last * husid[-1]), husid, dt * np.arange(husid.size))
    return float(end - begin)
