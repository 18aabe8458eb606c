"""How does a field on the cells of a plane come onto the cells of a grid, so that its volume is kept?

Each cell of the grid takes the mean of the smooth surface through the values of the plane (esim.grids.spline), from
points that lie at most a quarter of the plane's cells apart. The sums of these are not quite the areas of the plane's
cells, by up to 1e-4 of them: each coefficient is scaled so that they are. The volume on the grid is then that on the
plane to rounding, and a constant is kept to 1e-4, wherever the grid covers all that a coefficient reaches. Areas are
those that the grid counts with.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from esim.grids import spline
from esim.grids.grid import Grid
from esim.grids.plane_transform import PlaneTransform, continued, inside

SAMPLES = 4  # points of the grid on the way across a cell of the plane, at least
OUTLINE = 65  # points on each side of the plane at which it is looked where it lies on the grid
POINTS_AT_ONCE = 200_000
UNIT = 2.0**-50  # of an area: whole multiples of it are summed exactly, in any order

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class PlaneCells:
    """Cells of a plane with centres x (nx,), y (ny,) [m], evenly spaced, and how they lie to a kind of grid."""

    x: np.ndarray
    y: np.ndarray
    transform: PlaneTransform

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells (ny, nx)."""
        return self.y.size, self.x.size

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a cell [m]."""
        return spacing(self.x), spacing(self.y)

    @cached_property
    def areas(self) -> np.ndarray:
        """Areas of the cells [m2], (ny, nx), as the grid measures them."""
        return self.transform.cell_areas(*(_edges(centres) for centres in (self.x, self.y)))

    @cached_property
    def outline(self) -> tuple[np.ndarray, np.ndarray]:
        """Points around all that the cells reach, in the coordinates of the grid."""
        (dx, dy), reach = self.size, spline.REACH
        west, east = self.x[0] - reach * dx, self.x[-1] + reach * dx
        south, north = self.y[0] - reach * dy, self.y[-1] + reach * dy
        across, along = np.linspace(west, east, OUTLINE), np.linspace(south, north, OUTLINE)
        x = np.concatenate([across, np.full(OUTLINE, east), across[::-1], np.full(OUTLINE, west)])
        y = np.concatenate([np.full(OUTLINE, south), along, np.full(OUTLINE, north), along[::-1]])
        return self.transform.from_plane(x, y)

    def region(self, grid: Grid) -> Box:
        """Cells (j0, j1, i0, i1) of a grid that they may reach; none where the grid lies elsewhere."""
        x, y = self.outline
        j0, j1 = _range(float(y.min() - grid.y0) / grid.dy, float(y.max() - grid.y0) / grid.dy, grid.ny)
        first, width = float(x.min() - grid.x0) / grid.dx, float(x.max() - x.min()) / grid.dx
        if not grid.lonlat:
            return j0, j1, *_range(first, first + width, grid.nx)
        turn = 360.0 / grid.dx
        first %= turn
        if first + width > turn and (grid.periodic[1] or first < grid.nx):
            return j0, j1, 0, grid.nx  # across the seam, or into both ends of a grid nearly around the globe
        if first + width > turn:
            first -= turn
        return j0, j1, *_range(first, first + width, grid.nx)

    def whole_within(self, grid: Grid) -> np.ndarray:
        """Whose coefficients (ny, nx) reach no point beyond a grid."""
        reach = spline.REACH
        wide = [
            centres[0] + size * np.arange(-reach, centres.size + reach)
            for centres, size in zip((self.x, self.y), self.size, strict=True)
        ]
        within = inside(grid, *self.transform.from_plane(*np.meshgrid(*wide)))
        windows = np.lib.stride_tricks.sliding_window_view(within, (2 * reach + 1, 2 * reach + 1))
        return np.asarray(windows.all(axis=(-2, -1)))


def spacing(centres: np.ndarray) -> float:
    """Distance [m] of evenly spaced centres."""
    return float((centres[-1] - centres[0]) / (centres.size - 1))


@dataclass(frozen=True, eq=False)
class ConservativeMap:
    """Rows first..last-1 of a box of cells of a grid, as sums of the coefficients of cells of a plane.

    A cell has the same weights whichever rows are asked for.
    """

    cells: PlaneCells
    grid: Grid
    box: Box
    rows: tuple[int, int]
    weights: Any = field(init=False)  # a sparse matrix: a row for each cell, a column for each coefficient

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", self._weights())

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.rows[1] - self.rows[0], self.box[3] - self.box[2]

    def apply(self, coefficients: np.ndarray) -> np.ndarray:
        """Means over the cells (..., rows, columns) of the surface of coefficients (..., ny, nx)."""
        lead = coefficients.shape[:-2]
        found = self.weights @ coefficients.reshape(-1, self.weights.shape[1]).T
        return np.ascontiguousarray(np.asarray(found).T).reshape(*lead, *self.shape)

    def areas(self) -> np.ndarray:
        """The area that each coefficient (ny, nx) has in these cells over its own, a whole multiple of UNIT.

        Such numbers have the same sum in any order.
        """
        width, height = self.grid.cell_size(*self.rows)
        area = np.repeat(width * height, self.shape[1])
        per_cell = np.repeat(area, np.diff(self.weights.indptr))
        own = self.cells.areas.ravel()[self.weights.indices]
        units = np.rint(self.weights.data * per_cell / own / UNIT)
        count = self.weights.shape[1]
        return UNIT * np.bincount(self.weights.indices, units, count).reshape(self.cells.shape)

    # ---------------------------------------------------------------- weights

    def _weights(self) -> Any:
        from scipy import sparse

        (rows, columns), count = self.shape, self.cells.x.size * self.cells.y.size
        if not rows * columns:
            return sparse.csr_array((rows * columns, count))
        along, across = self._samples()
        step = max(1, POINTS_AT_ONCE // (along * across * columns))
        parts = [
            self._strip(first, min(first + step, self.rows[1]), along, across)
            for first in range(*self.rows, step)
        ]
        return sparse.vstack(parts, format="csr")

    def _samples(self) -> tuple[int, int]:
        """Points along y and x in each cell, the same all over the box."""
        finest = min(self.cells.size) / SAMPLES
        width, height = self.grid.cell_size(self.box[0], self.box[1])
        along, across = (max(1, int(np.ceil(size.max() / finest))) for size in (height, width))
        return along, across

    def _strip(self, first: int, last: int, along: int, across: int) -> Any:
        """The weights of rows first..last-1 with so many points in each cell."""
        grid, (_, _, i0, i1) = self.grid, self.box
        shape = last - first, along, i1 - i0, across
        y, x = _points(grid.y0, grid.dy, first, last, along), _points(grid.x0, grid.dx, i0, i1, across)
        (j, weight_y), (i, weight_x) = self._nodes(x, y)
        on = _reaching(j, self.cells.shape[0]) & _reaching(i, self.cells.shape[1])
        share = np.where(on, self._shares(y, along)[:, None] / across, 0.0)
        (south, j), (west, i) = _from_first(j, on, shape), _from_first(i, on, shape)
        # The nodes of a cell are a window of as many rows and columns as any cell needs.
        tall, wide = int(j.max()) + spline.POINTS, int(i.max()) + spline.POINTS
        cell = np.repeat(np.arange(shape[0]), along)[:, None] * shape[2] + np.repeat(
            np.arange(shape[2]), across
        )
        place, count = ((cell * tall + j) * wide + i).ravel(), shape[0] * shape[2]
        window = np.zeros(count * tall * wide)
        for n in range(spline.POINTS):
            rows = share * weight_y[n]
            for m in range(spline.POINTS):
                weight = (rows * weight_x[m]).ravel()
                window += np.bincount(place + (n * wide + m), weight, window.size)
        return self._sparse(window.reshape(count, tall, wide), south.ravel(), west.ravel())

    def _sparse(self, window: np.ndarray, south: np.ndarray, west: np.ndarray) -> Any:
        """The rows of the matrix for windows of weights (cells, rows, columns), from their first row and column on."""
        from scipy import sparse

        (ny, nx), (count, tall, wide) = self.cells.shape, window.shape
        row, column = south[:, None] + np.arange(tall), west[:, None] + np.arange(wide)
        there = ((row >= 0) & (row < ny))[:, :, None] & ((column >= 0) & (column < nx))[:, None, :]
        there &= window > 0
        places = (row[:, :, None] * nx + column[:, None, :])[there]
        starts = np.concatenate([[0], np.cumsum(there.sum(axis=(1, 2)))])
        return sparse.csr_array((window[there], places, starts), (count, ny * nx))

    def _nodes(self, x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Along y and x, the first row or column of coefficients that count at points x, y, and the weights of all."""
        columns, rows = np.meshgrid(x, y)
        near = self._is_near(columns)
        places = self.cells.transform.to_plane(columns[near], rows[near])
        found = []
        for centres, place in ((self.cells.y, places[1]), (self.cells.x, places[0])):
            position = np.full(columns.shape, -2.0 * spline.POINTS)  # off the plane
            position[near] = (place - centres[0]) / spacing(centres)
            before = np.floor(position)
            found.append((before.astype(np.int64) - 1, spline.basis(position - before)))
        return found

    def _is_near(self, lon: np.ndarray) -> np.ndarray:
        """Which points may lie on the plane at all: on the other side of the globe no projection puts them anywhere."""
        if not self.grid.lonlat:
            return np.full(lon.shape, True)
        there = self.cells.outline[0]
        centre, half = 0.5 * (there.min() + there.max()), 0.5 * (there.max() - there.min())
        return np.abs(continued(lon, centre) - centre) <= half + self.grid.dx

    def _shares(self, y: np.ndarray, along: int) -> np.ndarray:
        """The fraction of its cell's area that each row of points stands for."""
        scale = np.cos(np.deg2rad(y)) if self.grid.lonlat else np.ones(y.size)
        return scale / np.repeat(scale.reshape(-1, along).sum(axis=1), along)


