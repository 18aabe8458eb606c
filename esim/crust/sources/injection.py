"""How do sources enter the crust? As moments into stresses and as forces into velocities, on the nodes around them.

Every node that a source reaches has a row of a sparse matrix; a step multiplies it by the rates of the sources. A
source between nodes is shared among them with the weights of cubic interpolation, whose adjoint it is.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from esim.crust.layout import STRESSES, VELOCITIES
from esim.crust.model import Crust
from esim.grids.interpolation import POINTS, Site, spread
from esim.grids.interpolation import InterpolationTerms as Spread
from esim.sources.crust import InjectedField, PlaneWave, PointSources

BATCH = 64  # steps that are prepared at once
BATCH_VALUES = 4_000_000  # numbers that a batch may have
ROOT_UNITS = 1e3  # square root of GPa over g/cm3, in m/s
FOURTH = np.array([1.0, -4.0, 6.0, -4.0, 1.0])  # differences
SIGNS = np.array([1.0, -1.0, 1.0, -1.0])  # of nodes in turn
# A force on a free surface acts through the stress there: its parts on the uppermost two nodes below, which follow
# from the cubics of kernels.free_surface with that traction in place of zero.
SURFACE = 1e-6  # of a cell: a force so near to the surface lies on it
ALONG_SURFACE = (23 / 24, -1 / 24)  # of vx and vy
ON_SURFACE = (9 / 8 * 3.2 - 12.8 / 24, -3.2 / 24)  # of vz, the uppermost of which lies on the surface
# What part of a cell the uppermost nodes stand for. With these weights all that stresses below those cubics do to
# the momentum of the ground cancels, as it does between nodes farther down.
CELL_FRACTIONS_ALONG = np.array([1.08172839, 0.87975301, 1.03703492, 1.00142653, 1.00005495])
CELL_FRACTIONS_ACROSS = np.array([0.37660494, 1.16191366, 0.96296508, 0.99857347, 0.99994505])

Terms = tuple[np.ndarray, np.ndarray, np.ndarray]  # node, source, amount
Rates = Callable[[np.ndarray], np.ndarray]


class SourceInjection:
    """Adds what sources do in each step to an array of a crust, at times (step + shift) dt."""

    def __init__(
        self, crust: Crust, array: Any, shift: float, terms: Sequence[Terms],
        rates: Sequence[Rates],
    ) -> None:  # fmt: skip
        """terms[n] are node, source and amount of the sources whose rates are rates[n](times): (times, sources)."""
        from scipy.sparse import csr_array

        self._crust, self._flat, self._shift = crust, array.reshape(-1), shift
        nodes = np.concatenate([t[0] for t in terms]) if terms else np.zeros(0, int)
        used, where = np.unique(nodes, return_inverse=True)
        starts = np.cumsum([0, *(t[0].size for t in terms)])
        self._matrices = []
        for n, (_, source, amount) in enumerate(terms):
            mine, column = np.unique(source, return_inverse=True)
            rows = where[starts[n] : starts[n + 1]]
            matrix = csr_array((amount, (rows, column)), (used.size, mine.size))
            matrix.sort_indices()
            self._matrices.append((matrix, mine, rates[n]))
        self._nodes = crust.backend.index(used)
        self._size = max(1, min(BATCH, BATCH_VALUES // max(used.size, 1)))
        self._first, self._batch = 0, crust.backend.zeros((0, 0))

    def add(self, step: int) -> None:
        """Add what happens in the step that ends at the time step x dt, on the nodes of this rank."""
        if self._nodes.size == 0:
            return
        if not self._first <= step < self._first + len(self._batch):
            self._prepare(step)
        self._flat[self._nodes] += self._batch[step - self._first]

    def _prepare(self, step: int) -> None:
        """Prepare the batch of a step; batches begin at the same steps whenever the run does."""
        crust, first = self._crust, step - (step - 1) % self._size
        times = (np.arange(first, first + self._size) + self._shift) * crust.dt
        total = np.zeros((self._nodes.size, self._size))
        for matrix, mine, rates in self._matrices:
            total += matrix @ np.ascontiguousarray(rates(times)[:, mine].T)
        self._batch = crust.backend.from_host(np.ascontiguousarray(total.T))
        self._first = first


def inject_moments(
    crust: Crust, sources: Sequence[PointSources | PlaneWave | InjectedField]
) -> SourceInjection:
    """What moment tensors add to the stresses: at t = n dt, between two stresses."""
    factor = -crust.dt / (np.prod(crust.grid.spacing) * 1e6)
    terms: list[Terms] = []
    rates: list[Rates] = []
    for group in sources:
        if isinstance(group, PointSources) and group.moment.any():
            parts = [
                _nodes(crust, group, name, factor * group.moment[:, n]) for n, name in enumerate(STRESSES)
            ]
            terms.append(_joined(parts))
            rates.append(group.rates)
    return SourceInjection(crust, crust.s, 0.0, terms, rates)


def inject_forces(
    crust: Crust, sources: Sequence[PointSources | PlaneWave | InjectedField]
) -> SourceInjection:
    """What forces and plane waves add to the velocities: at t = (n - 1/2) dt, between two velocities."""
    factor = crust.dt / np.prod(crust.grid.spacing)
    terms: list[Terms] = []
    rates: list[Rates] = []
    for group in sources:
        if isinstance(group, PointSources) and group.force.any():
            parts = [
                put(crust, group, name, factor * group.force[:, n])
                for put, names in ((_nodes, VELOCITIES), (_tilts, VELOCITIES[:2]))
                for n, name in enumerate(names)
            ]
            terms.append(_joined(parts))
            rates.append(group.rates)
    for wave in sources:
        if isinstance(wave, PlaneWave) and wave.polarisation is not None:  # others enter on a box
            terms.append(_sheet(crust, wave))
            rates.append(_one_column(wave))
    return SourceInjection(crust, crust.v, -0.5, terms, rates)


def _joined(
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    node, source, amount = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return node, source, amount


def _one_column(wave: PlaneWave) -> Rates:
    return lambda times: wave.velocity(times)[:, None]


def _nodes(crust: Crust, group: PointSources, name: str, amounts: np.ndarray) -> Terms:
    """Flat indices into v or s of this rank's nodes of a component, the source and the amount of each."""
    wanted = np.flatnonzero(amounts)
    lying = _lying(crust, group, wanted) if name in ("vx", "vy") else np.zeros(wanted.size, bool)
    terms = _around(crust, group, wanted, lying, name)
    if crust.memory is not None and len(crust.memory) == 1 and name in STRESSES:
        terms = _evened(crust, terms)
    source = np.broadcast_to(wanted[:, None], terms.k.shape)
    weight = terms.weights * amounts[wanted][:, None]
    k, j, i = terms.k, terms.j, terms.i
    if name in VELOCITIES and crust.free:
        acting = (k == 0) & ((name == "vz") | lying[:, None])
        k, j, i, source, weight = _below_surface(name, acting, k, j, i, source, weight)
    return _owned(crust, name, k, j, i, source, weight)


