"""Where does a receiver look? Nodes of the staggered grid around it, and the weights of what they hold.

Values are interpolated by cubics through four nodes in each direction, slopes by quartics through five. The
nodes lie within two cells of the one that holds the receiver, so that the halo of a block has them all.
"""

from collections.abc import Callable, Sequence
from copy import copy
from itertools import product
from math import floor, prod
from typing import Any, NamedTuple

import numpy as np

from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.parallel.decomposition import Block

POINTS = 4  # nodes in each direction for a value; one more for a slope
REACH = 2  # cells around that of the receiver
SNAP = 1e-6  # of a cell: a receiver so near to a node or a face lies on it, and sees that node alone
AXES = ("z", "y", "x")  # in the order of the indices
SurfaceLayers = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Node(NamedTuple):
    """Where a quantity of a cell sits: array and variable, offset from the cell's centre (k, j, i) in cells.

    above is the number of layers above a free surface in which the engine keeps it up to date.
    """

    array: str
    variable: int
    offset: tuple[float, float, float]
    above: int = 0


class Slope(NamedTuple):
    """Part of a strain or rotation rate: a factor, the velocity, and the axis along which its slope is taken."""

    factor: float
    velocity: str
    axis: str


class Site(NamedTuple):
    """A receiver: x, y, depth [m], with top, the layer in which the ground begins there.

    ghost: whether the layer above holds velocities that leave the free surface free of traction. Where the
    ground is not level, values are those of the nearest column: the next one may be air.
    """

    x: float
    y: float
    depth: float
    top: int = 0
    ghost: bool = True
    level: bool = True


NODES = {
    "vx": Node("v", 0, (0.0, 0.0, 0.5), above=1),
    "vy": Node("v", 1, (0.0, 0.5, 0.0), above=1),
    "vz": Node("v", 2, (-0.5, 0.0, 0.0)),
    "sxx": Node("s", 0, (0.0, 0.0, 0.0)),
    "syy": Node("s", 1, (0.0, 0.0, 0.0)),
    "szz": Node("s", 2, (0.0, 0.0, 0.0)),
    "sxy": Node("s", 3, (0.0, 0.5, 0.5)),
    "sxz": Node("s", 4, (-0.5, 0.0, 0.5)),
    "syz": Node("s", 5, (-0.5, 0.5, 0.0)),
}
RATES = {  # strain and rotation rates from velocities
    "exx": (Slope(1.0, "vx", "x"),),
    "eyy": (Slope(1.0, "vy", "y"),),
    "ezz": (Slope(1.0, "vz", "z"),),
    "exy": (Slope(0.5, "vx", "y"), Slope(0.5, "vy", "x")),
    "exz": (Slope(0.5, "vx", "z"), Slope(0.5, "vz", "x")),
    "eyz": (Slope(0.5, "vy", "z"), Slope(0.5, "vz", "y")),
    # Half the curl, about x, y and the upward vertical: with that axis a right-handed rotation, as of a vector.
    "wx": (Slope(0.5, "vy", "z"), Slope(-0.5, "vz", "y")),
    "wy": (Slope(0.5, "vz", "x"), Slope(-0.5, "vx", "z")),
    "wz": (Slope(0.5, "vy", "x"), Slope(-0.5, "vx", "y")),
}


class Sites(NamedTuple):
    """Many sites: each field is an array (receivers,)."""

    x: np.ndarray
    y: np.ndarray
    depth: np.ndarray
    top: np.ndarray
    ghost: np.ndarray
    level: np.ndarray


class InterpolationTerms(NamedTuple):
    """Nodes (variable, k, j, i) and their weights, each (receivers, terms)."""

    variable: np.ndarray
    k: np.ndarray
    j: np.ndarray
    i: np.ndarray
    weights: np.ndarray


