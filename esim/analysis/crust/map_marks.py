"""Which marks has a map of the crust? Sources and faults, stations, the coast, degrees."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis import chart, labels
from esim.analysis.crust import medium
from esim.analysis.run import Run
from esim.data import PREFIX, locate, table

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

COAST = "coastlines/ne_50m_coastline.json"
PLANES = 8  # of a fault, beyond which they are its subfaults
NAMED = 40  # stations, beyond which they are dots without names
STEPS = (1 / 60, 1 / 30, 1 / 12, 1 / 6, 0.25, 0.5, 1.0, 2.0, 5.0)  # degrees between ticks
TICKS = 5  # of degrees along a side, at most
STAR: dict[str, Any] = {"marker": "*", "mec": "black", "mfc": "#ffd92f", "ls": "none"}


def everything(axes: "Axes", run: Run, names: bool = True) -> None:
    """Coast, sources, stations and degrees on axes in km that have their final limits."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    coast(axes, coastline(run, (west, east, south, north)))
    epicentres(axes, run)
    degrees(axes, run)
    stations(axes, run, names)


def epicentres(axes: "Axes", run: Run, size: float = 15.0) -> None:
    """Stars at the sources, the strongest one large, and the surface projection of faults.

    The upper edge of a fault is drawn thicker, unless there are many subfaults.
    """
    for n, source in enumerate(medium.sources(run)):
        for outline in source.outlines:
            _outline(axes, outline, bold=len(source.outlines) <= PLANES)
        axes.plot(source.x / 1000, source.y / 1000, ms=size / 2 if n else size, mew=0.9, zorder=8, **STAR)


def stations(axes: "Axes", run: Run, names: bool = True) -> None:
    """Triangles at the stations on the map, with names as far as there is room."""
    if run.stations is None:
        return
    x, y = (run.stations[name].values / 1000 for name in ("x", "y"))
    (west, east), (south, north) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    on = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    many = on.sum() > NAMED
    axes.plot(x[on], y[on], "^", ms=3.5 if many else 6, mfc="white", mec=chart.INK, mew=0.8, zorder=7)
    if names and not many:
        labels.beside(axes, x[on], y[on], [str(name) for name in run.stations["station"].values[on]])


def coastline(run: Run, box: chart.Box) -> list[np.ndarray]:
    """The coast within a box [km] as lines (2, points) [km]: of the run's own ground, if some of it is at sea.

    Else that of Natural Earth (1:50 million); none where the run has no place on Earth, or where the file is not
    here, for it is not fetched for this.
    """
    own = next((data["elevation"] for data in (run.maxima, run.fields) if data and "elevation" in data), None)
    if own is not None and float(own.min()) < float(own.max()):
        return _shore(own)
    place = medium.projection(run)
    if place is None or not any(known.name == COAST and known.path for known in table()):
        return []
    west, east, south, north = (1000 * edge for edge in box)
    lon, lat = place.to_lonlat(*np.meshgrid(np.linspace(west, east, 9), np.linspace(south, north, 9)))
    found = []
    for line in _lines():
        near = abs((line[:, 0] - np.mean(lon) + 180) % 360 - 180) < np.ptp(lon) + 0.5
        near &= abs(line[:, 1] - np.mean(lat)) < np.ptp(lat) + 0.5
        if near.any():
            found.append(np.full(line.T.shape, np.nan))
            found[-1][:, near] = np.array(place.to_xy(*line[near].T)) / 1000
    return found


def coast(axes: "Axes", lines: list[np.ndarray]) -> None:
    """Draws a coastline on axes that keep their limits."""
    for line in lines:
        for colour, width in (("white", 2.4), ("#222222", 1.1)):
            axes.plot(*line, color=colour, lw=width, zorder=4.5, scalex=False, scaley=False)


def degrees(axes: "Axes", run: Run) -> None:
    """Ticks of longitude along the upper edge and of latitude along the right one."""
    place = medium.projection(run)
    if place is None:
        return
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    x, y = np.linspace(west, east, 200), np.linspace(south, north, 200)
    lon = place.to_lonlat(1000 * x, np.full_like(x, 1000 * north))[0]
    lat = place.to_lonlat(np.full_like(y, 1000 * east), 1000 * y)[1]
    lon = np.unwrap(lon, period=360.0)
    for values, at, side, words in (
        (lon, x, axes.secondary_xaxis("top").xaxis, chart.meridian),
        (lat, y, axes.secondary_yaxis("right").yaxis, chart.parallel),
    ):
        ticks = _ticks(values[0], values[-1])
        side.set_ticks(np.interp(ticks, values, at), [words(round(tick, 4)) for tick in ticks], fontsize=7)
        side.set_tick_params(length=2, pad=1.5, color="0.4", labelcolor="0.35")


def _outline(axes: "Axes", outline: np.ndarray, bold: bool) -> None:
    """A polygon in km; the edge between its shallowest corners is thicker. Only a thin line if not bold."""
    closed = np.vstack((outline, outline[:1])) / 1000
    if not bold:
        axes.plot(closed[:, 0], closed[:, 1], color="black", lw=0.5, zorder=5.5)
        return
    axes.plot(closed[:, 0], closed[:, 1], color="white", lw=2.6, zorder=5.4)
    axes.plot(closed[:, 0], closed[:, 1], color="black", lw=1.2, zorder=5.5)
    depth = closed[:, 2]
    if np.ptp(depth) > 0:
        edge = np.argmin(depth[:-1] + depth[1:])
        axes.plot(*closed[edge : edge + 2, :2].T, color="black", lw=2.6, zorder=5.6, solid_capstyle="butt")


def _shore(elevation: "xr.DataArray") -> list[np.ndarray]:
    """Lines (2, points) [km] along which a field of heights is zero; none where no cell is below it."""
    from matplotlib.figure import Figure

    height = chart.thin(elevation)
    if not (float(height.min()) < 0 < float(height.max())):
        return []
    lines = chart.contours(Figure().add_subplot(), height, [0])
    return [] if lines is None else [line.T for line in lines.allsegs[0]]


def _lines() -> list[np.ndarray]:
    """All coastlines, as arrays (points, 2) of longitude and latitude."""
    lines = []
    for feature in json.loads(locate(PREFIX + COAST).read_text(encoding="utf-8"))["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "LineString" else shape["coordinates"]
        lines += [np.array(part) for part in parts]
    return lines


def _ticks(first: float, last: float) -> np.ndarray:
    """Round degrees between two values."""
    step = next((step for step in STEPS if (last - first) / step <= TICKS), STEPS[-1])
    return step * np.arange(np.ceil(first / step), np.floor(last / step) + 1)
