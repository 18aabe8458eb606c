"""The figure of maximum water-surface elevation, with isochrones of arrival."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, credit, labels, marks
from esim.analysis.figures.clock import clock, duration
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.ocean.figures import fault, isochrones
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUANTILE = 0.9995  # of the heights that the colours span
DECADES = 2.0  # of height that the colours span, at most
SIZE = 5.6, 7.4  # inches: width and height of the map, at most
UNREACHED = "white"  # which no colour is: the palest is so far along the map of colours
PALEST = 0.14


def figure(run: Run, grid: str = "", look: Look = PLAIN) -> "Figure | None":
    """Maximum water-surface elevation on a grid, with isochrones of arrival.

    Below the threshold of arrival there is no colour. None without maxima, or beside the extent of the look.
    """
    from matplotlib.figure import Figure

    maxima = run.grids.get(grid)
    if (
        maxima is None
        or "eta_max" not in maxima
        or (part := chart.crop(maxima["eta_max"], look.extent)) is None
    ):
        return None
    maxima = maxima.sel({name: part[name] for name in part.dims})
    height = chart.thin(part)
    threshold = _threshold(maxima)
    norm = _norm(height, threshold)
    drawing = Figure(figsize=chart.size(height, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    axes.set_facecolor(UNREACHED)
    chart.land(axes, chart.thin(maxima["bathymetry"]))
    drawn = chart.image(axes, height.where(height >= threshold), cmap=_colours(look), norm=norm)
    _layers(axes, maxima)
    chart.frame(axes, height)
    _marks(axes, run, maxima, height, grid)
    beyond = chart.beyond(height.where(height >= threshold).values, norm.vmin, norm.vmax)
    words = "maximum water-surface elevation (m)"
    chart.bar(axes, drawn, words, extend=beyond, ticks=_ticks(norm), format="%g")
    axes.set_title("\n".join((look.heading(run), *_subtitle(run, grid, maxima, look))), loc="left")
    _isochrones(axes, maxima, fault.subfaults(run, height))
    credit.line(drawing, run)
    return drawing


def _threshold(maxima: "xr.Dataset") -> float:
    """The displacement [m] of the water at which a wave has arrived; 0 where the run kept no arrivals."""
    return float(maxima["arrival_time"].attrs.get("threshold", 0.0)) if "arrival_time" in maxima else 0.0


def _norm(height: "xr.DataArray", threshold: float) -> Any:
    """Colours by the logarithm of the height, from the threshold, if that is not too low, to nearly the largest."""
    from matplotlib.colors import LogNorm

    top = chart.span(height, QUANTILE)
    return LogNorm(min(max(threshold, top / 10**DECADES), top / 2), top)


def _colours(look: Look) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    own = ListedColormap(colormaps["YlGnBu"](np.linspace(PALEST, 1, 256)))
    return colormaps.get_cmap(look.colours(own))


def _marks(axes: "Axes", run: Run, maxima: "xr.Dataset", height: "xr.DataArray", grid: str) -> None:
    marks.nests(axes, run, grid)
    fault.draw(axes, run, height)
    threshold = _threshold(maxima)
    words = [f"white: below {_length(threshold)}"] if threshold else []
    if "absorbing_layer" in maxima and maxima["absorbing_layer"].any():
        words.append("dashed: layers that absorb, where maxima are too small")
    marks.notes(axes, words)
    marks.scale_bar(axes, chart.lonlat(height))
    marks.stations(axes, run.stations)


def _isochrones(axes: "Axes", maxima: "xr.Dataset", faults: list[np.ndarray]) -> None:
    """Lines of equal arrival time, labelled; small pieces are left out."""
    from matplotlib.path import Path

    whole = isochrones.arrivals(maxima, faults)
    if whole is None:
        return
    arrival = chart.thin(whole)
    lines = chart.contours(
        axes, arrival, isochrones.levels(arrival), colors=chart.INK, linewidths=0.7, alpha=0.85
    )
    if lines is None:
        return
    size = isochrones.diagonal(arrival)
    kept = [isochrones.pieces(segments, size) for segments in lines.allsegs]
    lines.set_paths([Path.make_compound_path(*map(Path, each)) for each in kept])
    labels.along(axes, lines, duration)


def _layers(axes: "Axes", maxima: "xr.Dataset") -> None:
    """A dashed line around what lies outside of the layers that absorb."""
    if "absorbing_layer" in maxima and maxima["absorbing_layer"].any():
        damped = chart.thin(maxima["absorbing_layer"].astype(float))
        chart.contours(axes, damped, [0.5], colors=chart.INK, linewidths=0.8, linestyles="dashed")


def _ticks(norm: Any) -> list[float]:
    """1, 2, 5 times the powers of ten between the ends of a logarithmic scale."""
    powers = 10.0 ** np.arange(np.floor(np.log10(norm.vmin)), np.ceil(np.log10(norm.vmax)) + 1)
    ticks = np.outer(powers, (1, 2, 5)).ravel()
    return [
        float(tick) for tick in ticks if norm.vmin <= tick * (1 + 1e-9) and tick <= norm.vmax * (1 + 1e-9)
    ]


def _subtitle(run: Run, grid: str, maxima: "xr.Dataset", look: Look) -> list[str]:
    name, threshold = f"nest {grid}: " if grid else "", _threshold(maxima)
    words = f"{name}maximum water-surface elevation"
    if threshold:
        words += f", lines: arrival time (of {_length(threshold)})"
    return [words, *filter(None, [clock(run, look).origin()])]


def _length(metres: float) -> str:
    """A height in cm below a metre, else in m."""
    return f"{100 * metres:.3g} cm" if metres < 1 else f"{metres:.3g} m"
