"""How much memory may this process take? Of what is free, what its control groups, its shell and Slurm leave it.

A control group bounds all processes in it, and those in groups below it: each group from that of the process up to the
root counts, of version 2 (memory.max, memory.high) and of version 1 (memory.limit_in_bytes). See cgroups(7), and
memory.txt and cgroup-v2.rst of the kernel's documentation.
"""

import os
import resource
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

UNLIMITED = 2**60  # bytes; version 1 writes some 2^63 for no limit
MEGABYTE = 2**20  # bytes, in which Slurm counts
FILES = {  # of a control group, by version: limits, what is used, what of that can be had back from the page cache
    "cgroup2": (("memory.max", "memory.high"), "memory.current", "inactive_file"),
    "cgroup": (("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file"),
}


class Limit(NamedTuple):
    """Bytes that may still be taken, what says so, and whether all ranks of the machine share them."""

    free: float
    source: str
    shared: bool = True


def memory_limits(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> list[Limit]:
    """All limits of this process; root is where /proc and /sys lie."""
    found = [Limit(_free(root), "the memory available"), *_control_groups(root), *_of_process(root)]
    if (given := _given_by_slurm(environment)) is not None:
        found.append(given)
    return found


def available_memory() -> float:
    """Memory [bytes] that this process may take."""
    return min(limit.free for limit in memory_limits())


def _free(root: Path) -> float:
    fields = dict(line.split(":", 1) for line in (root / "proc/meminfo").read_text().splitlines())
    return float(fields["MemAvailable"].split()[0]) * 1024


def _control_groups(root: Path) -> Iterator[Limit]:
    """Limits of the group of this process and of those around it."""
    for kind, folder in _groups(root):
        limits, used, cached = FILES[kind]
        for group in (folder, *folder.parents):
            taken = _number(group / used)
            for name in limits:
                limit = _number(group / name)
                if limit is not None and limit < UNLIMITED:
                    free = limit - (taken or 0.0) + min(_statistic(group, cached), taken or 0.0)
                    where = Path("/") / group.relative_to(root)
                    yield Limit(max(0.0, free), f"the control group's {where / name} ({limit / 1e9:.3g} GB)")
            if not (group.parent / used).exists() and not (group.parent / "cgroup.procs").exists():
                break  # the root of the hierarchy


def _groups(root: Path) -> Iterator[tuple[str, Path]]:
    """Version ("cgroup", "cgroup2") and folder of the control groups for memory of this process."""
    try:
        own = (root / "proc/self/cgroup").read_text().splitlines()
        mounts = (root / "proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return
    paths: dict[str, str] = {}
    for line in own:
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            paths["cgroup2"] = path
        elif "memory" in controllers.split(","):
            paths["cgroup"] = path
    for line in mounts:
        before, _, after = line.partition(" - ")
        kind, options = after.split()[0], after.split()[-1].split(",")
        if kind not in paths or (kind == "cgroup" and "memory" not in options):
            continue
        inside, point = before.split()[3:5]
        # In a container, the root of the mount may be the group itself, or one that the path does not know.
        below = paths[kind].removeprefix(inside) if inside != "/" else paths[kind]
        folder = root / point.lstrip("/")
        exact = folder / below.strip("/")
        yield kind, exact if exact.is_dir() else folder


def _number(path: Path) -> float | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return float(text) if text.isdecimal() else None


def _statistic(group: Path, name: str) -> float:
    try:
        lines = (group / "memory.stat").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.split()[:1] == [name]), 0.0)


def _of_process(root: Path) -> Iterator[Limit]:
    """What `ulimit -v` and `ulimit -d` leave this process, which has its libraries and stacks already."""
    status = dict(
        line.split(":", 1) for line in (root / "proc/self/status").read_text().splitlines() if ":" in line
    )
    for name, kind, used in (
        ("RLIMIT_AS (ulimit -v)", resource.RLIMIT_AS, "VmSize"),
        ("RLIMIT_DATA (ulimit -d)", resource.RLIMIT_DATA, "VmData"),
    ):
        limit = resource.getrlimit(kind)[0]
        if limit != resource.RLIM_INFINITY:
            taken = float(status[used].split()[0]) * 1024
            yield Limit(
                max(0.0, limit - taken), f"the limit {name} of the process ({limit / 1e9:.3g} GB)", False
            )


def _given_by_slurm(environment: Mapping[str, str]) -> Limit | None:
    """What Slurm gives the job on this node; None outside of a job, and where it gives all."""
    per_node, per_cpu = environment.get("SLURM_MEM_PER_NODE", ""), environment.get("SLURM_MEM_PER_CPU", "")
    per_gpu, cpus = environment.get("SLURM_MEM_PER_GPU", ""), environment.get("SLURM_CPUS_ON_NODE", "")
    gpus = environment.get("SLURM_GPUS_ON_NODE", "")
    for name, each, times in (
        ("SLURM_MEM_PER_NODE", per_node, "1"),
        ("SLURM_MEM_PER_CPU", per_cpu, cpus),
        ("SLURM_MEM_PER_GPU", per_gpu, gpus),
    ):
        if each.isdecimal() and times.isdecimal() and int(each) * int(times) > 0:
            size = float(int(each) * int(times) * MEGABYTE)
            return Limit(size, f"{name} of the job ({size / 1e9:.3g} GB on this node)")
    return None
