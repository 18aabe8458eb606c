"""When is something due?"""

import math
from dataclasses import dataclass


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
