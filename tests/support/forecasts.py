"""Synthetic earthquakes of a library: slip from its prior, the records that sensors have of it, and the waves."""

from dataclasses import replace

import numpy as np

from esim.forecast.library import Library
from esim.forecast.records import Record
from esim.validation.studies.forecast_calibration import records


def drawn(library: Library, seed: int) -> np.ndarray:
    """x of an earthquake of the prior."""
    return np.random.default_rng(seed).standard_normal(library.slip_mean.size)


def recorded(library: Library, x: np.ndarray, seed: int) -> dict[str, Record]:
    """The records of an earthquake, with errors as the library expects them."""
    return records(library, x, np.random.default_rng(seed))


def correlations(times: np.ndarray, correlation: float) -> np.ndarray:
    """Correlation of the errors of a record at times (n,) [s], (n, n)."""
    return np.exp(-np.abs(times[:, None] - times) / correlation)


def waves_of(library: Library, x: np.ndarray) -> np.ndarray:
    """The surface at the targets after an earthquake, (M, T)."""
    return library.forecast_mean + library.forecast_design @ x


def with_about(library: Library, **changes: object) -> Library:
    """The library with some of what it says about itself exchanged."""
    return replace(library, about={**library.about, **changes})