def column_factors(cells: PlaneCells, grid: Grid, areas: np.ndarray) -> np.ndarray:
    """What to multiply coefficients (ny, nx) by, so that a grid gets the volume that is on the plane.

    areas are the sum of `ConservativeMap.areas` over all rows of the grid. Where a coefficient reaches beyond the grid,
    what is there is lost, and nothing stands in for it.
    """
    wanted = spline.spread(cells.areas) / cells.areas
    whole = cells.whole_within(grid) & (areas > 0)
    return np.where(whole, wanted / np.where(whole, areas, 1.0), 1.0)


def _points(edge: float, size: float, first: int, last: int, count: int) -> np.ndarray:
    """So many evenly spaced points in each of the cells first..last-1 from an edge."""
    inner = (np.arange(count) + 0.5) / count
    return edge + (np.arange(first, last)[:, None] + inner).ravel() * size


def _reaching(first: np.ndarray, count: int) -> np.ndarray:
    """Which points have any of their nodes, from a first one on, among so many."""
    return (first > -spline.POINTS) & (first < count)


def _from_first(
    nodes: np.ndarray, on: np.ndarray, shape: tuple[int, int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The least node of each cell's points, (rows, columns), and how far from it that of each is; zero where not on."""
    blocks, among = nodes.reshape(shape), on.reshape(shape)
    least = blocks.min(axis=(1, 3), where=among, initial=np.iinfo(nodes.dtype).max)
    least = np.where(among.any(axis=(1, 3)), least, 0)
    return least, np.where(on, (blocks - least[:, None, :, None]).reshape(nodes.shape), 0)


def _edges(centres: np.ndarray) -> np.ndarray:
    size = spacing(centres)
    return centres[0] + size * (np.arange(centres.size + 1) - 0.5)


def _range(first: float, last: float, count: int) -> tuple[int, int]:
    """The cells that hold first..last, of so many."""
    a, b = int(np.floor(first)), int(np.floor(last)) + 1
    return min(max(a, 0), count), min(max(b, 0), count)
