"""What did the gauges record, and what was observed there?"""

from collections.abc import Iterator

import numpy as np

from esim.analysis.comparison.observations import Record, record_of, variable_of
from esim.analysis.figures import chart
from esim.analysis.ocean.figures.gauges import COMPUTED, LABELS, OBSERVED
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Choices, Section
from esim.analysis.report.series import PLOTS, Plot, Trace, series
from esim.analysis.report.stations import left_out, where

ROOM = 0.08  # of the range of the values, above and below them


def gauges(run: Run, choices: Choices) -> Iterator[Section]:
    """A plot of each gauge; none without time series."""
    data = run.stations
    if data is None or not data.sizes["station"] or data.sizes["time"] < 2:
        return
    count = data.sizes["station"]
    plots = [_plot(run, n) for n in range(min(count, PLOTS))]
    yield Section(
        "Gauges", "plots.html", {"plots": plots, "said": left_out(count, "gauges"), "choose": "Show"}
    )


def _plot(run: Run, n: int) -> Plot:
    assert run.stations is not None  # asked by the caller
    station = run.stations.isel(station=n)
    name = str(station["station"].values)
    variable, record = variable_of(run, name), record_of(run, name)
    time, level = run.stations["seconds"].values.astype(float), station[variable].values.astype(float)
    traces = [Trace("computed", time, level, COMPUTED)]
    seismic = 0.0
    if record is not None:
        seen = (record.time >= time[0]) & (record.time <= time[-1])
        seismic = float(np.clip(record.shaking, 0.0, time[-1]))
        if seen.any():
            traces.append(Trace("observed", record.time[seen], record.eta[seen], OBSERVED, dots=True))
    drawn = series(run.start, traces, LABELS[variable], _limits(level, record, time[-1]), seismic)
    low, high = (words.number(end, "m") for end in _ends(level))
    alt = f"Time series of the {' and '.join(trace.name for trace in traces)} level; computed from {low} to {high}."
    return Plot(name, where(run.stations, n), traces, drawn, alt, _seismic_waves(seismic))


def _seismic_waves(until: float) -> str:
    return f"Grey: until {words.duration(until)} the record contains seismic waves." if until else ""


def _limits(level: np.ndarray, record: Record | None, last: float) -> tuple[float, float]:
    """Limits for the tsunami; seismic waves in a record may be cut off."""
    ends = [*_ends(level)]
    if record is not None:
        ends += _ends(record.eta[(record.time >= record.shaking) & (record.time <= last)])
    low, high = min(ends), max(ends)
    room = ROOM * (high - low) or chart.nice(abs(high) or 1.0)
    return low - room, high + room


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest value, and zero."""
    known = values[np.isfinite(values)]
    return float(known.min(initial=0.0)), float(known.max(initial=0.0))
