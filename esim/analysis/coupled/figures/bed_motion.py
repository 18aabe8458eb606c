"""The figure of the source of the tsunami: vertical displacement of the bed at four times, from the rupture to rest."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.coupled.coast import coast
from esim.analysis.coupled.parts import parts_of
from esim.analysis.crust import medium
from esim.analysis.crust.figures import map_marks
from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.clock import duration
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

GROWTH = np.array((0.25, 0.5, 0.75))  # of the displacement at the end, at which it is shown, and that itself
WIDTH, COLUMNS = 2.9, 2  # inches of a panel
PIXELS, COARSE = 500, 100  # cells along a side of a panel, and of what tells the growth
MOVED, QUANTILE = (
    0.02,
    0.995,
)  # of the largest displacement: what counts as moved, and of that what the colours span


def figure(run: Run, look: Look = PLAIN) -> "Figure | None":
    """The uplift of the bed, land included, at four times; None without a record of it, or beside the extent."""
    from matplotlib.figure import Figure

    parts = parts_of(run)
    crust, uplift = parts.crust, uplift_of(parts.crust)
    if uplift is None or (part := chart.crop(uplift, look.extent)) is None:
        return None
    shown = chart.thin(part.isel(time=chosen_times(part)), PIXELS).load()
    reach = _reach(shown[-1])
    columns = min(COLUMNS, shown.sizes["time"])
    rows = -(-shown.sizes["time"] // columns)
    size = WIDTH * columns + 1.1, (WIDTH * chart.ratio(shown) + 0.35) * rows + 0.9
    drawing = Figure(figsize=size, layout="compressed")
    panels = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[shown.sizes["time"] :]:
        axes.set_visible(False)
    shores = coast(parts)
    for axes, snapshot in zip(panels.flat, shown, strict=False):
        drawn = chart.image(axes, snapshot, smooth=True, cmap=look.colours("RdBu_r"), vmin=-reach, vmax=reach)
        chart.frame(axes, snapshot, ticks=4)
        map_marks.shore(axes, shores)
        for source in medium.sources(crust):
            marks.star(axes, source.x / 1000, source.y / 1000, size=9)
        axes.set_title(_heading(snapshot), loc="left", fontsize=8.5)
        axes.label_outer()
    marks.scale_bar(panels[0, 0], degrees=False)
    beyond = chart.beyond(shown.values, -reach, reach)
    bar = drawing.colorbar(drawn, ax=panels, shrink=0.7, aspect=30, pad=0.015, extend=beyond)
    bar.set_label("uplift of the bed (m)")
    drawing.suptitle(medium.heading(crust, "vertical motion of the bed", look), x=0.01, ha="left")
    credit.line(drawing, crust)
    return drawing


def uplift_of(crust: Run) -> "xr.DataArray | None":
    """Uplift [m] of the bed in time without the cells that absorb waves; None where the run kept none."""
    data = crust.surface_displacement
    if data is None or "uz" not in data or not data.sizes["time"]:
        return None
    return medium.inner(crust, -data["uz"])


def chosen_times(uplift: "xr.DataArray") -> np.ndarray:
    """Indices of the first records in which the bed has moved by parts of its final displacement, and of the last."""
    moved = abs(chart.thin(uplift, COARSE)).sum(dim=uplift.dims[-2:]).values
    if not moved[-1] > 0:
        return np.array([moved.size - 1])
    return np.unique([*(int(np.argmax(moved >= part * moved[-1])) for part in GROWTH), moved.size - 1])


def _reach(last: "xr.DataArray") -> float:
    """The displacement that the colours span: that of the end, but for the peaks of a few cells."""
    size = np.abs(last.values[np.isfinite(last.values)])
    moved = size[size > MOVED * size.max(initial=0.0)]
    return chart.nice(float(np.quantile(moved, QUANTILE))) if moved.size else 1.0


def _heading(snapshot: "xr.DataArray") -> str:
    low, high = (
        f"{float(end):+.2f}".replace("-", "\N{MINUS SIGN}") for end in (snapshot.min(), snapshot.max())
    )
    seconds = float(snapshot["seconds"])
    when = f"{seconds:.3g} s" if seconds < 600 else duration(seconds)
    return f"{when}: {low} to {high} m"
