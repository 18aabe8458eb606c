"""Is the computation stable? Checked every few steps; a run that is not is stopped where it went wrong."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from esim.errors import NumericalError
from esim.ocean.model import Ocean
from esim.ocean.nesting.hierarchy import OceanLevel
from esim.parallel.comm import Reduction
from esim.timestepping.clock import Clock

MAX_COURANT = 1.0  # above it the scheme is unstable
Place = tuple[tuple[int, int], str]  # row and column of a cell, and words for what is wrong there


@dataclass(frozen=True)
class Look:
    """What was looked at: the step and its time [s], and by grid the first cell of this rank that is not finite."""

    step: int
    time: float
    places: list[Place | None]
    dt: list[float]


@dataclass
class StabilityCheck:
    """Stops a run on NaN, infinity, or, where the steps are fixed, a Courant number above one, on any of its grids.

    What all ranks have found is known when the next look is due: nobody waits for it.
    """

    levels: Sequence[OceanLevel]
    fixed_steps: bool
    interval: int = 20
    _found: Reduction = field(init=False)
    _look: Look | None = None

    def __post_init__(self) -> None:
        """Make room for two values of each grid: whether it is not finite, and its Courant number per second."""
        self._found = self.levels[0].ocean.comm.reduction(2 * len(self.levels), "max")

    def __call__(self, clock: Clock) -> None:
        """Check if it is time to; raises NumericalError with step, time, cell, place and variable of the last look."""
        if clock.step % self.interval == 0 or clock.done:
            self._judge()
            self._begin(clock, self.fixed_steps)
            if clock.done:
                self._judge()

    def check_finite(self, clock: Clock) -> None:
        """Raises NumericalError, on all ranks, naming the first cell that is not finite, of the finest grids first."""
        self._judge()
        self._begin(clock, False)
        self._judge()

    def _begin(self, clock: Clock, courant: bool) -> None:
        """Look at all grids, and begin to tell the other ranks."""
        places: list[Place | None] = []
        for n, level in enumerate(self.levels):
            ocean = level.ocean
            (j0, j1), (i0, i1) = ocean.block.interior
            bad = not ocean.backend.finite(ocean.plan.state()[:, j0:j1, i0:i1])
            places.append(_first_bad(ocean) if bad else None)
            rate = ocean.fastest_here() if courant and level.active and not ocean.solver.linear else 0.0
            # A maximum need not carry NaN.
            self._found.values[2 * n : 2 * n + 2] = bad, math.inf if math.isnan(rate) else rate
        self._found.start()
        self._look = Look(clock.step, clock.time, places, [level.dt for level in self.levels])

    def _judge(self) -> None:
        """Raises NumericalError, on all ranks, for what any of them found in the last look."""
        look, self._look = self._look, None
        if look is None:
            return
        found = self._found.wait().reshape(-1, 2)
        when = f"step {look.step}, t = {look.time:.3f} s"
        for n in reversed(range(len(self.levels))):
            if found[n, 0]:
                level = self.levels[n]
                places = [p for p in level.ocean.comm.allgather(look.places[n]) if p is not None]
                if places:
                    raise NumericalError(f"{when}: {min(places)[1]}{_of_nest(level)}")
        for level, dt, (_, rate) in zip(self.levels, look.dt, found, strict=True):
            courant = dt * rate
            if courant > MAX_COURANT:
                raise NumericalError(
                    f"{when}: the Courant number{_of_nest(level)} is {courant:.2f}, above {MAX_COURANT:g}, because the "
                    "water became faster than at the start; set run.adaptive: true, or a smaller run.cfl or run.dt"
                )


def _first_bad(ocean: Ocean) -> Place | None:
    state = ocean.own(ocean.plan.state())
    found = np.argwhere(~np.isfinite(state))
    if not len(found):
        return None
    var, j, i = found[0]
    where = (int(j + ocean.block.j0), int(i + ocean.block.i0))
    return where, f"{ocean.variables[var]} is {state[var, j, i]} at {worst_cell(ocean, *where)}"


def _of_nest(level: OceanLevel) -> str:
    """End of a phrase that names a nest; nothing for the whole grid."""
    return f" of nest '{level.place.name}'" if level.place.parent else ""


def worst_cell(ocean: Ocean, j: int, i: int) -> str:
    """Words for a cell: index and position."""
    x, y = ocean.grid.x(i, i + 1)[0], ocean.grid.y(j, j + 1)[0]
    names = ("lon", "lat") if ocean.grid.lonlat else ("x", "y")
    return f"cell j = {j}, i = {i}, {names[0]} = {x:.6g}, {names[1]} = {y:.6g}"
