"""How does a map look? The plane of a run, its land in grey relief, its coastline, its degrees."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from esim.analysis.figures.look import Box

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Beyond = Literal["neither", "min", "max", "both"]
PIXELS = 1500  # cells along a side beyond which a map shows every second, third... of them
INK = "#1a1a1a"
RELIEF = 0.12  # how strongly slopes shade the land
SMOOTH = 250  # cells along a side, below which waves are drawn smoothly between the middles of cells
STEPS = np.append(  # degrees between ticks: seconds, minutes, degrees
    np.array((1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)) / 3600, (1, 2, 5, 10, 15, 30, 45, 60)
)


def thin(field: "xr.DataArray", pixels: int = PIXELS) -> "xr.DataArray":
    """Every n-th cell along both sides, so that neither has more than `pixels`."""
    return field.isel({name: slice(None, None, -(-field.sizes[name] // pixels)) for name in field.dims[-2:]})


def crop(field: "xr.DataArray", box: Box | None) -> "xr.DataArray | None":
    """The cells of a field that lie in a box, as maps count: degrees, by any turn of the globe, or km.

    All of it where there is no box; None where the box is beside the grid.
    """
    if box is None:
        return field
    x, y = plane(field)
    turn = 360 * np.round((x.mean() - (box[0] + box[1]) / 2) / 360) if lonlat(field) else 0.0
    rows = np.flatnonzero((y >= box[2]) & (y <= box[3]))
    columns = np.flatnonzero((x >= box[0] + turn) & (x <= box[1] + turn))
    if min(rows.size, columns.size) < 2:
        return None
    first, last = ((found[0], found[-1] + 1) for found in (rows, columns))
    return field.isel({field.dims[-2]: slice(*first), field.dims[-1]: slice(*last)})


def plane(field: "xr.DataArray") -> tuple[np.ndarray, np.ndarray]:
    """Centres x, y of the cells of a field as the map counts them: degrees, or km on a Cartesian grid."""
    y, x = (field[name].values for name in field.dims[-2:])
    return (x, y) if lonlat(field) else (x / 1000, y / 1000)


def lonlat(field: "xr.DataArray") -> bool:
    """Whether a field is on a grid of degrees."""
    return field.dims[-1] == "lon"


def frame(axes: "Axes", field: "xr.DataArray", box: Box | None = None, ticks: int = 7) -> None:
    """Limits (by default those of the field), true aspect, and labels of a map."""
    from matplotlib.ticker import MaxNLocator

    west, east, south, north = box or extent(field)
    axes.set(xlim=(west, east), ylim=(south, north), aspect=stretch(field, (south + north) / 2))
    axes.tick_params(direction="out", length=3)
    if lonlat(field):
        for axis, ends, words in (
            (axes.xaxis, (west, east), meridian),
            (axes.yaxis, (south, north), parallel),
        ):
            values = degrees(*ends, ticks)
            axis.set_ticks(values, [words(value) for value in values])
        return
    tall = max(1.0, (north - south) / (east - west))
    for axis, most in ((axes.xaxis, max(3, round(ticks / tall))), (axes.yaxis, ticks)):
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axes.set(xlabel="x (km)", ylabel="y (km)")


def degrees(first: float, last: float, most: int) -> np.ndarray:
    """Round degrees, minutes or seconds between two values [degrees], at most so many."""
    step = next((step for step in STEPS if (last - first) / step <= most), STEPS[-1])
    return step * np.arange(np.ceil(first / step - 1e-9), np.floor(last / step + 1e-9) + 1)


def image(axes: "Axes", field: "xr.DataArray", smooth: bool = False, **options: Any) -> Any:
    """Draws a field as coloured cells; cells without a value stay transparent.

    `smooth` draws colours between the middles of cells, where these are so few that they would be seen.
    """
    style: dict[str, Any] = {"origin": "lower", "interpolation": "nearest", "aspect": "auto", "zorder": 2}
    style["extent"] = extent(field)
    if smooth and max(field.shape) < SMOOTH:
        style |= {"interpolation": "bilinear", "interpolation_stage": "data"}
    return axes.imshow(field.values, **style | options)


def bar(axes: "Axes", drawn: Any, words: str, gap: float = 0.025, **options: Any) -> None:
    """Adds the scale of colours beside a map, as high as the map; gap is a part of its width, or height if more."""
    axes.apply_aspect()
    size = axes.get_window_extent()
    tall = max(1.0, size.height / size.width)
    beside = axes.inset_axes((1 + gap * tall, 0, 0.032 * tall, 1))
    axes.figure.colorbar(drawn, cax=beside, **options).set_label(words)


def contours(axes: "Axes", field: "xr.DataArray", levels: Any, **options: Any) -> Any:
    """Draws the lines along which a field has the given values; None where a grid of one row has no lines."""
    if min(field.shape) < 2 or not len(levels):
        return None
    return axes.contour(*plane(field), field.values, levels=levels, **{"zorder": 4} | options)


def land(axes: "Axes", bathymetry: "xr.DataArray", relief: float = 1.0, coast: float = 5.0) -> None:
    """Draws the land as grey relief, and the coastline: where the bathymetry of the model is zero; at z-orders."""
    height = bathymetry.values
    if not (height > 0).any():
        return
    dry = np.where(height > 0, height, 0)
    facing = np.diff(dry, axis=1, prepend=dry[:, :1]) - np.diff(dry, axis=0, prepend=dry[:1])
    slope = facing / (4 * max(facing.std(), 1e-9))  # light comes from the northwest
    grey = np.clip(0.78 + RELIEF * np.tanh(slope), 0, 1)
    shade = bathymetry.copy(data=np.where(height > 0, grey, np.nan))
    image(axes, shade, cmap="gray", vmin=0, vmax=1, zorder=relief)
    if (height < 0).any():
        contours(axes, bathymetry, [0], colors=INK, linewidths=0.7, zorder=coast)


def nice(value: float, steps: tuple[float, ...] = (1, 1.5, 2, 3, 4, 5, 6, 8)) -> float:
    """The smallest of the steps times a power of ten that is not below a positive value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (*steps, 10) if step * power >= value * (1 - 1e-9)))


