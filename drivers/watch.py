"""Is the computation still sound? Looked at every few steps; a run that is not is stopped where it went wrong."""

from dataclasses import dataclass

import numpy as np

from esim.clock import Clock
from esim.drivers.ocean import Ocean
from esim.errors import NumericalError

NAMES = ("zeta", "hu", "hv")


@dataclass
class Watch:
    """Stops a run on NaN, infinity, or a Courant number above the bound (None: not looked at)."""

    ocean: Ocean
    dt: float | None
    bound: float
    interval: int = 20

    def __call__(self, clock: Clock) -> None:
        """Look if it is time to; raises NumericalError with step, time, cell, place and variable."""
        if clock.step % self.interval == 0 or clock.done:
            self.check_finite(clock)
            if self.dt is not None:
                self.check_courant(clock)

    def check_finite(self, clock: Clock) -> None:
        """Raises NumericalError, on all ranks, naming the first cell that is not finite."""
        ocean = self.ocean
        (j0, j1), (i0, i1) = ocean.block.interior
        bad = not ocean.backend.finite(ocean.plan.state()[:, j0:j1, i0:i1])
        if not ocean.comm.allreduce_max(float(bad)):
            return
        place = self._first_bad() if bad else None
        places = [p for p in ocean.comm.allgather(place) if p is not None]
        if places:
            raise NumericalError(f"step {clock.step}, t = {clock.time:.3f} s: {min(places)[1]}")

    def _first_bad(self) -> tuple[tuple[int, int], str] | None:
        ocean = self.ocean
        state = ocean.own(ocean.plan.state())
        found = np.argwhere(~np.isfinite(state))
        if not len(found):
            return None
        var, j, i = found[0]
        where = (int(j + ocean.block.j0), int(i + ocean.block.i0))
        return where, f"{NAMES[var]} is {state[var, j, i]} at {place(ocean, *where)}"

    def check_courant(self, clock: Clock) -> None:
        """Raises NumericalError if the water has become too fast for the time step."""
        assert self.dt is not None
        courant = self.dt * self.ocean.fastest()
        if courant > self.bound or np.isnan(courant):
            raise NumericalError(
                f"step {clock.step}, t = {clock.time:.3f} s: the Courant number is {courant:.2f}, above "
                f"{self.bound:g}, because the water became faster than at the start; set run.adaptive: true, or "
                "a smaller run.cfl or run.dt"
            )


def place(ocean: Ocean, j: int, i: int) -> str:
    """Words for a cell: index and position."""
    x, y = ocean.grid.x(i, i + 1)[0], ocean.grid.y(j, j + 1)[0]
    names = ("lon", "lat") if ocean.grid.lonlat else ("x", "y")
    return f"cell j = {j}, i = {i}, {names[0]} = {x:.6g}, {names[1]} = {y:.6g}"
