"""How often is a level exceeded at a station? Interactive hazard curves with their bands."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.ensemble.hazard_curves import WORDS, HazardCurve, curve, kind, limits, quantity, steps
from esim.analysis.reading.hazard_maps import stations_of
from esim.analysis.reading.run import Run
from esim.analysis.report.section import Section, choice
from esim.analysis.report.series import BLUE, INK, ORANGE, Plot, Trace, area
from esim.analysis.report.series import curves as drawn
from esim.analysis.report.stations import CHOSEN, more_chosen, where

if TYPE_CHECKING:
    import xarray as xr

GREY = "#8a8a8a"
SAMPLING = (
    "The band is the sampling uncertainty of so many independent members. "
    "Whether the design is right it does not say."
)
TREE = "The curve is the mean over the branches of the logic tree; bands are fractiles over them."


def curves(run: Run) -> Iterator[Section]:
    """A plot of each station; none without stations."""
    hazard = run.hazard
    if hazard is None or not hazard.sizes.get("station"):
        return
    places = stations_of(hazard)
    assert places is not None  # as there are stations
    count = hazard.sizes["station"]
    plots = {}
    for n in range(min(count, CHOSEN)):
        one = curve(hazard, n)
        plots[one.station] = _plot(hazard, one, where(places, n))
    told = [TREE if f"{kind(hazard)}_branch" in hazard else SAMPLING, *more_chosen(count)]
    yield from choice("Hazard curves", "Station", plots=plots, words=told)


def _plot(hazard: "xr.Dataset", one: HazardCurve, place: str) -> Plot:
    traces = [area(name, *_steps(one.level, *band), BLUE) for name, band in one.bands.items()]
    traces += [Trace(name, *steps(one.level, values), GREY) for name, values in one.branches.items()]
    traces += [
        Trace(name, *steps(one.level, values), ORANGE, dash="dash") for name, values in one.others.items()
    ]
    traces += [Trace("mean" if one.branch_count else "curve", *steps(one.level, one.values), INK)]
    label = WORDS[kind(hazard)]
    series = drawn(traces, quantity(hazard), label, limits(hazard), logarithmic=True)
    seen = np.isfinite(one.values)
    last = f"; the largest level that is exceeded is {one.level[seen].max():.3g}" if seen.any() else ""
    return Plot(one.station, place, traces, series, f"{label} by {quantity(hazard)}{last}.")


def _steps(level: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both ends of a band as steps."""
    x, lower = steps(level, low)
    return x, lower, steps(level, high)[1]
