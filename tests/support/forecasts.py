"""Synthetic earthquakes of a library: slip from its prior, the records that sensors have of it, and the waves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.forecast.build import Prepared
from esim.forecast.library import Library
from esim.forecast.reciprocity import cell_area, reciprocal_config
from esim.forecast.records import Record
from esim.validation.studies.forecast_calibration import records
from esim.validation.studies.reciprocity import shape


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


def forward(found: Prepared, source: dict[str, Any], folder: Path) -> np.ndarray:
    """Means of the surface over the humps of all stations, each minute, after a source, in an ordinary run, (T, n)."""
    hump = found.hump(found.targets[0])
    given = reciprocal_config(found.base, hump, 2400.0, folder, turned=False).echo()
    given["source"] = [source]
    given["output"] = {"directory": str(folder / "run"), "fields": {"every": 60.0}, "maxima": None}
    given["run"]["dt"] = 10.0
    simulate(from_dict(given))
    with Run.open(folder / "run") as run:
        assert run.fields is not None
        eta = np.nan_to_num(run.fields["eta"].values)
    means = []
    for place in [*(place for _, place in found.sensors), *found.targets]:
        weight, box = shape(found.grid, found.hump(place))
        part = eta[:, box[0] : box[1], box[2] : box[3]]
        wet = (part[0] != 0) | (np.abs(part).max(axis=0) > 0)
        weight = weight[0] * cell_area(found.grid, box) * wet
        means.append((part * weight).sum(axis=(1, 2)) / weight.sum())
    return np.array(means).T
