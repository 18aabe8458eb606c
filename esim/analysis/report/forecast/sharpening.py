"""How did the forecast sharpen as data came in? Interactive plots of magnitude and largest elevations."""

from collections.abc import Iterator

import numpy as np

from esim.analysis.forecast.files import MIDDLE, OUTER, SIZES, ForecastFiles
from esim.analysis.report.section import Section, choice
from esim.analysis.report.series import BLUE, Plot, Trace, area, curves
from esim.analysis.report.stations import CHOSEN

SAID = "Median, and band of 95 %, by the time of the last data."
ROOM = 0.06  # of the range of values


def sharpening(forecast: ForecastFiles) -> Iterator[Section]:
    """A plot of the magnitude, and of each target; none of a forecast that was not followed."""
    data = forecast.sharpening
    if data is None:
        return
    minutes, plots = data["until"].values / 60, {}
    for name in SIZES.keys() & data.keys():
        plots[name.capitalize()] = _plot(
            name.capitalize(), minutes, forecast.sizes(data, name).T, SIZES[name]
        )
    heights = data["eta_max"].values[:, [OUTER[0], MIDDLE, OUTER[1]]]
    for n, name in enumerate(forecast.names("target")[:CHOSEN]):
        plots[name] = _plot(name, minutes, heights[:, :, n].T, "largest elevation (m)")
    yield from choice("How the forecast sharpened", "Show", plots=plots, words=[SAID])


def _plot(name: str, minutes: np.ndarray, values: np.ndarray, label: str) -> Plot:
    low, middle, high = values
    traces = [area("95 %", minutes, low, high, BLUE), Trace("median", minutes, middle, BLUE)]
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    room = ROOM * (most - least) or 1.0
    limits = (float(minutes[0]), float(minutes[-1])), (least - room, most + room)
    drawn = curves(traces, "data up to (min)", label, limits)
    return Plot(name, "", traces, drawn, f"{label} by the time of the last data, at last {middle[-1]:.3g}.")
