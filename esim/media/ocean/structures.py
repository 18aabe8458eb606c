"""On which faces of a grid do structures stand? Lines with a crest, as a watertight staircase of cell faces.

A face has a structure where a line passes between the centres of its two cells. So whoever goes from centre to centre
meets every line that he crosses, however thin it is, on a grid and on a finer one in it alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from esim.grids.grid import Grid

HALO = 2  # cells beyond the sides of a grid for which faces are looked for
# Parts of a cell by which lines are shifted, so that none passes through a centre: to one of its sides or the other.
SHIFT = (1.234e-6, -0.777e-6)
WEST, SOUTH = 0, 1  # axes across faces


@dataclass(frozen=True)
class Line:
    """A structure: points (n, 2) in degrees or metres, and the crest (n,) [m above the still water] at each of them."""

    name: str
    points: np.ndarray
    crest: np.ndarray

    def moved(self, x: float, y: float) -> "Line":
        """The line, moved by x and y."""
        return Line(self.name, self.points + np.array([x, y]), self.crest)


@dataclass(frozen=True)
class Faces:
    """Faces of a grid with structures: the west (axis 0) or south (1) face of cell j, i, each once.

    crest [m above the still water], and the length of the crest over that of the faces that it stands on.
    """

    axis: np.ndarray
    j: np.ndarray
    i: np.ndarray
    crest: np.ndarray
    length: np.ndarray

    def __len__(self) -> int:
        return self.axis.size

    def take(self, members: np.ndarray) -> "Faces":
        """Some of them."""
        return Faces(*(part[members] for part in (self.axis, self.j, self.i, self.crest, self.length)))

    def moved(self, j: np.ndarray, i: np.ndarray) -> "Faces":
        """The same crests on faces of other cells."""
        return Faces(self.axis, j, i, self.crest, self.length)

    def has(self, axis: int, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        """Whether there are structures on some faces across an axis."""
        mine = self.axis == axis
        width = int(max(self.i[mine].max(initial=0), i.max(initial=0))) + HALO + 1
        return np.isin(j * width + i, self.j[mine] * width + self.i[mine])

    def beside(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns (2, n) of the cells on both sides of each."""
        return (
            np.stack([self.j, self.j - (self.axis == SOUTH)]),
            np.stack([self.i, self.i - (self.axis == WEST)]),
        )

    def inside(self, grid: Grid) -> np.ndarray:
        """Which of them are faces of cells of a grid, its outer sides included."""
        rows = (self.j >= 0) & (self.j < grid.ny + (self.axis == SOUTH))
        return rows & (self.i >= 0) & (self.i < grid.nx + (self.axis == WEST))


def gather(parts: Sequence[Faces]) -> Faces:
    """All faces of some sets, one set after the other."""
    none = Faces(*(np.empty(0, int),) * 3, *(np.empty(0),) * 2)
    axis, j, i, crest, length = (
        np.concatenate([getattr(part, name.name) for part in (none, *parts)]) for name in fields(Faces)
    )
    return Faces(axis, j, i, crest, length)


