"""Is the computation stable? Checked every few steps; a run that is not is stopped where it went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from esim.errors import NumericalError
from esim.ocean.model import Ocean
from esim.ocean.nesting.hierarchy import OceanLevel
from esim.timestepping.clock import Clock

MAX_COURANT = 1.0  # above it the scheme is unstable


@dataclass
class StabilityCheck:
    """Stops a run on NaN, infinity, or, where the steps are fixed, a Courant number above one, on any of its grids."""

    levels: Sequence[OceanLevel]
    fixed_steps: bool
    interval: int = 20

    def __call__(self, clock: Clock) -> None:
        """Check if it is time to; raises NumericalError with step, time, cell, place and variable."""
        if clock.step % self.interval == 0 or clock.done:
            self.check_finite(clock)
            if self.fixed_steps:
                self.check_courant(clock)

    def check_finite(self, clock: Clock) -> None:
        """Raises NumericalError, on all ranks, naming the first cell that is not finite, of the finest grids first."""
        for level in reversed(self.levels):
            self._check_finite(clock, level)

    def _check_finite(self, clock: Clock, level: OceanLevel) -> None:
        ocean = level.ocean
        (j0, j1), (i0, i1) = ocean.block.interior
        bad = not ocean.backend.finite(ocean.plan.state()[:, j0:j1, i0:i1])
        if not ocean.comm.allreduce_max(float(bad)):
            return
        place = self._first_bad(ocean) if bad else None
        places = [p for p in ocean.comm.allgather(place) if p is not None]
        if places:
            where = _of_nest(level)
            raise NumericalError(f"step {clock.step}, t = {clock.time:.3f} s: {min(places)[1]}{where}")

    def _first_bad(self, ocean: Ocean) -> tuple[tuple[int, int], str] | None:
        state = ocean.own(ocean.plan.state())
        found = np.argwhere(~np.isfinite(state))
        if not len(found):
            return None
        var, j, i = found[0]
        where = (int(j + ocean.block.j0), int(i + ocean.block.i0))
        return where, f"{ocean.variables[var]} is {state[var, j, i]} at {worst_cell(ocean, *where)}"

    def check_courant(self, clock: Clock) -> None:
        """Raises NumericalError if the water has become too fast for the time step."""
        for level in self.levels:
            if not level.active:
                continue
            courant = level.dt * level.ocean.fastest()
            if courant > MAX_COURANT or np.isnan(courant):
                raise NumericalError(
                    f"step {clock.step}, t = {clock.time:.3f} s: the Courant number{_of_nest(level)} is {courant:.2f}, "
                    f"above {MAX_COURANT:g}, because the water became faster than at the start; set run.adaptive: "
                    "true, or a smaller run.cfl or run.dt"
                )


def _of_nest(level: OceanLevel) -> str:
    """End of a phrase that names a nest; nothing for the whole grid."""
    return f" of nest '{level.place.name}'" if level.place.parent else ""


def worst_cell(ocean: Ocean, j: int, i: int) -> str:
    """Words for a cell: index and position."""
    x, y = ocean.grid.x(i, i + 1)[0], ocean.grid.y(j, j + 1)[0]
    names = ("lon", "lat") if ocean.grid.lonlat else ("x", "y")
    return f"cell j = {j}, i = {i}, {names[0]} = {x:.6g}, {names[1]} = {y:.6g}"
