"""Synthetic earthquakes of a library: slip from its prior, the records that sensors have of it, and the waves."""

from dataclasses import replace

import numpy as np

from esim.forecast.library import Library
from esim.forecast.records import Record


def drawn(library: Library, seed: int) -> np.ndarray:
    """x of an earthquake of the prior."""
    return np.random.default_rng(seed).standard_normal(library.slip_mean.size)


def recorded(library: Library, x: np.ndarray, seed: int, noise: float = 1.0) -> dict[str, Record]:
    """The records of an earthquake, with errors as the library expects them, times a factor."""
    random = np.random.default_rng(seed)
    clean = library.sensor_mean + library.sensor_design @ x
    kept = np.exp(-np.diff(library.sensor_time) / library.correlation)
    found = {}
    for n, name in enumerate(library.sensors):
        config = library.noise
        errors = random.standard_normal(library.sensor_time.size)
        for k, a in enumerate(kept):
            errors[k + 1] = a * errors[k] + np.sqrt(1 - a * a) * errors[k + 1]
        size = np.hypot(config.floor, config.relative * np.abs(clean[n]).max())
        found[name] = Record(library.sensor_time, clean[n] + noise * size * errors)
    return found


def correlations(times: np.ndarray, correlation: float) -> np.ndarray:
    """Correlation of the errors of a record at times (n,) [s], (n, n)."""
    return np.exp(-np.abs(times[:, None] - times) / correlation)


def waves_of(library: Library, x: np.ndarray) -> np.ndarray:
    """The surface at the targets after an earthquake, (M, T)."""
    return library.forecast_mean + library.forecast_design @ x


def with_about(library: Library, **changes: object) -> Library:
    """The library with some of what it says about itself exchanged."""
    return replace(library, about={**library.about, **changes})
