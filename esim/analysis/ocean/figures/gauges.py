"""The figure of the gauges: computed records, and observed ones where there are any."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.comparison.observations import Record, record_of, variable_of
from esim.analysis.figures import credit
from esim.analysis.figures.clock import Clock, clock, unit
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.ocean.figures.arrivals import Arrivals
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_FIGURE = 8
CLOCK = (1 / 60, 1 / 12, 1 / 6, 0.25, 0.5, 1, 2, 3, 6, 12, 24)  # h between ticks of the clock
TICKS = 9  # of it, at most
COMPUTED, OBSERVED, SHAKING = "#0072B2", "#1a1a1a", "#ececec"
LABELS = {
    "eta": "elevation (m)",
    "depth_change": "change of depth (m)",
    "bottom_pressure_change": "bottom pressure (m)",
}


def figures(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """One panel per station, at most eight in a figure; none without stations.nc."""
    if run.stations is None or not run.stations.sizes["station"] or not run.stations.sizes["time"]:
        return
    count = run.stations.sizes["station"]
    for n, first in enumerate(range(0, count, PER_FIGURE), start=1):
        draw = partial(_figure, run, first, min(first + PER_FIGURE, count), look)
        yield "gauges" if n == 1 else f"gauges_{n}", draw


def _figure(run: Run, first: int, last: int, look: Look) -> "Figure":
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(6.2, 1.5 + 1.5 * (last - first)), layout="constrained")
    panels = drawing.subplots(last - first, 1, sharex=True, squeeze=False)[:, 0]
    assert run.stations is not None  # by figures
    factor, name = unit(float(run.stations["seconds"][-1]))
    arrivals = Arrivals(run)
    for axes, n in zip(panels, range(first, last), strict=True):
        _panel(axes, run, n, factor)
        arrivals.mark(axes, run.stations.isel(station=n), factor)
    times = clock(run, look)
    panels[-1].set_xlabel(f"time since origin ({name})")
    _clock_axis(panels[0], times, factor)
    handles, names = _legend(panels)
    panels[0].legend(
        handles, names, loc="upper right", ncols=3, frameon=False, fontsize=7.5, handlelength=1.4
    )
    drawing.align_ylabels()
    drawing.suptitle("\n".join(filter(None, (look.heading(run), times.origin()))), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _clock_axis(axes: "Axes", times: Clock, factor: float) -> None:
    """Ticks along the upper edge, at whole hours or parts of them in UTC, with what the clocks show.

    The axis counts in a unit of so many seconds.
    """
    if times.start is None:
        return
    low, high = (factor / 3600 * end for end in axes.get_xlim())
    step = next((step for step in CLOCK if (high - low) / step <= TICKS), CLOCK[-1])
    begun = times.start.hour + times.start.minute / 60 + times.start.second / 3600
    ticks = step * np.arange(np.ceil((begun + low) / step), (begun + high) / step) - begun
    above = axes.secondary_xaxis("top")
    above.set_xticks(
        3600 / factor * ticks, ["\n".join(times.texts(3600 * tick)) for tick in ticks], fontsize=7.5
    )
    above.tick_params(length=2.5, pad=2, color="0.4", labelcolor="0.3")
    names = "\n".join(times.name(zone) for zone in times.zones)
    style: dict[str, Any] = {"fontsize": 7.5, "ha": "right", "va": "bottom", "color": "0.3"}
    axes.annotate(names, (0, 1), (-4, 5), "axes fraction", "offset points", **style)


def _panel(axes: "Axes", run: Run, n: int, factor: float) -> None:
    assert run.stations is not None
    station = run.stations.isel(station=n)
    name = str(station["station"].values)
    variable, record = variable_of(run, name), record_of(run, name)
    time, eta = run.stations["seconds"].values, station[variable].values
    axes.axhline(0, color="0.75", lw=0.6, zorder=1)
    axes.plot(time / factor, eta, color=COMPUTED, lw=1.5, zorder=4, label="computed")
    if record is not None:
        axes.plot(record.time / factor, record.eta, ".-", ms=3, lw=0.6, color=OBSERVED, label="observed")
        if record.shaking > 0:
            axes.axvspan(0, record.shaking / factor, color=SHAKING, zorder=0, lw=0, label="seismic waves")
    axes.set_xlim(0, time[-1] / factor or 1)
    axes.set_ylim(*_limits(eta, record, time[-1]))
    axes.set_ylabel(LABELS[variable])
    axes.text(0.008, 0.95, _name(station), transform=axes.transAxes, va="top", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _limits(eta: np.ndarray, record: Record | None, last: float) -> tuple[float, float]:
    """Limits for the tsunami; seismic waves in a record may be cut off."""
    values = [eta[np.isfinite(eta)], np.zeros(1)]
    if record is not None:
        values.append(record.eta[(record.time > record.shaking) & (record.time <= last)])
    low, high = min(map(_smallest, values)), max(map(_largest, values))
    room = 0.08 * (high - low) or 1.0
    return low - room, high + 3 * room


def _smallest(values: np.ndarray) -> float:
    return float(values.min(initial=0.0))


def _largest(values: np.ndarray) -> float:
    return float(values.max(initial=0.0))


def _name(station: "xr.Dataset") -> str:
    """Name and position of a station."""
    name = f"{station['station'].values}"
    if "lon" in station:
        lon, lat = (round(float(station[key]), 2) for key in ("lon", "lat"))
        lon = round((lon + 180) % 360 - 180, 2)
        return f"{name}   {abs(lon):g}°{'E' if lon >= 0 else 'W'} {abs(lat):g}°{'N' if lat >= 0 else 'S'}"
    return f"{name}   x {float(station['x']) / 1000:g} km, y {float(station['y']) / 1000:g} km"


def _legend(panels: "np.ndarray") -> "tuple[list[object], list[str]]":
    """One entry per kind of line, from whichever panel has it."""
    entries: dict[str, object] = {}
    for axes in panels:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(name, handle)
    return list(entries.values()), list(entries)