def _tilts(crust: Crust, group: PointSources, name: str, amounts: np.ndarray) -> Terms:
    """What a horizontal force on a free surface does to vz there: its traction is the shear stress on the surface.

    That stress is kept at zero; here is what its differences along the surface would add.
    """
    wanted = np.flatnonzero(amounts)
    wanted = wanted[_lying(crust, group, wanted)]
    terms = _around(crust, group, wanted, np.ones(wanted.size, bool), name)
    axis = VELOCITIES.index(name)
    slope = -terms.weights * amounts[wanted][:, None] * crust.grid.dz / crust.grid.spacing[axis]
    parts = []
    for ahead, weight in zip((0, 1, -1, 2), (9 / 8, -9 / 8, -1 / 24, 1 / 24), strict=True):
        j, i = (n + ahead * (axis == other) for n, other in ((terms.j, 1), (terms.i, 0)))
        at = terms.k == 0
        source = np.broadcast_to(wanted[:, None], at.shape)
        parts.append(_owned(crust, "vz", terms.k[at], j[at], i[at], source[at], weight * slope[at]))
    return _joined(parts)


def _lying(crust: Crust, group: PointSources, wanted: np.ndarray) -> np.ndarray:
    """Which of some sources lie on a free surface."""
    return crust.free & (np.abs(group.depth[wanted] - crust.grid.depth_min) < SURFACE * crust.grid.dz)


