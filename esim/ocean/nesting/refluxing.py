"""What does a parent take over from a nest? The water under it, and what went through the faces that they share."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.grids.nested_grid import NestedGrid
from esim.kernels.ocean import nesting
from esim.kernels.ocean.state import ROWS
from esim.ocean.model import Ocean
from esim.ocean.nesting.bathymetry import area_fractions
from esim.ocean.nesting.ghost_cells import exchange_constants
from esim.parallel.decomposition import Block, common
from esim.parallel.transfer import Region, Transfer

Rectangle = tuple[tuple[int, int], tuple[int, int]]  # rows and columns of cells, from and to


class Restriction:
    """Cells of the parent under a nest from what the nest has in them."""

    def __init__(self, parent: Ocean, child: Ocean, nest: NestedGrid) -> None:
        self._parent, self._child = parent, child
        comm, backend, r = child.comm, child.backend, nest.ratio
        block, h = child.block, child.block.halo
        nj, ni = (n // r for n in block.shape)
        weights = area_fractions(nest, block.j0, block.j1) if block.cells else np.zeros(0)
        self._by_row, self._mean = backend.zeros((5, nj, r * ni)), backend.zeros((5, nj, ni))
        part: dict[str, Any] = {}
        if child.structures is not None:
            beside = child.structures.part_of_parent(nest.grid, block, r, weights)
            part["part"] = backend.from_host(beside[None])
        # Cells of the nest by their place n in their parent's: rows first, then columns of what came of those.
        self._rows = [
            [
                backend.bind(
                    nesting.SUM_ROWS_OF_PART if part else nesting.SUM_ROWS,
                    ((0, nj), (0, r * ni)),
                    {
                        **{name: array[:, n::r] for name, array in part.items()},
                        "q": q[:, h + n :: r, h:],
                        "bed": child.bed[:, h + n :: r, h:],
                        "weights": backend.from_host(weights[None, n::r]),
                        "mean": self._by_row,
                    },
                )
                for n in range(r)
            ]
            for q in child.plan.states
        ]
        self._columns = [
            backend.bind(
                nesting.SUM_COLUMNS,
                ((0, nj), (0, ni)),
                {"part": self._by_row[:, :, n::r], "mean": self._mean},
            )
            for n in range(r)
        ]
        rows, columns = self._covered(parent.block, nest)
        self._received = backend.zeros((4, rows[1] - rows[0], columns[1] - columns[0]))
        here = (slice(None), *parent.block.local(rows, columns))
        box = ((0, rows[1] - rows[0]), (0, columns[1] - columns[0]))
        more = {"bed": parent.bed[here], "mean": self._received}
        self._average_down = [
            backend.bind(nesting.AVERAGE_DOWN, box, {**more, "q": q[here]}) for q in parent.plan.states
        ]
        outgoing, incoming = {}, {}
        for rank in range(comm.size):
            theirs = self._covered(parent.decomposition.blocks[rank], nest)
            outgoing[rank] = _piece(self._fine(block, nest), theirs, self._fine(block, nest))
            fine = self._fine(child.decomposition.blocks[rank], nest)
            incoming[rank] = _piece(fine, (rows, columns), (rows, columns))
        self._transfer = Transfer(comm, backend, (4,), outgoing, incoming)
        self._constants = exchange_constants(child)

    def _covered(self, block: Block, nest: NestedGrid) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns of the parent's block under the nest, counted in the parent."""
        j0, j1, i0, i1 = nest.box
        return common((j0, j1), (block.j0, block.j1)), common((i0, i1), (block.i0, block.i1))

    def _fine(self, block: Block, nest: NestedGrid) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns of the parent that a block of the nest covers."""
        (j0, _, i0, _), r = nest.box, nest.ratio
        return (j0 + block.j0 // r, j0 + block.j1 // r), (i0 + block.i0 // r, i0 + block.i1 // r)

    def average_down(self) -> None:
        """Let the parent's current state become that of the nest."""
        for mean, launches in (
            (self._by_row, self._rows[self._child.plan.current]),
            (self._mean, self._columns),
        ):
            mean[...] = 0
            for launch in launches:
                launch(self._constants)
        self._transfer.run((self._mean,), (self._received,))
        self._average_down[self._parent.plan.current](self._constants)


def _piece(a: Rectangle, b: Rectangle, origin: Rectangle) -> Region:
    """The common part of two rectangles of cells, as a region of an array that begins at the corner of a third."""
    (j0, j1), (i0, i1) = (common(x, y) for x, y in zip(a, b, strict=True))
    j, i = origin[0][0], origin[1][0]
    return Region((slice(j0 - j, j1 - j), slice(i0 - i, i1 - i)), (j1 - j0, i1 - i0))


