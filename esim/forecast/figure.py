"""How does a forecast look? Where the bed has risen, and the waves that each target is to expect."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures.style import STYLE
from esim.forecast.library import Library
from esim.forecast.records import Record
from esim.forecast.run import Forecast
from esim.forecast.waves import slip_of, uplift_of
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WAVE, RECORD, PAST = "#0072B2", "#1a1a1a", "#ececec"
MOST = 16  # targets that are drawn
SHOWN = 0.02  # of the largest uplift: what the map shows at least
COLUMNS = 2


def draw_forecast(path: Path, library: Library, found: Forecast, records: Mapping[str, Record]) -> None:
    """Writes the figure of a forecast: the uplift, and the waves of up to 16 targets, beside records of them."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    count = min(len(library.targets), MOST)
    rows = -(-count // COLUMNS)
    with rc_context(STYLE):
        drawing = Figure(figsize=(4.2 + 3.2 * COLUMNS, max(4.2, 1.0 * rows + 1.0)), layout="constrained")
        parts: Any = drawing.subfigures(1, 2, width_ratios=(3.6, 3.2 * COLUMNS))
        _map(parts[0].add_subplot(), library, found)
        panels = parts[1].subplots(rows, COLUMNS, sharex=True, squeeze=False)
        for n, axes in enumerate(panels.T.ravel()):
            if n < count:
                _wave(axes, library, found, n, records.get(library.targets[n]))
            else:
                axes.set_axis_off()
        for axes in panels[-1]:
            axes.set_xlabel("time since origin (min)")
        parts[1].supylabel("elevation (m)", fontsize=9)
        _title(drawing, library, found)
        _save(drawing, path)


def draw_sharpening(path: Path, library: Library, history: Sequence[Forecast]) -> None:
    """Writes how the largest elevations of up to 16 targets, and the magnitude, are known as data come in."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    count = min(len(library.targets), MOST)
    rows = -(-(count + 1) // COLUMNS)
    minutes = np.array([one.until for one in history]) / 60
    with rc_context(STYLE):
        drawing = Figure(figsize=(3.4 * COLUMNS, 1.1 * rows + 0.8), layout="constrained")
        panels = drawing.subplots(rows, COLUMNS, sharex=True, squeeze=False)
        axes = panels[0, 0]
        sizes = np.array([[value or np.nan for value in one.sizes()[1]] for one in history]).T
        _band(axes, minutes, *sizes)
        _name(axes, "moment magnitude" if library.unknowns == "slip" else "volume lifted (km3)")
        quantiles = np.array([one.extremes.highest_quantiles() for one in history])
        for n, axes in enumerate(panels.ravel()[1:]):
            if n < count:
                _band(axes, minutes, *quantiles[:, (0, 2, 4), n].T)
                _name(axes, library.targets[n])
            else:
                axes.set_axis_off()
        for axes in panels[-1]:
            axes.set_xlabel("data up to (min)")
        drawing.supylabel("largest elevation (m), 95 % of probability", fontsize=9)
        _save(drawing, path)


def _map(axes: "Axes", library: Library, found: Forecast) -> None:
    """The expected uplift of the bed, the subfaults, sensors and targets near them."""
    lonlat = bool(library.about["lonlat"])
    scale = 1.0 if lonlat else 1000.0
    slip, _, covariance = slip_of(library, found.x)
    uplift = uplift_of(library, slip.sum(axis=0), covariance)[0]
    most = max(float(np.abs(uplift).max()), 0.01)
    drawn = axes.pcolormesh(
        library.x / scale, library.y / scale, uplift, cmap="RdBu_r", vmin=-most, vmax=most, shading="nearest"
    )
    for outline in library.subfault_outline:
        corners = np.vstack([outline, outline[:1]]) / (scale, scale, 1.0)
        axes.plot(corners[:, 0], corners[:, 1], color="0.5", lw=0.3)
    used = np.isfinite(found.data).any(axis=1)
    style: dict[str, Any] = {"ls": "none", "ms": 5, "zorder": 4}
    x, y = library.sensor_x / scale, library.sensor_y / scale
    axes.plot(x[used], y[used], marker="^", color=RECORD, label="sensor", **style)
    if not used.all():
        axes.plot(x[~used], y[~used], marker="^", mfc="none", mec=RECORD, label="not used", **style)
    axes.plot(
        library.target_x / scale, library.target_y / scale, "o", ms=3, color=WAVE, label="target", zorder=4
    )
    moved = np.abs(uplift) > SHOWN * most
    inside = ((x, library.x[moved.any(axis=0)] / scale), (y, library.y[moved.any(axis=1)] / scale))
    (west, east), (south, north) = ((min(a.min(), b.min()), max(a.max(), b.max())) for a, b in inside)
    room = 0.05 * (north - south)
    axes.set(xlim=(west - room, east + room), ylim=(south - room, north + room), anchor="N")
    axes.set_aspect(1 / np.cos(np.deg2rad((south + north) / 2)) if lonlat else 1.0)
    axes.set(xlabel="longitude (°)" if lonlat else "x (km)", ylabel="latitude (°)" if lonlat else "y (km)")
    axes.figure.colorbar(drawn, ax=axes, location="bottom", shrink=0.8, pad=0.02).set_label(
        "expected uplift (m)"
    )
    axes.legend(loc="lower right", fontsize=7, frameon=True, framealpha=0.8)


def _wave(axes: "Axes", library: Library, found: Forecast, n: int, record: Record | None) -> None:
    """The bands of a target, and its record where there is one; shaded what was before the last data."""
    minutes, bands = library.forecast_time / 60, found.waves.quantiles()[:, n]
    axes.axvspan(0, found.until / 60, color=PAST, lw=0, zorder=0)
    axes.axhline(0, color="0.75", lw=0.5, zorder=1)
    axes.fill_between(minutes, bands[0], bands[4], color=WAVE, alpha=0.2, lw=0, label="95 %")
    axes.fill_between(minutes, bands[1], bands[3], color=WAVE, alpha=0.35, lw=0, label="50 %")
    axes.plot(minutes, found.waves.mean[n], color=WAVE, lw=1)
    if record is not None:
        inside = (record.time >= 0) & (record.time <= library.forecast_time[-1])
        axes.plot(record.time[inside] / 60, record.value[inside], ".", ms=2, color=RECORD, label="record")
    axes.set_xlim(0, minutes[-1])
    low, high = float(bands[0].min()), float(bands[4].max())
    axes.set_ylim(low - 0.05 * (high - low), high + 0.35 * (high - low))
    _name(axes, library.targets[n])


def _band(axes: "Axes", x: np.ndarray, low: np.ndarray, middle: np.ndarray, high: np.ndarray) -> None:
    axes.fill_between(x, low, high, color=WAVE, alpha=0.25, lw=0)
    axes.plot(x, middle, color=WAVE, lw=1.2)


def _name(axes: "Axes", text: str) -> None:
    axes.text(0.015, 0.94, text, transform=axes.transAxes, va="top", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7.5)


def _title(drawing: "Figure", library: Library, found: Forecast) -> None:
    drawing.suptitle(
        f"{library.about['title']}\nforecast from data up to {found.until / 60:.3g} min, {found.size()}; bands of "
        "50 and 95 %",
        x=0.01,
        ha="left",
    )


def _save(drawing: "Figure", path: Path) -> None:
    with whole_file(path) as temporary:
        drawing.savefig(temporary, format=path.suffix.removeprefix("."))
