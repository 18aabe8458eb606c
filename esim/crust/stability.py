"""Is the run stable? One whose energy grows without sources, or is not finite, is stopped."""

from dataclasses import dataclass

import numpy as np

from esim.crust.layout import VELOCITIES
from esim.crust.model import Crust
from esim.errors import NumericalError
from esim.timestepping.clock import Clock

GROWTH_LIMIT = (
    4.0  # times the most there was while the sources were active: energy can only get less after that
)
CHECKS_IN_A_ROW = (
    6  # looks at which the motion may have grown by half each time, after the sources have ended
)
SETTLING_TIME = 1.5  # times the end of the sources, after which nothing may grow


@dataclass
class StabilityCheck:
    """Stops a run on NaN or infinity, and with `growth` on motion that grows after the sources have ended [s]."""

    crust: Crust
    end: float
    growth: bool = True
    interval: int = 50
    most: float = 0.0
    before: float = 0.0
    grown: int = 0

    def __call__(self, clock: Clock) -> None:
        """Check every interval of steps; raises NumericalError with step, time and place."""
        if clock.step % self.interval and not clock.done:
            return
        motion = self.crust.motion()
        self._check_finite(clock, motion)
        if clock.time <= SETTLING_TIME * self.end:
            self.most = max(self.most, motion)
        elif self.growth:
            self._check_growth(clock, motion)
        self.before = motion

    def state(self) -> list[float]:
        """What a checkpoint needs, so that a resumed run is compared with what was before."""
        return [self.most, self.before, self.grown]

    def restore(self, state: list[float]) -> None:
        """Restore the state of a checkpoint."""
        self.most, self.before, self.grown = state[0], state[1], int(state[2])

    def check_finite(self, clock: Clock) -> None:
        """Raises NumericalError, on all ranks, naming the first cell whose velocity is not finite."""
        self._check_finite(clock, self.crust.motion())

    def _check_finite(self, clock: Clock, motion: float) -> None:
        if np.isfinite(motion):
            return
        places = [place for place in self.crust.comm.allgather(self._first_bad()) if place is not None]
        where = f": {min(places)[1]}" if places else ""
        raise NumericalError(f"step {clock.step}, t = {clock.time:.4g} s: velocities are not finite{where}")

    def _check_growth(self, clock: Clock, motion: float) -> None:
        self.grown = self.grown + 1 if motion > 1.5 * self.before > 0 else 0
        if self.most > 0 and (motion > GROWTH_LIMIT * self.most or self.grown >= CHECKS_IN_A_ROW):
            raise NumericalError(
                f"step {clock.step}, t = {clock.time:.4g} s: energy grows after the sources ended at {self.end:.4g} s "
                "(instability); make absorbing layers thicker (grid.boundary.cells), move strong contrasts of the "
                "medium out of them, or use a smaller run.cfl"
            )

    def _first_bad(self) -> tuple[tuple[int, int, int], str] | None:
        v, block, grid = self.crust.own(self.crust.v), self.crust.block, self.crust.grid
        bad = np.argwhere(~np.isfinite(v))
        if not len(bad):
            return None
        component, k, j, i = (int(n) for n in bad[0])
        j, i = j + block.j0, i + block.i0
        x, y = grid.horizontal.x(i, i + 1)[0], grid.horizontal.y(j, j + 1)[0]
        depth = grid.depth(k, k + 1)[0]
        value = v[component, k, j - block.j0, i - block.i0]
        return (k, j, i), (
            f"{VELOCITIES[component]} is {value} at cell k = {k}, j = {j}, i = {i}, x = {x:g}, y = {y:g}, "
            f"depth = {depth:g} m"
        )