def stencil(
    grid: Grid3D, x: float, y: float, depth: float, staggering: str, **more: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Nodes k, j, i and weights, (64,) each, of a quantity (vx, sxz ...) at a point [m]; more as of a `Site`."""
    terms = _values(grid, _columns([Site(x, y, depth, **more)]), staggering)
    return terms.k[0], terms.j[0], terms.i[0], terms.weights[0]


def spread(grid: Grid3D, sites: Sequence[Site], staggering: str) -> InterpolationTerms:
    """Nodes and weights, each (sites, 64), of a quantity at many sites: how a source there is shared among nodes."""
    return _values(grid, _columns(sites), staggering)


def place_receiver(
    grid: Grid3D,
    where: str,
    x: float,
    y: float,
    depth: float,
    tops: SurfaceLayers | None = None,
    ghost: bool = True,
) -> Site:
    """The site of a receiver at a depth [m] below the surface, the top of the grid or of the ground.

    tops(j, i) gives the first layers of ground (j, i) of rows and columns of cells; None for a flat surface,
    where ghost says whether it is a free surface. Raises InputError, beginning with `where`, for a site outside.
    """
    row, column = (floor(index + 0.5) for index in grid.horizontal.index(x, y))
    top, around = 0, np.zeros((1, 1), int)
    if tops is not None:
        reach = np.arange(-REACH, REACH + 1)
        around = tops(_inside(row + reach, grid, 0), _inside(column + reach, grid, 1))
        top, ghost = int(around[REACH, REACH]), False
    absolute = grid.depth_min + top * grid.dz + depth
    _require_inside(grid, where, x, y, absolute)
    lowest = floor(grid.index(x, y, absolute)[0] + 0.5) - REACH
    level = bool((around == top).all() or around.max() <= lowest)
    return Site(x, y, absolute, top, ghost, level)


def _inside(indices: np.ndarray, grid: Grid3D, axis: int) -> np.ndarray:
    """Row (axis 0) or column numbers of the grid: those beyond its sides wrap, or are the outermost."""
    cells = grid.horizontal.shape[axis]
    return indices % cells if grid.horizontal.periodic[axis] else np.clip(indices, 0, cells - 1)


def _require_inside(grid: Grid3D, where: str, x: float, y: float, depth: float) -> None:
    g = grid.horizontal
    inside_x, inside_y = g.x0 <= x <= g.x0 + g.nx * g.dx, g.y0 <= y <= g.y0 + g.ny * g.dy
    if not (inside_x and inside_y and grid.depth_min <= depth <= grid.depth_max):
        raise InputError(f"{where} at x {x:g}, y {y:g}, depth {depth:g} m lies outside {grid.extent()}")


class Gather:
    """What the receivers of one rank read from its arrays [variable, k, j, i], halo included.

    receivers are the numbers, among all positions, of those in cells of the block; a position is (x, y, depth)
    [m] or a `Site`. quantities are of one array: velocities and strain rates of v, or stresses of s. indices
    into the flat array and weights are (quantities, receivers, terms): as many terms for every receiver of
    every rank, so that sums have the same bits on any number of ranks. halo_k is the number of layers above
    the grid, allocated the shape (k, j, i) of one variable, by default with as many layers below.
    """

    def __init__(
        self,
        grid: Grid3D,
        block: Block,
        halo_k: int,
        positions: Sequence[tuple[float, float, float] | Site],
        quantities: Sequence[str],
        *,
        allocated: tuple[int, int, int] | None = None,
    ) -> None:
        self.quantities = tuple(quantities)
        sites = [Site(*position) for position in positions]
        self.array = _one_array(self.quantities)
        _, rows, columns = _cells(grid, _columns(sites))
        owned = (block.j0 <= rows) & (rows < block.j1) & (block.i0 <= columns) & (columns < block.i1)
        self.receivers = np.flatnonzero(owned)
        shape = allocated or (grid.nz + 2 * halo_k, *block.allocated)
        corner = (-halo_k, block.j0 - block.halo, block.i0 - block.halo)
        terms = _aligned([_compact(_terms(grid, sites, name)) for name in self.quantities])
        mine = [InterpolationTerms(*(values[owned] for values in part)) for part in terms]
        self.indices: Any = np.array([_flat(part, corner, shape) for part in mine])
        self.weights: Any = np.array([part.weights for part in mine])

    def moved(self, convert: Callable[[np.ndarray], Any]) -> "Gather":
        """The same with indices and weights where the arrays are, on a GPU for instance."""
        other = copy(self)
        other.indices, other.weights = convert(self.indices), convert(self.weights)
        return other

    def read(self, array: Any) -> Any:
        """Values (quantities, receivers) in float64; the array is contiguous, in NumPy or CuPy."""
        return (array.reshape(-1).take(self.indices) * self.weights).sum(-1)


def _one_array(quantities: Sequence[str]) -> str:
    arrays = {"v" if name in RATES else NODES[name].array for name in quantities}
    if len(arrays) != 1:
        raise ValueError(f"{', '.join(quantities)} are not of one array")
    return arrays.pop()


def _columns(sites: Sequence[Site]) -> Sites:
    table = np.array(sites, dtype=np.float64).reshape(-1, len(Site._fields)).T
    x, y, depth, top, ghost, level = table
    return Sites(x, y, depth, top.astype(int), ghost.astype(bool), level.astype(bool))


def _position(grid: Grid3D, sites: Sites) -> list[np.ndarray]:
    """Fractional cell indices (k, j, i), each (receivers,); centres are whole and faces half numbers."""
    edges = (grid.depth_min, grid.horizontal.y0, grid.horizontal.x0)
    return [
        _snap((point - edge) / size - 0.5)
        for point, edge, size in zip((sites.depth, sites.y, sites.x), edges, grid.spacing[::-1], strict=True)
    ]


def _snap(position: np.ndarray) -> np.ndarray:
    nearest = np.round(2 * position) / 2
    return np.where(abs(position - nearest) < SNAP, nearest, position)


def _cells(grid: Grid3D, sites: Sites) -> list[np.ndarray]:
    """The cells (k, j, i) that hold the receivers; those on the last faces belong to the last cells."""
    return [
        np.clip(np.floor(position + 0.5).astype(int), 0, cells - 1)
        for position, cells in zip(_position(grid, sites), grid.shape, strict=True)
    ]


def _terms(grid: Grid3D, sites: Sequence[Site], quantity: str) -> InterpolationTerms:
    """All terms of a value or of a strain rate."""
    columns = _columns(sites)
    if quantity not in RATES:
        return _values(grid, columns, quantity)
    steep = [site for site in sites if not site.level]
    if steep:
        raise InputError(
            f"strain and rotation cannot be computed at x {steep[0].x:g}, y {steep[0].y:g} m, where the ground is not "
            "level within two cells; leave them out, or move the station"
        )
    parts = [_values(grid, columns, slope.velocity, slope) for slope in RATES[quantity]]
    return InterpolationTerms(*(np.concatenate(values, axis=1) for values in zip(*parts, strict=True)))


def _values(grid: Grid3D, sites: Sites, name: str, slope: Slope | None = None) -> InterpolationTerms:
    """Terms of a node's quantity, or of its slope, as the products of those in each direction."""
    node = NODES[name]
    first = np.stack([sites.top - node.above * sites.ghost, *_first(grid, sites)])
    last = _last(grid)
    lines = []
    for n, (position, cell) in enumerate(zip(_position(grid, sites), _cells(grid, sites), strict=True)):
        if slope and slope.axis == AXES[n]:
            start, weights = _slopes(position - node.offset[n], cell, first[n], last[n])
            lines.append((start, slope.factor / grid.spacing[2 - n] * weights))
        else:
            start, weights = _cubic(position - node.offset[n], first[n], last[n])
            if n:
                weights = np.where(sites.level[:, None], weights, _nearest(position - node.offset[n], start))
            lines.append((start, weights))
    k, j, i, weights = _product(lines)
    return InterpolationTerms(np.full_like(k, node.variable), k, j, i, weights)


def _first(grid: Grid3D, sites: Sites) -> tuple[np.ndarray, np.ndarray]:
    """First row and column of nodes; a periodic grid has no first one."""
    none = -2 * max(grid.shape)
    shape = np.shape(sites.x)
    y, x = (np.full(shape, none if closed else 0) for closed in grid.horizontal.periodic)
    return y, x


def _last(grid: Grid3D) -> tuple[int, int, int]:
    """Last layer, row and column of nodes."""
    y, x = (
        3 * max(grid.shape) if closed else cells - 1
        for closed, cells in zip(grid.horizontal.periodic, grid.horizontal.shape, strict=True)
    )
    return grid.nz - 1, y, x


def _cubic(position: np.ndarray, first: np.ndarray, last: int) -> tuple[np.ndarray, np.ndarray]:
    """First of four nodes around a position, within first..last, and their Lagrange weights (receivers, 4)."""
    start = np.maximum(np.minimum(np.floor(position).astype(int) - 1, last - POINTS + 1), first)
    return start, _lagrange(position - start, POINTS)


def _slopes(
    position: np.ndarray, cell: np.ndarray, first: np.ndarray, last: int
) -> tuple[np.ndarray, np.ndarray]:
    """First of five nodes around a cell, within first..last, and the slopes of their Lagrange weights."""
    start = np.maximum(np.minimum(cell - REACH, last - POINTS), first)
    return start, _lagrange_slope(position - start, POINTS + 1)


def _nearest(position: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Weights that take the nearest of four nodes, the first of two equally near ones."""
    nearest = np.clip(np.ceil(position - 0.5).astype(int) - start, 0, POINTS - 1)
    return np.asarray(nearest[:, None] == np.arange(POINTS), dtype=np.float64)


def _lagrange(u: np.ndarray, points: int) -> np.ndarray:
    """Weights (receivers, points) of nodes 0, 1, ... for the value at u."""
    return np.stack([_basis(u, n, points, ()) for n in range(points)], axis=1)


def _lagrange_slope(u: np.ndarray, points: int) -> np.ndarray:
    """Weights (receivers, points) of nodes 0, 1, ... for the slope at u."""
    weights = np.zeros((u.size, points))
    for n, m in product(range(points), repeat=2):
        if n != m:
            weights[:, n] += _basis(u, n, points, (m,)) / (n - m)
    return weights


def _basis(u: np.ndarray, n: int, points: int, without: tuple[int, ...]) -> np.ndarray:
    """The product of the factors of node n's Lagrange polynomial at u, but those of some other nodes."""
    others = [m for m in range(points) if m != n and m not in without]
    return prod((u - m for m in others), start=np.ones_like(u)) / prod(n - m for m in others)


def _product(lines: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, ...]:
    """Nodes k, j, i and weights (receivers, terms) of the products of three directions."""
    (k, wk), (j, wj), (i, wi) = lines
    weights = wk[:, :, None, None] * wj[:, None, :, None] * wi[:, None, None, :]
    shape = weights.shape
    nodes = (
        (k[:, None] + np.arange(shape[1]))[:, :, None, None],
        (j[:, None] + np.arange(shape[2]))[:, None, :, None],
        (i[:, None] + np.arange(shape[3]))[:, None, None, :],
    )
    return tuple(
        np.broadcast_to(values, shape).reshape(shape[0], prod(shape[1:])) for values in (*nodes, weights)
    )


def _compact(terms: InterpolationTerms) -> InterpolationTerms:
    """The terms that count before those of no weight, in their order, and only as many as any receiver has."""
    order = np.argsort(terms.weights == 0, axis=1, kind="stable")
    most = int((terms.weights != 0).sum(1).max(initial=1))
    return InterpolationTerms(*(np.take_along_axis(values, order, axis=1)[:, :most] for values in terms))


def _aligned(parts: list[InterpolationTerms]) -> list[InterpolationTerms]:
    """The terms of all quantities, made equally many by repeating nodes with no weight."""
    most = max(part.weights.shape[1] for part in parts)
    aligned = []
    for part in parts:
        missing = ((0, 0), (0, most - part.weights.shape[1]))
        variable, k, j, i = (np.pad(values, missing, mode="edge") for values in part[:-1])
        aligned.append(InterpolationTerms(variable, k, j, i, np.pad(part.weights, missing)))
    return aligned


def _flat(terms: InterpolationTerms, corner: tuple[int, int, int], shape: tuple[int, int, int]) -> np.ndarray:
    """Indices into the flat array of a rank whose first element is at `corner` of the grid."""
    layers, rows, columns = shape
    k, j, i = (node - first for node, first in zip((terms.k, terms.j, terms.i), corner, strict=True))
    for index, size in ((k, layers), (j, rows), (i, columns)):
        if index.size and not 0 <= index.min() <= index.max() < size:
            raise ValueError(f"receivers read beyond an array of shape {shape}")
    return ((terms.variable * layers + k) * rows + j) * columns + i
