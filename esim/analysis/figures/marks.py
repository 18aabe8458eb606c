"""Which marks has every map? Stations, where the rupture begins, faults, nests, a scale bar, small print."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, labels
from esim.analysis.reading.run import Run
from esim.constants import EARTH_RADIUS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

STAR: dict[str, Any] = {"marker": "*", "mec": "black", "mfc": "#ffd92f", "ls": "none"}
NAMED = 40  # stations, beyond which they are dots without names
BAR = 0.22  # of the width of a map: a scale bar, at most
LOW = 8.0  # points from the lower edge of the map to a scale bar, at least
NOTE = 4.0, 3.5  # points from the lower left corner of a map to small print
TALL = 4.0  # degrees of latitude, from which a scale bar says where it holds


def stations(axes: "Axes", places: "xr.Dataset | None", names: bool = True) -> None:
    """Triangles at the stations on a map that has its final limits, with names as far as there is room."""
    if places is None:
        return
    x, y = positions(places)
    (west, east), (south, north) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    if "x" not in places.variables:  # degrees, by any turn of the globe
        x = x - 360 * np.round((x - (west + east) / 2) / 360)
    on = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    many = on.sum() > NAMED
    axes.plot(
        x[on], y[on], "^", ms=3.5 if many else 6.5, mfc="white", mec=chart.INK, mew=0.9, ls="none", zorder=7
    )
    if names and not many:
        labels.beside(axes, x[on], y[on], [str(name) for name in places["station"].values[on]], size=8.5)


def positions(places: "xr.Dataset") -> tuple[np.ndarray, np.ndarray]:
    """Positions of stations or points as maps count them: degrees where the run has them alone, else km."""
    if "x" in places.variables:
        return places["x"].values / 1000, places["y"].values / 1000
    return places["lon"].values, places["lat"].values


def star(axes: "Axes", x: float, y: float, size: float = 14.0) -> None:
    """A star where the rupture of a source begins."""
    axes.plot(x, y, ms=size, mew=0.9, zorder=8, scalex=False, scaley=False, **STAR)


def outlines(axes: "Axes", polygons: Iterable[np.ndarray], width: float = 0.5) -> None:
    """Polygons (corners, 2 or more), such as the subfaults of a fault, as thin lines."""
    from matplotlib.collections import LineCollection

    closed = [np.vstack((corners, corners[:1]))[:, :2] for corners in polygons]
    axes.add_collection(
        LineCollection(closed, colors=chart.INK, linewidths=width, alpha=0.75, zorder=5.5), autolim=False
    )


def nests(axes: "Axes", run: Run, shown: str = "") -> None:
    """The nested grids of a run on the map of another grid, outlined, with their names."""
    for name, maxima in run.nests.items():
        field = maxima["bathymetry"] if "bathymetry" in maxima else next(iter(maxima.data_vars.values()))
        west, east, south, north = chart.extent(field)
        if name == shown or not _inside((west, east, south, north), axes):
            continue
        x = np.array((west, east, east, west, west))
        nest(axes, name, x, np.array((north, north, south, south, north)))


def nest(axes: "Axes", name: str, x: np.ndarray, y: np.ndarray) -> None:
    """The outline of a nested grid from its upper left corner on, with its name there."""
    axes.plot(x, y, color="white", lw=2.2, zorder=6, scalex=False, scaley=False)
    axes.plot(x, y, color="#D55E00", lw=1.1, zorder=6.1, scalex=False, scaley=False)
    word(axes, float(x[0]), float(y[0]), name, color="#a33f00", va="bottom")


def word(axes: "Axes", x: float, y: float, text: str, **style: Any) -> None:
    """Writes a word at a point, readable on any colour."""
    from matplotlib.patheffects import withStroke

    halo: list[Any] = [withStroke(linewidth=2.2, foreground="white")]
    look: dict[str, Any] = {"fontsize": 8.5, "zorder": 8, "xytext": (2, 2), "textcoords": "offset points"}
    look["annotation_clip"] = True  # not where the point is beside the map
    axes.annotate(text, (x, y), path_effects=halo, **look | style)


def scale_bar(axes: "Axes", degrees: bool, where: str = "") -> None:
    """A bar of a round length in the lower right corner of a map of degrees, or of km, that has its final limits.

    where says in which part of the map it holds, if that is not to be told from the map.
    """
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    latitude = (south + north) / 2
    km = np.deg2rad(1) * EARTH_RADIUS / 1000 * np.cos(np.deg2rad(latitude)) if degrees else 1.0
    length = _round_below(BAR * (east - west) * km)
    points = axes.get_window_extent().height * 72 / axes.figure.dpi
    right, low = east - 0.035 * (east - west), south + max(0.035, LOW / points) * (north - south)
    ends = (right - length / km, right)
    for color, width in (("white", 5.5), (chart.INK, 2.5)):
        axes.plot(
            ends,
            (low, low),
            color=color,
            lw=width,
            solid_capstyle="butt",
            zorder=9,
            scalex=False,
            scaley=False,
        )
    name = f"{length:g} km" if length >= 1 else f"{1000 * length:g} m"
    if degrees and north - south >= TALL:
        name += f" at {chart.parallel(round(latitude))}"
    name += where
    word(axes, right, low, name, xytext=(0, 4), ha="right", fontsize=8, zorder=9)


def notes(axes: "Axes", lines: Iterable[str]) -> None:
    """Lines of small print in the lower left corner of a map."""
    if text := "\n".join(lines):
        box: dict[str, Any] = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5}
        place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
        style: dict[str, Any] = {"fontsize": 7.5, "color": chart.INK, "zorder": 9, "va": "bottom"}
        axes.annotate(text, (0, 0), NOTE, bbox=box, **place, **style)


def _inside(box: chart.Box, axes: "Axes") -> bool:
    """Whether a box lies on a map, at least in part, and does not fill it."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    meets = box[0] < east and box[1] > west and box[2] < north and box[3] > south
    return meets and not (box[0] <= west and box[1] >= east and box[2] <= south and box[3] >= north)


def _round_below(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a positive value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)))
