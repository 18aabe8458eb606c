"""When is something due?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from esim.timestepping.clock import Clock

MANY = 1e6  # due times up to which each is looked at


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

    def near(self, time: float, reach: float) -> bool:
        """Whether it is due at most reach [s] before or after a time [s]."""
        first = self.after(time - reach) if time > reach else 0.0
        return first <= time + reach


def count_steps(dt: float, end: float, intervals: Sequence[float]) -> int:
    """Steps of at most dt [s] from zero to an end [s] that reach all multiples of some intervals [s] exactly.

    Steps between two due times are equal, as the clock makes them. Where there are very many due times, those of the
    longer intervals are left out.
    """
    due = np.array([0.0, end])
    for interval in sorted(intervals):
        if end / interval <= MANY:
            due = np.union1d(due, interval * np.arange(1, math.floor(end / interval * (1 + 1e-12)) + 1))
        elif interval >= dt:
            return math.ceil(end / interval) * math.ceil(interval / dt * (1 - 1e-9))
    gaps = np.diff(due[due <= end])
    return int(np.maximum(1, np.ceil(gaps[gaps > 1e-6 * dt] / dt * (1 - 1e-9))).sum())


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
