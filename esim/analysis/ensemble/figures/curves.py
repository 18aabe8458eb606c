"""The figure of hazard curves: how often a level is exceeded at each station, and how well that is known."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

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
    drawing.suptitle("\n".join((look.heading(run), _subtitle(hazard))), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _panel(axes: "Axes", station: "xr.Dataset", name: str) -> None:
    """A curve with its band, and the median of the members."""
    level = station["level"].values
    share = station[name].values
    low, high = (np.where(share > 0, station[f"{name}_{end}"].values, np.nan) for end in ("low", "high"))
    axes.fill_between(level, low, high, color=CURVE, alpha=0.22, lw=0, step="pre")
    axes.step(level, np.where(share > 0, share, np.nan), where="pre", color=CURVE, lw=1.4)
    for threshold in station["threshold"].values:
        axes.axvline(threshold, color=LINE, lw=0.6, ls=":", zorder=1)
    axes.text(0.97, 0.95, str(station["station"].values), transform=axes.transAxes, va="top", ha="right")
    axes.set(xscale="log", yscale="log")
    axes.grid(True, which="major", lw=0.4, color="0.88")
    axes.spines[["top", "right"]].set_visible(False)


def _limits(axes: "Axes", hazard: "xr.Dataset", name: str) -> None:
    """Of all panels: from where every curve still is the largest to the largest level."""
    share, level = hazard[name].values, hazard["level"].values
    top, least = share.max(), share[share > 0].min(initial=share.max() or 1.0)
    axes.set_ylim(max(least / 2, top / 10**DECADES), ROOM * (top or 1.0))
    less = np.flatnonzero((share < share.max(axis=0)).any(axis=1))
    axes.set_xlim(level[max(0, less[0] - 2) if less.size else 0], level[-1] * 1.05)


def _subtitle(hazard: "xr.Dataset") -> str:
    words = str(hazard["hazard_curve_low"].attrs.get("long_name", ""))
    interval = words.partition("the ")[2].partition(" of the")[0]
    return f"hazard curves of {hazard.sizes['member']} members, band: {interval}, dotted: thresholds"
