"""How long will a run take here? Cell updates over what cores and memory can do, both measured here, and the rest.

Where `esim bench --rates` has measured this machine, its rates are taken. What cannot be measured in a moment was
measured once on a core of an AMD EPYC (Zen 4): how many vector operations a cell update of the ocean is worth, by
`esim bench`, and what begins a run, by runs of no length.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from esim.planning.prediction import quick_time

OCEAN_WORK = (
    22.0  # float32 exponentials by vectors, in the time of which a core updates a cell, maxima included
)
# Bytes per cell update, without and with attenuation: bound by the memory.
CRUST_BYTES = {False: 120.0, True: 176.0}
CRUST_SHARE = 0.9  # of the bandwidth that is reached (validation/results/bench_cpu.json)
STARTING = 1.5  # s for imports, and compiled kernels from the disk
PREPARING = {"ocean": 1e-5, "crust": 3e-6}  # s per cell: allocated, filled, and moved by a source
COMPILING = {"ocean": 15.0, "crust": 25.0}  # s for kernels, in the first run
CACHED = 1 << 14  # elements of arrays of the measurement that stay in a second-level cache
ARRAY = 32 << 20  # bytes of arrays of the measurement that do not


def ocean_time(cells: int, steps: float, threads: int) -> float:
    """Wall-clock time [s] of a tsunami on CPU cores, without its check, where all its water moves."""
    stepping = quick_time({"ocean": cells, "ocean: maxima": cells}, steps, threads)
    if stepping is None:
        stepping = steps * cells * OCEAN_WORK / (threads * vector_rate())
    return STARTING + PREPARING["ocean"] * cells + stepping


def crust_time(cells: int, steps: float, threads: int, attenuation: bool) -> float:
    """Wall-clock time [s] of seismic waves on CPU cores, without their check."""
    stepping = quick_time(
        {"crust: coarse attenuation" if attenuation else "crust: elastic": cells}, steps, threads
    )
    if stepping is None:
        stepping = steps * cells * CRUST_BYTES[attenuation] / (CRUST_SHARE * bandwidth(threads))
    return STARTING + PREPARING["crust"] * cells + stepping


@cache
def vector_rate() -> float:
    """Exponentials of float32 per second that one core computes by vectors: the best of many short runs."""
    values = np.linspace(0.0, 1.0, CACHED, dtype=np.float32)
    out = np.empty_like(values)
    return values.size / _shortest(lambda: np.exp(values, out=out), 500)


@cache
def bandwidth(threads: int) -> float:
    """Bytes per second that so many threads copy, read and written: the best of a few runs."""
    arrays = [(np.zeros(ARRAY // 4, np.float32), np.ones(ARRAY // 4, np.float32)) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        shortest = _shortest(lambda: list(pool.map(lambda pair: np.copyto(*pair), arrays)), 6)
    return 2 * ARRAY * threads / shortest


def _shortest(work: Callable[[], object], calls: int) -> float:
    """Shortest time of a call [s]: on a busy machine, what it takes when nothing interrupts it."""
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
