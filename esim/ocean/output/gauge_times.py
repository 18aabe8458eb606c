"""What does a gauge see between two steps? A polynomial in time through the steps around.

Steps are as long as is stable, whenever samples are due. A sample is that of the polynomial of degree five through
three steps before it and three after (Lagrange): of a sine with eight steps a period it misses 0.1 % of the amplitude
at most, with sixteen 0.002 %. Where one step brings most of the change of a quantity, a bore, say, or a fault that
jumps, or where the polynomial would leave less than no water, the two nearest steps are joined by a straight line;
where a gauge falls dry or becomes wet between them, the nearer one counts.
"""

from collections.abc import Iterator

import numpy as np

from esim.timestepping.schedule import Every

SIDE = 3  # steps before a sample, and after it, that it is made of
REACH = SIDE * (1 + 1e-6)  # longest steps around a sample within which these lie
JUMP = 0.7  # fraction of the change in all steps around above which one of them is a jump; a sine has 0.41 at most


class SampleTimes:
    """The samples of all gauges, made from what they see at steps; on the first rank only.

    every says when samples are due; surface and depth are the numbers of these two among the variables, of which the
    first is missing where a gauge is dry, and the other is never negative.
    """

    def __init__(self, every: Every, surface: int, depth: int) -> None:
        self._every, self._surface, self._depth = every, surface, depth
        self._due = 0.0
        self.steps = np.empty(0)  # times [s] of those that are still needed
        self.seen = np.empty((0, 0, 0))  # what was seen then, (steps, variables, gauges)

    def restore(self, steps: np.ndarray, seen: np.ndarray, due: float) -> None:
        """Go on with the steps of a checkpoint, and the sample that is due at a time [s]."""
        self.steps, self.seen, self._due = steps, seen, due

    def take(self, steps: np.ndarray, seen: np.ndarray, done: bool) -> Iterator[tuple[float, np.ndarray]]:
        """Times [s] and values (variables, gauges) of the samples that can be made with further steps.

        steps are their times [s], seen their values (steps, variables, gauges); done says that no more will come.
        """
        self.steps = np.concatenate([self.steps, steps])
        self.seen = np.concatenate([self.seen, seen]) if self.seen.size else seen
        while self.steps.size and self._due <= self.steps[-1]:
            later = int(np.searchsorted(self.steps, self._due))  # the first that is not before it
            if not done and self.steps.size - later < SIDE:
                break
            yield self._due, self._at(self._due, later)
            self._due = self._every.after(self._due)
        # Those that the next sample will want.
        kept = slice(max(0, int(np.searchsorted(self.steps, self._due)) - SIDE), None)
        self.steps, self.seen = self.steps[kept], self.seen[kept]

    def _at(self, time: float, later: int) -> np.ndarray:
        """Values (variables, gauges) at a time [s], of which step number `later` is the first that is not before it."""
        if self.steps[later] == time:
            return self.seen[later]
        around = slice(max(0, later - SIDE), later + SIDE)
        steps, seen = self.steps[around], self.seen[around]
        here = later - around.start - 1
        before, after = seen[here], seen[here + 1]
        fraction = (time - steps[here]) / (steps[here + 1] - steps[here])
        straight = before + fraction * (after - before)
        curved = _lagrange(steps, seen, time)
        change = np.abs(np.diff(seen, axis=0))
        smooth = (change.max(0) <= JUMP * change.sum(0)) & ~(curved[self._depth] < 0)
        found = np.where(
            smooth & np.isfinite(seen[:, self._surface]).all(0) & np.isfinite(curved), curved, straight
        )
        wet = np.isfinite(before[self._surface]) & np.isfinite(after[self._surface])
        return np.where(wet, found, after if fraction > 0.5 else before)


def _lagrange(steps: np.ndarray, seen: np.ndarray, time: float) -> np.ndarray:
    """The polynomial through values (steps, ...) at a time; each value by itself, in the same order of operations."""
    found = np.zeros(seen.shape[1:])
    for n, values in enumerate(seen):
        others = np.delete(steps, n)
        weight = 1.0
        for other in others.tolist():
            weight *= (time - other) / (float(steps[n]) - other)
        found = found + weight * values
    return found
