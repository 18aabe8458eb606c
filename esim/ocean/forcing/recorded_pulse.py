"""How does a pulse run that a barometer has recorded? As bells of one width, one after the other, that add up to it."""

import numpy as np

from esim.config.ocean.barogram import Barogram
from esim.config.ocean.forcing import CircularPulseConfig, RecordedPulseConfig
from esim.ocean.forcing.pressure_pulse import POWER, WIDTHS

OVERLAP = 0.75  # standard deviation of a bell over the distance of the next one: a constant comes out to 1e-3
NEIGHBOURS = (
    np.maximum(1 - (np.arange(-2, 3) / (WIDTHS * OVERLAP)) ** 2, 0.0) ** POWER
)  # a bell at those beside it
ROUNDS = 80  # of relaxation, each of which leaves 0.77 of what is missing at most


def bell_width(config: RecordedPulseConfig) -> float:
    """Standard deviation [m] of the bells that a recorded pulse is made of, as they run."""
    return config.speed * OVERLAP * config.spacing


def recorded_pulse(config: RecordedPulseConfig) -> tuple[CircularPulseConfig, list[tuple[float, float]]]:
    """A bell of 1 Pa at the barometer, and the factors and delays [s] of the copies that add up to its record.

    Their sum goes through the values that have the means of the record over the spacing around each bell, to the fourth
    order of the spacing; see `PressurePulse`.
    """
    record, spacing = config.record, config.spacing
    times = np.arange(record.time[0] - spacing, record.time[-1] + 2 * spacing, spacing)
    means = np.pad(_means(record, times, spacing), 1)
    factors = _factors(means[1:-1] - np.diff(means, 2) / 24)
    place = {name: getattr(config, name) for name in ("lon", "lat", "x", "y")}
    bell = CircularPulseConfig(
        **place,
        kind="circular_pulse",
        amplitude=1.0,
        speed=config.speed,
        width=bell_width(config),
        start=0.0,
        distance=config.distance,
        passes=config.passes,
    )
    arrival = (
        config.distance / config.speed + WIDTHS * OVERLAP * spacing
    )  # of the crest of a bell that starts at 0
    return bell, [(float(factor), float(time - arrival)) for factor, time in zip(factors, times, strict=True)]


def _means(record: Barogram, times: np.ndarray, spacing: float) -> np.ndarray:
    """Means [Pa] of a record, straight between its times and at rest beyond them, over the spacing [s] around times."""
    edges = times[0] + spacing * (np.arange(times.size + 1) - 0.5)
    moments = np.union1d(edges, record.time)
    values = np.interp(moments, record.time, record.pressure, left=0.0, right=0.0)
    parts = 0.5 * np.diff(moments) * (values[1:] + values[:-1])
    # What lies beyond the ends is at rest, so the step there has no part.
    parts = np.where((moments[:-1] >= record.time[0]) & (moments[1:] <= record.time[-1]), parts, 0.0)
    total = np.concatenate(([0.0], np.cumsum(parts)))
    return np.asarray(np.diff(np.interp(edges, moments, total)) / spacing)


def _factors(wanted: np.ndarray) -> np.ndarray:
    """Factors of evenly spaced bells whose sum has the wanted values at their crests.

    By relaxation and not by a solver of a library, whose last bits may depend on its number of threads.
    """
    extremes = NEIGHBOURS @ (-1.0) ** np.arange(-2, 3), NEIGHBOURS.sum()
    factors = np.zeros_like(wanted)
    for _ in range(ROUNDS):
        beside = np.pad(factors, 2)
        total = sum(share * beside[n : n + factors.size] for n, share in enumerate(NEIGHBOURS))
        factors = factors + 2 / sum(extremes) * (wanted - total)
    return factors
