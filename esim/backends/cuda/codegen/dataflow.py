"""Which variables of a thread hold the cells that bodies read and write, as it goes from row to row?

A formula of which all cells are those of one other cell belongs to that cell: it is computed there and handed over as
one value.
"""

from collections.abc import Sequence
from typing import NamedTuple

from esim.backends.cuda.codegen.expression import (
    ALL,
    Call,
    Cell,
    Factor,
    Formula,
    Leaf,
    Local,
    Operation,
    Seen,
    Side,
    changed,
    leaves,
    moved,
)
from esim.backends.cuda.codegen.parser import SCRATCH, Body
from esim.backends.cuda.codegen.stage_schedule import unsupported, writers
from esim.backends.linker import ROWS, SIDES, array_names
from esim.kernels.kernel import Kernel

LOADED = -1  # the stage of what is there before the first one
NEAR = 2  # rows for which what was loaded is kept for others; further behind it is loaded again


class Location(NamedTuple):
    """Row and column that all of a formula belongs to, None for any."""

    row: int | None = None
    di: int | None = None


class ThreadVariables:
    """Lines of all stages, each a list of (names, formula), and what there is to know of their variables.

    anchors    how many rows ahead of its own row an iteration computes a variable
    born       the stage that does, or LOADED
    planes     (array, plane) of what is loaded, by name
    stored     last variable for each (array, plane) that is written
    handed     formulas that are computed where their cells are, as those see them, by name
    read_only  arrays that no stage writes
    """

    def __init__(self, kernel: Kernel, bodies: Sequence[Body], offsets: Sequence[int]) -> None:
        self.kernel, self.bodies, self.offsets = kernel, bodies, offsets
        self.anchors: dict[str, int] = {}
        self.born: dict[str, int] = {}
        self.planes: dict[str, tuple[str, int]] = {}
        self.stored: dict[tuple[str, int], str] = {}
        self.handed: dict[str, Formula] = {}
        self.read_only = {name for name in array_names(kernel) if not writers(bodies, name)}
        self._slots: dict[int, str] = {}
        self._meaning: dict[str, Formula | None] = {}  # of locals; None where a call gives several
        self._furthest: dict[str, int] = {}  # most northern row in which a handed formula is asked for
        self.lines = [self._stage(n) for n in range(len(bodies))]
        self._anchor_handed()

    def location(self, formula: Formula) -> Location | None:
        """Where all of a formula belongs; None if to several cells."""
        if isinstance(formula, Operation | Call):
            found = [self.location(part) for part in formula.parts]
            rows = {place.row for place in found if place} - {None}
            columns = {place.di for place in found if place} - {None}
            if None in found or len(rows) > 1 or len(columns) > 1:
                return None
            return Location(*rows) if not columns else Location(rows.pop() if rows else None, columns.pop())
        if isinstance(formula, Local) and formula != ALL:
            meaning = self._meaning[formula.name]
            return self.location(meaning) if meaning is not None else None
        row = formula.row if isinstance(formula, Seen | Factor) else None
        return Location(row, formula.di if isinstance(formula, Seen | Side) else None)

    def spelt(self, formula: Formula) -> Formula:
        """A formula without names of others."""

        def spell(leaf: Leaf) -> Formula:
            meaning = self._meaning.get(leaf.name) if isinstance(leaf, Local) else None
            return leaf if meaning is None else self.spelt(meaning)

        return changed(formula, spell)

    def _stage(self, n: int) -> list[tuple[list[str], Formula]]:
        body, lines = self.bodies[n], []
        for line in body.lines:
            value = changed(line.value, lambda leaf: self._leaf(leaf, n))
            names = [self._target(target, n) for target in line.targets]
            for target, name in zip(line.targets, names, strict=True):
                if isinstance(target, Local):
                    self._meaning[name] = value if len(names) == 1 else None
                elif target.array == SCRATCH:
                    self._slots[target.plane] = name
                    self.anchors[name], self.born[name] = self.offsets[n], n
                elif body.stage.exact:
                    self.stored[target.array, target.plane] = name
                    self._meaning[name] = None
                else:
                    raise unsupported(self.kernel, body, f"writes {target.array} but is not exact")
            # A name for what belongs to another cell is spelt out where it is used.
            if not (isinstance(line.targets[0], Local) and len(names) == 1 and self._foreign(value, n)):
                lines.append((names, self._split(value, n)))
        return lines

    def _target(self, target: Local | Cell, n: int) -> str:
        if isinstance(target, Local):
            return f"{target.name}_{n}"
        label = self.bodies[n].labels.get(target.plane, f"{SCRATCH}{target.plane}")
        name = f"{label}_{n}" if target.array == SCRATCH else f"{target.array}_{target.plane}_{n}"
        while name in self.anchors or name in self._meaning:
            name += "_"
        return name

    def _leaf(self, leaf: Leaf, n: int) -> Formula:
        if isinstance(leaf, Local) and leaf != ALL:
            return Local(f"{leaf.name}_{n}")
        return self._cell(leaf, n) if isinstance(leaf, Cell) else leaf

    def _cell(self, cell: Cell, n: int) -> Formula:
        row, body = self.offsets[n] + cell.dj, self.bodies[n]
        if cell.array == ROWS:
            return Factor(cell.plane, row)
        if cell.array == SIDES:
            return Side(cell.plane, cell.di)
        if cell.array == SCRATCH:
            return Seen(self._slots[cell.plane], row, cell.di)
        if cell.array not in self.read_only:
            if (row, cell.di) != (0, 0):
                raise unsupported(
                    self.kernel, body, f"reads neighbours in {cell.array}, which the kernel writes"
                )
            if (cell.array, cell.plane) in self.stored:
                return Local(self.stored[cell.array, cell.plane])
        stage = body.stage
        if max(stage.west - cell.di, stage.east + cell.di, stage.south - cell.dj) > self.kernel.halo:
            raise unsupported(self.kernel, body, f"reads {cell.array} beyond the halo")
        source = f"{cell.array}_{cell.plane}"
        self.planes[source] = (cell.array, cell.plane)
        return Seen(source, row, cell.di)

    def _foreign(self, formula: Formula, n: int) -> bool:
        """Whether all of a formula belongs to one cell that is not the stage's own."""
        place = self.location(formula)
        return place is not None and None not in place and place != (self.offsets[n], 0)

    def _split(self, formula: Formula, n: int) -> Formula:
        """A formula whose parts that belong to other cells have become variables that are computed there."""
        place = self.location(formula)
        if place is not None and place.row is not None and place.di is not None and self._foreign(formula, n):
            whole = moved(self.spelt(formula), place.row)
            alone = isinstance(whole, Seen)
            if place.di != 0 or (self._made(whole) and not alone):
                return Seen(self._hand(whole, place.row), place.row, place.di)
            if isinstance(whole, Seen):
                return whole._replace(row=place.row)
            formula = self.spelt(formula)
        if isinstance(formula, Operation | Call):
            return formula._replace(parts=tuple(self._split(part, n) for part in formula.parts))
        if isinstance(formula, Side) and formula.di:
            raise unsupported(self.kernel, self.bodies[n], f"reads a neighbour in {SIDES} alone")
        return formula

    def _made(self, formula: Formula) -> list[str]:
        """ThreadVariables of stages in a formula."""
        return [
            leaf.source
            for leaf in leaves(formula)
            if isinstance(leaf, Seen) and leaf.source not in self.planes
        ]

    def _hand(self, whole: Formula, row: int) -> str:
        """Name of the variable with which a formula is handed over to other cells."""
        if isinstance(whole, Seen) and whole.source not in self.planes:
            return whole.source
        reach = NEAR if not self._made(whole) else self.kernel.halo
        names = (name for name, other in self.handed.items() if other == whole)
        name = next((one for one in names if abs(self._furthest[one] - row) <= reach), None)
        if name is None:
            name = f"given_{len(self.handed)}"
            self.handed[name] = whole
        self._furthest[name] = max(row, self._furthest.get(name, row))
        return name

    def _anchor_handed(self) -> None:
        """What is handed over is computed as soon as it can be, or, if loaded, a row before it is read."""
        for name, whole in self.handed.items():
            made, later = self._made(whole), min(self._furthest[name] + 1, self.kernel.halo)
            self.anchors[name] = min((self.anchors[source] for source in made), default=later)
            self.born[name] = max((self.born[source] for source in made), default=LOADED)
