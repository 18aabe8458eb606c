"""How fast is the memory? The streaming triad a = b + k c on all threads, or a copy on a GPU."""

import time
from typing import Any

import numpy as np

from esim.backends import Backend

SIZE = 48 << 20  # bytes of each array: larger than caches, also those of big servers' share per core


def bandwidth(backend: Backend, repeats: int = 12) -> float:
    """Bytes per second that the backend's memory moves, the best of some runs."""
    if backend.name == "cuda":
        return _copy(backend, repeats)
    return _triad(getattr(backend, "threads", 1), repeats)


def _triad(threads: int, repeats: int) -> float:
    import numba

    def loop(a: Any, b: Any, c: Any, k: Any) -> None:
        for i in numba.prange(a.size):
            a[i] = b[i] + k * c[i]

    options: dict[str, Any] = {"parallel": True} if threads > 1 else {}
    triad = numba.njit(fastmath=True, **options)(loop)
    n = max(1, threads) * SIZE // 4
    a, b, c = (np.full(n, value, np.float32) for value in (0.0, 1.0, 2.0))
    return 12 * n / _shortest(lambda: triad(a, b, c, np.float32(3)), repeats)


def _copy(backend: Any, repeats: int) -> float:
    n = 8 * SIZE // 4
    a, b = backend.zeros((n,)), backend.zeros((n,))

    def copy() -> None:
        a[...] = b
        backend.synchronize()

    return 2 * n * backend.dtype.itemsize / _shortest(copy, repeats)


def _shortest(work: Any, repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
