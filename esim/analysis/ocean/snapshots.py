"""The figure of propagation: the water surface at up to six times."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis import chart
from esim.analysis.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS, COLUMNS = 6, 3
CROWDED = 1.5  # how much closer the early snapshots are; 1: evenly spread
WIDTH = 3.2  # inches, of a panel
PIXELS = 500  # cells along a side of a panel
QUANTILE = 0.995  # of the water's displacement that the colours span


def figure(run: Run) -> "Figure | None":
    """The water surface at several times; None unless fields.nc has it at several."""
    from matplotlib.figure import Figure

    if run.fields is None or "eta" not in run.fields or run.fields.sizes["time"] < 2:
        return None
    chosen = _chosen(run.fields["hours"].values)
    eta = chart.thin(run.fields["eta"].isel(time=chosen), PIXELS).load()
    bathymetry = chart.thin(run.fields["bathymetry"], PIXELS)
    reach = chart.span(eta, QUANTILE)
    columns = min(COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    size = (WIDTH * columns + 1.5, (WIDTH * chart.ratio(bathymetry) + 0.25) * rows + 0.5)
    drawing = Figure(figsize=size, layout="constrained")
    panels = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    for axes, snapshot in zip(panels.flat, eta, strict=False):
        chart.land(axes, bathymetry)
        drawn = chart.image(axes, snapshot, cmap="RdBu_r", vmin=-reach, vmax=reach)
        chart.frame(axes, snapshot, ticks=4)
        axes.label_outer()
        axes.set_title(chart.duration(float(snapshot["seconds"])), loc="left", fontsize=9)
    bar = drawing.colorbar(drawn, ax=panels, shrink=0.8, pad=0.015, extend="both")
    bar.set_label("water-surface elevation (m)")
    drawing.suptitle(run.title, x=0.01, ha="left")
    return drawing


def _chosen(hours: np.ndarray) -> np.ndarray:
    """Indices of up to six snapshots after the first, closer to each other at the beginning."""
    wanted = hours[-1] * (np.arange(1, PANELS + 1) / PANELS) ** CROWDED
    nearest = np.abs(hours[1:, None] - wanted).argmin(axis=0) + 1
    return np.unique(nearest)
