"""When has all motion ended? A run may end by itself once the sources have and no wave is left in its block.

Looked at are the velocities of all cells outside of the absorbing layers, so that waves count which have not come to
the surface yet, or go around in the sea. The block is quiet when no component of them is above the threshold, and the
run ends when it was quiet at all looks for the length of a window. The looks are at the same steps on any number of
ranks, and so is the end.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from esim.config.crust.until import QuietConfig
from esim.crust.layout import Box3
from esim.crust.state import CrustState
from esim.timestepping.clock import Clock

LOOKS = 10  # in a window, at least
LONGEST = 50  # steps between two looks, at most
LAYERS = 8  # of cells that are looked at together, from the top: the first loud ones end a look


@dataclass
class QuietEnd:
    """Ends a run that was quiet for a window after its sources had ended at the time `end` [s].

    since is the time [s] of the first of the looks that found it quiet, checked that of the last look of which the
    result is known; None where there was none. was_loud says whether any look found motion, ended whether the run
    ended by it.
    """

    crust: CrustState
    config: QuietConfig
    end: float
    since: float | None = None
    checked: float | None = None
    was_loud: bool = False
    ended: bool = False
    _look: float | None = field(default=None, init=False)  # time of the look whose result is not known yet

    def __post_init__(self) -> None:
        """Find the cells to look at, and how often."""
        self.interval = looking_interval(self.config, self.crust.dt)
        self._cells = inner_cells(self.crust)
        self._found = self.crust.comm.reduction(1, "max")

    def __call__(self, clock: Clock) -> None:
        """Look every interval of steps, and stop the clock when it was quiet for long enough.

        What all ranks have found is known when the next look is due: nobody waits for it.
        """
        if clock.step % self.interval or clock.time < self.end:
            return
        self._judge()
        if self.since is None or self.checked is None or self.checked - self.since < self.config.window:
            self._found.values[0] = self._is_loud()
            self._found.start()
            self._look = clock.time
        else:
            self.ended = True
            clock.stop()

    @classmethod
    def of(cls, config: QuietConfig | None, crust: CrustState, end: float) -> "QuietEnd | None":
        """What a configuration asks for; None where it lets the run go on to time.duration."""
        return None if config is None else cls(crust, config, end)

    def record(self, time: float) -> dict[str, Any]:
        """What run.json has of a run that ended at a time [s]; collective."""
        self._judge()
        reason, since = ("quiet", self.since) if self.ended else ("duration", None)
        found = {"reason": reason, "time": time, "quiet_since": since, "velocity_left": self.left()}
        return found | self.config.model_dump()

    def warnings(self, time: float) -> list[str]:
        """Sentences about a run that ended at a time [s], but not as it was meant to; collective."""
        threshold = f"until.velocity, {self.config.velocity:g} m/s"
        if not self.ended:
            return [
                f"until: at {time:g} s, the end of time.duration, the run had not been quiet for until.window: "
                f"velocities of up to {self.left():.3g} m/s were left ({threshold}), and displacements are not the "
                "static ones; give it a longer time.duration"
            ]
        if not self.was_loud:
            return [
                f"until: no velocity was above {threshold}, when the sources had ended at {self.end:g} s, so the run "
                "ended without waiting for waves to leave; lower until.velocity if the source is weak"
            ]
        return []

    def left(self) -> float:
        """The largest component of velocity [m/s] of all ranks now; collective."""
        largest = [self.crust.backend.largest(part) for part in self._parts()]
        return self.crust.comm.allreduce_max(max(largest, default=0.0))

    def state(self) -> list[float | bool | None]:
        """What a checkpoint needs; collective, as it waits for the look that is under way."""
        self._judge()
        return [self.since, self.checked, self.was_loud]

    def restore(self, state: list[Any]) -> None:
        """Restore the state of a checkpoint."""
        self.since, self.checked, self.was_loud = state

    def _judge(self) -> None:
        """Take up what all ranks have found in the last look."""
        if self._look is None:
            return
        loud = bool(self._found.wait()[0])
        self.checked, self._look = self._look, None
        self.was_loud |= loud
        if loud:
            self.since = None
        elif self.since is None:
            self.since = self.checked

    def _is_loud(self) -> bool:
        """Whether any component of this rank is above the threshold, or not a number."""
        largest = self.crust.backend.largest
        return any(not largest(part) <= self.config.velocity for part in self._parts())

    def _parts(self) -> Iterator[Any]:
        """Velocities of the cells that are looked at, some layers at a time."""
        (k0, k1), (j0, j1), (i0, i1) = self._cells
        if j0 < j1 and i0 < i1:
            for k in range(k0, k1, LAYERS):
                yield self.crust.v[:, k : min(k + LAYERS, k1), j0:j1, i0:i1]


def ending(quiet: QuietEnd | None, time: float) -> dict[str, Any]:
    """What run.json has of when a run ended, at a time [s], and why; collective."""
    return {"reason": "duration", "time": time} if quiet is None else quiet.record(time)


def ending_lines(end: Mapping[str, Any]) -> list[str]:
    """A line of the summary for a run that ended by itself, from what run.json has of its end."""
    if end.get("reason") != "quiet":
        return []
    since, left = end["quiet_since"], end["velocity_left"]
    return [
        f"ended          at {end['time']:.5g} s, quiet since {since:.5g} s; velocities up to {left:.2g} m/s left"
    ]


def describe_end(config: QuietConfig | None, dt: float) -> list[str]:
    """The line of the plan of a run that says when it ends by itself, if it does."""
    if config is None:
        return []
    return [
        f"until          {config.window:g} s without a velocity above {config.velocity:g} m/s after the sources (seen "
        f"every {looking_interval(config, dt)} steps); time.duration at the latest"
    ]


def looking_interval(config: QuietConfig, dt: float) -> int:
    """Steps of dt [s] between two looks."""
    return min(LONGEST, max(1, math.floor(config.window / (LOOKS * dt))))


def inner_cells(crust: CrustState) -> Box3:
    """The owned cells outside of the absorbing layers, in the arrays of this rank."""
    (nz, ny, nx), width, block, h = crust.grid.shape, crust.settings.cells, crust.block, crust.block.halo
    x, y, bottom, top = (width * (kind in ("cpml", "sponge")) for kind in crust.settings.kinds)
    return (
        (top + h, nz - bottom + h),
        (max(block.j0, y) - block.j0 + h, min(block.j1, ny - y) - block.j0 + h),
        (max(block.i0, x) - block.i0 + h, min(block.i1, nx - x) - block.i0 + h),
    )
