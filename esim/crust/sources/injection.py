"""How do sources enter the crust? As moments into stresses and as forces into velocities, on the nodes around them.

Every node that a source reaches has a row of a sparse matrix; a step multiplies it by the rates of the sources. A
source is the adjoint of a receiver at its place: forces are shared among nodes with the weights by which velocities
are read there, moments with those of strain, each over the mass or the part of a cell that the node stands for. So
sources and receivers change places without a difference, at any depth below a free surface.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from esim.crust.layout import STRESSES, VELOCITIES
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import beside_interfaces
from esim.crust.medium.stencils import Stencils
from esim.crust.model import Crust
from esim.grids.closure import ABOVE, SLOPE_ABOVE
from esim.grids.interpolation import NODES, POINTS, Site, replaced, spread
from esim.grids.interpolation import InterpolationTerms as Spread
from esim.kernels.crust.staggered import WEIGHTS
from esim.sources.crust import InjectedField, PlaneWave, PointSources

BATCH = 64  # steps that are prepared at once
BATCH_VALUES = 4_000_000  # numbers that a batch may have
ROOT_UNITS = 1e3  # square root of GPa over g/cm3, in m/s
FOURTH = np.array([1.0, -4.0, 6.0, -4.0, 1.0])  # differences
SIGNS = np.array([1.0, -1.0, 1.0, -1.0])  # of nodes in turn
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
    crust: Crust, sources: Sequence[PointSources | PlaneWave | InjectedField], ground: Ground
) -> SourceInjection:
    """What moment tensors add to the stresses: at t = n dt, between two stresses."""
    factor = -crust.dt / (np.prod(crust.grid.spacing) * 1e6)
    terms: list[Terms] = []
    rates: list[Rates] = []
    for group in sources:
        if isinstance(group, PointSources) and group.moment.any():
            beside = beside_interfaces(ground, group)
            parts = [
                _nodes(crust, group, name, factor * group.moment[:, n], beside)
                for n, name in enumerate(STRESSES)
            ]
            terms.append(_joined(parts))
            rates.append(group.rates)
    return SourceInjection(crust, crust.s, 0.0, terms, rates)


def inject_forces(
    crust: Crust, sources: Sequence[PointSources | PlaneWave | InjectedField], ground: Ground
) -> SourceInjection:
    """What forces and plane waves add to the velocities: at t = (n - 1/2) dt, between two velocities."""
    factor = crust.dt / np.prod(crust.grid.spacing)
    terms: list[Terms] = []
    rates: list[Rates] = []
    for group in sources:
        if isinstance(group, PointSources) and group.force.any():
            beside = beside_interfaces(ground, group)
            parts = [
                _nodes(crust, group, name, factor * group.force[:, n], beside)
                for n, name in enumerate(VELOCITIES)
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


def _nodes(crust: Crust, group: PointSources, name: str, amounts: np.ndarray, beside: Stencils) -> Terms:
    """Flat indices into v or s of this rank's nodes of a component, the source and the amount of each."""
    wanted = np.flatnonzero(amounts)
    terms = spread_source(crust, group, name, wanted, beside)
    nodes = Nodes(
        *(terms.k, terms.j, terms.i),
        source=np.broadcast_to(wanted[:, None], terms.k.shape),
        weight=terms.weights * amounts[wanted][:, None],
    )
    parts = {name: nodes}
    if crust.free and name in ("vx", "vy"):
        parts = _folded(crust, name, nodes)
    return _joined([_owned(crust, node, part) for node, part in parts.items()])


