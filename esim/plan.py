"""In which order does one step run? Decided once; a step only calls what is in the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from esim.decomposition import Block, Box
from esim.halo import HaloExchange

Launch = Callable[[Any], None]
Fill = Callable[[float], None]  # fills ghost cells beyond an outer side, as they are at a time [s]


@dataclass
class StepPlan:
    """A step from one state to the other: edges that neighbours need, exchange, interior, outer boundary, swap.

    state() is the current array; nothing is allocated, compiled or looked up by name in step().
    """

    states: tuple[Any, Any]
    edges: tuple[Sequence[Launch], Sequence[Launch]]
    interior: tuple[Launch, Launch]
    boundary: tuple[Sequence[Fill], Sequence[Fill]]
    halo: HaloExchange
    current: int = 0

    def state(self) -> Any:
        """Array [var, j, i] of the current state, halo included."""
        return self.states[self.current]

    def step(self, constants: Any, time: float) -> None:
        """Advance the state by one step with the given constants, to a time [s]."""
        now, new = self.current, self.states[1 - self.current]
        for launch in self.edges[now]:
            launch(constants)
        self.halo.start(new)
        self.interior[now](constants)
        self.halo.finish(new)
        self.current = 1 - now
        self.fill_boundary(time)

    def fill(self, time: float) -> None:
        """Bring the halo and the outer boundary of the current state, at a time [s], up to date."""
        self.halo.fill(self.state())
        self.fill_boundary(time)

    def fill_boundary(self, time: float) -> None:
        """Bring the outer boundary of the current state, at a time [s], up to date."""
        for fill in self.boundary[self.current]:
            fill(time)


def split(block: Block, neighbours: tuple[bool, bool, bool, bool]) -> tuple[list[Box], Box]:
    """Strips along the sides (west, east, south, north) that have a neighbour, and the box that is left."""
    (j0, j1), (i0, i1) = block.interior
    west, east, south, north = (block.halo if has else 0 for has in neighbours)
    if j1 - j0 <= south + north or i1 - i0 <= west + east:
        return [block.interior], ((j0, j0), (i0, i1))
    strips: list[Box] = []
    if south:
        strips.append(((j0, j0 + south), (i0, i1)))
    if north:
        strips.append(((j1 - north, j1), (i0, i1)))
    inner = (j0 + south, j1 - north)
    if west:
        strips.append((inner, (i0, i0 + west)))
    if east:
        strips.append((inner, (i1 - east, i1)))
    return strips, (inner, (i0 + west, i1 - east))
