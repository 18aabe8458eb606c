"""How are grids that lie in each other computed together?

A parent makes one step; then each of its nests makes as many as fit into that. The state of the parent at the beginning
and at the end of its step becomes that of the nest's ghost cells. At the end the parent takes over what a two-way
nest has under it, and beside it what went through the faces that they share, so that no water is lost. The exchange
is local: each rank sends what others need of its blocks, wherever those lie.
"""

import time as wall
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any

import numpy as np

from esim.config.ocean.nests import Placed
from esim.ocean.forcing.forces import InheritedForce
from esim.ocean.model import Ocean
from esim.ocean.nesting.ghost_cells import FieldInterpolation, GhostInterpolation
from esim.ocean.nesting.grid_level import minimum_courant_rate
from esim.ocean.nesting.refluxing import Refluxing, Restriction
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.parallel.decomposition import common

WAKE_DISTANCE = 3  # cells of the parent around a nest in which water that moves wakes it


# ------------------------------------------------------------------ the tree


@dataclass
class Level:
    """One grid of the tree on this rank; seconds, steps and the time at which it woke are counted.

    roused says that it has woken, and that its forces are still those from before.
    """

    placed: Placed
    ocean: Ocean
    substeps: int = 1  # of one step of its parent
    motion: SeafloorMotion | None = None
    active: bool = True
    links: list["Nesting"] = field(default_factory=list)
    seconds: float = 0.0
    steps: int = 0
    woke: float | None = None
    roused: bool = False


