"""How many threads may a rank have?"""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from esim.parallel.comm import Comm

Item = TypeVar("Item")
Result = TypeVar("Result")


def threads_per_rank(comm: Comm) -> int:
    """Threads for this rank: what Slurm gives it, else an equal part of the cores that this process may use."""
    cores = len(os.sched_getaffinity(0))
    given = wanted_threads()
    if given is not None:
        return max(1, min(given, cores))
    # A launcher that binds ranks has already cut the cores; one that does not lets all see the same.
    same = len(set(map(tuple, comm.allgather(sorted(os.sched_getaffinity(0)))))) == 1
    return max(1, cores // comm.local_size) if same else cores


def on_threads(work: Callable[[Item], Result], items: Sequence[Item], threads: int) -> list[Result]:
    """The results of work on some items, in their order, on so many threads; work leaves the interpreter to others.

    Raises the error of the first item that has one.
    """
    if threads == 1 or len(items) < 2:
        return [work(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(threads, len(items)), "esim-work") as pool:
        return list(pool.map(work, items))


def wanted_threads() -> int | None:
    """Threads of a rank as Slurm or OMP_NUM_THREADS says; None where neither does."""
    given = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("OMP_NUM_THREADS", "")
    outermost = given.split(",")[0].strip()  # OMP_NUM_THREADS may list the threads of nested regions
    return int(outermost) if outermost.isdecimal() else None
