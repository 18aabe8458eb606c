"""What do a nest and its parent exchange? Ghost cells before the nest's steps; water and fluxes after them."""

from functools import partial
from typing import Any

from esim.grids.nested_grid import NestedGrid
from esim.kernels.ocean.state import STATE
from esim.ocean.forces import InheritedForce
from esim.ocean.model import Ocean
from esim.ocean.nesting.ghost_cells import FieldInterpolation, GhostInterpolation
from esim.ocean.nesting.refluxing import Refluxing, Restriction
from esim.parallel.decomposition import common

ACTIVATION_DISTANCE = 3  # cells of the parent around a nest in which water that moves activates it


class Nesting:
    """The exchange of a nest with its parent. Every rank takes part with its blocks of the two grids.

    mass_deficit [m3], of all ranks, is what cells beside the nest did not have to give before the run was resumed.
    """

    def __init__(self, parent: Ocean, child: Ocean, nest: NestedGrid) -> None:
        self._parent, self._child, self._two_way = parent, child, nest.two_way
        self.threshold = nest.activation_threshold or 0.0
        self._ghosts = GhostInterpolation(parent, child, nest)
        self._restriction = Restriction(parent, child, nest)
        self._refluxing = Refluxing(parent, child, nest)
        self._around = _within_reach(parent, nest)
        self._inherited: list[FieldInterpolation] = []
        if nest.two_way and parent.faces is not None:
            parent.faces.leave_to_nest(nest.box)
        self.interpolate(0.0)
        child.raise_structures(self._ghosts.of_parent)

    @property
    def mass_deficit(self) -> float:
        """Volume [m3] that cells of the parent beside the nest did not have to give, on this rank."""
        return self._refluxing.mass_deficit()

    def motion_around(self) -> float:
        """How far the parent's water in and around the nest is from rest, on this rank: see `motion`."""
        return motion(self._parent, self._around, self.threshold)

    def motion_within(self) -> float:
        """How far the nest's own water is from rest, on this rank."""
        return motion(self._child, None, self.threshold)

    def inherit_forces(self) -> None:
        """Let forces of the nest have ghost cells from those of its parent: see forces.InheritedForce."""
        if self._parent.forces is None or self._child.forces is None:
            return
        for theirs, ours in zip(self._parent.forces.all, self._child.forces.all, strict=True):
            if not isinstance(theirs, InheritedForce) or not isinstance(ours, InheritedForce):
                continue
            for name, array in ours.inherited.items():
                field = FieldInterpolation(self._ghosts, partial(_inherited, theirs, name), array.shape[0])
                self._inherited.append(field)
                ours.outside[name] = field.fill

    def interpolate(self, time: float) -> None:
        """Interpolate the parent's current state, at a time [s], for the ghost cells."""
        self._ghosts.take(time, time, self._parent.plan.current)
        for field in self._inherited:
            field.end_step()

    def begin_parent_step(self, dt: float) -> None:
        """Before the parent's step of dt [s]: keep what the end of the exchange needs of it."""
        if self._two_way:
            self._refluxing.accumulate_parent(dt)
        for field in self._inherited:  # also for a nest that is not active: the step may activate it
            field.begin_step()

    def end_parent_step(self, begin: float, end: float) -> None:
        """After the parent's step: interpolate its states at the beginning and at the end for the ghost cells."""
        self._ghosts.take(begin, end, 1 - self._parent.plan.current)
        for field in self._inherited:
            field.end_step()
        self._child.plan.fill_boundary(begin)

    def begin_child_step(self, dt: float) -> None:
        """Before a step of the nest of dt [s]: count what will flow through its sides."""
        if self._two_way:
            self._refluxing.accumulate_child(dt)

    def average_down(self) -> None:
        """The parent takes over the state of the nest."""
        self._restriction.average_down()

    def update_parent(self) -> None:
        """After the last step of the nest in one of its parent: the parent takes over what it has."""
        self.average_down()
        self._refluxing.apply()


def _within_reach(parent: Ocean, nest: NestedGrid) -> tuple[slice, slice]:
    """Cells of the parent's block in and around a nest."""
    block, (j0, j1, i0, i1), more = parent.block, nest.box, ACTIVATION_DISTANCE
    rows = common((j0 - more, j1 + more), (block.j0, block.j1))
    columns = common((i0 - more, i1 + more), (block.i0, block.i1))
    return block.local(rows, columns)


def _inherited(force: InheritedForce, name: str) -> Any:
    return force.inherited[name]


def motion(ocean: Ocean, cells: tuple[slice, slice] | None, threshold: float) -> float:
    """How far water in some cells (None: all) of the block of this rank is from rest at most.

    That is the surface [m] for a threshold of its height, and else the largest value of the state.
    """
    (j0, j1), (i0, i1) = ocean.block.interior
    rows, columns = cells or (slice(j0, j1), slice(i0, i1))
    state = ocean.plan.state()[: 1 if threshold > 0 else len(STATE), rows, columns]
    if 0 in state.shape:
        return 0.0
    return max(ocean.backend.maximum(state), ocean.backend.maximum(-state))
