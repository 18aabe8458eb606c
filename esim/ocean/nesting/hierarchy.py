"""How are grids that lie in each other computed together?

A parent makes one step; then each of its nests makes as many as fit into that. The state of the parent at the beginning
and at the end of its step becomes that of the nest's ghost cells. At the end the parent takes over what a two-way
nest has under it, and beside it what went through the faces that they share, so that no water is lost. The exchange
is local: each rank sends what others need of its blocks, wherever those lie.
"""

import time as wall
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.grids.nested_grid import NestedGrid
from esim.ocean.model import Ocean
from esim.ocean.nesting.exchange import Nesting
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.ocean.time_step import count_substeps, minimum_courant_rate
from esim.parallel.comm import Reduction


@dataclass(kw_only=True)
class OceanLevel:
    """The ocean on one grid of the hierarchy, and what moves its bed; its seconds [s] and steps are counted.

    It is active, that is computed, from activated [s] on (None: not yet); dt [s] is its step where that is fixed.
    """

    place: NestedGrid
    ocean: Ocean
    motion: SeafloorMotion
    dt: float
    nests: list["Nest"] = field(default_factory=list)
    activated: float | None = 0.0
    seconds: float = 0.0
    steps: int = 0

    @property
    def active(self) -> bool:
        """Whether it is computed."""
        return self.activated is not None

    @property
    def overwritten(self) -> bool:
        """Whether nests have the last word on some of its cells."""
        return any(nest.place.two_way for nest in self.nests)

    @property
    def finest(self) -> np.ndarray:
        """Which of the owned cells (nj, ni) no nest covers that has the last word on them."""
        block = self.ocean.block
        j, i = np.arange(block.j0, block.j1)[:, None], np.arange(block.i0, block.i1)
        found = np.ones(block.shape, bool)
        for nest in self.nests:
            j0, j1, i0, i1 = nest.place.box
            if nest.place.two_way:
                found &= ~((j >= j0) & (j < j1) & (i >= i0) & (i < i1))
        return found

    def timed(self, work: Callable[..., None], *given: Any) -> None:
        """Do a piece of work on the account of this grid."""
        started = wall.perf_counter()
        work(*given)
        self.seconds += wall.perf_counter() - started


@dataclass(kw_only=True)
class Nest(OceanLevel):
    """A nest, its parent, and the exchange of the two; it makes `substeps` in one step of its parent.

    forces_are_old says that it has been activated, and that its forces are still those from before. deficit_before
    [m3] is the mass deficit at its boundary from before the run was resumed, on all ranks.
    """

    parent: OceanLevel
    nesting: Nesting
    substeps: int
    forces_are_old: bool = False
    deficit_before: float = 0.0

    def activate(self, time: float) -> None:
        """Activate it at a time [s], and those around it, which have to step for it to."""
        if not self.active:
            self.activated, self.forces_are_old = time, True
            if isinstance(self.parent, Nest):
                self.parent.activate(time)

    def begin_steps(self, begin: float, end: float) -> None:
        """Make ready for steps in one of the parent from begin to end [s], which has been made."""
        self.nesting.end_parent_step(begin, end)
        if self.forces_are_old and self.ocean.forces is not None:
            self.ocean.forces.evaluate(begin)
        self.forces_are_old = False