@dataclass(frozen=True)
class NestSide:
    """A side of a nest that lies in its parent, in whose cells it is counted.

    face is the row or column of the parent whose west or south faces it is, outside the one of the cells beside it;
    span are the columns or rows along it, first the number of its first face among those of all sides.
    """

    along_x: bool  # whether x is the direction across
    face: int
    outside: int
    span: tuple[int, int]
    first: int
    sign: int  # +1 where what flows across leaves the cells beside it

    def of_parent(self, block: Block) -> tuple[int, int]:
        """Range along the side of the cells beside it that a block of the parent owns."""
        across, along = ((block.i0, block.i1), (block.j0, block.j1))[:: 1 if self.along_x else -1]
        return common(self.span, along) if across[0] <= self.outside < across[1] else (self.span[0],) * 2

    def of_child(self, block: Block, ratio: int, last: int) -> tuple[int, int]:
        """Range along the side of the faces that a block of the nest has, whose last row or column is `last`."""
        across, along = ((block.i0, block.i1), (block.j0, block.j1))[:: 1 if self.along_x else -1]
        at = across[0] == 0 if self.sign > 0 else across[1] == last
        if not (block.cells and at):
            return (self.span[0],) * 2
        return self.span[0] + along[0] // ratio, self.span[0] + along[1] // ratio

    def numbers(self, part: tuple[int, int]) -> np.ndarray:
        """Numbers of the faces in a range along the side."""
        return self.first + np.arange(part[0] - self.span[0], part[1] - self.span[0])


def nest_sides(nest: NestedGrid) -> list[NestSide]:
    """The sides of a nest that lie in its parent: west, east, south, north."""
    j0, j1, i0, i1 = nest.box
    each = [(True, i0, i0 - 1, (j0, j1), 1), (True, i1, i1, (j0, j1), -1)]
    each += [(False, j0, j0 - 1, (i0, i1), 1), (False, j1, j1, (i0, i1), -1)]
    found, first = [], 0
    for kind, (along_x, face, outside, span, sign) in zip(nest.grid.boundary, each, strict=True):
        if kind == "nest":
            found.append(NestSide(along_x, face, outside, span, first, sign))
            first += span[1] - span[0]
    return found


