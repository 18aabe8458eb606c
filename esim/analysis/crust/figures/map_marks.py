"""Which marks has a map of the crust? Sources and faults, stations, the coast, degrees."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.figures import chart, coastline, marks
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

PLANES = 8  # of a fault, beyond which they are its subfaults
TICKS = 5  # of degrees along a side, at most
SAMPLES = 500  # points along a side of a map at which it is asked whether there is land
STEPS = 200.0  # m: higher cells make no coast
SOFT = 0.8  # of their distance: width of the filter that takes the corners from the edge of the land


def everything(axes: "Axes", run: Run, coast: list[np.ndarray], names: bool = True) -> None:
    """Coast, sources, stations, degrees and a scale bar on axes in km that have their final limits."""
    shore(axes, coast)
    epicentres(axes, run)
    degrees(axes, run)
    marks.scale_bar(axes, degrees=False)
    marks.stations(axes, run.stations, names)


def epicentres(axes: "Axes", run: Run, size: float = 15.0) -> None:
    """Stars at the sources, the strongest one large, and the surface projection of faults.

    The upper edge of a fault is drawn thicker, unless there are many subfaults.
    """
    for n, source in enumerate(medium.sources(run)):
        for outline in source.outlines:
            _outline(axes, outline, bold=len(source.outlines) <= PLANES)
        axes.plot(
            source.x / 1000, source.y / 1000, ms=size / 2 if n else size, mew=0.9, zorder=8, **marks.STAR
        )


def coast(run: Run, box: chart.Box) -> list[np.ndarray]:
    """The coast within a box [km] as lines (2, points) [km]: of the run's own ground, if some of it is at sea.

    Else that of GSHHG; none where the run has no place on Earth.
    """
    own = own_ground(run)
    if own is not None and float(own.min()) < float(own.max()):
        return _zero(own)
    place = medium.projection(run)
    if place is None:
        return []
    x, y = np.linspace(*box[:2], SAMPLES), np.linspace(*box[2:], SAMPLES)
    land = coastline.land(*place.to_lonlat(*(1000 * each for each in np.meshgrid(x, y))))
    return [] if land is None else _edge(x, y, land)


def own_ground(run: Run) -> "xr.DataArray | None":
    """The elevation of the ground [m] that a run wrote; None where it did not.

    Also None where its steps, cells high, are too coarse for a coast, and the place on Earth tells a better one.
    """
    steps = (run.record["configuration"].get("grid", {}).get("spacing") or (0.0,))[-1]
    if steps > STEPS and medium.projection(run) is not None:
        return None
    return next(
        (data["elevation"] for data in (run.maxima, run.fields) if data and "elevation" in data), None
    )


def shore(axes: "Axes", lines: list[np.ndarray]) -> None:
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
        ticks = chart.degrees(values[0], values[-1], TICKS)
        side.set_ticks(np.interp(ticks, values, at), [words(tick) for tick in ticks], fontsize=7.5)
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


def _edge(x: np.ndarray, y: np.ndarray, land: np.ndarray) -> list[np.ndarray]:
    """Lines (2, points) around the land of a mask (y, x)."""
    from contourpy import contour_generator
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(land.astype(float), SOFT)
    return [np.asarray(line).T for line in contour_generator(x, y, soft).lines(0.5)]


def _zero(elevation: "xr.DataArray") -> list[np.ndarray]:
    """Lines (2, points) [km] along which a field of heights is zero; none where no cell is below it."""
    from matplotlib.figure import Figure

    height = chart.thin(elevation)
    if not (float(height.min()) < 0 < float(height.max())):
        return []
    lines = chart.contours(Figure().add_subplot(), height, [0])
    return [] if lines is None else [line.T for line in lines.allsegs[0]]
