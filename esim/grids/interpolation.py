"""Where does a receiver look? Nodes of the staggered grid around it, and the weights of what they hold.

Values are interpolated by cubics through four nodes in each direction, slopes by quartics through five. The
nodes lie within two cells of the one that holds the receiver, so that the halo of a block has them all.
"""

from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from esim.grids.grid3d import Grid3D
from esim.grids.surface_strain import SurfaceStrain, even_cubic
from esim.parallel.decomposition import Block

POINTS = 4  # nodes in each direction for a value; one more for a slope
REACH = 2  # cells around that of the receiver
SNAP = 1e-6  # of a cell: a receiver so near to a node or a face lies on it, and sees that node alone
AXES = ("z", "y", "x")  # in the order of the indices


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
    """A point: x, y, depth [m].

    ghost: whether the layer above the grid holds velocities that leave the free surface free of traction.
    """

    x: float
    y: float
    depth: float
    ghost: bool = True


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
# On horizontal faces of cells; all other strain and stress lies in layers.
UPRIGHT = ("exz", "eyz", "sxz", "syz")
ROTATIONS = ("wx", "wy", "wz")
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


class Seen(NamedTuple):
    """A strain or the stress of its nodes, and how it is seen below a free surface."""

    quantity: str
    strain: SurfaceStrain


class Sites(NamedTuple):
    """Many sites: each field is an array (receivers,)."""

    x: np.ndarray
    y: np.ndarray
    depth: np.ndarray
    ghost: np.ndarray


class InterpolationTerms(NamedTuple):
    """Nodes (variable, k, j, i) and their weights, each (receivers, terms)."""

    variable: np.ndarray
    k: np.ndarray
    j: np.ndarray
    i: np.ndarray
    weights: np.ndarray


Terms = Callable[[str], InterpolationTerms]


