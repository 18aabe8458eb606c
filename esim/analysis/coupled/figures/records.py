"""The figure of the records: seismograms on land and gauges in the sea, below them, on one time axis.

Shaking lasts minutes and a tsunami hours, so the axis counts by the root of time.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.comparison.observations import Record, record_of, variable_of
from esim.analysis.coupled.parts import parts_of
from esim.analysis.crust import medium
from esim.analysis.figures import credit
from esim.analysis.figures.clock import clock
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.ocean.crest import first_arrival
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 4  # panels of each kind
HEIGHTS = 0.75, 1.25  # inches of a panel of a seismogram, and of a gauge
MARGIN = 1.5  # inches above and below all panels
MINUTES = np.array((0, 1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 960, 1440))
GAP = 0.09  # of the time axis, between ticks
ROOM = 0.08, 0.3  # of the range of values: below them, and above them for the name
SHAKEN, COMPUTED, OBSERVED = "#D55E00", "#0072B2", "#1a1a1a"


class Series(NamedTuple):
    """What a panel shows: a name, times [s], values, their unit, and what was observed, if anything."""

    name: str
    time: np.ndarray
    values: np.ndarray
    unit: str
    observed: Record | None = None


def figure(run: Run, look: Look = PLAIN) -> "Figure | None":
    """Vertical velocity at the stations nearest to the epicentre, and below them the gauges that are reached first.

    None unless there are both.
    """
    from matplotlib.figure import Figure

    parts = parts_of(run)
    shaking, waves = seismograms(parts.crust), gauges(parts.ocean)
    if not shaking or not waves:
        return None
    heights = [HEIGHTS[0]] * len(shaking) + [HEIGHTS[1]] * len(waves)
    drawing = Figure(figsize=(6.8, sum(heights) + MARGIN), layout="constrained")
    panels = drawing.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    last = max(float(one.time[-1]) for one in (*shaking, *waves))
    for axes, one in zip(panels, (*shaking, *waves), strict=True):
        _panel(axes, one, SHAKEN if one in shaking else COMPUTED, last)
    _time_axis(panels[-1], last)
    _ends(panels, max(float(one.time[-1]) for one in shaking), last)
    _legend(panels, waves)
    drawing.align_ylabels()
    words = (
        "vertical velocity of the ground, and below it the water surface; the time axis counts by its root"
    )
    origin = clock(parts.ocean, look).origin()
    drawing.suptitle("\n".join(filter(None, (look.heading(run), words, origin))), x=0.01, ha="left")
    credit.line(drawing, parts.ocean)
    return drawing


def seismograms(crust: Run) -> list[Series]:
    """Vertical velocity, positive up, of the stations nearest to where the rupture begins, the nearest first."""
    data = crust.stations
    if data is None or "vz" not in data or not data.sizes["station"] or data.sizes["time"] < 2:
        return []
    order = np.arange(data.sizes["station"])
    if sources := medium.sources(crust):
        apart = np.hypot(data["x"].values - sources[0].x, data["y"].values - sources[0].y)
        order = np.argsort(apart, kind="stable")
    time, values = data["seconds"].values.astype(float), -data["vz"].values[order[:MOST]].astype(float)
    unit = medium.unit(float(np.median(np.nanmax(np.abs(values), axis=1))), "m/s")
    names = data["station"].values[order[:MOST]]
    return [
        Series(str(name), time, unit.factor * line, unit.name)
        for name, line in zip(names, values, strict=True)
    ]


def gauges(ocean: Run) -> list[Series]:
    """The water surface [m] at the gauges that the tsunami reaches first, and what was observed there."""
    data = ocean.stations
    if data is None or not data.sizes["station"] or data.sizes["time"] < 2:
        return []
    time = data["seconds"].values.astype(float)
    found = []
    for n, name in enumerate(map(str, data["station"].values)):
        values = data[variable_of(ocean, name)].isel(station=n).values.astype(float)
        found.append((_arrival(time, values), Series(name, time, values, "m", record_of(ocean, name))))
    return [one for _, one in sorted(found, key=lambda entry: entry[0])[:MOST]]


def _arrival(time: np.ndarray, values: np.ndarray) -> float:
    arrived = first_arrival(time, values)
    return np.inf if arrived is None else float(arrived)


def _panel(axes: "Axes", one: Series, colour: str, last: float) -> None:
    axes.axhline(0, color="0.75", lw=0.6, zorder=1)
    axes.plot(one.time, one.values, color=colour, lw=0.8 if colour == SHAKEN else 1.5, zorder=4)
    if one.observed is not None:
        seen = _seen(one.observed, last)
        axes.plot(
            one.observed.time[seen], one.observed.eta[seen], ".-", ms=2.5, lw=0.6, color=OBSERVED, zorder=3
        )
    axes.set_ylim(*_limits(one, last))
    axes.set_ylabel(one.unit)
    axes.text(0.008, 0.93, one.name, transform=axes.transAxes, va="top", fontsize=9, zorder=6)
    axes.spines[["top", "right"]].set_visible(False)


def _limits(one: Series, last: float) -> tuple[float, float]:
    """The values that a panel shows: what was computed, and what was observed after the shaking."""
    values = [one.values[np.isfinite(one.values)]]
    if one.observed is not None:
        values.append(one.observed.eta[_seen(one.observed, last)])
    low = min(float(part.min(initial=0.0)) for part in values)
    high = max(float(part.max(initial=0.0)) for part in values)
    room = high - low or 1.0
    return low - ROOM[0] * room, high + ROOM[1] * room


def _seen(record: Record, last: float) -> np.ndarray:
    """Which samples of a record are drawn: after the seismic waves, up to the end [s]."""
    return np.asarray((record.time >= record.shaking) & (record.time <= last))


def _time_axis(axes: "Axes", last: float) -> None:
    """Minutes and hours by the root of time, from the origin to the last [s]."""

    def root(seconds: Any) -> Any:
        return np.sqrt(np.maximum(seconds, 0.0))

    axes.set_xscale("function", functions=(root, np.square))
    axes.set_xlim(0.0, last)
    minutes = _apart(MINUTES[60 * MINUTES <= last], last)
    axes.set_xticks([60.0 * n for n in minutes], [_words(n) for n in minutes])
    axes.minorticks_off()
    axes.set_xlabel("time since origin")


def _apart(minutes: np.ndarray, last: float) -> list[int]:
    """Ticks as long as there is room between their words on an axis that ends at a time [s]; late ones first."""
    kept: list[int] = []
    for n in map(int, minutes[::-1]):
        if not kept or np.sqrt(60.0 * kept[-1] / last) - np.sqrt(60.0 * n / last) >= GAP:
            kept.append(n)
    return kept[::-1]


def _words(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes / 60:g} h"


def _ends(panels: np.ndarray, end: float, last: float) -> None:
    """A line where the run of the crust ends, if that is before the end."""
    if end >= last:
        return
    for axes in panels:
        axes.axvline(end, color="0.55", lw=0.8, ls=(0, (4, 3)), zorder=2)
    style: dict[str, Any] = {"fontsize": 7.5, "color": "0.35", "ha": "left", "va": "top"}
    panels[0].annotate(
        "seismic run ends", (end, 0.95), (4, 0), ("data", "axes fraction"), "offset points", **style
    )


def _legend(panels: np.ndarray, waves: list[Series]) -> None:
    from matplotlib.lines import Line2D

    if not any(one.observed is not None for one in waves):
        return
    lines = [Line2D([], [], color=COMPUTED, lw=1.5), Line2D([], [], color=OBSERVED, lw=0.6, marker=".", ms=4)]
    panels[-len(waves)].legend(
        lines, ["computed", "observed"], loc="upper right", ncols=2, frameon=False, fontsize=7.5
    )
