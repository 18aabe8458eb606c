"""How did a forecast sharpen? Magnitude and largest elevations against the time of the last data."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.figures.look import Look
from esim.analysis.forecast.figures.waves import COLUMNS, HEIGHT, MOST, WAVE, label_last
from esim.analysis.forecast.files import MIDDLE, OUTER, SIZES, ForecastFiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure(forecast: ForecastFiles, look: Look) -> "Figure":
    """How large the earthquake was, and the largest elevations of up to 16 targets."""
    from matplotlib.figure import Figure

    assert forecast.sharpening is not None  # by draw
    data = forecast.sharpening
    minutes = data["until"].values / 60
    drawn = {}
    for name in SIZES.keys() & data.keys():
        drawn[SIZES[name]] = forecast.sizes(data, name).T
    for name in forecast.names("target")[:MOST]:
        drawn[f"{name} (m)"] = data["eta_max"].sel(target=name).values.T[[OUTER[0], MIDDLE, OUTER[1]]]
    rows = -(-len(drawn) // COLUMNS)
    drawing = Figure(figsize=(3.4 * COLUMNS, HEIGHT * rows + 1.0), layout="constrained")
    panels = drawing.subplots(rows, COLUMNS, sharex=True, squeeze=False)
    for axes in panels.ravel()[len(drawn) :]:
        axes.set_axis_off()
    for axes, (name, values) in zip(panels.ravel(), drawn.items(), strict=False):
        _panel(axes, minutes, values, name)
    label_last(panels, "data up to (min)")
    heading = forecast.title if look.title is None else look.title
    what = "size and largest elevation as data came in: median, and band of 95 %"
    drawing.suptitle(f"{heading}\n{what}", x=0.01, ha="left")
    return drawing


def _panel(axes: "Axes", minutes: np.ndarray, values: np.ndarray, name: str) -> None:
    low, middle, high = values
    axes.fill_between(minutes, low, high, color=WAVE, alpha=0.25, lw=0)
    axes.plot(minutes, middle, color=WAVE, lw=1.2)
    least, most = np.nanmin(values), np.nanmax(values)
    room = 0.05 * (most - least) or 0.1
    axes.set(xlim=(minutes[0], minutes[-1]), ylim=(least - room, most + 6 * room))
    axes.text(0.98, 0.94, name, transform=axes.transAxes, va="top", ha="right", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7.5)
