"""The figure of propagation: the water surface at up to six times."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.clock import clock, duration
from esim.analysis.figures.inlay import COAST, inlay
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.ocean.figures.nests import nested
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = 6
CROWDED = 1.5  # how much closer the early snapshots are; 1: evenly spread
COLUMNS = 2  # so that a figure is no wider than can be read on a phone
WIDTH = 2.9  # inches, of a panel
PIXELS = 500  # cells along a side of a panel
QUANTILE = 0.995  # of the water's displacement that the colours span


def figure(run: Run, look: Look = PLAIN) -> "Figure | None":
    """The water surface at several times; None unless fields.nc has it at several, within the extent of the look."""
    from matplotlib.figure import Figure

    if run.fields is None or "eta" not in run.fields or run.fields.sizes["time"] < 2:
        return None
    bathymetry = chart.crop(run.fields["bathymetry"], look.extent)
    whole = chart.crop(run.fields["eta"], look.extent)
    if bathymetry is None or whole is None:
        return None
    chosen, times = _chosen(run.fields["hours"].values), clock(run, look)
    eta, bathymetry = chart.thin(whole.isel(time=chosen), PIXELS).load(), chart.thin(bathymetry, PIXELS)
    reach = chart.span(eta, QUANTILE)
    columns = min(COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    size = (WIDTH * columns + 1.0, (WIDTH * chart.ratio(bathymetry) + 0.3) * rows + 0.6)
    drawing = Figure(figsize=size, layout="compressed")
    panels = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    nests = list(nested(run, eta))
    style: dict[str, Any] = {"smooth": True, "cmap": look.colours("RdBu_r"), "vmin": -reach, "vmax": reach}
    for n, (axes, snapshot) in enumerate(zip(panels.flat, eta, strict=False)):
        chart.land(axes, bathymetry, coast=COAST if nests else 5.0)
        drawn = chart.image(axes, snapshot, **style)
        chart.frame(axes, snapshot, ticks=3)
        for order, (name, field, bed) in enumerate(nests, start=1):
            base = inlay(axes, name if n == 0 else "", bed, order, PIXELS)
            chart.image(axes, chart.thin(field[n], PIXELS), zorder=base, **style)
        axes.label_outer()
        seconds = float(snapshot["seconds"])
        axes.set_title(" | ".join((duration(seconds), *times.at(seconds))), loc="left", fontsize=8.5)
    marks.scale_bar(panels[0, 0], chart.lonlat(bathymetry))
    beyond = chart.beyond(eta.values, -reach, reach)
    bar = drawing.colorbar(drawn, ax=panels, shrink=0.7, aspect=30, pad=0.015, extend=beyond)
    bar.set_label("water-surface elevation (m)")
    drawing.suptitle("\n".join(filter(None, (look.heading(run), times.origin()))), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _chosen(hours: np.ndarray) -> np.ndarray:
    """Indices of up to six snapshots after the first, closer to each other at the beginning."""
    wanted = hours[-1] * (np.arange(1, PANELS + 1) / PANELS) ** CROWDED
    nearest = np.abs(hours[1:, None] - wanted).argmin(axis=0) + 1
    return np.unique(nearest)