class GridHierarchy:
    """All grids of a run, parents before their children; cfl is the Courant number of adaptive steps (None: fixed)."""

    def __init__(self, levels: Sequence[Level], cfl: float | None = None) -> None:
        self.levels, self._cfl = list(levels), cfl
        for level in self.levels[1:]:
            assert level.placed.parent is not None
            parent = self.levels[level.placed.parent.number]
            assert level.placed.section is not None
            level.active = level.placed.section.activation_threshold is None
            level.woke = 0.0 if level.active else None
            parent.links.append(Nesting(parent.ocean, level))
        self.links = [link for level in self.levels for link in level.links]

    @property
    def root(self) -> Level:
        """The whole grid."""
        return self.levels[0]

    def begin(self, time: float = 0.0) -> None:
        """Make all grids ready for the first step from their current states, at a time [s]."""
        for link in self.links:
            link.carry()
        self.root.ocean.begin(time)
        for level in self.levels:
            for link in level.links:
                link.refresh(time)
                link.child.ocean.begin(time)
        self._wake_by_themselves(time)
        for level in self.levels:
            level.roused = False  # all forces have just been evaluated

    @property
    def woke(self) -> dict[str, float | None]:
        """When each nest woke [s], by name; None where it sleeps."""
        return {level.placed.name: level.woke for level in self.levels[1:]}

    def account(self) -> list[dict[str, Any]]:
        """Size, steps and time of each grid, the mean of all ranks: seconds and their share in those of all grids."""
        comm = self.root.ocean.comm
        seconds = np.mean(comm.allgather([level.seconds for level in self.levels]), axis=0)
        return [
            {
                "name": level.placed.name,
                "parent": level.placed.parent.name if level.placed.parent else None,
                "ratio": level.placed.ratio,
                "nx": level.placed.grid.nx,
                "ny": level.placed.grid.ny,
                "cells": level.placed.grid.nx * level.placed.grid.ny,
                "blocks": [[b.j0, b.j1, b.i0, b.i1] for b in level.ocean.decomposition.blocks],
                "substeps": level.substeps,
                "steps": level.steps,
                "awake_from": 0.0 if level.placed.parent is None else level.woke,
                "seconds": float(spent),
                "share": float(spent / seconds.sum()) if seconds.sum() else 0.0,
            }
            for level, spent in zip(self.levels, seconds, strict=True)
        ]

    def short(self) -> dict[str, float]:
        """Volume [m3] that cells beside each nest did not have to give since the run began, by name; for all ranks."""
        found = self.root.ocean.comm.allgather([link.short for link in self.links])
        return {
            link.child.placed.name: link.before + sum(volumes)
            for link, volumes in zip(self.links, zip(*found, strict=True), strict=True)
        }

    def resume(self, time: float, woke: Mapping[str, float | None], short: Mapping[str, float]) -> None:
        """Go on from states that have been taken up at a time [s], with what `woke` and `short` were then."""
        for level in self.levels[1:]:
            level.woke = woke[level.placed.name]
            level.active = level.woke is not None
        for link in self.links:
            link.before = short.get(link.child.placed.name, 0.0)  # older checkpoints do not have it
            link.carry()
        self.root.ocean.refill(time)
        for level in self.levels:
            for link in level.links:
                link.refresh(time)
                link.child.ocean.refill(time)

    def step(self, begin: float, end: float, dt: float) -> None:
        """One step of dt [s] of the whole grid, and those of the nests in it.

        What moves the bed does half of its motion before and half after, everywhere: second order in time.
        """
        middle = 0.5 * (begin + end)
        self._move(begin, middle)
        if self._moving(begin):
            self._wake_by_themselves(begin)
        self._advance(self.root, begin, end, dt)
        self._move(middle, end)
        if self._moving(middle):
            self.root.ocean.plan.fill_boundary(
                end
            )  # as after a restart; nests take theirs from their parents

    def _moving(self, time: float) -> bool:
        """Whether a source still moves something after a time [s]."""
        return any(level.motion is not None and time <= level.motion.end for level in self.levels)

    def _move(self, begin: float, end: float) -> None:
        for level in self.levels:
            if level.motion is not None:
                level.motion.apply(begin, end)

    def _advance(self, level: Level, begin: float, end: float, dt: float) -> None:
        started = wall.perf_counter()
        links = level.links
        for link in links:
            link.remember(dt)
        level.ocean.step(dt, end)
        level.steps += 1
        level.seconds += wall.perf_counter() - started
        awake = [link for link in links if link.child.active or self._wake(link, end)]
        for link in awake:
            link.timed(link.open, begin, end)
        for link in awake:
            self._substeps(link, begin, end, dt)
        merging = [link for link in awake if link.child.placed.two_way]
        for link in merging:
            link.timed(link.close)
        if merging:
            started = wall.perf_counter()
            level.ocean.plan.fill(end)
            level.seconds += wall.perf_counter() - started

    def _substeps(self, link: "Nesting", begin: float, end: float, dt: float) -> None:
        child, count = link.child, self.substeps(link.child, dt)
        times = [begin + (end - begin) * k / count for k in range(count)] + [end]
        for now, then in zip(times, times[1:], strict=False):
            link.timed(link.tally, dt / count)
            self._advance(child, now, then, dt / count)

    def substeps(self, level: Level, dt: float) -> int:
        """How many steps a nest makes in one of dt [s] of its parent."""
        if self._cfl is None:
            return level.substeps
        ocean = level.ocean
        # Of water of one metre at least, which may come into a nest that is dry before its next step.
        rate = max(ocean.fastest(), minimum_courant_rate(ocean.grid, ocean.physics.gravity))
        return max(1, ceil(dt * rate / self._cfl * (1 - 1e-9)))

    def _wake(self, link: "Nesting", time: float) -> bool:
        if link.stirred():
            self._activate(link.child, time)
        return link.child.active

    def _wake_by_themselves(self, time: float) -> None:
        """Wake nests in which a source moves the water."""
        for link in self.links:
            if not link.child.active and is_moving(link.child.ocean, None, link.threshold):
                self._activate(link.child, time)

    def _activate(self, level: Level, time: float) -> None:
        """Wake a nest, and those around it, which have to step for it to."""
        while not level.active:
            assert level.placed.parent is not None
            level.active, level.woke, level.roused = True, time, True
            level = self.levels[level.placed.parent.number]


def is_moving(ocean: Ocean, cells: tuple[slice, slice] | None, threshold: float) -> bool:
    """Whether on any rank water in some cells (None: all) of its block is further from rest than a threshold [m]."""
    (j0, j1), (i0, i1) = ocean.block.interior
    rows, columns = cells or (slice(j0, j1), slice(i0, i1))
    state = ocean.plan.state()[: 1 if threshold > 0 else 3, rows, columns]
    largest = 0.0
    if 0 not in state.shape:
        largest = max(ocean.backend.maximum(state), ocean.backend.maximum(-state))
    return ocean.comm.allreduce_max(largest) > threshold


