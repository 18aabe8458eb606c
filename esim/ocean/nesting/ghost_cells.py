"""What do the ghost cells of a nest see? The state and the bed of its parent, in between its cells and its steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from esim.grids.grid import Grid
from esim.grids.nested_grid import NestedGrid
from esim.kernels.ocean import nesting
from esim.kernels.ocean.state import STATE
from esim.media.ocean.structures import SOUTH, WEST, Faces
from esim.ocean.model import Ocean
from esim.ocean.structures import Ghosts
from esim.parallel.decomposition import Block
from esim.parallel.transfer import Region, Transfer
from esim.timestepping.step_plan import Launch

# (j, i) of kernels.ocean.nesting.CENTRE, WEST, EAST, SOUTH, NORTH
STENCIL = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0))
# Face between the centre and each of the others: its axis, and (j, i) of the cell that has it.
BETWEEN = ((WEST, 0, 0), (WEST, 0, 1), (SOUTH, 0, 0), (SOUTH, 1, 0))


def exchange_constants(ocean: Ocean, fraction: float = 0.0) -> Any:
    """Constants of kernels.ocean.nesting for an ocean, when a fraction of the parent's step has passed."""
    return ocean.backend.constants(
        nesting.constants(ocean.backend.dtype.type, ocean.physics.dry_depth, fraction)
    )


@dataclass(frozen=True)
class GhostCells:
    """Ghost cells of a block beyond sides that lie in the parent: place in the block's arrays, and in the parent."""

    rows: np.ndarray
    columns: np.ndarray
    parents: np.ndarray  # (2, n): j, i of the parent's cell that they lie in
    places: np.ndarray  # (2, n): twice their distance from its centre in x, y [parent cells]


