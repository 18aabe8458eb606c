"""What time is it, how long is the next step, when do we stop?"""

import math
from dataclasses import dataclass


@dataclass
class Clock:
    """Simulated time [s], summed with compensation (Kahan 1965) so that a million steps do not drift.

    time - lost is the exact time to twice the precision; step counts the steps done. A run may begin before time zero,
    the origin time. name is that of the part of a run that has several.
    """

    end: float
    time: float = 0.0
    lost: float = 0.0
    step: int = 0
    begin: float = 0.0
    name: str = ""
    counts: str = ""  # what it counts in place of seconds: "members" of an ensemble
    stopped: bool = False  # whether the run ended by itself before the end that it was given

    @classmethod
    def starting(cls, begin: float, end: float) -> "Clock":
        """The clock of a run from one time to another [s]."""
        return cls(end, begin, begin=begin)

    @property
    def done(self) -> bool:
        """Whether the end is reached."""
        return self.time >= self.end

    def stop(self) -> None:
        """Let the run end with the step that was just done."""
        self.stopped = self.time < self.end
        self.end = self.time

    def next_dt(self, limit: float, due: float) -> float:
        """Longest step not above limit with which equal steps reach the time `due` exactly [s].

        With the same limit and evenly spaced due times the step is constant. Where nothing is due, at infinity, it is
        the limit, up to the last two before the end: all others are those of a longer run as well.
        """
        remaining = (min(due, self.end) - self.time) + self.lost
        if math.isinf(due) and remaining > 2 * limit:
            return limit
        # Steps that fit but for rounding are not cut in two.
        return remaining / max(1, math.ceil(remaining / limit * (1 - 1e-9)))

    def advance(self, dt: float, due: float) -> None:
        """Add a step; a time within rounding of due, or of the end, becomes that itself."""
        due = min(due, self.end)
        self.step += 1
        increment = dt - self.lost
        total = self.time + increment
        self.lost = (total - self.time) - increment
        self.time = total
        if abs(self.time - due) < 1e-6 * dt:
            self.time, self.lost = due, 0.0
