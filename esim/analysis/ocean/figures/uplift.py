"""The figure of the source: displacement of the seafloor, or the initial water surface."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.look import PLAIN, Look
from esim.analysis.ocean.figures import fault
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

SIZE = 5.4, 6.6  # inches: width and height of the map, at most
SHOWN = 0.02  # of the largest displacement: what the map must contain
MARGIN, LEAST = 0.45, 0.5  # of the longer side of that region: on each side, and how short the other counts
QUANTILE = 0.995  # of the displacements there that the colours span
OPAQUE = 0.08  # of the span: smaller displacements let the land shine through


def figure(run: Run, look: Look = PLAIN) -> "Figure | None":
    """The uplift of the seafloor around the source; the initial water surface where the seafloor has not moved.

    None if nothing has moved, if the run kept neither, or beside the extent of the look.
    """
    from matplotlib.figure import Figure

    found = _displacement(run)
    if found is None:
        return None
    field, bathymetry, words = found
    part = chart.crop(field, look.extent or _around(field))
    if part is None:
        return None
    reach = _reach(field)
    drawing = Figure(figsize=chart.size(part, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    chart.land(axes, bathymetry)
    colours = {
        "cmap": look.colours("RdBu_r"),
        "vmin": -reach,
        "vmax": reach,
        "alpha": chart.opacity(field, OPAQUE * reach),
    }
    drawn = chart.image(axes, field, **colours)
    levels = _levels(field, reach)
    if chart.contours(axes, field, levels, colors=chart.INK, linewidths=0.5, alpha=0.7) is not None:
        marks.notes(axes, [f"lines every {_step(reach):g} m, dashed: downward"])
    chart.frame(axes, field, chart.extent(part))
    marks.nests(axes, run)
    fault.draw(axes, run, field)
    marks.scale_bar(axes, chart.lonlat(field))
    marks.stations(axes, run.stations)
    chart.bar(axes, drawn, f"{words} (m)", extend=chart.beyond(field.values, -reach, reach))
    axes.set_title(_title(run, field, words, look), loc="left")
    credit.line(drawing, run)
    return drawing


def _displacement(run: Run) -> "tuple[xr.DataArray, xr.DataArray, str] | None":
    """What to show: the field, the bathymetry below it, and its name."""
    maxima, fields = run.maxima, run.fields
    if maxima is not None and (uplift := chart.thin(maxima["uplift"])).notnull().any():
        if float(np.abs(uplift).max()) > 0:
            return uplift, chart.thin(maxima["bathymetry"]), "uplift of the seafloor"
    if fields is not None and "eta" in fields and fields["hours"].size and fields["hours"][0] == 0:
        eta = chart.thin(fields["eta"].isel(time=0))
        if float(np.abs(eta).max()) > 0:
            return eta, chart.thin(fields["bathymetry"]), "initial water surface"
    return None


def _reach(field: "xr.DataArray") -> float:
    """The displacement that the colours span: all but the peaks of a few cells."""
    size = np.abs(field.values)
    return chart.nice(float(np.quantile(size[size > SHOWN * np.nanmax(size)], QUANTILE)))


def _step(reach: float) -> float:
    """Displacement from line to line [m]."""
    return chart.nice(reach / 8, (1, 2, 5))


def _levels(field: "xr.DataArray", reach: float) -> np.ndarray:
    """Up to eight lines on each side, none at zero."""
    levels = _step(reach) * np.arange(-9, 10)
    inside = (levels > float(field.min())) & (levels < float(field.max())) & (levels != 0)
    return levels[inside]


def _around(field: "xr.DataArray") -> chart.Box:
    """The box of the map: what has moved, with a margin, within the grid."""
    x, y = chart.plane(field)
    moved = np.nan_to_num(np.abs(field.values)) > SHOWN * float(np.abs(field).max())
    (west, east), (south, north) = (
        (line[0], line[-1]) for line in (x[moved.any(axis=0)], y[moved.any(axis=1)])
    )
    stretch = chart.stretch(field, (south + north) / 2)
    tall, wide = north - south, (east - west) / stretch
    long = max(tall, wide, 4 * (y[-1] - y[0]) / max(y.size, 2))
    half_x, half_y = (max(each / 2 + MARGIN * long, (0.5 + MARGIN) * LEAST * long) for each in (wide, tall))
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    return (
        max(middle_x - half_x * stretch, x[0]),
        min(middle_x + half_x * stretch, x[-1]),
        max(middle_y - half_y, y[0]),
        min(middle_y + half_y, y[-1]),
    )


def _title(run: Run, field: "xr.DataArray", words: str, look: Look) -> str:
    low, high = float(field.min()), float(field.max())
    size = f"Mw {run.magnitude:.2f}, " if run.magnitude is not None else ""
    digits = max(0, 2 - int(np.floor(np.log10(max(abs(low), abs(high))))))
    span = f"{low:+.{digits}f} to {high:+.{digits}f} m".replace("-", "\N{MINUS SIGN}")
    return f"{look.heading(run)}\n{size}{words} {span}"