def _around(crust: Crust, group: PointSources, wanted: np.ndarray, lying: np.ndarray, name: str) -> Spread:
    """Nodes around some sources, each (sources, 64): those in the uppermost layer around the lying ones."""
    depth = np.where(lying, crust.grid.depth_min + 0.5 * crust.grid.dz, group.depth[wanted])
    sites = [Site(group.x[n], group.y[n], d, ghost=False) for n, d in zip(wanted, depth, strict=True)]
    return Spread(*map(np.asarray, spread(crust.grid, sites, name)))


def _owned(
    crust: Crust,
    name: str,
    k: np.ndarray,
    j: np.ndarray,
    i: np.ndarray,
    source: np.ndarray,
    weight: np.ndarray,
) -> Terms:
    """Of nodes, with their sources and weights, those of this rank; weights of forces over the density there."""
    inside = _own(crust, k, j, i) & (weight != 0)
    k, j, i, source, weight = (a[inside] for a in (k, j, i, source, weight))
    if name in VELOCITIES:
        weight = weight / _density(crust, name, k, j, i)
    return _flat(crust, _variable(name), k, j, i), source, weight


def _variable(name: str) -> int:
    """Number of a component in its array."""
    return VELOCITIES.index(name) if name in VELOCITIES else STRESSES.index(name)


def _evened(crust: Crust, terms: Spread) -> Spread:
    """Weights of which even and odd nodes have the same sum along each axis.

    Coarse-grained, the stiffness of a cell is that of its mechanism, and what a moment does goes with it: all eight
    must take part alike. Fourth differences do not change the first four moments of weights, so the source is as
    sharp for the waves as it was.
    """
    nodes = (terms.k, terms.j, terms.i)
    starts = [n[:, 0] for n in nodes]
    weights = terms.weights.reshape(-1, POINTS, POINTS, POINTS)
    sides = (False, *crust.grid.horizontal.periodic)
    for axis, (size, periodic) in enumerate(zip(crust.grid.shape, sides, strict=True)):
        moved = np.moveaxis(weights, axis + 1, 1)
        wide = np.pad(moved, ((0, 0), (1, 1), (0, 0), (0, 0)))
        # Of five nodes around the nearest of the four, or those that are there.
        lower = np.abs(moved[:, 1]).sum((1, 2)) > np.abs(moved[:, 2]).sum((1, 2))
        if not periodic:
            lower = (lower & (starts[axis] > 0)) | (starts[axis] + POINTS >= size)
        uneven = np.einsum("na...,a->n...", moved, SIGNS) / np.abs(FOURTH).sum()
        for first, some, sign in ((0, lower, 1), (1, ~lower, -1)):
            change = sign * FOURTH[:, None, None] * uneven[some, None]
            wide[some, first : first + FOURTH.size] += change
        weights = np.moveaxis(wide, 1, axis + 1)
        starts[axis] = starts[axis] - 1
    places = np.indices(weights.shape[1:]).reshape(3, 1, -1)
    k, j, i = (start[:, None] + place for start, place in zip(starts, places, strict=True))
    variable = np.broadcast_to(terms.variable[:, :1], k.shape)
    return Spread(variable, k, j, i, weights.reshape(k.shape))


