"""Is the run stable? One whose motion grows without sources, or is not finite, is stopped.

After the sources have ended the energy of waves can only fall, but their motion may rise: all of a standing wave is
motion twice a period and none in between, half of a travelling wave is, and the same energy moves light ground more
than dense. So the most motion in windows is compared that are longer than half the longest period, the time in which
the slowest waves go through the ground and back: no window can hold more than LIMIT times, and the ratio of densities
times, what an earlier one held. Growth from any level is seen like this, down to the NOISE of rounding.
"""

from dataclasses import dataclass

import numpy as np

from esim.crust.layout import VELOCITIES
from esim.crust.medium.medium import MediumSurvey
from esim.crust.model import Crust
from esim.errors import NumericalError
from esim.grids.grid3d import Grid3D
from esim.timestepping.clock import Clock

LIMIT = 4.0  # twice the two between waves that travel and waves that stand
NOISE = (
    1e-8  # of the most motion while the sources were active: motion below is rounding (1e-4 of a velocity)
)
SETTLING = 0.5  # of the time from the origin to the end of the sources: after it nothing may grow


Place = tuple[tuple[int, int, int], str]  # layer, row and column of a cell, and words for what is wrong there


@dataclass(frozen=True)
class Look:
    """What was looked at: the step and its time [s], and the first cell of this rank that is not finite."""

    step: int
    time: float
    place: Place | None


@dataclass
class StabilityCheck:
    """Stops a run on NaN or infinity, and with `growth` on motion that grows after the sources have ended [s].

    most is the most motion [m2/s2] before, peak that of the window which began at opened [s], least the least of
    that and of windows that are over, since [s] when it was so.
    """

    crust: Crust
    end: float
    window: float
    growth: bool = True
    interval: int = 50
    most: float = 0.0
    peak: float = 0.0
    opened: float = 0.0
    least: float = 0.0
    since: float = 0.0

    def __post_init__(self) -> None:
        """Find how much motion the same energy may become."""
        self._limit = LIMIT * self.crust.density_ratio()
        self._motion = self.crust.comm.reduction(1, "sum")
        self._look: Look | None = None

    def __call__(self, clock: Clock) -> None:
        """Look every interval of steps; raises NumericalError with step, time and place of the last look.

        What all ranks have found is known when the next look is due: nobody waits for it.
        """
        if clock.step % self.interval and not clock.done:
            return
        self._judge()
        self._begin(clock)
        if clock.done:
            self._judge()

    def _begin(self, clock: Clock) -> None:
        """Look at the motion, and begin to add up that of all ranks."""
        motion = self.crust.motion_here()
        self._motion.values[0] = motion
        self._motion.start()
        self._look = Look(clock.step, clock.time, None if np.isfinite(motion) else self._first_bad())

    def _judge(self) -> None:
        """Raises NumericalError, on all ranks, for what they found in the last look."""
        look, self._look = self._look, None
        if look is None:
            return
        motion = float(self._motion.wait()[0])
        self._check_finite(look, motion)
        if look.time <= self.end + SETTLING * abs(self.end):
            self.most = self.least = max(self.most, motion)
            self.opened = self.since = look.time
        elif self.growth and self.most > 0:
            self._check_growth(look, motion)

    def state(self) -> list[float]:
        """What a checkpoint needs, so that a resumed run is compared with what was before."""
        return [self.most, self.peak, self.opened, self.least, self.since]

    def restore(self, state: list[float]) -> None:
        """Restore the state of a checkpoint."""
        self.most, self.peak, self.opened, self.least, self.since = (float(value) for value in state)

    def check_finite(self, clock: Clock) -> None:
        """Raises NumericalError, on all ranks, naming the first cell whose velocity is not finite."""
        self._judge()
        self._begin(clock)
        look, self._look = self._look, None
        assert look is not None  # by _begin
        self._check_finite(look, float(self._motion.wait()[0]))

    def _check_finite(self, look: Look, motion: float) -> None:
        if np.isfinite(motion):
            return
        places = [place for place in self.crust.comm.allgather(look.place) if place is not None]
        where = f": {min(places)[1]}" if places else ""
        raise NumericalError(f"step {look.step}, t = {look.time:.4g} s: velocities are not finite{where}")

    def _check_growth(self, look: Look, motion: float) -> None:
        before = max(self.least, NOISE * self.most)
        if motion > self._limit * before:
            raise NumericalError(
                f"step {look.step}, t = {look.time:.4g} s: velocities have grown {np.sqrt(motion / before):.2g}-fold "
                f"since t = {self.since:.4g} s although the sources ended at {self.end:.4g} s (instability); what was "
                "written since then is wrong. Absorb with grid.boundary: {kind: sponge, cells: 30}, in which nothing "
                "grows; if that grows as well, lower run.cfl"
            )
        self.peak = max(self.peak, motion)
        if look.time - self.opened >= self.window:
            if self.peak <= self.least:
                self.least, self.since = self.peak, look.time
            self.peak, self.opened = 0.0, look.time

    def _first_bad(self) -> Place | None:
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


def longest_period(kinds: tuple[str, str, str], grid: Grid3D, survey: MediumSurvey) -> float:
    """Time [s] in which the slowest waves go down through the ground and back, or across it between walls.

    It is half the longest period of standing waves at least, those of a layer on rock.
    """
    (dx, dy, _), (_, ny, nx) = grid.spacing, grid.shape
    across = [n * d for n, d, kind in ((nx, dx, kinds[0]), (ny, dy, kinds[1])) if kind == "wall"]
    return max([2 * survey.descent, *(width / survey.speeds.slowest for width in across)])
