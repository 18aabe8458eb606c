"""Which waves are expected? Bands at targets and sensors, beside records where they are there."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures.look import Look
from esim.analysis.forecast.figures import uplift
from esim.analysis.forecast.files import Bands, ForecastFiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WAVE, RECORD, UNUSED, PAST = "#0072B2", "#1a1a1a", "#D55E00", "#ececec"
MOST = 16  # targets, or sensors, that are drawn
COLUMNS = 2
HEIGHT, MAP = 1.05, 4.2  # inches: of a panel, and width of the map
ROOM = 0.06  # of the range of values, above and below

Record = tuple[np.ndarray, np.ndarray] | None


def overview(forecast: ForecastFiles, look: Look) -> "Figure | None":
    """The map of the uplift, and the waves of up to 16 targets; None where the map is beside the extent of the look."""
    from matplotlib.figure import Figure

    if (field := uplift.part(forecast, look)) is None:
        return None
    names = forecast.names("target")[:MOST]
    rows = -(-len(names) // COLUMNS)
    drawing = Figure(figsize=(MAP + 3.2 * COLUMNS, max(5.4, HEIGHT * rows + 1.0)), layout="constrained")
    parts: Any = drawing.subfigures(1, 2, width_ratios=(MAP, 3.2 * COLUMNS))
    left, right = parts
    axes = left.add_subplot()
    uplift.draw(axes, forecast, field, look)
    axes.set_anchor("N")
    records = [forecast.target_record(n) for n in range(len(names))]
    _panels(right, names, forecast.target_bands, records, forecast.until)
    drawing.suptitle(uplift.title(forecast, look), x=0.01, ha="left")
    uplift.names(axes, forecast)
    return drawing


def sensors(forecast: ForecastFiles, look: Look) -> "Figure":
    """What the forecast has of up to 16 sensors, beside their records."""
    from matplotlib.figure import Figure

    names = forecast.names("sensor")[:MOST]
    rows = -(-len(names) // COLUMNS)
    drawing = Figure(figsize=(0.4 + 3.4 * COLUMNS, HEIGHT * rows + 1.2), layout="constrained")
    used = forecast.used()
    words = [name if used is None or used[n] else f"{name}, not used" for n, name in enumerate(names)]
    records = [forecast.sensor_record(n) for n in range(len(names))]
    _panels(drawing, words, forecast.sensor_bands, records, forecast.until)
    drawing.suptitle(uplift.title(forecast, look), x=0.01, ha="left")
    return drawing


def _panels(
    drawing: Any, names: list[str], bands: Callable[[int], Bands], records: Iterable[Record], until: float
) -> None:
    """A panel for each name, downward and then to the right, below a legend for all of them."""
    rows = -(-len(names) // COLUMNS)
    columns = min(COLUMNS, len(names))
    panels = drawing.subplots(rows, columns, sharex=True, squeeze=False)
    for axes in panels.T.ravel()[len(names) :]:
        axes.set_axis_off()
    for n, (axes, record) in enumerate(zip(panels.T.ravel(), records, strict=False)):
        _wave(axes, bands(n), record, until)
        axes.text(0.015, 0.95, names[n], transform=axes.transAxes, va="top", fontsize=8)
    label_last(panels, "time since origin (min)")
    found: dict[str, Any] = {}
    for axes in panels.flat:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    drawing.legend(
        found.values(), found.keys(), loc="outside lower right", ncols=5, fontsize=7, frameon=False
    )
    drawing.supylabel("elevation (m)", fontsize=9)


def label_last(panels: np.ndarray, words: str) -> None:
    """Numbers below the last panel of each column, also where the last row is not full, and words below that."""
    for axes in panels[-1]:
        if axes.axison:
            axes.set_xlabel(words)
    for column in panels.T:
        column[max(n for n, axes in enumerate(column) if axes.axison)].tick_params(labelbottom=True)


def _wave(axes: "Axes", bands: Bands, record: Record, until: float) -> None:
    """Bands, expectation and record; shaded what was before the last data."""
    minutes = bands.time / 60
    axes.axvspan(0, until / 60, color=PAST, lw=0, zorder=0, label="before the last data")
    axes.axhline(0, color="0.75", lw=0.5, zorder=1)
    axes.fill_between(minutes, *bands.outer, color=WAVE, alpha=0.2, lw=0, label="95 %")
    axes.fill_between(minutes, *bands.inner, color=WAVE, alpha=0.35, lw=0, label="50 %")
    axes.plot(minutes, bands.expected, color=WAVE, lw=1, label="expected")
    low, high = float(bands.outer[0].min()), float(bands.outer[1].max())
    if record is not None:
        axes.plot(record[0] / 60, record[1], ".", ms=1.8, color=RECORD, label="record")
        low, high = min(low, float(record[1].min())), max(high, float(record[1].max()))
    axes.set_xlim(0, minutes[-1])
    axes.set_ylim(low - ROOM * (high - low), high + 5 * ROOM * (high - low))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7.5)
