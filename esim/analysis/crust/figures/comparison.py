"""The figure of a benchmark: computed and reference seismograms of several receivers, with their misfits."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.crust import medium

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COMPONENTS = ("radial", "transverse", "up")
REFERENCE, COMPUTED, DIFFERENCE = "#1a1a1a", "#D55E00", "#0072B2"
ROW = 0.95  # inches of a receiver
LOWER = -1.5  # in units of the largest amplitude of a receiver: where the difference is drawn


def figure(
    times: np.ndarray,
    computed: Mapping[str, np.ndarray],
    reference: Mapping[str, np.ndarray],
    misfits: Mapping[str, np.ndarray],
    *,
    title: str = "",
    components: Sequence[str] = COMPONENTS,
    si: str = "m/s",
    until: float | None = None,
) -> "Figure":
    """A row for each receiver of `computed`, a column for each component.

    times [s] belong to all seismograms, which are arrays (components, times) in the unit `si`. misfits are arrays
    (components, 2) of the envelope and the phase misfit as shares of one (EM, PM); not a number where there is
    none to tell. All components of a receiver have one scale; the largest amplitude is written beside its name.
    The difference is drawn below, in the same scale. `until` [s] cuts off what follows.
    """
    from matplotlib.figure import Figure

    shown = slice(None) if until is None else slice(0, int(np.searchsorted(times, until, "right")))
    times = times[shown]
    peak = max(float(np.abs(reference[name]).max()) for name in computed)
    unit = medium.unit(peak, si)
    size = 2.4 + 3.0 * len(components), 1.35 + ROW * len(computed)
    drawing = Figure(figsize=size, layout="constrained")
    panels = drawing.subplots(len(computed), len(components), sharex=True, sharey=True, squeeze=False)
    for row, name in zip(panels, computed, strict=True):
        largest = float(np.abs(reference[name]).max()) or 1.0
        for c, axes in enumerate(row):
            pair = computed[name][c, shown] / largest, reference[name][c, shown] / largest
            _panel(axes, times, *pair)
            _misfit(axes, np.asarray(misfits[name])[c] if name in misfits else None)
        words = f"{name}\n{largest * unit.factor:.3g} {unit.name}"
        row[0].set_ylabel(words, rotation=0, ha="right", va="center", fontsize=8)
    _finish(drawing, panels, times, components, title)
    return drawing


def _panel(axes: "Axes", times: np.ndarray, computed: np.ndarray, reference: np.ndarray) -> None:
    axes.plot(times, reference, color=REFERENCE, lw=2.2, alpha=0.35, label="reference", solid_capstyle="butt")
    axes.plot(times, computed, color=COMPUTED, lw=0.9, label="computed")
    axes.plot(times, LOWER + computed - reference, color=DIFFERENCE, lw=0.8, label="difference")
    for level in (0, LOWER):
        axes.axhline(level, color="0.85", lw=0.5, zorder=1)
    axes.set(xlim=(times[0], times[-1]), ylim=(LOWER - 0.35, 1.4), yticks=[])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="x", length=2.5)


def _misfit(axes: "Axes", pair: np.ndarray | None) -> None:
    """Envelope and phase misfit in per cent, in the upper right corner."""
    if pair is None or not np.isfinite(pair).all():
        return
    text = f"EM {100 * pair[0]:.1f} %   PM {100 * pair[1]:.1f} %"
    axes.text(1.0, 0.99, text, transform=axes.transAxes, ha="right", va="top", fontsize=7, color="0.25")


def _finish(
    drawing: "Figure", panels: np.ndarray, times: np.ndarray, components: Sequence[str], title: str
) -> None:
    """Titles, the time axis and one legend."""
    for axes, component in zip(panels[0], components, strict=True):
        axes.set_title(component, fontsize=9)
    for axes in panels[:-1].flat:
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="x", length=0)
    for axes in panels[-1]:
        axes.set_xlabel("time (s)")
    handles, names = panels[0, 0].get_legend_handles_labels()
    drawing.legend(handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    if title:
        drawing.suptitle(title, x=0.01, ha="left")