class FluxRegister:
    """What flows through a strip of faces [m2 per metre of face], added up from step to step."""

    def __init__(self, ocean: Ocean, along_x: bool, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        """Rows and columns, in the ocean's grid, are of the cells whose west (along_x) or south faces are meant."""
        self._ocean, h = ocean, ocean.solver.halo
        j, i = (part.start for part in ocean.block.local(rows, columns))
        nj, ni = rows[1] - rows[0], columns[1] - columns[0]
        near = (slice(j - h, j + nj + h), slice(i - h, i + ni + h))
        cut = {"rows": (slice(None), near[0]), "sides": (slice(None), slice(None), near[1])}
        # Cut from a wider array, so that its rows lie as far apart as those of the others: a GPU wants one pitch.
        sums = ocean.backend.zeros((1, nj + 2 * h, ocean.bed.shape[2]))[:, :, : ni + 2 * h]
        self.sums = sums[0, h : h + nj, h : h + ni]
        kernel = ocean.solver.flux(ocean.kernel, along_x)
        self._launches = [
            ocean.backend.bind(
                kernel,
                ((h, h + nj), (h, h + ni)),
                {name: array[cut.get(name, (slice(None), *near))] for name, array in given.items()}
                | {"register": sums},
            )
            for given in ocean.inputs
        ]

    def clear(self) -> None:
        """Begin anew."""
        self.sums[...] = 0

    def accumulate(self, constants: Any) -> None:
        """Add what a step with some constants from the current state lets through."""
        self._launches[self._ocean.plan.current](constants)


class Refluxing:
    """Faces between a nest and its parent: what they let through is for both grids what the nest computes."""

    def __init__(self, parent: Ocean, child: Ocean, nest: NestedGrid) -> None:
        self._parent, self._child, self._ratio = parent, child, nest.ratio
        comm, backend = child.comm, child.backend
        found = nest_sides(nest)
        grid, r = nest.grid, nest.ratio
        last = {True: grid.nx, False: grid.ny}

        def of_parent(rank: int) -> list[tuple[int, int]]:
            return [side.of_parent(parent.decomposition.blocks[rank]) for side in found]

        def of_child(rank: int) -> list[tuple[int, int]]:
            blocks = child.decomposition.blocks
            return [side.of_child(blocks[rank], r, last[side.along_x]) for side in found]

        def numbers(parts: list[tuple[int, int]]) -> np.ndarray:
            return np.concatenate(
                [np.empty(0, int), *(s.numbers(p) for s, p in zip(found, parts, strict=True))]
            )

        mine, theirs = of_parent(comm.rank), of_child(comm.rank)
        self._parent_registers = self._registers(parent, found, mine, None)
        self._child_registers = self._registers(child, found, theirs, nest)
        ours, fine = numbers(mine), numbers(theirs)
        self._fine = backend.zeros((1, 1, fine.size))
        lists = {name: backend.zeros((1, 1, ours.size)) for name in ("ours", "theirs", "deficit")}
        lists |= {"beside": backend.zeros((2, 1, ours.size))}
        self._lists = lists
        outgoing, incoming = {}, {}
        for rank in range(comm.size):
            outgoing[rank] = _members(fine, numbers(of_parent(rank)), backend)
            incoming[rank] = _members(ours, numbers(of_child(rank)), backend)
        self._transfer = Transfer(comm, backend, (1,), outgoing, incoming)
        j, i, factor, self._area = self._beside(found, mine)
        self._cells = backend.index(j), backend.index(i)
        lists["factor"] = backend.from_host(factor[None, None, :])
        self._reflux = backend.bind(nesting.REFLUX, ((0, 1), (0, ours.size)), lists)
        self._constants = exchange_constants(parent)

    def _registers(
        self, ocean: Ocean, found: list[NestSide], parts: list[tuple[int, int]], nested: NestedGrid | None
    ) -> list[tuple[slice, FluxRegister]]:
        """A register for each side with faces of this rank, and its part of the list of all faces of the rank."""
        registers, first = [], 0
        for side, part in zip(found, parts, strict=True):
            count = part[1] - part[0]
            if count:
                face, along = side.face, part
                if nested is not None:
                    r, start = nested.ratio, side.span[0]
                    along = r * (part[0] - start), r * (part[1] - start)
                    face = 0 if side.sign > 0 else nested.grid.nx if side.along_x else nested.grid.ny
                strip = along, (face, face + 1)
                rows, columns = strip if side.along_x else strip[::-1]
                registers.append(
                    (slice(first, first + count), FluxRegister(ocean, side.along_x, rows, columns))
                )
            first += count
        return registers

    def _beside(
        self, found: list[NestSide], parts: list[tuple[int, int]]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns in the block, +- length of the face / area, and area of the cells beside the nest."""
        block, grid = self._parent.block, self._parent.grid
        rows = self._parent.backend.to_host(self._parent.rows)
        j, i, factor = [np.empty(0, int)], [np.empty(0, int)], [np.empty(0)]
        for side, part in zip(found, parts, strict=True):
            along, across = np.arange(*part), np.full(part[1] - part[0], side.outside)
            cells = (along, across) if side.along_x else (across, along)
            j.append(cells[0] - block.j0 + block.halo)
            i.append(cells[1] - block.i0 + block.halo)
            kind = ROWS.per_dx if side.along_x else (ROWS.north if side.sign > 0 else ROWS.south)
            factor.append(side.sign * rows[kind, j[-1]])
        everywhere = np.concatenate(j), np.concatenate(i), np.concatenate(factor)
        width, height = grid.cell_size(block.j0, block.j1)
        return *everywhere, (width * height)[everywhere[0] - block.halo]

    def accumulate_parent(self, dt: float) -> None:
        """Count what the parent's step of dt [s] from its current state will let through; begin the nest's count."""
        constants = self._parent.constants(dt, 0.0)
        for part, register in self._parent_registers:
            register.clear()
            register.accumulate(constants)
            self._lists["ours"][0, 0, part] = register.sums.reshape(-1)
        for _, register in self._child_registers:
            register.clear()

    def accumulate_child(self, dt: float) -> None:
        """Count what the nest's step of dt [s] from its current state will let through."""
        constants = self._child.constants(dt, 0.0)
        for _, register in self._child_registers:
            register.accumulate(constants)

    def apply(self) -> None:
        """Give the parent's cells beside the nest what the nest's faces have let through."""
        r, lists = self._ratio, self._lists
        fraction = self._child.backend.dtype.type(1 / r)
        for part, register in self._child_registers:
            flat = register.sums.reshape(-1)
            total = flat[0::r] + flat[1::r]
            for n in range(2, r):
                total = total + flat[n::r]
            self._fine[0, 0, part] = total * fraction
        self._transfer.run((self._fine,), (lists["theirs"],))
        state, bed = self._parent.plan.state(), self._parent.bed
        lists["beside"][0, 0] = state[(0, *self._cells)]
        lists["beside"][1, 0] = bed[(0, *self._cells)]
        self._reflux(self._constants)
        state[(0, *self._cells)] = lists["beside"][0, 0]

    def mass_deficit(self) -> float:
        """Volume [m3] that the cells of this rank did not have to give so far."""
        short = self._parent.backend.to_host(self._lists["deficit"])[0, 0]
        return float((short.astype(np.float64) * self._area).sum())


def _members(mine: np.ndarray, others: np.ndarray, backend: Any) -> Region:
    """Those of a rank's list of faces that another rank has too."""
    here = np.flatnonzero(np.isin(mine, others))
    return Region((0, backend.index(here)), (here.size,))
