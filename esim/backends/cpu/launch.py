"""How does a bound kernel run? Each thread takes tile after tile until none is left."""

from collections.abc import Callable
from functools import partial

import numpy as np

from esim.backends.activity import WorkCounter
from esim.backends.cpu.compilation import Code
from esim.backends.cpu.thread_pool import ThreadPool

WORTHWHILE = (
    16384  # values that each thread computes: below, waking a thread takes longer than computing them
)


def threads_for(values: int, tiles: int, threads: int) -> int:
    """How many of the threads are put to so many values, cells times stages, in so many tiles."""
    return max(1, min(threads, tiles, values // WORTHWHILE))


class Launch:
    """A kernel tied to a box and its arrays, for constants to be given; bits do not depend on who computes a tile."""

    def __init__(
        self,
        pool: ThreadPool,
        code: Code,
        threads: int,
        given: tuple,
        count: WorkCounter | None,
    ) -> None:
        self._counter = np.zeros(1, np.int64)
        self._run, self._count = pool.do, count
        self._code, self._given, self._threads = code, given, threads
        self._jobs: list[Callable[..., None]] = []

    def _find_code(self) -> None:
        compiled, given = self._code.get(), (self._counter, *self._given)
        self._jobs = [partial(compiled, thread, *given) for thread in range(self._threads)]

    def __call__(self, constants: np.ndarray) -> None:
        """Compute all tiles."""
        if not self._jobs:
            self._find_code()
        if self._count is not None:
            self._count.runs += 1
        self._counter[0] = 0
        self._run(self._jobs, constants)
