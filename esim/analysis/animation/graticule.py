"""Where are meridians and parallels on a projected map? Thin lines, with their degrees at the edges."""

from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.animation.projections import View
from esim.analysis.figures import chart, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = "#5d6b76"
MOST = 6  # lines across a map, of either kind
AROUND = (
    30.0,
    15.0,
)  # degrees between meridians and parallels where a pole is to be seen, or half of the Earth
POINTS = 400  # along a line
BEYOND = 0.1  # of the range of degrees of the picture: lines go on so far beside it
SIZE = 8.5  # points, of the degrees
FULL = 350.0  # degrees of longitude, from which a pole is to be seen


def graticule(axes: "Axes", view: View) -> None:
    """Lines over the whole picture; degrees of meridians at the lower edge, of parallels on the left.

    Around a pole degrees of meridians are at all edges, of parallels inside. What shows half of the Earth has none.
    """
    middle = view.centre[0]
    lon = _wider(_unwrapped(view), middle - 180, middle + 180)
    lat = _wider(view.lat[np.isfinite(view.lat)], -90, 90)
    around = lon[1] - lon[0] > FULL or view.whole
    named = not around or view.name == "stereographic"
    meridians, parallels = _values(*lon, *lat, around)
    for value in meridians:
        x, y = _line(axes, view, np.full(POINTS, value), np.linspace(*lat, POINTS))
        if named:
            _meridian(axes, view, x, y, chart.meridian(value), around)
    for value in parallels:
        x, y = _line(axes, view, np.linspace(*lon, POINTS), np.full(POINTS, value))
        if named and around:
            _inside(axes, *view.project(view.centre[0], value), chart.parallel(value))
        elif named and (at := _crossing(x, y, view.box[0], view.box[2:])) is not None:
            _text(axes, view.box[0], at, chart.parallel(value), (-4, 0), ha="right", va="center")


def _unwrapped(view: View) -> np.ndarray:
    """Longitudes of the picture, within half a turn of its middle."""
    known = view.lon[np.isfinite(view.lon)]
    return np.asarray(view.centre[0] + (known - view.centre[0] + 180) % 360 - 180)


def _wider(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The range of values [degrees] and somewhat more, from low to high at most."""
    room = BEYOND * float(np.ptp(values))
    return max(float(values.min()) - room, low), min(float(values.max()) + room, high)


def _values(
    west: float, east: float, south: float, north: float, around: bool
) -> tuple[np.ndarray, np.ndarray]:
    if around:
        first = AROUND[0] * np.ceil(west / AROUND[0])
        return np.arange(first, first + 359, AROUND[0]), np.arange(-90 + AROUND[1], 90, AROUND[1])
    return chart.degrees(west, east, MOST), chart.degrees(south, north, MOST)


def _line(axes: "Axes", view: View, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draws a line; returns its points in the picture."""
    x, y = view.project(lon, lat)
    axes.plot(x, y, color=LINES, lw=0.35, alpha=0.7, zorder=4, scalex=False, scaley=False)
    return x, y


def _crossing(across: np.ndarray, along: np.ndarray, edge: float, ends: tuple[float, float]) -> float | None:
    """Where along an edge a line crosses it; None where it does not."""
    before = across - edge
    for n in np.flatnonzero(before[:-1] * before[1:] <= 0):
        part = before[n] / (before[n] - before[n + 1]) if before[n] != before[n + 1] else 0.0
        at = float(along[n] + part * (along[n + 1] - along[n]))
        if ends[0] <= at <= ends[1]:
            return at
    return None


def _meridian(axes: "Axes", view: View, x: np.ndarray, y: np.ndarray, text: str, around: bool) -> None:
    west, east, south, north = view.box
    if not around:
        if (at := _crossing(y, x, south, (west, east))) is not None:
            _text(axes, at, south, text, (0, -4), ha="center", va="top")
    elif (at := _crossing(y, x, south, (west, east))) is not None:
        _text(axes, at, south, text, (0, 3), ha="center", va="bottom")
    elif (at := _crossing(y, x, north, (west, east))) is not None:
        _text(axes, at, north, text, (0, -3), ha="center", va="top")
    elif (at := _crossing(x, y, west, (south, north))) is not None:
        _text(axes, west, at, text, (3, 0), ha="left", va="center")
    elif (at := _crossing(x, y, east, (south, north))) is not None:
        _text(axes, east, at, text, (-3, 0), ha="right", va="center")


def _inside(axes: "Axes", x: Any, y: Any, text: str) -> None:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    if west <= x <= east and south <= y <= north:
        _text(axes, float(x), float(y), text, (2, 2), ha="left", va="bottom")


def _text(axes: "Axes", x: float, y: float, text: str, shift: tuple[float, float], **style: Any) -> None:
    marks.word(
        axes, x, y, text, xytext=shift, fontsize=SIZE, color="0.25", zorder=6, annotation_clip=False, **style
    )
