"""How long will a run take here? Cell updates over what processors and memory can do; measured by `esim bench`."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

OCEAN_RATE = 1e8  # cell updates per second and thread, bound by arithmetic (validation/results/README.md)
# Bytes per cell update, without and with attenuation: bound by the memory.
CRUST_BYTES = {False: 120.0, True: 176.0}
CRUST_SHARE = 0.9  # of the bandwidth that is reached
STARTING = 20.0  # s for compiling, once, and for preparing
ARRAY = 32 << 20  # bytes of an array of the measurement, larger than caches


def ocean_time(cells: int, steps: float, threads: int) -> float:
    """Wall-clock time [s] of a tsunami on CPU cores."""
    return STARTING + cells * steps / (OCEAN_RATE * threads)


def crust_time(cells: int, steps: float, threads: int, attenuation: bool) -> float:
    """Wall-clock time [s] of seismic waves on CPU cores, whose memory bandwidth is measured."""
    rate = CRUST_SHARE * bandwidth(threads) / CRUST_BYTES[attenuation]
    return STARTING + cells * steps / rate


@cache
def bandwidth(threads: int) -> float:
    """Bytes per second that so many threads copy, read and written: the best of a few runs."""
    arrays = [(np.zeros(ARRAY // 4, np.float32), np.ones(ARRAY // 4, np.float32)) for _ in range(threads)]
    times = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(6):
            started = time.perf_counter()
            list(pool.map(lambda pair: np.copyto(*pair), arrays))
            times.append(time.perf_counter() - started)
    return 2 * ARRAY * threads / min(times)
