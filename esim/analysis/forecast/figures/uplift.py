"""Where has the bed risen? The map of the expected uplift, with sensors and targets."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, coastline, labels, marks
from esim.analysis.figures.look import Look
from esim.analysis.forecast.files import ForecastFiles

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = 5.6, 7.4  # inches: width and height of the map, at most
SHOWN = 0.05  # of the largest uplift: what the map shows at least
ROOM = 0.06  # around that, of the longer side
SAMPLES = 500  # points along a side at which it is asked whether there is land
LAND, SENSOR, TARGET = "0.82", chart.INK, "#0072B2"


def figure(forecast: ForecastFiles, look: Look) -> "Figure | None":
    """The map alone; None beside the extent of the look."""
    from matplotlib.figure import Figure

    if (shown := part(forecast, look)) is None:
        return None
    drawing = Figure(figsize=chart.size(shown, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    draw(axes, forecast, shown, look)
    drawing.suptitle(title(forecast, look), x=0.01, ha="left")
    names(axes, forecast)
    return drawing


def title(forecast: ForecastFiles, look: Look) -> str:
    """Heading, time of the last data, and how large the earthquake was, in two lines."""
    size = f", {forecast.size}" if forecast.size else ""
    heading = forecast.title if look.title is None else look.title
    return f"{heading}\nforecast from data up to {forecast.until / 60:.3g} min{size}"


def part(forecast: ForecastFiles, look: Look) -> "xr.DataArray | None":
    """The uplift around what moved, sensors in use and targets near it, or in the extent of the look."""
    field = forecast.result["uplift"]
    return chart.crop(field, look.extent or _around(forecast, field))


def draw(axes: "Axes", forecast: ForecastFiles, field: "xr.DataArray", look: Look) -> None:
    """Land, uplift, subfaults, sensors and targets, and the scale of colours below the map."""
    most = max(chart.nice(float(np.abs(field).max())), 0.01)
    colours: dict[str, Any] = {"cmap": look.colours("RdBu_r"), "vmin": -most, "vmax": most}
    if forecast.lonlat:
        _land(axes, field)
    drawn = chart.image(axes, field, smooth=True, alpha=chart.opacity(field, 0.1 * most), **colours)
    chart.frame(axes, field, ticks=6)
    if (outlines := forecast.outlines()) is not None:
        marks.outlines(axes, outlines, width=0.3)
    _points(axes, forecast)
    marks.scale_bar(axes, forecast.lonlat)
    bar = axes.inset_axes((0.0, -0.11, 1.0, 0.025))
    axes.figure.colorbar(drawn, cax=bar, orientation="horizontal").set_label("expected uplift (m)")


def _land(axes: "Axes", field: "xr.DataArray") -> None:
    west, east, south, north = chart.extent(field)
    x, y = np.linspace(west, east, SAMPLES), np.linspace(south, north, SAMPLES)
    land = coastline.land(*np.meshgrid(x, y))
    if land is not None and land.any():
        axes.contourf(x, y, land, levels=[0.5, 1.5], colors=[LAND], zorder=1)
        axes.contour(x, y, land, levels=[0.5], colors=[chart.INK], linewidths=0.5, zorder=5)


def _points(axes: "Axes", forecast: ForecastFiles) -> None:
    """Sensors, hollow where they are not used, and targets."""
    (x, y), (tx, ty) = forecast.places("sensor"), forecast.places("target")
    used = forecast.used()
    in_use = np.ones(x.size, bool) if used is None else used
    style: dict[str, Any] = {"ls": "none", "ms": 6, "zorder": 7, "scalex": False, "scaley": False}
    axes.plot(tx, ty, "o", color=TARGET, label="target", **(style | {"ms": 4}))
    axes.plot(x[in_use], y[in_use], "^", color=SENSOR, label="sensor", **style)
    if not in_use.all():
        axes.plot(x[~in_use], y[~in_use], "^", mfc="white", mec=SENSOR, label="sensor, not used", **style)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, fontsize=7, frameon=False, borderpad=0.1
    )


def names(axes: "Axes", forecast: ForecastFiles) -> None:
    """The names of sensors and targets, as far as there is room. Call it last: all else must have its place."""
    (x, y), (tx, ty) = forecast.places("sensor"), forecast.places("target")
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    texts = [*forecast.names("sensor"), *forecast.names("target")]
    x, y = np.hstack([x, tx]), np.hstack([y, ty])
    on = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    labels.beside(axes, x[on], y[on], [name for name, seen in zip(texts, on, strict=True) if seen], size=7)


def _around(forecast: ForecastFiles, field: "xr.DataArray") -> chart.Box:
    """What has moved, with the sensors and targets beside it that do not double the map, and a margin."""
    x, y = chart.plane(field)
    size = np.abs(field.values)
    moved = size > SHOWN * size.max()
    if not moved.any():
        return chart.extent(field)
    box = np.array([x[moved.any(axis=0)][[0, -1]], y[moved.any(axis=1)][[0, -1]]])  # (x, y), (first, last)
    if (outlines := forecast.outlines()) is not None:
        box = _with(box, outlines.reshape(-1, 2).T)
    most = np.ptp(box, axis=1)
    places = np.hstack([forecast.places(kind) for kind in ("sensor", "target")])
    near = (np.abs(places - box.mean(axis=1)[:, None]) <= most[:, None]).all(axis=0)
    (west, east), (south, north) = _with(box, places[:, near])
    room = ROOM * max(east - west, north - south)
    return west - room, east + room, south - room, north + room


def _with(box: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A box (x and y, first and last) that holds places (2, count) as well."""
    both = np.hstack([box, places])
    return np.array([both.min(axis=1), both.max(axis=1)]).T
