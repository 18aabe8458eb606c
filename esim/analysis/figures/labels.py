"""Where do names go so that none covers another?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 6.0  # points between a place and its name
HEIGHT = 1.25  # of a letter, in font sizes
SIDES = (("left", 1, 0), ("right", -1, 0), ("center", 0, 1.1), ("center", 0, -1.1))  # alignment, offset


def spread(places: np.ndarray, gap: float) -> np.ndarray:
    """Places as near as possible (least squares) to the given rising ones, and at least `gap` apart."""
    offsets = gap * np.arange(len(places))
    blocks: list[list[float]] = []  # of places pushed together: mean, count
    for value in np.asarray(places) - offsets:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (mean, count), (below, fewer) = blocks.pop(), blocks.pop()
            blocks.append([(mean * count + below * fewer) / (count + fewer), count + fewer])
    return np.concatenate([[mean] * int(count) for mean, count in blocks]) + offsets


def beside(
    axes: "Axes", x: np.ndarray, y: np.ndarray, names: Sequence[str], size: float = 7.5, **style: Any
) -> None:
    """Writes names beside points of a map, on the side where there is room; a name without room is left out.

    Call it last: the drawing must have its final limits.
    """
    from matplotlib.patheffects import withStroke

    drawing: Any = axes.figure
    drawing.draw_without_rendering()
    scale = 72 / drawing.dpi
    points = axes.transData.transform(np.column_stack((x, y))) * scale
    frame = np.array(axes.get_window_extent().extents) * scale
    taken = [(px - 3.5, py - 3.5, px + 3.5, py + 3.5) for px, py in points]
    taken += [tuple(np.array(text.get_window_extent().extents) * scale) for text in axes.texts]
    look: dict[str, Any] = {"color": "#1a1a1a", "fontsize": size, "zorder": 9} | style
    halo: list[Any] = [withStroke(linewidth=2, foreground="white")]
    for n, name in enumerate(names):
        for align, right, up in SIDES:
            room = _room(points[n], _width(name, size), HEIGHT * size, right, up)
            if _inside(room, frame) and not any(_overlap(room, other) for other in taken):
                taken.append(room)
                shift = (GAP * right, up * (GAP + HEIGHT * size / 2))
                axes.annotate(
                    name, (x[n], y[n]), shift, textcoords="offset points", ha=align, va="center",
                    path_effects=halo, **look,
                )  # fmt: skip
                break


Room = tuple[float, float, float, float]  # left, bottom, right, top in points


def _room(point: np.ndarray, width: float, height: float, right: float, up: float) -> Room:
    """The rectangle that a name beside a point covers."""
    middle_x = point[0] + right * (GAP + width / 2)
    middle_y = point[1] + up * (GAP + height / 2)
    return middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2


def _width(name: str, size: float) -> float:
    """Width of a name [points]."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), name, size=size).get_extents().width) if name.strip() else 0.0


def _inside(room: Room, frame: np.ndarray) -> bool:
    return bool(room[0] >= frame[0] and room[1] >= frame[1] and room[2] <= frame[2] and room[3] <= frame[3])


def _overlap(one: Room, other: Room) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
