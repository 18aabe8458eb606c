"""Formulas of cell bodies as trees, which can be moved to other cells and written anew."""

from collections.abc import Callable, Iterator
from typing import NamedTuple


class Local(NamedTuple):
    """A value that a line before has given a name, or all constants: p."""

    name: str


class Constant(NamedTuple):
    """A field of the constants p."""

    field: str


class Cell(NamedTuple):
    """array[plane, j + dj, i + di]; rows and sides leave the index out that they do not have, as zero."""

    array: str
    plane: int
    dj: int = 0
    di: int = 0


class Seen(NamedTuple):
    """A variable, or a plane of an array, of the row `row` rows ahead of some other one, `di` columns read_."""

    source: str
    row: int
    di: int = 0


class Factor(NamedTuple):
    """rows[plane, j], of the row `row` rows ahead of some other one."""

    plane: int
    row: int


class Side(NamedTuple):
    """sides[plane, 0, i], `di` columns read_."""

    plane: int
    di: int = 0


class Operation(NamedTuple):
    """One or two formulas with an operator or a comparison between them, or before."""

    symbol: str
    parts: tuple["Formula", ...]


class Call(NamedTuple):
    """A function of formulas."""

    function: Callable
    parts: tuple["Formula", ...]


Leaf = Local | Constant | Cell | Seen | Factor | Side
Formula = Leaf | Operation | Call
ALL = Local("p")


def leaves(formula: Formula) -> Iterator[Leaf]:
    """What a formula is made of, as often as it is."""
    if isinstance(formula, Operation | Call):
        for part in formula.parts:
            yield from leaves(part)
    else:
        yield formula


def cells(formula: Formula) -> Iterator[Cell]:
    """The cells that a formula reads, as often as it does."""
    return (leaf for leaf in leaves(formula) if isinstance(leaf, Cell))


def changed(formula: Formula, change: Callable[[Leaf], Formula]) -> Formula:
    """A formula with other leaves."""
    if isinstance(formula, Operation | Call):
        return formula._replace(parts=tuple(changed(part, change) for part in formula.parts))
    return change(formula)


def moved(formula: Formula, row: int) -> Formula:
    """A formula of a cell `row` rows ahead, in any column, as that cell sees it."""

    def move(leaf: Leaf) -> Formula:
        if isinstance(leaf, Seen):
            return Seen(leaf.source, leaf.row - row)
        if isinstance(leaf, Factor):
            return Factor(leaf.plane, leaf.row - row)
        return Side(leaf.plane) if isinstance(leaf, Side) else leaf

    return changed(formula, move)


def written(formula: Formula, write: Callable[[Formula], str | None], name: Callable[[Callable], str]) -> str:
    """Text of a formula; write gives that of all leaves, and of whatever else it knows better."""
    text = write(formula)
    if text is not None:
        return text
    assert isinstance(formula, Operation | Call)
    parts = [written(part, write, name) for part in formula.parts]
    if isinstance(formula, Call):
        return f"{name(formula.function)}({', '.join(parts)})"
    return f"({parts[0]} {formula.symbol} {parts[1]})" if len(parts) == 2 else f"({formula.symbol}{parts[0]})"
