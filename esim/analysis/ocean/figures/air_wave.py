"""The figure of a wave of the air: the water at up to four times, the front above it, the free wave behind it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.clock import clock, duration
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.ocean.air_wave import air_waves, free_wave_times
from esim.analysis.ocean.figures.arrivals import AIR, FREE, FREE_NAME
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS, COLUMNS = 4, 2
WIDTH = 3.4  # inches, of a panel
PIXELS = 500  # cells along a side of a panel
QUANTILE = 0.998  # of the water's displacement that the colours span
LINES = (0.2, 0.8)  # of the highest pressure of a moment, along which lines are drawn, above and below zero


def figure(run: Run, look: Look = PLAIN) -> "Figure | None":
    """Water, air and free wave at several times; None without circular pulses, or snapshots of both."""
    from matplotlib.figure import Figure

    waves, fields = list(air_waves(run)), run.fields
    if not waves or fields is None or not {"eta", "air_pressure"} <= set(fields) or fields.sizes["time"] < 2:
        return None
    bathymetry = chart.crop(fields["bathymetry"], look.extent)
    cropped = [chart.crop(fields[name], look.extent) for name in ("eta", "air_pressure")]
    if bathymetry is None or cropped[0] is None or cropped[1] is None:
        return None
    chosen, times = _chosen(cropped[1]), clock(run, look)
    eta, air = (chart.thin(field.isel(time=chosen), PIXELS).load() for field in cropped if field is not None)
    bathymetry, free = chart.thin(bathymetry, PIXELS), free_wave_times(run, waves[0])
    reach = chart.span(eta, QUANTILE)
    columns = min(COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    size = (WIDTH * columns + 1.0, (WIDTH * chart.ratio(bathymetry) + 0.3) * rows + 0.9)
    drawing = Figure(figsize=size, layout="compressed")
    panels = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    style: dict[str, Any] = {"smooth": True, "cmap": look.colours("RdBu_r"), "vmin": -reach, "vmax": reach}
    for axes, water, pressure in zip(panels.flat, eta, air, strict=False):
        chart.land(axes, bathymetry)
        drawn = chart.image(axes, water, **style)
        chart.frame(axes, water, ticks=4)
        seconds = float(water["seconds"])
        _fronts(axes, pressure, free, seconds)
        axes.label_outer()
        axes.set_title(" | ".join((duration(seconds), *times.at(seconds))), loc="left", fontsize=8.5)
    marks.scale_bar(panels[0, 0], chart.lonlat(bathymetry))
    bar = drawing.colorbar(
        drawn, ax=panels, shrink=0.7, aspect=30, pad=0.015, extend=chart.beyond(eta.values, -reach, reach)
    )
    bar.set_label("water-surface elevation (m)")
    _legend(drawing, free is not None)
    drawing.suptitle("\n".join(filter(None, (look.heading(run), times.origin()))), x=0.01, ha="left")
    credit.line(drawing, run)
    return drawing


def _chosen(air: "xr.DataArray") -> np.ndarray:
    """Indices of up to four snapshots, evenly spread over those in which there is air pressure on the map."""
    size = np.array([float(np.abs(moment).max()) for moment in air])
    there = np.flatnonzero(size > 0.02 * size.max()) if size.max() > 0 else np.arange(1, air.sizes["time"])
    there = there[there > 0] if (there > 0).any() else there
    wanted = np.linspace(0, there.size - 1, min(PANELS + 1, there.size))[-PANELS:]
    return np.unique(there[np.round(wanted).astype(int)])


def _fronts(axes: "Axes", pressure: "xr.DataArray", free: "xr.DataArray | None", seconds: float) -> None:
    """Lines of equal air pressure, and where the first free wave is by now."""
    peak = float(np.abs(pressure).max())
    if peak > 0:
        levels = peak * np.array([-fraction for fraction in LINES[::-1]] + list(LINES))
        dashes = ["dotted"] * len(LINES) + ["solid"] * len(LINES)
        chart.contours(axes, pressure, levels, colors=AIR, linewidths=0.8, linestyles=dashes)
    if free is not None:
        chart.contours(axes, free, [seconds], colors=FREE, linewidths=1.0, linestyles="dashed")


def _legend(drawing: "Figure", free: bool) -> None:
    """What the lines are."""
    from matplotlib.lines import Line2D

    low, high = (f"{100 * fraction:g}" for fraction in LINES)
    lines = [Line2D([], [], color=AIR, lw=0.8)] + [Line2D([], [], color=FREE, lw=1.0, ls="dashed")] * free
    names = [
        f"air pressure, {low} and {high} % of its peak",
        rf"{FREE_NAME}, at $\sqrt{{gh}}$ from the origin",
    ]
    drawing.legend(lines, names[: len(lines)], loc="outside lower left", ncols=2, frameon=False, fontsize=8)