def join(parts: Sequence[Faces]) -> Faces:
    """All faces of some sets, each once, with the highest crest on it."""
    found = gather(parts)
    order = np.lexsort((-found.crest, found.i, found.j, found.axis))
    key = np.stack([found.axis, found.j, found.i])[:, order]
    first = np.ones(order.size, bool)
    first[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    return found.take(order[first])


def place(lines: Sequence[Line], lonlat: bool, finest: float) -> tuple[Line, ...]:
    """The lines on all turns of the globe, apart from all centres of cells, of which `finest` is the smallest size."""
    turns = (-360.0, 0.0, 360.0) if lonlat else (0.0,)
    return tuple(line.moved(turn + SHIFT[0] * finest, SHIFT[1] * finest) for line in lines for turn in turns)


def rasterise(lines: Sequence[Line], grid: Grid) -> Faces:
    """Faces of a grid, and of cells beyond its sides, on which lines stand that have been placed."""
    return beyond(crossings(lines, grid), grid)


def crossings(lines: Sequence[Line], grid: Grid) -> Faces:
    """Faces between centres that lines pass between, of a grid and, as far as they go on, beyond its sides."""
    return join([_crossings(line, grid, axis) for line in lines for axis in (WEST, SOUTH)])


def _crossings(line: Line, grid: Grid, axis: int) -> Faces:
    """Faces across an axis on which a line stands: where it crosses rows (columns) of cell centres."""
    # In cells, across (u) and along (v) the faces; centres are whole numbers.
    places = (line.points - [grid.x0, grid.y0]) / [grid.dx, grid.dy] - 0.5
    u, v = places[:, axis], places[:, 1 - axis]
    count_v = grid.shape[axis]
    low = np.maximum(np.floor(np.minimum(v[:-1], v[1:])).astype(int) + 1, -HALO)
    high = np.minimum(np.floor(np.maximum(v[:-1], v[1:])).astype(int), count_v - 1 + HALO)
    counts = np.maximum(high - low + 1, 0)
    leg = np.repeat(np.arange(counts.size), counts)
    at = np.arange(leg.size) - np.repeat(np.cumsum(counts) - counts, counts) + low[leg]
    on = (at - v[leg]) / (v[leg + 1] - v[leg])
    across = np.floor(u[leg] + on * (u[leg + 1] - u[leg])).astype(int) + 1
    crest = line.crest[leg] + on * (line.crest[leg + 1] - line.crest[leg])
    j, i = (at, across) if axis == WEST else (across, at)
    width, height = grid.cell_size(-HALO, grid.ny + HALO + 1)
    row = np.clip(j + HALO, 0, width.size - 1)
    along = np.diff(places, axis=0)[leg] * np.stack([width[row], height[row]], axis=1)
    length = np.hypot(*along.T) / np.abs(along).sum(axis=1)
    found = Faces(np.full(at.size, axis), j, i, crest, length)
    reach = grid.shape[1 - axis] + HALO
    return found.take((across >= -HALO) & (across <= reach))


def beyond(faces: Faces, grid: Grid) -> Faces:
    """Faces of a grid and of the cells beyond its sides, as these continue it: see esim.ocean.boundary.

    Beyond walls they are mirrored, across periodic sides they come again, beyond open ones they go on; beyond sides in
    a parent they stay as they are. None stands on a wall.
    """
    for across, (low, high) in ((WEST, grid.boundary[:2]), (SOUTH, grid.boundary[2:])):
        count = grid.shape[1 - across]
        at = faces.i if across == WEST else faces.j
        normal = (faces.axis == across).astype(int)
        keep = np.ones(len(faces), bool)
        for kind, outside, on_side in (
            (low, at < 0, at == 0),
            (high, at >= count + normal, at == count),
        ):
            if kind != "nest":
                keep &= ~outside
            if kind == "wall":
                keep &= ~(on_side & (normal == 1))
        faces, at, normal = faces.take(keep), at[keep], normal[keep]
        copies = [faces]
        for kind, mirror in ((low, -1 + normal - at), (high, 2 * count - 1 + normal - at)):
            if kind == "wall":
                copies.append(_at(faces, across, mirror))
        if low == "periodic":
            copies += [_at(faces, across, at + turn) for turn in (-count, count)]
        for kind, last, step in ((low, 0, -1), (high, count - 1, 1)):
            if kind not in ("nest", "wall", "periodic"):
                ends = (normal == 0) & (at == last)
                edge = faces.take(ends)
                copies += [_at(edge, across, at[ends] + step * n) for n in range(1, HALO + 1)]
        faces = join(copies)
        at = faces.i if across == WEST else faces.j
        faces = faces.take((at >= -HALO) & (at < count + HALO + (faces.axis == across)))
    return faces


def _at(faces: Faces, across: int, at: np.ndarray) -> Faces:
    """Faces at other columns (rows)."""
    return faces.moved(faces.j, at) if across == WEST else faces.moved(at, faces.i)


@dataclass(frozen=True)
class Segments:
    """Straight pieces of lines: where they begin and end (n, 2), and the crest there (n,) [m above the still water]."""

    begin: np.ndarray
    end: np.ndarray
    crest_begin: np.ndarray
    crest_end: np.ndarray


def segments(lines: Sequence[Line]) -> Segments:
    """All straight pieces of some lines."""
    none = Line("", np.empty((0, 2)), np.empty(0))
    points = [line.points for line in (none, *lines)]
    crests = [line.crest for line in (none, *lines)]
    return Segments(
        np.concatenate([each[:-1] for each in points]),
        np.concatenate([each[1:] for each in points]),
        np.concatenate([each[:-1] for each in crests]),
        np.concatenate([each[1:] for each in crests]),
    )


def crossed(pieces: Segments, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The crest (n,) [m] of the highest line between points (n, 2) and other ones; minus infinity where there is none.

    The lines have been placed.
    """
    found = np.full(len(begin), -np.inf)
    if not len(begin):
        return found
    low, high = np.minimum(begin, end).min(axis=0), np.maximum(begin, end).max(axis=0)
    a, b = pieces.begin, pieces.end
    near = (np.maximum(a, b) >= low).all(axis=1) & (np.minimum(a, b) <= high).all(axis=1)
    near &= (a != b).any(axis=1)
    for n in np.flatnonzero(near):
        way = b[n] - a[n]
        before, after = _cross(way, begin - a[n]), _cross(way, end - a[n])
        split = (before > 0) != (after > 0)
        place = begin + (end - begin) * (before / np.where(split, before - after, 1.0))[:, None] - a[n]
        on = (place @ way) / (way @ way)
        crest = pieces.crest_begin[n] + on * (pieces.crest_end[n] - pieces.crest_begin[n])
        found = np.where(split & (on >= 0) & (on < 1), np.maximum(found, crest), found)
    return found


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
