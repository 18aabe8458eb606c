"""The figure of hazard curves: how often a level is exceeded at each station, and how well that is known."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.ensemble.hazard_curves import WORDS, HazardCurve, curve, kind, limits, quantity
from esim.analysis.figures import credit
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PER_FIGURE, COLUMNS = 8, 2
CURVE, BRANCH, LINE = "#0072B2", "0.55", "0.55"
WIDE = 1.6  # decades of levels, from which powers of ten alone have numbers


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
    found = [curve(hazard, n) for n in range(first, last)]
    for axes, one in zip(panels.flat, found, strict=False):
        _panel(axes, one, hazard["threshold"].values)
    for axes in panels.flat[last - first :]:
        axes.set_visible(False)
    if (last - first) % columns:
        panels[-2, -1].tick_params(labelbottom=True)
    if found[0].branch_count:
        panels.flat[0].legend(fontsize=6.5, loc="lower left", frameon=False)
    drawing.supxlabel(quantity(hazard), fontsize=9)
    drawing.supylabel(WORDS[kind(hazard)], fontsize=9)
    _limits(panels.flat[0], hazard)
    drawing.suptitle("\n".join((look.heading(run), _subtitle(hazard, found[0]))), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _panel(axes: "Axes", one: HazardCurve, thresholds: np.ndarray) -> None:
    """A curve with its bands, and the branches of a logic tree."""
    style: dict[str, Any] = {"where": "pre"}
    for n, values in enumerate(one.branches.values()):
        axes.step(one.level, values, color=BRANCH, lw=0.5, label=None if n else "branches", **style)
    for name, (low, high) in one.bands.items():
        axes.fill_between(one.level, low, high, color=CURVE, alpha=0.2, lw=0, step="pre", label=name)
    for name, values in one.others.items():
        axes.step(one.level, values, color=CURVE, lw=1.0, ls="--", label=name, **style)
    axes.step(one.level, one.values, color=CURVE, lw=1.4, label="mean", **style)
    for threshold in thresholds:
        axes.axvline(threshold, color=LINE, lw=0.6, ls=":", zorder=1)
    axes.text(0.97, 0.95, one.station, transform=axes.transAxes, va="top", ha="right")
    axes.set(xscale="log", yscale="log")
    axes.grid(True, which="major", lw=0.4, color="0.88")
    axes.spines[["top", "right"]].set_visible(False)


def _limits(axes: "Axes", hazard: "xr.Dataset") -> None:
    """The same for all panels, with numbers at 1, 2 and 5 where there are few decades."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    (least, most), values = limits(hazard)
    axes.set(xlim=(least, most), ylim=values)
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if np.log10(most / least) > WIDE else (1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _subtitle(hazard: "xr.Dataset", one: HazardCurve) -> str:
    branches = f"{one.branch_count} branches of a logic tree" if one.branch_count else ""
    band = next(iter(one.bands), "") if not branches else ""
    parts = [
        f"hazard curves of {hazard.sizes['member']} members",
        branches,
        f"band: {band}" if band else "",
        "dotted: thresholds",
    ]
    return ", ".join(filter(None, parts))
