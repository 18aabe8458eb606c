"""The figure of maximum water-surface elevation, with isochrones of arrival."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis import chart
from esim.analysis.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)  # s between isochrones
LINES = 10  # isochrones, at most
QUANTILE = 0.9995  # of the heights that the colours span
DECADES = 2.0  # of height that the colours span


def figure(run: Run, grid: str = "") -> "Figure | None":
    """Maximum water-surface elevation on a grid, with isochrones of arrival; None without maxima."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    maxima = run.grids.get(grid)
    if maxima is None or "eta_max" not in maxima:
        return None
    height = chart.thin(maxima["eta_max"])
    top = chart.span(height, QUANTILE)
    drawing = Figure(figsize=(8.2, 6.6), layout="constrained")
    axes = drawing.add_subplot()
    chart.land(axes, chart.thin(maxima["bathymetry"]))
    norm = LogNorm(top / 10**DECADES, top)
    drawn = chart.image(axes, height.clip(min=norm.vmin), cmap="YlGnBu", norm=norm)
    _isochrones(axes, maxima)
    _layers(axes, maxima)
    chart.frame(axes, height)
    chart.gauges(axes, run.stations)
    chart.bar(
        axes, drawn, "maximum water-surface elevation (m)", extend="both", ticks=_ticks(norm), format="%g"
    )
    axes.set_title(f"{run.title}\n{f'{grid}: ' if grid else ''}{_subtitle(maxima)}", loc="left")
    return drawing


def _isochrones(axes: "Axes", maxima: "xr.Dataset") -> None:
    """Lines of equal arrival time, labelled."""
    if "arrival_time" not in maxima:
        return
    arrival = chart.thin(maxima["arrival_time"])
    if not arrival.notnull().any() or not (last := float(arrival.max())) > 0:
        return
    step = next((step for step in STEPS if last / step <= LINES), STEPS[-1])
    levels = np.arange(step, last, step)
    seen = levels[levels > float(arrival.min())]
    lines = chart.contours(axes, arrival, seen, colors=chart.INK, linewidths=0.6, alpha=0.8)
    if lines is not None:
        axes.clabel(lines, fmt=chart.duration, fontsize=7, inline_spacing=3)


def _layers(axes: "Axes", maxima: "xr.Dataset") -> None:
    """A dashed line around what lies outside of the layers that absorb, with a word beside it."""
    if "absorbing_layer" not in maxima or not maxima["absorbing_layer"].any():
        return
    damped = chart.thin(maxima["absorbing_layer"].astype(float))
    chart.contours(axes, damped, [0.5], colors=chart.INK, linewidths=0.8, linestyles="dashed")
    axes.annotate(
        "dashed: layers that absorb, where maxima are too small",
        (0.01, 0.01),
        xycoords="axes fraction",
        fontsize=7,
        color=chart.INK,
        bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.5},
    )


def _ticks(norm: Any) -> list[float]:
    """1, 2, 5 times the powers of ten between the ends of a logarithmic scale."""
    powers = 10.0 ** np.arange(np.floor(np.log10(norm.vmin)), np.ceil(np.log10(norm.vmax)) + 1)
    ticks = np.outer(powers, (1, 2, 5)).ravel()
    return [float(tick) for tick in ticks if norm.vmin <= tick <= norm.vmax]


def _subtitle(maxima: "xr.Dataset") -> str:
    if "arrival_time" not in maxima:
        return "maximum water-surface elevation"
    threshold = maxima["arrival_time"].attrs.get("threshold")
    threshold_words = f" (threshold {100 * float(threshold):g} cm)" if threshold is not None else ""
    return f"maximum water-surface elevation and arrival time{threshold_words}"
