"""What may a rank use of its machine? Threads and memory."""

import math
import os
from pathlib import Path

from esim.comm import Comm
from esim.errors import InputError


def threads_per_rank(comm: Comm) -> int:
    """Threads for this rank: what Slurm gives it, else its share of the cores this process may use."""
    cores = len(os.sched_getaffinity(0))
    given = os.environ.get("SLURM_CPUS_PER_TASK") or os.environ.get("OMP_NUM_THREADS", "")
    outermost = given.split(",")[0].strip()  # OMP_NUM_THREADS may list the threads of nested regions
    if outermost.isdecimal():
        return max(1, min(int(outermost), cores))
    # A launcher that binds ranks has already cut the cores; one that does not lets all see the same.
    same = len(set(map(tuple, comm.allgather(sorted(os.sched_getaffinity(0)))))) == 1
    return max(1, cores // comm.local_size) if same else cores


def check_memory(predicted: dict[str, int], limit: int | None, comm: Comm) -> None:
    """Raises InputError if the arrays would not fit in the memory there is, or in run.memory_limit."""
    need = sum(predicted.values())
    available = _available_memory() / comm.local_size
    allowed = min(available, limit or math.inf)
    if need > allowed:
        largest = max(predicted, key=lambda name: predicted[name])
        source = "run.memory_limit" if limit and limit < available else "the memory available"
        ranks = math.ceil(comm.size * need / allowed)
        raise InputError(
            f"memory: a rank would need {need / 1e9:.3g} GB ({largest}: {predicted[largest] / 1e9:.3g} GB), and "
            f"{source} is {allowed / 1e9:.3g} GB per rank; use a coarser grid.spacing, a smaller box, or about "
            f"{ranks} ranks on more nodes"
        )


def _available_memory() -> float:
    with open("/proc/meminfo") as info:
        fields = dict(line.split(":") for line in info)
    available = float(fields["MemAvailable"].split()[0]) * 1024
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            available = min(available, float(text))
    return available
