"""Is it time to write a checkpoint and leave, so that the batch system does not end the run first?"""

import time
from datetime import UTC, datetime
from typing import Any

from esim.supervision.pulse import PULSE
from esim.supervision.time_limit import TimeLimit

MARGIN = 60.0  # s that are kept beside what a checkpoint takes: Slurm may be up to a minute early
SHORT = 10  # the margin is at most this part of the limit: 1 / SHORT
SPARE = 0.5  # of what a checkpoint takes, that is kept too
FIRST_RATE = 100e6  # bytes/s of a node that are assumed before a checkpoint was measured
FADING = 0.9  # of the longest time between two questions, that each later one leaves
SLOWER = 1.2  # times its speed so far, that a run which is to end before the limit may take


class WallClock:
    """The limit of a run, and what its checkpoints and its steps have taken so far [s].

    now() is the time [s since 1970]. Not started, or without a limit, it is never due.
    """

    def __init__(self) -> None:
        self.now = time.time
        self.limit: TimeLimit | None = None
        self.checkpoint: float | None = None
        self._expected = 0.0
        self._asked: float | None = None
        self._begun: tuple[float, float] | None = None
        self._interval = 0.0
        self._elsewhere: tuple[int, float] | None = None

    def start(self, limit: TimeLimit | None, node_bytes: float) -> None:
        """Begin to count; node_bytes are those of the arrays of all ranks of a node."""
        self.limit = limit
        if limit is not None:
            self._expected = min(node_bytes / FIRST_RATE, limit.length / 5)

    def measured(self, begun: float, step: int, simulated: float) -> None:
        """A checkpoint that was begun at a time of now() is complete, of a step and a simulated time [s]."""
        spent = max(0.0, self.now() - begun)
        self.checkpoint = spent if self.checkpoint is None else max(spent, FADING * self.checkpoint)
        PULSE.checkpoint = step, simulated

    def written_elsewhere(self, step: int, simulated: float) -> None:
        """A checkpoint was handed to another rank, which must be done with the one before."""
        if self._elsewhere is not None:
            PULSE.checkpoint = self._elsewhere
        self._elsewhere = step, simulated

    @property
    def cost(self) -> float:
        """What a checkpoint takes [s], as measured, or expected before the first."""
        return self._expected if self.checkpoint is None else self.checkpoint

    @property
    def margin(self) -> float:
        """What is kept beside that [s]."""
        assert self.limit is not None  # asked for where there is one
        return min(max(MARGIN, SPARE * self.cost), self.limit.length / SHORT)

    def due(self, simulated: float, end: float) -> bool:
        """Whether to leave now, at a simulated time [s], in a run to an end [s]; to be asked at even intervals.

        A run that will be done before the limit, at the speed that it had so far, is not cut.
        """
        if self.limit is None:
            return False
        now = self.now()
        if self._begun is None or self._asked is None:
            self._begun = now, simulated
        else:
            self._interval = max(now - self._asked, FADING * self._interval)
        self._asked = now
        left = self.limit.end - now
        if left > self.cost + self.margin + self._interval:
            return False
        return self._remaining(now, simulated, end) + self.cost + self.margin / 2 > left

    def _remaining(self, now: float, simulated: float, end: float) -> float:
        """How long the run will take to its end [s]."""
        assert self._begun is not None  # by due
        begun, first = self._begun
        if simulated <= first:
            return float("inf")
        return SLOWER * (now - begun) / (simulated - first) * (end - simulated)

    def describe(self) -> list[str]:
        """A line for the log, if there is a limit."""
        if self.limit is None:
            return []
        end = datetime.fromtimestamp(self.limit.end).astimezone()
        return [
            f"  time limit     {end:%Y-%m-%d %H:%M:%S %Z} ({self.limit.source}); the run stops in time for it"
        ]

    def record(self) -> dict[str, Any]:
        """For run.json: the limit, who says so, and what a checkpoint took [s]."""
        limit = self.limit
        return {
            "limit": None if limit is None else datetime.fromtimestamp(limit.end, UTC).isoformat(),
            "source": None if limit is None else limit.source,
            "checkpoint_seconds": self.checkpoint,
        }