def spread_source(
    crust: Crust, group: PointSources, name: str, wanted: np.ndarray, beside: Stencils
) -> Spread:
    """Nodes of a component on which the sources of an index array act, and their weights; beside: near interfaces."""
    sites = [Site(group.x[n], group.y[n], group.depth[n], ghost=crust.free) for n in wanted]
    terms = Spread(
        *map(np.asarray, spread(crust.grid, sites, name, crust.strain if name in STRESSES else None))
    )
    if crust.coarse and name in STRESSES:
        terms = _evened(crust, terms)
    near = beside.near[wanted]
    if near.any():
        mine, even = beside.take(wanted), crust.coarse
        terms = replaced(terms, near, mine.values(name) if name in VELOCITIES else mine.stresses(name, even))
    return terms


class Nodes(NamedTuple):
    """Nodes k, j, i, and the source and weight of each; arrays of one shape."""

    k: np.ndarray
    j: np.ndarray
    i: np.ndarray
    source: np.ndarray
    weight: np.ndarray

    def where(self, chosen: np.ndarray) -> "Nodes":
        """Those that are chosen, (n,)."""
        return Nodes(*(array[chosen] for array in self))


def _folded(crust: Crust, name: str, nodes: Nodes) -> dict[str, Nodes]:
    """Forces by component, without those above a free surface.

    The velocity there is made of others (kernels.crust.free_surface): so the force acts on these, with their weights.
    """
    above, inside = nodes.where(nodes.k < 0), nodes.where(nodes.k >= 0)
    lower = [above._replace(k=above.k + 1 + n, weight=w * above.weight) for n, w in enumerate(ABOVE)]
    axis = VELOCITIES.index(name)
    slope = SLOPE_ABOVE * crust.grid.dz / crust.grid.spacing[axis]
    across = "i" if name == "vx" else "j"
    tilted = []
    for n, weight in enumerate(WEIGHTS[crust.settings.order]):
        for ahead, sign in ((n + 1, slope), (-n, -slope)):
            moved = {across: getattr(above, across) + ahead}
            tilted.append(above._replace(k=above.k + 1, weight=sign * weight * above.weight, **moved))
    return {name: _gathered([inside, *lower]), "vz": _gathered(tilted)}


def _gathered(parts: list[Nodes]) -> Nodes:
    return Nodes(*(np.concatenate([np.ravel(a) for a in column]) for column in zip(*parts, strict=True)))


def _owned(crust: Crust, name: str, nodes: Nodes) -> Terms:
    """Of nodes those of this rank, with weights over the mass or the part of a cell that they stand for."""
    keep = _own(crust, nodes.k, nodes.j, nodes.i) & (nodes.weight != 0)
    k, j, i, source, weight = nodes.where(keep)
    weight = weight / _parts(crust, name, k)
    if name in VELOCITIES:
        weight = weight / _density(crust, name, k, j, i)
    return _flat(crust, _variable(name), k, j, i), source, weight


def _parts(crust: Crust, name: str, k: np.ndarray) -> np.ndarray:
    """Parts of a cell that the nodes of a component stand for."""
    if crust.closure is None:
        return np.ones(k.shape)
    return crust.closure.parts(k, on_faces=NODES[name].offset[0] != 0)


def _variable(name: str) -> int:
    """Number of a component in its array."""
    return VELOCITIES.index(name) if name in VELOCITIES else STRESSES.index(name)


def _evened(crust: Crust, terms: Spread) -> Spread:
    """Weights of which even and odd nodes have the same sum along each axis.

    Coarse-grained, the stiffness of a cell is that of its mechanism, and what a moment does goes with it: all eight
    must take part alike. Fourth differences do not change the first four moments of weights, so the source is as
    sharp for the waves as it was. Below a free surface that has been seen to along z.
    """
    nodes = (terms.k, terms.j, terms.i)
    starts = [n[:, 0] for n in nodes]
    weights = terms.weights.reshape(-1, terms.k.shape[1] // POINTS**2, POINTS, POINTS)
    sides = (False, *crust.grid.horizontal.periodic)
    for axis, (size, periodic) in enumerate(zip(crust.grid.shape, sides, strict=True)):
        if axis == 0 and crust.strain is not None:
            continue
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
    weight = weight / _parts(crust, name, layers)
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
