"""Which tiles of a state are quiescent, and how many cells of the others are computed?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.kernels.kernel import Kernel
from esim.parallel.decomposition import Box

STRIPE = 16  # columns at a time in which a tile is looked through from its sides


@dataclass
class ActivityMap:
    """What launches of one kernel on two states by turns know of tiles at rest.

    A tile is a piece of the box of a launch. `quiescent` remembers of each state which of its tiles were zero when
    they were read last: such a tile needs not be set to zero again when it is written next. That holds as long
    as nothing but launches writes into a state that is not the current one.
    """

    _quiescent: dict[tuple[int, Box], Any] = field(default_factory=dict)
    _launches: list["WorkCounter"] = field(default_factory=list)

    def quiescent(self, state: Any, box: Box, make: Callable[[], Any]) -> Any:
        """Flags of the tiles of a state in a box, made where there are none yet."""
        return self._quiescent.setdefault((id(state), box), make())

    def count(self, box: Box, computed: Any, to_host: Callable[[Any], np.ndarray]) -> "WorkCounter":
        """A new count of the work of one launch; computed holds the cells that each of its tiles computes."""
        (j0, j1), (i0, i1) = box
        self._launches.append(WorkCounter(max(j1 - j0, 0) * max(i1 - i0, 0), computed, to_host))
        return self._launches[-1]

    def work(self) -> tuple[int, int]:
        """Cell updates that were computed so far, and those there were in all, of this rank."""
        return sum(c.done() for c in self._launches), sum(c.cells * c.runs for c in self._launches)


@dataclass
class WorkCounter:
    """Work of one launch, which adds to `runs`: its `cells`, and what it computed of them, tile by tile."""

    cells: int
    computed: Any
    to_host: Callable[[Any], np.ndarray]
    runs: int = 0

    def done(self) -> int:
        """Cell updates computed so far."""
        return int(self.to_host(self.computed).sum())


def without_skipping(kernel: Kernel) -> Kernel:
    """The kernel that computes every cell, at rest or not."""
    return kernel._replace(at_rest=None)