def span(field: "xr.DataArray", quantile: float) -> float:
    """A round number above all but the largest absolute values of a field: where its colours end."""
    size = np.abs(field.values[np.isfinite(field.values)])
    return nice(max(float(np.quantile(size, quantile)), 1e-6)) if size.size else 1.0


def opacity(field: "xr.DataArray", full: float) -> np.ndarray:
    """From clear, where hardly anything has moved and the land shows, to opaque from a displacement on."""
    return np.clip(np.nan_to_num(np.abs(field.values)) / full, 0, 1)


def beyond(values: np.ndarray, low: float, high: float) -> Beyond:
    """At which ends values lie beyond a scale of colours, in the words of Matplotlib: neither, min, max or both."""
    known = values[np.isfinite(values)]
    less, more = bool((known < low).any()), bool((known > high).any())
    return "both" if less and more else "min" if less else "max" if more else "neither"


def extent(field: "xr.DataArray") -> Box:
    """Outer edges of the cells of a field: west, east, south, north."""
    x, y = plane(field)
    dx, dy = (np.ptp(values) / max(values.size - 1, 1) for values in (x, y))
    dx, dy = dx or dy or 1.0, dy or dx or 1.0  # a single row of cells is taken to be square
    return x[0] - dx / 2, x[-1] + dx / 2, y[0] - dy / 2, y[-1] + dy / 2


def stretch(field: "xr.DataArray", latitude: float) -> float:
    """How much longer a degree northward is than one eastward; one on a plane."""
    return float(1 / np.cos(np.deg2rad(latitude))) if lonlat(field) else 1.0


def ratio(field: "xr.DataArray") -> float:
    """Height of a map of the whole field over its width."""
    west, east, south, north = extent(field)
    return stretch(field, (south + north) / 2) * (north - south) / (east - west)


def size(field: "xr.DataArray", most: tuple[float, float]) -> tuple[float, float]:
    """Inches of a drawing with one map of a field that is at most so wide and high, its scale of colours and title."""
    width = min(most[0], most[1] / ratio(field))
    height = max(width * ratio(field), 2.2)
    return width + 1.1, height + 1.1


def meridian(value: float) -> str:
    """A longitude [degrees] in degrees, minutes and seconds, from 180 degrees west to 180 degrees east: 130°40′E."""
    value = (value + 180) % 360 - 180
    side = "" if round(abs(value) * 3600) in (0, 180 * 3600) else "E" if value > 0 else "W"
    return _sexagesimal(value) + side


def parallel(value: float) -> str:
    """A latitude [degrees] in degrees, minutes and seconds."""
    side = "" if round(value * 3600) == 0 else "N" if value > 0 else "S"
    return _sexagesimal(value) + side


def _sexagesimal(value: float) -> str:
    minutes, seconds = divmod(round(abs(value) * 3600), 60)
    whole, minutes = divmod(minutes, 60)
    text = f"{whole}°" + (f"{minutes:02d}′" if minutes or seconds else "")
    return text + (f"{seconds:02d}″" if seconds else "")
