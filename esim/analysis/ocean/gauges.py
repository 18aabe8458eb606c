"""The figure of the gauges: computed records, and observed ones where there are any."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis import chart
from esim.analysis.observations import Record, record_of, variable_of
from esim.analysis.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_FIGURE = 8
COMPUTED, OBSERVED, SHAKING = "#0072B2", "#1a1a1a", "#ececec"
LABELS = {"eta": "elevation (m)", "depth_change": "change of depth (m)"}


def figures(run: Run) -> "list[Figure]":
    """One panel per station, at most eight in a figure; none without stations.nc."""
    if run.stations is None or not run.stations.sizes["station"] or not run.stations.sizes["time"]:
        return []
    count = run.stations.sizes["station"]
    return [_figure(run, first, min(first + PER_FIGURE, count)) for first in range(0, count, PER_FIGURE)]


def _figure(run: Run, first: int, last: int) -> "Figure":
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(7.6, 1.1 + 1.75 * (last - first)), layout="constrained")
    panels = drawing.subplots(last - first, 1, sharex=True, squeeze=False)[:, 0]
    for axes, n in zip(panels, range(first, last), strict=True):
        _panel(axes, run, n)
    panels[-1].set_xlabel("time since origin (h)")
    panels[0].set_title(_title(run), loc="left")
    handles, names = _legend(panels)
    panels[0].legend(handles, names, loc="upper right", ncols=3, frameon=False, fontsize=8)
    drawing.align_ylabels()
    return drawing


def _panel(axes: "Axes", run: Run, n: int) -> None:
    assert run.stations is not None
    station = run.stations.isel(station=n)
    name = str(station["station"].values)
    variable, record = variable_of(run, name), record_of(run, name)
    hours, eta = run.stations["hours"].values, station[variable].values
    axes.axhline(0, color="0.75", lw=0.6, zorder=1)
    axes.plot(hours, eta, color=COMPUTED, lw=1.5, zorder=4, label="computed")
    if record is not None:
        axes.plot(record.time / 3600, record.eta, ".-", ms=3, lw=0.6, color=OBSERVED, label="observed")
        if record.shaking > 0:
            axes.axvspan(0, record.shaking / 3600, color=SHAKING, zorder=0, lw=0, label="seismic waves")
    axes.set_xlim(0, hours[-1] or 1)
    axes.set_ylim(*_limits(eta, record, hours[-1]))
    axes.set_ylabel(LABELS[variable])
    axes.text(0.008, 0.95, _name(station), transform=axes.transAxes, va="top", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _limits(eta: np.ndarray, record: Record | None, hours: float) -> tuple[float, float]:
    """Limits for the tsunami; seismic waves in a record may be cut off."""
    values = [eta[np.isfinite(eta)], np.zeros(1)]
    if record is not None:
        values.append(record.eta[(record.time > record.shaking) & (record.time <= 3600 * hours)])
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
        return f"{name}   {chart.meridian(lon)} {chart.parallel(lat)}"
    return f"{name}   x {float(station['x']) / 1000:g} km, y {float(station['y']) / 1000:g} km"


def _title(run: Run) -> str:
    start = f"\norigin {run.start:%Y-%m-%d %H:%M:%S} UTC" if run.start else ""
    return f"{run.title}{start}"


def _legend(panels: "np.ndarray") -> "tuple[list[object], list[str]]":
    """One entry per kind of line, from whichever panel has it."""
    entries: dict[str, object] = {}
    for axes in panels:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(name, handle)
    return list(entries.values()), list(entries)
