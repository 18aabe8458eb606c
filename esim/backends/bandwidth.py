"""How fast is the memory? The update a += k b on all threads, or a copy on a GPU.

Both move what is counted and nothing else: a processor reads a and b and writes a back, 12 bytes in float32. In a triad
a = b + k c the caches of most processors fetch a before it is written, so that 16 bytes move where 12 seem to.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from esim.backends import Backend

SIZE = (
    48 << 20
)  # bytes of each array of a thread: larger than caches, also those of big servers' share per core
VALUES = 3  # of an element that the update moves


def update(a: Any, b: Any, k: Any) -> None:
    """The loop that is timed."""
    for i in range(a.size):
        a[i] += k * b[i]


def bandwidth(backend: Backend, repeats: int = 12) -> float:
    """Bytes per second that the backend's memory moves in arrays of its precision, the best of some runs."""
    if backend.name == "cuda":
        return _copy(backend, repeats)
    return _update(getattr(backend, "threads", 1), backend.dtype, repeats)


def _update(threads: int, dtype: np.dtype, repeats: int) -> float:
    import numba

    compiled = numba.njit(fastmath=True, nogil=True)(update)
    n, k = SIZE // dtype.itemsize, dtype.type(1e-3)

    def fill(_: int) -> tuple[np.ndarray, np.ndarray]:
        return np.full(n, 1, dtype), np.full(n, 2, dtype)

    with ThreadPoolExecutor(threads) as pool:
        arrays = list(pool.map(fill, range(threads)))  # by threads that use memory near them
        work = lambda: list(pool.map(lambda pair: compiled(*pair, k), arrays))  # noqa: E731
        return VALUES * n * threads * dtype.itemsize / shortest(work, repeats)


def _copy(backend: Any, repeats: int) -> float:
    n = 8 * SIZE // 4
    a, b = backend.zeros((n,)), backend.zeros((n,))

    def copy() -> None:
        a[...] = b
        backend.synchronize()

    return 2 * n * backend.dtype.itemsize / shortest(copy, repeats)


def shortest(work: Callable[[], Any], repeats: int) -> float:
    """Least wall-clock time [s] of so many calls, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