# ------------------------------------------------------------------ a nest and its parent


class Nesting:
    """The exchange of a nest with its parent. Every rank takes part with its blocks of the two grids."""

    def __init__(self, parent: Ocean, child: Level) -> None:
        self.parent, self.child = parent, child
        assert child.placed.section is not None
        self.threshold = child.placed.section.activation_threshold or 0.0
        self.before = 0.0  # volume short before a restart [m3], on all ranks
        self._ring = GhostInterpolation(parent, child.ocean, child.placed)
        self._cover = Restriction(parent, child.ocean, child.placed)
        self._seam = Refluxing(parent, child.ocean, child.placed)
        self._around = self._within_reach()
        self._carriers: list[FieldInterpolation] = []
        self.refresh(0.0)

    def _within_reach(self) -> tuple[slice, slice]:
        """Cells of the parent's block in and around the nest."""
        block, (j0, j1, i0, i1) = self.parent.block, self.child.placed.box
        rows = common((j0 - WAKE_DISTANCE, j1 + WAKE_DISTANCE), (block.j0, block.j1))
        columns = common((i0 - WAKE_DISTANCE, i1 + WAKE_DISTANCE), (block.i0, block.i1))
        return block.local(rows, columns)

    @property
    def short(self) -> float:
        """Volume [m3] that cells of the parent beside the nest did not have to give since the start, on this rank."""
        return self._seam.missing()

    def timed(self, work: Callable[..., None], *given: Any) -> None:
        """Do a part of the exchange on the nest's account."""
        started = wall.perf_counter()
        work(*given)
        self.child.seconds += wall.perf_counter() - started

    def stirred(self) -> bool:
        """Whether the parent's water moves in and around the nest."""
        return is_moving(self.parent, self._around, self.threshold)

    def carry(self) -> None:
        """Let forces of the nest have ghost cells from those of its parent: see esim.ocean.forcing.forces.Carried."""
        if self.parent.forces is None or self.child.ocean.forces is None:
            return
        for theirs, ours in zip(self.parent.forces.all, self.child.ocean.forces.all, strict=True):
            if not isinstance(theirs, InheritedForce) or not isinstance(ours, InheritedForce):
                continue
            for name, array in ours.carried.items():
                carrier = FieldInterpolation(self._ring, partial(_carried, theirs, name), array.shape[0])
                self._carriers.append(carrier)
                ours.outside[name] = carrier.fill

    def refresh(self, time: float) -> None:
        """Give the ghost cells the parent's current state, at a time [s]."""
        self._ring.take(time, time, self.parent.plan.current)
        for carrier in self._carriers:
            carrier.open()

    def remember(self, dt: float) -> None:
        """Before the parent's step of dt [s]: keep what the end of the exchange needs of it."""
        if self.child.placed.two_way:
            self._seam.tally_parent(dt)
        for carrier in self._carriers:  # also for a nest that sleeps: the step may wake it
            carrier.remember()

    def open(self, begin: float, end: float) -> None:
        """After the parent's step: take its states at the beginning and at the end for the ghost cells."""
        self._ring.take(begin, end, 1 - self.parent.plan.current)
        for carrier in self._carriers:
            carrier.open()
        ocean = self.child.ocean
        ocean.plan.fill_boundary(begin)
        if self.child.roused and ocean.forces is not None:
            ocean.forces.evaluate(begin)
        self.child.roused = False

    def tally(self, dt: float) -> None:
        """Before a step of the nest of dt [s]: count what will flow through its sides."""
        if self.child.placed.two_way:
            self._seam.tally_child(dt)

    def close(self) -> None:
        """After the last step of the nest in one of its parent: the parent takes over what it has."""
        self._cover.take()
        self._seam.settle()


def _carried(force: InheritedForce, name: str) -> Any:
    return force.carried[name]
