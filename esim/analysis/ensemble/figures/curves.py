"""The figure of hazard curves: how often a level is exceeded at each station, and how well that is known."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import credit
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_FIGURE, COLUMNS = 8, 2
CURVE, LINE = "#0072B2", "0.55"
ROOM = 1.6  # between the largest value of a curve and the edge, as a factor
BRANCHES = 16  # whose curves are drawn, at most
LEAST = 1e-12  # of a band whose lower end is zero, which logarithms do not reach
DECADES = 3.0  # that the vertical axis spans, at most


def figures(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """A panel for each station, at most eight in a figure; none without stations."""
    assert run.hazard is not None  # by draw
    count = run.hazard.sizes.get("station", 0)
    for n, first in enumerate(range(0, count, PER_FIGURE), start=1):
        draw = partial(_figure, run, first, min(first + PER_FIGURE, count), look)
        yield "hazard_curves" if n == 1 else f"hazard_curves_{n}", draw


def _figure(run: Run, first: int, last: int, look: Look) -> "Figure":
    from matplotlib.figure import Figure

    hazard = run.hazard
    assert hazard is not None
    columns = min(COLUMNS, last - first)
    rows = -(-(last - first) // columns)
    drawing = Figure(figsize=(0.4 + 3.1 * columns, 0.9 + 2.2 * rows), layout="constrained")
    panels = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    name = "hazard_curve_rate" if "hazard_curve_rate" in hazard else "hazard_curve"
    for axes, n in zip(panels.flat, range(first, last), strict=False):
        _panel(axes, hazard.isel(station=n), name)
    for axes in panels.flat[last - first :]:
        axes.set_visible(False)
    about = hazard["level"].attrs
    words = about["long_name"].removeprefix("level of the ")
    drawing.supxlabel(f"{words} ({about['units']})", fontsize=9)
    what = "annual rate of exceedance (1/year)" if name.endswith("rate") else "probability of exceedance"
    drawing.supylabel(what, fontsize=9)
    _limits(panels.flat[0], hazard, name)
    if f"{name}_fractile" in hazard:
        panels.flat[0].legend(fontsize=6.5, loc="lower left", frameon=False)
    drawing.suptitle("\n".join((look.heading(run), _subtitle(hazard, name))), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _panel(axes: "Axes", station: "xr.Dataset", name: str) -> None:
    """A curve with its band: fractiles and branches of a logic tree, else how well so many members know it."""
    level = station["level"].values
    if f"{name}_fractile" in station:
        _fractiles(axes, level, station, name)
    else:
        share = station[name].values
        low, high = (np.where(share > 0, station[f"{name}_{end}"].values, np.nan) for end in ("low", "high"))
        axes.fill_between(level, low, high, color=CURVE, alpha=0.22, lw=0, step="pre")
    _step(axes, level, station[name].values, color=CURVE, lw=1.4, label="mean")
    for threshold in station["threshold"].values:
        axes.axvline(threshold, color=LINE, lw=0.6, ls=":", zorder=1)
    axes.text(0.97, 0.95, str(station["station"].values), transform=axes.transAxes, va="top", ha="right")
    axes.set(xscale="log", yscale="log")
    axes.grid(True, which="major", lw=0.4, color="0.88")
    axes.spines[["top", "right"]].set_visible(False)


def _fractiles(axes: "Axes", level: np.ndarray, station: "xr.Dataset", name: str) -> None:
    """Bands between fractiles that lie opposite each other, the median, and each branch where these are few."""
    each, fractiles = station[f"{name}_branch"].values, station["fractile"].values
    if len(each) <= BRANCHES:
        for n, curve in enumerate(each):
            _step(axes, level, curve, color=LINE, lw=0.5, label=None if n else "branches")
    curves = {float(one): station[f"{name}_fractile"].values[n] for n, one in enumerate(fractiles)}
    for low in sorted(one for one in curves if one < 0.5):
        high = next((one for one in curves if abs(one + low - 1) < 1e-9), None)
        if high is None:
            _step(axes, level, curves[low], color=CURVE, lw=0.7, ls=":", label=f"{100 * low:g} %")
            continue
        band = f"{100 * low:g} to {100 * high:g} % of branches"
        bottom, top = np.maximum(curves[low], LEAST), np.where(curves[high] > 0, curves[high], np.nan)
        axes.fill_between(level, bottom, top, color=CURVE, alpha=0.18, lw=0, step="pre", label=band)
    if 0.5 in curves:
        _step(axes, level, curves[0.5], color=CURVE, lw=1.0, ls="--", label="median of branches")


def _step(axes: "Axes", level: np.ndarray, share: np.ndarray, **style: Any) -> None:
    """A curve, as far as it is exceeded."""
    axes.step(level, np.where(share > 0, share, np.nan), where="pre", **style)


def _limits(axes: "Axes", hazard: "xr.Dataset", name: str) -> None:
    """Of all panels: from where every curve still is the largest to the largest level."""
    share, level = hazard[name].values, hazard["level"].values
    drawn = [hazard[one] for one in (name, f"{name}_fractile", f"{name}_branch") if one in hazard]
    top, least = max(float(one.max()) for one in drawn), share[share > 0].min(initial=share.max() or 1.0)
    axes.set_ylim(max(least / 2, top / 10**DECADES), ROOM * (top or 1.0))
    less = np.flatnonzero((share < share.max(axis=0)).any(axis=1))
    axes.set_xlim(level[max(0, less[0] - 2) if less.size else 0], level[-1] * 1.05)


def _subtitle(hazard: "xr.Dataset", name: str) -> str:
    words = str(hazard[f"{name}_low"].attrs["long_name"]) if f"{name}_low" in hazard else ""
    interval = words.partition("the ")[2].partition(" of the")[0]
    band = (
        f"band: {interval}"
        if interval
        else f"bands: fractiles over {hazard[name + '_branch'].shape[0]} branches"
    )
    return f"hazard curves of {hazard.sizes['member']} members, {band}, dotted: thresholds"
