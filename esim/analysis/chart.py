"""How does a map look? The plane of a run, its land in grey relief, its coastline, its gauges."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

PIXELS = 1500  # cells along a side beyond which a map shows every second, third... of them
INK = "#1a1a1a"
RELIEF = 0.12  # how strongly slopes shade the land

Box = tuple[float, float, float, float]  # west, east, south, north


def thin(field: "xr.DataArray", pixels: int = PIXELS) -> "xr.DataArray":
    """Every n-th cell along both sides, so that neither has more than `pixels`."""
    return field.isel({name: slice(None, None, -(-field.sizes[name] // pixels)) for name in field.dims[-2:]})


def plane(field: "xr.DataArray") -> tuple[np.ndarray, np.ndarray]:
    """Centres x, y of the cells of a field as the map counts them: degrees, or km on a Cartesian grid."""
    y, x = (field[name].values for name in field.dims[-2:])
    return (x, y) if lonlat(field) else (x / 1000, y / 1000)


def lonlat(field: "xr.DataArray") -> bool:
    """Whether a field is on a grid of degrees."""
    return field.dims[-1] == "lon"


def frame(axes: "Axes", field: "xr.DataArray", box: Box | None = None, ticks: int = 6) -> None:
    """Limits (by default those of the field), true aspect, and labels of a map."""
    from matplotlib.ticker import MaxNLocator

    west, east, south, north = box or extent(field)
    axes.set(xlim=(west, east), ylim=(south, north), aspect=stretch(field, (south + north) / 2))
    axes.tick_params(direction="out", length=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    if lonlat(field):
        axes.xaxis.set_major_formatter(lambda value, _: meridian(value))
        axes.yaxis.set_major_formatter(lambda value, _: parallel(value))
    else:
        axes.set(xlabel="x (km)", ylabel="y (km)")


def image(axes: "Axes", field: "xr.DataArray", **options: Any) -> Any:
    """Draws a field as coloured cells; cells without a value stay transparent."""
    style: dict[str, Any] = {"origin": "lower", "interpolation": "nearest", "aspect": "auto", "zorder": 2}
    style["extent"] = extent(field)
    return axes.imshow(field.values, **style | options)


def bar(axes: "Axes", drawn: Any, words: str, **options: Any) -> None:
    """Adds the scale of colours beside a map, as high as the map."""
    beside = axes.inset_axes((1.025, 0, 0.032, 1))
    axes.figure.colorbar(drawn, cax=beside, **options).set_label(words)


def contours(axes: "Axes", field: "xr.DataArray", levels: Any, **options: Any) -> Any:
    """Draws the lines along which a field has the given values; None where a grid of one row has no lines."""
    if min(field.shape) < 2 or not len(levels):
        return None
    return axes.contour(*plane(field), field.values, levels=levels, **{"zorder": 4} | options)


def land(axes: "Axes", bathymetry: "xr.DataArray") -> None:
    """Draws the land as grey relief, and the coastline: where the bathymetry of the model is zero."""
    height = bathymetry.values
    if not (height > 0).any():
        return
    dry = np.where(height > 0, height, 0)
    facing = np.diff(dry, axis=1, prepend=dry[:, :1]) - np.diff(dry, axis=0, prepend=dry[:1])
    slope = facing / (4 * max(facing.std(), 1e-9))  # light comes from the northwest
    grey = np.clip(0.78 + RELIEF * np.tanh(slope), 0, 1)
    shade = bathymetry.copy(data=np.where(height > 0, grey, np.nan))
    image(axes, shade, cmap="gray", vmin=0, vmax=1, zorder=1)
    if (height < 0).any():
        contours(axes, bathymetry, [0], colors=INK, linewidths=0.7, zorder=5)


def gauges(axes: "Axes", stations: "xr.Dataset | None") -> None:
    """Marks the stations that lie on the map, with their names."""
    if stations is None:
        return
    degrees = "lon" in stations.coords or "lon" in stations
    x, y = (stations[name].values for name in (("lon", "lat") if degrees else ("x", "y")))
    x, y = (x, y) if degrees else (x / 1000, y / 1000)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    for name, px, py in zip(stations["station"].values, x, y, strict=True):
        if west < px < east and south < py < north:
            axes.plot(px, py, "^", ms=7, mfc="white", mec=INK, mew=1.1, zorder=7)
            label(axes, px, py, str(name))


def label(axes: "Axes", x: float, y: float, text: str) -> None:
    """Writes a name beside a point, readable on any colour."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.2, foreground="white")]
    left = x > np.mean(axes.get_xlim())
    axes.annotate(
        text,
        (x, y),
        xytext=(-7 if left else 7, 4),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=8,
        color=INK,
        path_effects=halo,
        zorder=8,
    )


def duration(seconds: float) -> str:
    """A time since the origin in words: 45 s, 30 min, 2 h, 2 h 30 min."""
    if seconds and seconds < 60:
        return f"{seconds:.3g} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    words = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(words)


def nice(value: float, steps: tuple[float, ...] = (1, 1.5, 2, 3, 4, 5, 6, 8)) -> float:
    """The smallest of the steps times a power of ten that is not below a positive value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (*steps, 10) if step * power >= value * (1 - 1e-9)))


def span(field: "xr.DataArray", quantile: float) -> float:
    """A round number above all but the largest absolute values of a field: where its colours end."""
    size = np.abs(field.values[np.isfinite(field.values)])
    return nice(max(float(np.quantile(size, quantile)), 1e-6)) if size.size else 1.0


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


def meridian(degrees: float) -> str:
    """A longitude in words, from 180 degrees west to 180 degrees east."""
    degrees = (degrees + 180) % 360 - 180
    side = "" if degrees in (0, -180) else "E" if degrees > 0 else "W"
    return f"{abs(degrees):g}°{side}"


def parallel(degrees: float) -> str:
    """A latitude in words."""
    return f"{abs(degrees):g}°" + ("N" if degrees > 0 else "S" if degrees < 0 else "")
