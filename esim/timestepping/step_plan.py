"""In which order does one step run? Decided once; a step only calls what is in the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from esim.backends import Backend
from esim.parallel.decomposition import Block, Box
from esim.parallel.halo import HaloExchange
from esim.parallel.streams import EDGES

Launch = Callable[[Any], None]
GhostFill = Callable[[float], None]  # fills ghost cells beyond an outer side, as they are at a time [s]


@dataclass(frozen=True)
class ConstantFill:
    """A fill that is the same at all times: a launch with its own constants, independent of its argument."""

    launch: Launch
    constants: Any

    def __call__(self, _: Any) -> None:
        """Fill, at any time and after a step with any constants."""
        self.launch(self.constants)


@dataclass
class StepPlan:
    """A step from one state to the other: edges that neighbours need, exchange, interior, outer boundary, swap.

    state() is the current array; nothing is allocated, compiled or looked up by name in step(). What always follows
    each other is one sequence of the backend: all of the step where there is nobody to exchange with.
    """

    backend: Backend
    states: tuple[Any, Any]
    edges: tuple[Sequence[Launch], Sequence[Launch]]
    interior: tuple[Sequence[Launch], Sequence[Launch]]
    boundary: tuple[Sequence[GhostFill], Sequence[GhostFill]]
    halo: HaloExchange
    current: int = 0
    _ordered: tuple["LaunchSequence", "LaunchSequence"] | None = None

    def state(self) -> Any:
        """Array [var, j, i] of the current state, halo included."""
        return self.states[self.current]

    def begin_boundary(self, fills: tuple[GhostFill, GhostFill]) -> None:
        """Let fills of the two states come before all others; to be called before the first step."""
        one, other = ([fill, *fills] for fill, fills in zip(fills, self.boundary, strict=True))
        self.boundary = one, other

    def step(self, constants: Any, time: float) -> None:
        """Advance the state by one step with the given constants, to a time [s]."""
        if self._ordered is None:
            self._ordered = LaunchSequence.of(self, 0), LaunchSequence.of(self, 1)
        ordered, new = self._ordered[self.current], self.states[1 - self.current]
        if ordered.whole is not None:
            ordered.whole(constants)
            self.current = 1 - self.current
            return
        if self.halo.has_no_neighbours:
            self.halo.start(new)
        else:
            ready = self.backend.event()
            with self.backend.stream(EDGES):
                ready.wait()
                ordered.edges(constants)
                self.halo.start(new)
        ordered.interior(constants)
        self.halo.progress()
        self.halo.finish(new)
        self.current = 1 - self.current
        self.fill_boundary(time)

    def fill(self, time: float) -> None:
        """Bring the halo and the outer boundary of the current state, at a time [s], up to date."""
        self.halo.fill(self.state())
        self.fill_boundary(time)

    def fill_boundary(self, time: float) -> None:
        """Bring the outer boundary of the current state, at a time [s], up to date."""
        for fill in self.boundary[self.current]:
            fill(time)


@dataclass(frozen=True)
class LaunchSequence:
    """Launches of the step from one of the states, each a sequence; whole has all of them, or is None."""

    edges: Launch
    interior: Launch
    whole: Launch | None

    @classmethod
    def of(cls, plan: StepPlan, now: int) -> "LaunchSequence":
        """The sequences of a plan for the step from state number `now`."""
        fills = [fill for fill in plan.boundary[1 - now] if isinstance(fill, ConstantFill)]
        sequence, whole = plan.backend.sequence, None
        if plan.halo.is_noop and len(fills) == len(plan.boundary[1 - now]):
            whole = sequence([*plan.edges[now], *plan.interior[now], *fills])
        return cls(sequence(plan.edges[now]), sequence(plan.interior[now]), whole)


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


def cut_layers(
    block: Block, shape: tuple[int, int], layers: tuple[int, int, int, int], box: Box
) -> tuple[Box, list[Box]]:
    """A box of a block less the layers along the sides of a grid of a shape (ny, nx), and the boxes in the layers.

    layers are the widths of these in cells, in the west, the east, the south and the north.
    """
    (j0, j1), (i0, i1) = box
    west, east, south, north = layers
    i2, i3 = (block.halo - block.i0 + edge for edge in (west, shape[1] - east))
    j2, j3 = (block.halo - block.j0 + edge for edge in (south, shape[0] - north))
    i2, j2 = min(max(i2, i0), i1), min(max(j2, j0), j1)
    i3, j3 = min(max(i3, i2), i1), min(max(j3, j2), j1)
    around: list[Box] = [
        ((j0, j2), (i0, i1)),
        ((j3, j1), (i0, i1)),
        ((j2, j3), (i0, i2)),
        ((j2, j3), (i3, i1)),
    ]
    return ((j2, j3), (i2, i3)), [one for one in around if not is_empty(one)]


def is_empty(box: Box) -> bool:
    """Whether a box has no cells."""
    return any(first >= last for first, last in box)