def ghost_cells(nest: NestedGrid, outer: Grid, block: Block) -> GhostCells:
    """The ghost cells of a block of a nest that its parent's grid, the outer one, fills."""
    grid, r = nest.grid, nest.ratio
    h = block.halo if block.cells else 0
    j, i = np.arange(block.j0 - h, block.j1 + h), np.arange(block.i0 - h, block.i1 + h)
    beyond_j, beyond_i = _beyond(j, grid.ny, grid.boundary[2:]), _beyond(i, grid.nx, grid.boundary[:2])
    filled = (beyond_j[:, None] >= 0) & (beyond_i >= 0) & (beyond_j[:, None] + beyond_i > 0)
    rows, columns = np.nonzero(filled)
    j, i = j[rows], i[columns]
    parents = np.stack([nest.box[0] + j // r, nest.box[2] + i // r])
    for axis, count in ((0, outer.ny), (1, outer.nx)):
        if outer.periodic[axis]:
            parents[axis] %= count
    return GhostCells(rows, columns, parents, np.stack([2 * ((n % r + 0.5) / r - 0.5) for n in (i, j)]))


def _beyond(cells: np.ndarray, count: int, kinds: Sequence[str]) -> np.ndarray:
    """1 for cells beyond a side in the parent, -1 beyond another one that is not periodic, 0 else."""
    found = np.zeros(cells.size, int)
    for kind, outside in zip(kinds, (cells < 0, cells >= count), strict=True):
        if kind != "periodic":
            found[outside] = 1 if kind == "nest" else -1
    return found


def corner_cells(nest: NestedGrid, block: Block) -> tuple[np.ndarray, ...]:
    """Ghost cells of a block beyond a side in the parent and another one, and those whose bed they have: j, i, j, i.

    As elsewhere, the bed is mirrored beyond walls, and continued beyond other sides.
    """
    grid, h = nest.grid, block.halo if block.cells else 0
    j, i = np.arange(block.j0 - h, block.j1 + h), np.arange(block.i0 - h, block.i1 + h)
    beyond_j, beyond_i = _beyond(j, grid.ny, grid.boundary[2:]), _beyond(i, grid.nx, grid.boundary[:2])
    rows, columns = np.nonzero(beyond_j[:, None] * beyond_i == -1)
    from_j = np.where(beyond_j < 0, _inside(j, grid.ny, grid.boundary[2:]), j) - block.j0 + h
    from_i = np.where(beyond_i < 0, _inside(i, grid.nx, grid.boundary[:2]), i) - block.i0 + h
    return rows, columns, from_j[rows], from_i[columns]


def _inside(cells: np.ndarray, count: int, kinds: Sequence[str]) -> np.ndarray:
    """Cells of a grid that stand for those beyond its sides."""
    low = -1 - cells if kinds[0] == "wall" else np.zeros(cells.size, int)
    high = 2 * count - 1 - cells if kinds[1] == "wall" else np.full(cells.size, count - 1)
    return np.where(cells < 0, low, np.where(cells >= count, high, cells))


def stencil_cells(grid: Grid, parents: np.ndarray, faces: Faces | None = None) -> np.ndarray:
    """Numbers (5, n) of cells (2, n) of a grid and their neighbours.

    Beyond the edge, and where faces with a structure part them, a cell is its own neighbour.
    """
    j, i = (parents[axis] + np.array([near[axis] for near in STENCIL])[:, None] for axis in (0, 1))
    if faces is not None:
        for n, (axis, up, on) in enumerate(BETWEEN, start=1):
            closed = faces.has(axis, parents[0] + up, parents[1] + on)
            j[n], i[n] = np.where(closed, parents, (j[n], i[n]))
    j = j % grid.ny if grid.periodic[0] else np.clip(j, 0, grid.ny - 1)
    i = i % grid.nx if grid.periodic[1] else np.clip(i, 0, grid.nx - 1)
    return j * grid.nx + i


class GhostInterpolation:
    """Ghost cells of a nest from the state and the bed of its parent, linear in space and in time."""

    def __init__(self, parent: Ocean, child: Ocean, nest: NestedGrid) -> None:
        self.parent, self.child = parent, child
        backend = child.backend
        cells = ghost_cells(nest, parent.grid, child.block)
        targets, member = np.unique(cells.parents[0] * parent.grid.nx + cells.parents[1], return_inverse=True)
        closed = parent.structures.faces if parent.structures is not None else None
        around = stencil_cells(parent.grid, np.stack(np.divmod(targets, parent.grid.nx)), closed)
        self.wanted = wanted = np.unique(around)
        self._fetch = gather_cells(parent, wanted, (len(STATE), 1))
        count, n = targets.size, cells.rows.size
        zeros = backend.zeros
        self._state, self._bed = zeros((len(STATE), 1, wanted.size)), zeros((1, 1, wanted.size))
        self.stencil, self.member = backend.index(np.searchsorted(wanted, around)), backend.index(member)
        near = {"stencil": zeros((len(STATE), 5, count)), "floor": zeros((1, 5, count))}
        self._gradients = zeros((nesting.PLANES, 1, count))
        self._around = near
        ring = {
            "offset": backend.from_host(cells.places[:, None, :]),
            "gradient": zeros((nesting.PLANES, 1, n)),
            "ground": zeros((1, 1, n)),
            "ring": zeros((len(STATE), 1, n)),
        }
        self.place = ring["offset"]
        self._ghost_gradients, self._ground, self._now = ring["gradient"], ring["ground"], ring["ring"]
        times = {"early": zeros((len(STATE), 1, n)), "late": zeros((len(STATE), 1, n))}
        self._times = times
        self._find_gradients = backend.bind(
            nesting.GRADIENTS, ((0, 1), (0, count)), {**near, "gradient": self._gradients}
        )
        self._prolong = [
            backend.bind(nesting.PROLONG, ((0, 1), (0, n)), {**ring, "ghost": g}) for g in times.values()
        ]
        self._interpolate_in_time = backend.bind(
            nesting.INTERPOLATE_IN_TIME, ((0, 1), (0, n)), {**ring, **times}
        )
        self.cells = slice(None), backend.index(cells.rows), backend.index(cells.columns)
        corners = [backend.index(part) for part in corner_cells(nest, child.block)]
        self._corners, self._beside = (slice(None), *corners[:2]), (slice(None), *corners[2:])
        self.of_parent = Ghosts(cells.rows, cells.columns, nest.ratio)
        self.fraction = 0.0  # of the parent's step that had passed when the ghost cells were filled
        self._span = (0.0, 0.0)
        self._constants = exchange_constants(child)
        child.plan.begin_boundary((partial(self._fill, 0), partial(self._fill, 1)))

    def take(self, begin: float, end: float, first: int) -> None:
        """Take the parent's states: number `first`, that of time begin [s], and the current one, of time end."""
        self._span = (begin, end)
        self._interpolate(self._prolong[0], first)
        if first == self.parent.plan.current:
            self._times["late"][...] = self._times["early"]
        else:
            self._interpolate(self._prolong[1], self.parent.plan.current)
        bed = self.child.bed
        bed[self.cells] = self._ground[:, 0]
        bed[self._corners] = bed[self._beside]

    def _interpolate(self, prolong: Launch, number: int) -> None:
        self._fetch.run((self.parent.plan.states[number], self.parent.bed), (self._state, self._bed))
        self._around["stencil"][...] = self._state[:, 0, self.stencil]
        self._around["floor"][...] = self._bed[:, 0, self.stencil]
        self._find_gradients(self._constants)
        self._ghost_gradients[...] = self._gradients[:, :, self.member]
        prolong(self._constants)

    def _fill(self, number: int, time: float) -> None:
        """Fill the ghost cells of a state of the nest, as they are at a time [s]."""
        begin, end = self._span
        self.fraction = min(max((time - begin) / (end - begin), 0.0), 1.0) if end > begin else 0.0
        self._interpolate_in_time(exchange_constants(self.child, self.fraction))
        self.child.plan.states[number][self.cells] = self._now[:, 0]


class FieldInterpolation:
    """Ghost cells of another array [n, j, i] of a nest, a pressure say, from that of its parent: linear, also in time.

    theirs gives the array of the parent, as it is when it is called.
    """

    def __init__(self, ghosts: GhostInterpolation, theirs: Callable[[], Any], planes: int) -> None:
        self._ghosts, self._theirs = ghosts, theirs
        zeros, n = ghosts.child.backend.zeros, ghosts.place.shape[-1]
        self._fetch = gather_cells(ghosts.parent, ghosts.wanted, (planes,))
        self._list = zeros((planes, 1, ghosts.wanted.size))
        self._early, self._late = zeros((planes, n)), zeros((planes, n))
        self._begun = False

    def begin_step(self) -> None:
        """Before the parent's step: take its array."""
        self._take(self._early)
        self._begun = True

    def end_step(self) -> None:
        """After the parent's step: take its array again."""
        self._take(self._late)
        if not self._begun:
            self._early[...] = self._late
        self._begun = False

    def _take(self, target: Any) -> None:
        ghosts, quarter = self._ghosts, self._ghosts.child.backend.dtype.type(0.25)
        self._fetch.run((self._theirs(),), (self._list,))
        near = self._list[:, 0, ghosts.stencil]
        along_x = quarter * (near[:, nesting.EAST] - near[:, nesting.WEST])
        along_y = quarter * (near[:, nesting.NORTH] - near[:, nesting.SOUTH])
        x, y = ghosts.place[0, 0], ghosts.place[1, 0]
        target[...] = near[:, nesting.CENTRE][:, ghosts.member] + (
            x * along_x[:, ghosts.member] + y * along_y[:, ghosts.member]
        )

    def fill(self, array: Any) -> None:
        """Fill the ghost cells of an array of the nest, at the time at which those of its state were filled last."""
        fraction = self._ghosts.child.backend.dtype.type(self._ghosts.fraction)
        array[self._ghosts.cells] = self._early + fraction * (self._late - self._early)


def gather_cells(ocean: Ocean, wanted: np.ndarray, planes: Sequence[int]) -> Transfer:
    """The transfer of cells of a grid, by number, from the ranks that own them to a list [var, 0, n] on this one."""
    comm, index = ocean.comm, ocean.backend.index
    everyone = comm.allgather(wanted)

    def owned(cells: np.ndarray, rank: int) -> np.ndarray:
        j, i = np.divmod(cells, ocean.grid.nx)
        b = ocean.decomposition.blocks[rank]
        return (j >= b.j0) & (j < b.j1) & (i >= b.i0) & (i < b.i1)

    outgoing, incoming = {}, {}
    block = ocean.block
    for rank in range(comm.size):
        mine = everyone[rank][owned(everyone[rank], comm.rank)]
        j, i = np.divmod(mine, ocean.grid.nx)
        places = index(j - block.j0 + block.halo), index(i - block.i0 + block.halo)
        outgoing[rank] = Region(places, (mine.size,))
        here = np.flatnonzero(owned(wanted, rank))
        incoming[rank] = Region((0, index(here)), (here.size,))
    return Transfer(comm, ocean.backend, planes, outgoing, incoming)
