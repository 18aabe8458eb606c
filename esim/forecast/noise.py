"""How far may data be from the operator? Errors of instruments and of the model, correlated in time.

The errors of a sensor are an Ornstein-Uhlenbeck process times a standard deviation that grows as the wave comes: the
correlation of two of its data is exp(-dt / tau). That is Markov: given the one before, an error does not depend on
earlier ones, whatever the gaps (Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, appendix B).
"""

from typing import Any

import numpy as np

from esim.config.forecast.statistics import NoiseConfig


def deviation(config: NoiseConfig, prior_deviation: np.ndarray) -> np.ndarray:
    """Standard deviation [m] of the errors, (..., T), from that of the prior of the same record.

    The model is wrong by a fraction of the largest deviation up to then: not before the wave, still after its crest.
    """
    return np.hypot(config.floor, config.relative * np.maximum.accumulate(prior_deviation, axis=-1))


def covariance(
    rows: tuple[Any, Any, Any], columns: tuple[Any, Any, Any], correlation: float, xp: Any = np
) -> Any:
    """Covariance [m2] of errors of some data (n,) with those of others (m,), each as sensors, times [s], deviations."""
    (s, t, a), (r, u, b) = rows, columns
    near = xp.exp(-xp.abs(t[:, None] - u[None, :]) / correlation)
    return (s[:, None] == r[None, :]) * (a[:, None] * b[None, :]) * near


def whiten(values: Any, times: Any, deviations: Any, correlation: float, xp: Any = np) -> Any:
    """Values (n, ...) of one sensor in order of time, combined to have independent errors of variance one."""
    scaled = values / deviations.reshape(-1, *[1] * (values.ndim - 1))
    kept = xp.exp(-xp.diff(times) / correlation).reshape(-1, *[1] * (values.ndim - 1))
    return xp.concatenate([scaled[:1], (scaled[1:] - kept * scaled[:-1]) / xp.sqrt(1.0 - kept * kept)])