class GridHierarchy:
    """All grids of a run, the model that is advanced in time: the whole grid, and nests, parents before their children.

    cfl is the Courant number of adaptive steps (None: steps are fixed).
    """

    def __init__(self, levels: Sequence[OceanLevel], cfl: float | None = None) -> None:
        self.levels, self.root, self._cfl = levels, levels[0], cfl
        self.nests = [level for level in levels if isinstance(level, Nest)]
        for nest in self.nests:
            nest.parent.nests.append(nest)
            nest.activated = 0.0 if nest.place.activation_threshold is None else None
        comm = self.root.ocean.comm
        self._within = comm.reduction(len(self.nests), "max")
        self._around = {level.place.number: comm.reduction(len(level.nests), "max") for level in levels}

    # ---------------------------------------------------------------- begin

    def settle(self) -> None:
        """Give parents the first water of their nests, where a state says where all of it is.

        Water at rest over the bed of a nest, a pool behind a dike say, is not at rest over its mean.
        """
        if self._stated:
            for level in self.levels:
                level.motion.fill_first()
            self._average_down()
            for level in self.levels:
                level.motion.keep_first()

    @property
    def _stated(self) -> bool:
        return bool(self.nests) and self.root.motion.states_all_water

    def _average_down(self) -> None:
        for nest in reversed(self.nests):
            if nest.place.two_way:
                nest.nesting.average_down()

    def begin(self, time: float = 0.0) -> None:
        """Make all grids ready for the first step from their current states, at a time [s]."""
        if self._stated:
            self._average_down()
        for nest in self.nests:
            nest.nesting.inherit_forces()
        self.root.ocean.begin(time)
        for nest in self.nests:
            nest.nesting.interpolate(time)
            nest.ocean.begin(time)
        self._activate_moving(time)
        for nest in self.nests:
            nest.forces_are_old = False  # all have just been evaluated

    def resume(
        self, time: float, activated: Mapping[str, float | None], deficits: Mapping[str, float]
    ) -> None:
        """Go on from states that have been restored at a time [s], with what those properties were then."""
        for level in self.levels:
            level.motion.resume(time)
        for nest in self.nests:
            nest.activated = activated[nest.place.name]
            nest.deficit_before = deficits[nest.place.name]
            nest.nesting.inherit_forces()
        self.root.ocean.refill(time)
        for nest in self.nests:
            nest.nesting.interpolate(time)
            nest.ocean.refill(time)

    # ---------------------------------------------------------------- step

    def limit(self) -> float:
        """Longest step [s] of the whole grid allowed now."""
        if self._cfl is None:
            return self.root.dt
        fastest = self.root.ocean.fastest()
        return self._cfl / fastest if fastest > 0 else self.root.dt

    def step(self, begin: float, end: float, dt: float) -> None:
        """One step of dt [s] of the whole grid, and those of the nests in it.

        What moves the bed does half of its motion before and half after, everywhere: second order in time.
        """
        motion_end, middle = max(level.motion.end for level in self.levels), 0.5 * (begin + end)
        if begin <= motion_end:
            self._move(begin, middle)
            self._activate_moving(begin)
        if self.nests:
            self._advance(self.root, begin, end, dt)
        else:
            self.root.ocean.step(dt, end)
            self.root.steps += 1
        if begin <= motion_end:
            self._move(middle, end)
            for level in self.levels:
                level.ocean.record(0.0, end)
        if middle <= motion_end:  # as after a restart; nests take theirs from their parents
            self.root.ocean.plan.fill_boundary(end)

    def _move(self, begin: float, end: float) -> None:
        """Move all beds between two times [s]."""
        for level in self.levels:
            level.motion.apply(begin, end)
            level.ocean.follow_bed()

    def _activate_moving(self, time: float) -> None:
        """Activate nests in which a source moves the water."""
        self._activate(self.nests, self._within, Nesting.motion_within, time)

    def _activate(
        self, nests: Sequence[Nest], reduction: Reduction, motion: Callable[[Nesting], float], time: float
    ) -> None:
        """Activate those of some nests, at a time [s], whose motion on any rank is above their threshold.

        All ask together, so that ranks wait for each other once.
        """
        if all(nest.active for nest in nests):
            return
        reduction.values[:] = [0.0 if nest.active else motion(nest.nesting) for nest in nests]
        reduction.start()
        for nest, most in zip(nests, reduction.wait(), strict=True):
            if not nest.active and most > nest.nesting.threshold:
                nest.activate(time)

    def _advance(self, level: OceanLevel, begin: float, end: float, dt: float) -> None:
        started = wall.perf_counter()
        for nest in level.nests:
            nest.nesting.begin_parent_step(dt)
        level.ocean.step(dt, end)
        level.steps += 1
        level.seconds += wall.perf_counter() - started
        if level.nests:
            self._advance_nests(level, begin, end, dt)

    def _advance_nests(self, level: OceanLevel, begin: float, end: float, dt: float) -> None:
        """Steps of the nests in a grid that has made one of dt [s], and what it takes over from them."""
        self._activate(level.nests, self._around[level.place.number], Nesting.motion_around, end)
        active = [nest for nest in level.nests if nest.active]
        for nest in active:
            nest.timed(nest.begin_steps, begin, end)
        for nest in active:
            count = self._count_substeps(nest, dt)
            times = [begin + (end - begin) * k / count for k in range(count)] + [end]
            for now, then in zip(times, times[1:], strict=False):
                nest.timed(nest.nesting.begin_child_step, dt / count)
                self._advance(nest, now, then, dt / count)
        two_way = [nest for nest in active if nest.place.two_way]
        for nest in two_way:
            nest.timed(nest.nesting.update_parent)
        if two_way:
            level.timed(level.ocean.follow_nests, end)
        if level.overwritten:
            level.timed(level.ocean.record, dt, end)

    def _count_substeps(self, nest: Nest, dt: float) -> int:
        """How many steps a nest makes in one of dt [s] of its parent."""
        if self._cfl is None:
            return nest.substeps
        ocean = nest.ocean
        # Of water of one metre at least, which may come into a nest that is dry before its next step.
        rate = max(ocean.fastest(), minimum_courant_rate(ocean.grid, ocean.physics.gravity))
        return count_substeps(dt, rate, self._cfl)

    # ---------------------------------------------------------------- records

    def activation_times(self) -> dict[str, float | None]:
        """When each nest was activated [s], by name; None where it was not."""
        return {nest.place.name: nest.activated for nest in self.nests}

    def mass_deficits(self) -> dict[str, float]:
        """Volume [m3] that cells beside each nest did not have to give since the run began, by name; for all ranks."""
        found = self.root.ocean.comm.allgather([nest.nesting.mass_deficit for nest in self.nests])
        return {
            nest.place.name: nest.deficit_before + sum(volumes)
            for nest, volumes in zip(self.nests, zip(*found, strict=True), strict=True)
        }

    def record(self) -> list[dict[str, Any]]:
        """Size, steps and time of each grid, the mean of all ranks: seconds, and their fraction of those of all."""
        comm = self.root.ocean.comm
        seconds = np.mean(comm.allgather([level.seconds for level in self.levels]), axis=0)
        total = seconds.sum()
        return [
            {
                "name": level.place.name,
                "parent": level.place.parent.name if level.place.parent else None,
                "ratio": level.place.ratio,
                "nx": level.place.grid.nx,
                "ny": level.place.grid.ny,
                "cells": level.place.grid.nx * level.place.grid.ny,
                "blocks": [[b.j0, b.j1, b.i0, b.i1] for b in level.ocean.decomposition.blocks],
                "substeps": level.substeps if isinstance(level, Nest) else 1,
                "steps": level.steps,
                "active_from": level.activated,
                "seconds": float(spent),
                "fraction": float(spent / total) if total else 0.0,
            }
            for level, spent in zip(self.levels, seconds, strict=True)
        ]
