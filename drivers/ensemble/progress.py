"""How far is an ensemble? Members that are done, those of other groups too, as the clock that observers know."""

import time as wall
from collections.abc import Callable, Sequence

from esim.drivers.driver import Observer
from esim.timestepping.clock import Clock

LOOK = 1.0  # s between two looks at what others have done


class MemberCount:
    """So many members, of which some were missing; count_done() says how many of these are done."""

    def __init__(
        self, members: int, missing: int, count_done: Callable[[], int], observers: Sequence[Observer]
    ) -> None:
        before = float(members - missing)
        self.clock = Clock(float(members), before, begin=min(before, members - 1e-9), counts="members")
        self._before, self._count_done, self._observers = before, count_done, observers
        self._looked = 0.0

    def look(self, step: Clock | None = None) -> None:
        """Count and tell: after a member, and now and then after its steps."""
        now = wall.monotonic()
        if step is None or now - self._looked >= LOOK:
            self._looked = now
            done = self._before + self._count_done()
            if step is None and done == self.clock.time:
                return  # that was told already
            self.clock.time = done
            for observer in self._observers:
                observer(self.clock)
