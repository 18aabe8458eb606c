"""When is something due?"""

import math
from dataclasses import dataclass

from esim.timestepping.clock import Clock


@dataclass(frozen=True)
class Every:
    """At multiples of an interval [s], and at the end of the run."""

    interval: float
    end: float

    def after(self, time: float) -> float:
        """First due time later than `time` [s]; infinite after the end."""
        if time >= self.end:
            return math.inf
        n = math.floor(time / self.interval * (1 + 1e-12)) + 1
        return min(n * self.interval, self.end)

    def due(self, before: float, clock: Clock) -> bool:
        """Whether it was due in the step from a time [s] to that of the clock."""
        return self.after(before) <= clock.time


@dataclass(frozen=True)
class Steps:
    """After every so many steps, counted from that of time zero; nothing is due in the first `hidden` of the run."""

    count: int
    zero: int = 0
    hidden: int = 0

    def after(self, time: float) -> float:
        """No time is known."""
        return math.inf

    def due(self, before: float, clock: Clock) -> bool:
        """Whether it is due after the step that the clock has counted last."""
        return clock.step > self.hidden and (clock.step - self.zero) % self.count == 0