def _below_surface(
    name: str, acting: np.ndarray, k: np.ndarray, *others: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Nodes (k, j, i), sources and weights of forces below a free surface, and of those acting as traction on it."""
    *places, weight = others
    lower = ~acting
    first, second = ON_SURFACE if name == "vz" else ALONG_SURFACE
    cells = CELL_FRACTIONS_ACROSS if name == "vz" else CELL_FRACTIONS_ALONG
    inside = np.where(k < cells.size, cells[np.minimum(k, cells.size - 1)], 1.0)
    parts = (
        (lower, k[lower], (weight / inside)[lower]),
        (acting, k[acting], first * weight[acting]),
        (acting, k[acting] + 1, second * weight[acting]),
    )
    layers = np.concatenate([part[1] for part in parts])
    columns = [np.concatenate([a[part[0]] for part in parts]) for a in places]
    return layers, *columns, np.concatenate([part[2] for part in parts])


def _own(crust: Crust, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
    block, (ny, nx) = crust.block, crust.grid.horizontal.shape
    j, i = j % ny, i % nx
    return (
        (k >= 0) & (k < crust.grid.nz) & (block.j0 <= j) & (j < block.j1) & (block.i0 <= i) & (i < block.i1)
    )


def _flat(
    crust: Crust, variable: int | np.ndarray, k: np.ndarray, j: np.ndarray, i: np.ndarray
) -> np.ndarray:
    block, h, (ny, nx) = crust.block, crust.block.halo, crust.grid.horizontal.shape
    where = (k + h, j % ny - block.j0 + h, i % nx - block.i0 + h)
    return np.ravel_multi_index((np.broadcast_to(variable, k.shape), *where), (9, *crust.v.shape[1:]))


def _density(crust: Crust, name: str, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
    """Density [kg/m3] of the nodes of a velocity."""
    block, h, (ny, nx) = crust.block, crust.block.halo, crust.grid.horizontal.shape
    k, j, i = k + h, j % ny - block.j0 + h, i % nx - block.i0 + h
    rho = crust.backend.to_host(crust.fields["rho"])
    dk, dj, di = {"vx": (0, 0, 1), "vy": (0, 1, 0), "vz": (-1, 0, 0)}[name]
    return 1e3 * 0.5 * (rho[k, j, i].astype(float) + rho[k + dk, j + dj, i + di])


def _sheet(crust: Crust, wave: PlaneWave) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes of the sheet of force that sends a plane wave up, and one down: 2 rho c v per area (d'Alembert)."""
    grid, block = crust.grid, crust.block
    polarisation = wave.polarisation or "z"
    name = "v" + polarisation
    x, y = float(grid.horizontal.x(0, 1)[0]), float(grid.horizontal.y(0, 1)[0])
    terms = spread(grid, [Site(x, y, wave.depth, ghost=False)], name)
    weights = np.asarray(terms.weights)[0]
    layers = np.unique(np.asarray(terms.k)[0][weights != 0])
    weight = np.array([weights[np.asarray(terms.k)[0] == k].sum() for k in layers])
    k, j, i = (
        a.ravel()
        for a in np.meshgrid(
            layers, np.arange(block.j0, block.j1), np.arange(block.i0, block.i1), indexing="ij"
        )
    )
    weight = np.broadcast_to(weight[:, None], (layers.size, block.cells)).ravel()
    h = block.halo
    at = (k + h, j - block.j0 + h, i - block.i0 + h)
    rho, lam, mu = (crust.backend.to_host(crust.fields[n])[at].astype(float) for n in ("rho", "lam", "mu"))
    speed = np.sqrt((lam + 2 * mu if wave.compressional else mu) / rho) * ROOT_UNITS
    amount = 2 * speed * crust.dt / grid.dz * weight
    variable = "xyz".index(polarisation)
    return _flat(crust, variable, k, j, i), np.zeros(k.size, int), amount
