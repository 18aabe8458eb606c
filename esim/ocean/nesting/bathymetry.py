"""How high is the bed of nested grids, so that they fit where they meet?"""

from collections.abc import Sequence

import numpy as np

from esim.grids.grid import CellFunction
from esim.grids.nested_grid import NestedGrid

RIM_CELLS = 1  # cells of the parent along the sides of a nest whose bed is the parent's
RAMP_CELLS = 3  # cells of the parent, from there on, over which the bed goes over to the nest's own


class NestedBathymetry:
    """Elevation [m] of one grid of the tree at centres x (nx,), y (ny,) of consecutive cells of it: (ny, nx).

    Along its sides that lie in its parent a nest has the bed that its ghost cells have there, and its own from some
    cells of the parent on. In between land is not lowered, and not blended with sea: so a dike on both grids holds
    water back where it crosses the side of the nest, too. A parent has the mean of a two-way nest's bed under it. A
    cell has the same bits whichever part of the grid it is asked for in.
    """

    def __init__(
        self, nest: NestedGrid, given: CellFunction, parent: "NestedBathymetry | None" = None
    ) -> None:
        self.geometry, self._given, self._parent = nest, given, parent
        self._nests: list[NestedBathymetry] = []
        if parent is not None and nest.two_way:
            parent._nests.append(self)

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The elevation that is computed with."""
        found = self.own(x, y)
        j0, i0 = self._first(x, y)
        for nest in self._nests:
            a0, a1, b0, b1 = nest.geometry.box
            j, i = np.arange(max(a0, j0), min(a1, j0 + y.size)), np.arange(max(b0, i0), min(b1, i0 + x.size))
            if j.size and i.size:
                found[j[0] - j0 : j[-1] + 1 - j0, i[0] - i0 : i[-1] + 1 - i0] = nest.average(j - a0, i - b0)
        return found

    def with_halo(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The elevation at centres of cells of the grid and beyond its sides, where it is the parent's, interpolated.

        Beyond the whole grid there is none.
        """
        if self._parent is None:
            return self(x, y)
        grid, (j0, i0) = self.geometry.grid, self._first(x, y)
        j, i = j0 + np.arange(y.size), i0 + np.arange(x.size)
        rows, columns = (j >= 0) & (j < grid.ny), (i >= 0) & (i < grid.nx)
        found = np.empty((y.size, x.size))
        if not (rows.all() and columns.all()):
            found = self._parent.interpolate(*self._in_parent(j, i), beyond=True)
        if rows.any() and columns.any():
            inside = grid.x(i[columns][0], i[columns][-1] + 1), grid.y(j[rows][0], j[rows][-1] + 1)
            found[np.ix_(rows, columns)] = self(*inside)
        return found

    def _first(self, x: np.ndarray, y: np.ndarray) -> tuple[int, int]:
        """Cell (j, i) of the first of the centres."""
        grid = self.geometry.grid
        return round((y[0] - grid.y0) / grid.dy - 0.5), round((x[0] - grid.x0) / grid.dx - 0.5)

    def own(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The elevation without regard to nests in this grid."""
        found = np.array(self._given(x, y))
        if self._parent is None:
            return found
        j0, i0 = self._first(x, y)
        j, i = j0 + np.arange(y.size), i0 + np.arange(x.size)
        weight = np.minimum(self._ramp(j, 2)[:, None], self._ramp(i, 0)[None, :])
        if weight.min() < 1:
            around = self._parent.beside_nest(*self._in_parent(j, i))
            found = np.where(weight < 1, _blended(around, found, weight), found)
        return found

    def _ramp(self, cells: np.ndarray, side: int) -> np.ndarray:
        """Weight of the nest's own bed, from the distance to a side and to that across it."""
        grid, ratio = self.geometry.grid, self.geometry.ratio
        count = grid.nx if side < 2 else grid.ny
        rim, width = ratio * RIM_CELLS, ratio * min(RAMP_CELLS, count // ratio // 4)
        weight = np.ones(cells.size)
        for kind, distance in zip(
            grid.boundary[side : side + 2], (cells + 0.5, count - 0.5 - cells), strict=True
        ):
            if kind == "nest":
                weight = np.minimum(weight, np.clip((distance - rim) / width, 0, 1))
        return weight

    def _in_parent(self, j: np.ndarray, i: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Place of cells in the parent, in its cells; its cell centres are whole numbers."""
        ratio, box = self.geometry.ratio, self.geometry.box
        return box[0] + (j + 0.5) / ratio - 0.5, box[2] + (i + 0.5) / ratio - 0.5

    def interpolate(self, j: np.ndarray, i: np.ndarray, beyond: bool = False) -> np.ndarray:
        """The elevation apart from nests at places between cell centres, by bilinear interpolation.

        With beyond it is that with nests, and places may lie outside the grid: see `with_halo`.
        """
        grid, formula = self.geometry.grid, self.with_halo if beyond else self.own
        ends = (None, None) if beyond and self._parent is not None else grid.shape
        (south, up), (west, on) = _brackets(j, ends[0]), _brackets(i, ends[1])
        y, x = grid.y(south.min(), south.max() + 2), grid.x(west.min(), west.max() + 2)
        nodes = formula(x, y)
        south, west = south - south.min(), west - west.min()
        rows = nodes[south] + up[:, None] * (nodes[south + 1] - nodes[south])
        return rows[:, west] + on[None, :] * (rows[:, west + 1] - rows[:, west])

    def beside_nest(self, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        """The elevation apart from nests at places between cell centres, as the ghost cells of a nest have it.

        It is interpolated where the bed lies deeper than it varies, and that of the whole cell elsewhere.
        """
        grid = self.geometry.grid
        rows, columns = np.floor(j + 0.5).astype(int), np.floor(i + 0.5).astype(int)
        j0, i0 = rows.min(), columns.min()
        near_j = np.clip(np.arange(j0 - 1, rows.max() + 2), 0, grid.ny - 1)
        near_i = np.clip(np.arange(i0 - 1, columns.max() + 2), 0, grid.nx - 1)
        nodes = self.own(grid.x(near_i[0], near_i[-1] + 1), grid.y(near_j[0], near_j[-1] + 1))
        nodes = nodes[np.ix_(near_j - near_j[0], near_i - near_i[0])]
        cell = nodes[1:-1, 1:-1]
        cross = np.stack([cell, nodes[1:-1, :-2], nodes[1:-1, 2:], nodes[:-2, 1:-1], nodes[2:, 1:-1]])
        top, bottom = cross.max(0), cross.min(0)
        deep = top + (top - bottom) < 0
        here = np.ix_(rows - j0, columns - i0)
        return np.where(deep[here], self.interpolate(j, i), cell[here])

    def average(self, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        """Means of the bed over cells of the parent, counted from the corner of the nest."""
        grid, ratio = self.geometry.grid, self.geometry.ratio
        x = grid.x(ratio * i[0], ratio * (i[-1] + 1))
        y = grid.y(ratio * j[0], ratio * (j[-1] + 1))
        fine = self(x, y)
        weights = area_fractions(self.geometry, ratio * j[0], ratio * (j[-1] + 1))
        total = np.zeros((j.size, i.size))
        for a in range(ratio):
            for b in range(ratio):
                total += weights[a::ratio, None] * fine[a::ratio, b::ratio]
        return total


def _blended(around: np.ndarray, own: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The bed [m above the still water] between that of the parent around a nest and the nest's own."""
    mixed = around + weight * (own - around)
    shore = np.where(weight < 0.5, around, own)
    return np.where(own > 0, np.maximum(mixed, own), np.where(around > 0, shore, mixed))


def _brackets(at: np.ndarray, count: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The cell before each place and the way on to the next one, within a row of so many cells (None: endless)."""
    before = np.floor(at).astype(int)
    if count is not None:
        before = np.clip(before, 0, count - 2)
    return before, np.clip(at - before, 0, 1)


def area_fractions(nest: NestedGrid, first: int, last: int) -> np.ndarray:
    """What fraction of their parent's cell the cells of rows first..last-1 of a nest cover; whole parent rows."""
    width, height = nest.grid.cell_size(first, last)
    area = (width * height).reshape(-1, nest.ratio)
    return (area / (nest.ratio * area.sum(axis=1, keepdims=True))).ravel()


def nested_bathymetries(tree: Sequence[NestedGrid], own: Sequence[CellFunction]) -> list[NestedBathymetry]:
    """The beds of a tree of grids, from what each would be alone."""
    beds: list[NestedBathymetry] = []
    for nest, elevation in zip(tree, own, strict=True):
        beds.append(NestedBathymetry(nest, elevation, beds[nest.parent.number] if nest.parent else None))
    return beds
