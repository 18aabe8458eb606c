"""Do the bands of a forecast hold what they say? Earthquakes of its prior, recorded with errors as it expects them.

For each the waves at the targets are computed by the operator, and forecast from data up to several times. What a band
is to hold is the record that a target would have: the wave, and the errors of model and instrument. Run as `python -m
esim.validation.studies.forecast_calibration out/forecast_tohoku2011/library.nc`; it takes some minutes and prints the
table of validation/results/forecast.md.
"""

import argparse
from pathlib import Path

import numpy as np

from esim.forecast.library import Library, read_library
from esim.forecast.moment import moment_of
from esim.forecast.posterior import Gaussian
from esim.forecast.records import Record
from esim.forecast.run import Forecast, Watch
from esim.validation.report import markdown

MINUTES = (5, 10, 20, 30)
COUNT = 200
HEADERS = (
    "data up to",
    "95 % bands hold",
    "50 % hold",
    "95 % of heights hold",
    "95 % width",
    "misfit",
    "called wrong",
)


def earthquake(library: Library, random: np.random.Generator) -> np.ndarray:
    """x of an earthquake of the prior, below its cap where there is one."""
    unknowns = library.slip_mean.size
    moment = moment_of(library, Gaussian(np.zeros(unknowns), np.eye(unknowns)))
    while True:
        x = random.standard_normal(unknowns)
        if moment is None or moment.mean + moment.weights @ x <= moment.largest:
            return np.asarray(x)


def errors(times: np.ndarray, correlation: float, count: int, random: np.random.Generator) -> np.ndarray:
    """Errors of deviation one, correlated in time, (count, T)."""
    found = random.standard_normal((count, times.size))
    kept = np.exp(-np.diff(times) / correlation)
    for n, a in enumerate(kept):
        found[:, n + 1] = a * found[:, n] + np.sqrt(1 - a * a) * found[:, n + 1]
    return found


def records(
    library: Library, x: np.ndarray, random: np.random.Generator, until: float = np.inf
) -> dict[str, Record]:
    """What the sensors record of an earthquake, with errors as a forecast from data up to a time [s] expects them."""
    clean = library.sensor_mean + library.sensor_design @ x
    noise = library.noise
    largest = np.abs(clean[:, library.sensor_time <= until]).max(axis=1, keepdims=True)
    size = np.hypot(noise.floor, library.sensor_relative[:, None] * largest)
    seen = clean + size * errors(library.sensor_time, library.correlation, len(clean), random)
    return {name: Record(library.sensor_time, seen[n]) for n, name in enumerate(library.sensors)}


def target_records(
    library: Library, x: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What targets would record of an earthquake, (M, T), and its largest elevation without the instrument, (M,).

    The model is wrong by a fraction of the largest wave up to then, at its crest by that of the crest.
    """
    relative = library.target_relative
    wave = library.forecast_mean + library.forecast_design @ x
    size = np.hypot(library.noise.floor, relative[:, None] * np.maximum.accumulate(np.abs(wave), axis=1))
    record = wave + size * errors(library.forecast_time, library.correlation, len(wave), random)
    return record, wave.max(axis=1) * (1 + relative * random.standard_normal(len(wave)))


def held(library: Library, found: Forecast, record: np.ndarray, highest: np.ndarray) -> list[float]:
    """Shares of later values in bands of 95 and 50 %, of heights in those of 95 %; width [m], misfit, wrong ones."""
    later = library.forecast_time > found.until
    low, first, _, third, high = found.waves.quantiles()[:, :, later]
    values, heights = record[:, later], found.extremes.highest_quantiles()
    return [
        float(((values >= low) & (values <= high)).mean()),
        float(((values >= first) & (values <= third)).mean()),
        float(((highest >= heights[0]) & (highest <= heights[4])).mean()),
        float((high - low).mean()),
        found.misfit,
        float(len(found.wrong)),
    ]


def calibrate(library: Library, count: int = COUNT, seed: int = 1) -> np.ndarray:
    """What `held` finds for so many earthquakes at each of MINUTES, (count, 4, 6)."""
    found_of_all = []
    for n in range(count):
        random = np.random.default_rng((seed, n))
        x = earthquake(library, random)
        truth = target_records(library, x, random)
        ends = [60.0 * minutes for minutes in MINUTES]
        watches = [Watch(library, records(library, x, random, end)) for end in ends]
        found = [watch.forecast(end) for watch, end in zip(watches, ends, strict=True)]
        found_of_all.append([held(library, one, *truth) for one in found])
    return np.array(found_of_all)


def table(found: np.ndarray) -> list[str]:
    """The table of what `held` finds for some earthquakes at each of MINUTES, (count, 4, 6)."""
    rows: list[tuple[str, ...]] = []
    for minutes, (wide, narrow, heights, width, misfit, _), wrong in zip(
        MINUTES, found.mean(axis=0), (found[:, :, 5] > 0).sum(axis=0), strict=True
    ):
        shares = (f"{100 * share:.1f} %" for share in (wide, narrow, heights))
        rows.append(
            (f"{minutes} min", *shares, f"{width:.2f} m", f"{misfit:.2f}", f"{wrong} of {len(found)}")
        )
    return markdown(HEADERS, rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--count", type=int, default=COUNT)
    options = parser.parse_args()
    print(*table(calibrate(read_library(options.library), options.count)))


if __name__ == "__main__":
    main()
