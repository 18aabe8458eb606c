"""Where do names go so that none covers another?"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 6.0  # points between a place and its name
HEIGHT = 1.25  # of a letter, in font sizes
LONG = 1.6  # of the width of a text: a line is longer
PARTS = (
    0.5,
    0.4,
    0.6,
    0.3,
    0.7,
    0.2,
    0.8,
    0.45,
    0.55,
    0.35,
    0.65,
    0.25,
    0.75,
    0.1,
    0.9,
)  # of a line: its text
ROUND = 5.0  # points around other texts, with what belongs to them
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

    drawing: Any = axes.figure.figure  # of a part of a figure, the whole
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


def along(
    axes: "Axes", lines: Any, words: Callable[[float], str], size: float = 7.5, halo: bool = False
) -> None:
    """Writes the values of contour lines on them, each on its longest piece, where nothing else is written or marked.

    A line without such a place has no label. A halo makes them readable on any colour. Call it last: the drawing must
    have its final limits.
    """
    from matplotlib.patheffects import withStroke

    drawing: Any = axes.figure
    drawing.draw_without_rendering()
    scale = 72 / drawing.dpi
    frame = np.array(axes.get_window_extent().extents) * scale
    taken = list(_taken(axes, scale))
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        pieces = [axes.transData.transform(piece) * scale for piece in path.to_polygons(closed_only=False)]
        width, height = _width(words(level), size), HEIGHT * size
        for point, slope in _candidates(pieces, width):
            half_x = (width * abs(np.cos(slope)) + height * abs(np.sin(slope))) / 2
            half_y = (width * abs(np.sin(slope)) + height * abs(np.cos(slope))) / 2
            room = point[0] - half_x, point[1] - half_y, point[0] + half_x, point[1] + half_y
            if _inside(room, frame) and not any(_overlap(room, other) for other in taken):
                taken.append(room)
                at = axes.transData.inverted().transform(point / scale)
                axes.clabel(lines, [level], fmt=words, fontsize=size, inline_spacing=3, manual=[tuple(at)])
                break
    for text in lines.labelTexts if halo else ():
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _candidates(pieces: Sequence[np.ndarray], width: float) -> Iterator[tuple[np.ndarray, float]]:
    """Places [points] along the longest of some lines for a text of a width, the best first, and its slope there."""
    lengths = [float(np.hypot(*np.diff(piece, axis=0).T).sum()) for piece in pieces]
    if not lengths or max(lengths) < LONG * width:
        return
    piece = pieces[int(np.argmax(lengths))]
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(piece, axis=0).T))))
    for part in PARTS:
        ends = along[-1] * part + np.array((-width, 0.0, width)) / 2
        x, y = (np.interp(ends, along, piece[:, axis]) for axis in (0, 1))
        yield np.array((x[1], y[1])), float(np.arctan2(y[2] - y[0], x[2] - x[0]))


def _taken(axes: "Axes", scale: float) -> "Iterator[Room]":
    """What texts and markers cover [points]."""
    for text in axes.texts:
        left, low, right, high = np.array(text.get_window_extent().extents) * scale
        yield left - ROUND, low - ROUND, right + ROUND, high + ROUND
    for line in axes.lines:
        if line.get_marker() not in (None, "None", "", " "):
            half = line.get_markersize() / 2 + 1
            for x, y in axes.transData.transform(line.get_xydata()) * scale:
                yield x - half, y - half, x + half, y + half


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