def stencil(
    grid: Grid3D, x: float, y: float, depth: float, staggering: str, **more: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Nodes k, j, i and weights, (64,) each, of a quantity (vx, sxz ...) at a point [m]; more as of a `Site`."""
    terms = _values(grid, _columns([Site(x, y, depth, **more)]), staggering)
    return terms.k[0], terms.j[0], terms.i[0], terms.weights[0]


def spread(
    grid: Grid3D, sites: Sequence[Site], staggering: str, strain: SurfaceStrain | None = None
) -> InterpolationTerms:
    """Nodes and weights, each (sites, terms), of a quantity at many sites: how a source there is shared among nodes.

    With strain, how it is seen below a free surface, it is that of a moment among stresses.
    """
    seen = None if strain is None else Seen(staggering, strain)
    return _values(grid, _columns(sites), staggering, seen=seen)


class Gather:
    """What the receivers of one rank read from its arrays [variable, k, j, i], halo included.

    receivers are the numbers, among all positions, of those in cells of the block; a position is (x, y, depth)
    [m] or a `Site`. quantities are of one array: velocities and strain rates of v, or stresses of s. indices
    into the flat array and weights are (quantities, receivers, terms): as many terms for every receiver of
    every rank, so that sums have the same bits on any number of ranks. halo_k is the number of layers above
    the grid, allocated the shape (k, j, i) of one variable, by default with as many layers below."""

    def __init__(
        self,
        grid: Grid3D,
        block: Block,
        halo_k: int,
        positions: Sequence[tuple[float, float, float] | Site],
        quantities: Sequence[str],
        *,
        allocated: tuple[int, int, int] | None = None,
        terms: Terms | None = None,
    ) -> None:
        """terms(quantity) are the nodes and weights of all positions, where they are others than `terms_of`."""
        self.quantities = tuple(quantities)
        sites = [Site(*position) for position in positions]
        self.array = _one_array(self.quantities)
        _, rows, columns = _cells(grid, _columns(sites))
        owned = (block.j0 <= rows) & (rows < block.j1) & (block.i0 <= columns) & (columns < block.i1)
        self.receivers = np.flatnonzero(owned)
        shape = allocated or (grid.nz + 2 * halo_k, *block.allocated)
        corner = (-halo_k, block.j0 - block.halo, block.i0 - block.halo)
        found = terms or partial(terms_of, grid, sites)
        aligned = _aligned([_compact(found(name)) for name in self.quantities])
        mine = [InterpolationTerms(*(values[owned] for values in part)) for part in aligned]
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
    x, y, depth, ghost = table
    return Sites(x, y, depth, ghost.astype(bool))


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


def replaced(terms: InterpolationTerms, rows: np.ndarray, others: InterpolationTerms) -> InterpolationTerms:
    """Terms with other ones for some rows (a mask), the shorter ones made longer by nodes of no weight."""
    longer, shorter = _aligned([terms, others])
    for values, other in zip(longer, shorter, strict=True):
        values[rows] = other
    return longer


def terms_of(
    grid: Grid3D, sites: Sequence[Site], quantity: str, strain: SurfaceStrain | None = None
) -> InterpolationTerms:
    """All terms of a value or of a strain rate."""
    columns = _columns(sites)
    if quantity not in RATES:
        return _values(grid, columns, quantity)
    # A rotation is not zero on the surface, as shear strain is, and no source is its adjoint.
    seen = None if strain is None or quantity in ROTATIONS else Seen(quantity, strain)
    parts = [_values(grid, columns, slope.velocity, slope, seen) for slope in RATES[quantity]]
    return InterpolationTerms(*(np.concatenate(values, axis=1) for values in zip(*parts, strict=True)))


def _values(
    grid: Grid3D,
    sites: Sites,
    name: str,
    slope: Slope | None = None,
    seen: Seen | None = None,
) -> InterpolationTerms:
    """Terms of a node's quantity, or of its slope, as the products of those in each direction."""
    node = NODES[name]
    first = np.stack([-node.above * sites.ghost, *_first(grid, sites)])
    last = _last(grid)
    lines = []
    for n, (position, cell) in enumerate(zip(_position(grid, sites), _cells(grid, sites), strict=True)):
        if slope and slope.axis == AXES[n]:
            start, weights = _slopes(position - node.offset[n], cell, first[n], last[n])
            lines.append((start, slope.factor / grid.spacing[2 - n] * weights))
        else:
            # Of nodes half a cell away there are not enough within the halo.
            even = slope and seen and seen.strain.even and n and not node.offset[n]
            between = even_cubic if even else _cubic
            lines.append(between(position - node.offset[n], first[n], last[n]))
    if seen is not None:
        lines[0] = _along_z(grid, sites, seen, slope, lines[0])
    k, j, i, weights = _product(lines)
    k = np.where(weights == 0, np.clip(k, 0, last[0]), k)
    return InterpolationTerms(np.full_like(k, node.variable), k, j, i, weights)


def _along_z(
    grid: Grid3D, sites: Sites, seen: Seen, slope: Slope | None, other: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """First nodes and weights along z of what is seen of strain below a free surface.

    They are those given where there is none, or where the grid ends below. With a slope they are of its velocity,
    without one of the nodes of the strain itself, on which moments act.
    """
    upright = seen.quantity in UPRIGHT
    start, weights = seen.strain.weights(_position(grid, sites)[0] + 0.5 * upright, upright, grid.nz - 1)
    if slope is not None:
        along = slope.axis == "z"
        start, weights = seen.strain.line(start, weights, upright, along)
        weights = weights * (slope.factor / grid.dz if along else 1.0)
    width = max(weights.shape[1], other[1].shape[1])
    mine, others = (np.pad(w, ((0, 0), (0, width - w.shape[1]))) for w in (weights, other[1]))
    deepest = np.where(mine != 0, start[:, None] + np.arange(width), 0).max(1)
    here = sites.ghost & (deepest < grid.nz)
    return np.where(here, start, other[0]), np.where(here[:, None], mine, others)


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
