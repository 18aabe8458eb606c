"""What does each rank have? Ranks, cores, GPUs and network cards of all nodes, gathered on the first rank."""

import os
import platform
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from esim.backends import devices
from esim.backends.kernel_cache import cache_directory
from esim.parallel.comm import Comm
from esim.parallel.threads import threads_per_rank, wanted_threads
from esim.tools.file_systems import file_system

NUMA = Path("/sys/devices/system/node")
CARDS = Path("/sys/class/infiniband")
PCI = Path("/sys/bus/pci/devices")
VISIBLE = 3.0  # s that a shared file system may take to show a new file on other nodes
MANY = 64  # ranks, from which on the table shows those of the first and last node only


@dataclass(frozen=True)
class RankReport:
    """What one rank sees: where it runs, the cores that it may use, threads, GPU and network cards.

    numa and gpu_numa are NUMA domains; wanted are the threads that the environment asks for; gpu is the one that it
    takes, and gpu_identity the same in all ranks that see it. cards are those with an active port, or the ones that UCX
    is told to use. output and cache are the types of the file systems of this folder and of the compile cache.
    """

    rank: int
    node: str
    local_rank: int
    cores: tuple[int, ...]
    numa: tuple[int, ...]
    threads: int
    wanted: int | None
    gpu: str | None
    gpu_identity: str | None
    gpu_numa: int | None
    cards: tuple[str, ...]
    library: str | None
    output: str
    cache: str
    sees_output: bool


def survey_ranks(comm: Comm) -> list[RankReport] | None:
    """The reports of all ranks on the first one, None elsewhere."""
    cores = tuple(sorted(os.sched_getaffinity(0)))
    name, identity, near = _gpu(comm.local_rank)
    report = RankReport(
        rank=comm.rank,
        node=platform.node(),
        local_rank=comm.local_rank,
        cores=cores,
        numa=numa_domains(cores),
        threads=threads_per_rank(comm),
        wanted=wanted_threads(),
        gpu=name,
        gpu_identity=identity,
        gpu_numa=near,
        cards=network_cards(),
        library=comm.library,
        output=file_system(Path.cwd()),
        cache=file_system(cache_directory()),
        sees_output=_sees_output(comm),
    )
    return comm.gather(report)


def _sees_output(comm: Comm) -> bool:
    """Whether this rank sees a folder that the first one has just made in the current folder; True if it cannot."""
    probe = comm.bcast(_make_probe() if comm.rank == 0 else None)
    until = time.monotonic() + VISIBLE
    while probe is not None and not probe.is_dir() and time.monotonic() < until:
        time.sleep(0.1)
    found = probe is None or probe.is_dir()
    comm.barrier()
    if comm.rank == 0 and probe is not None:
        probe.rmdir()
    return found


def _make_probe() -> Path | None:
    try:
        return Path(tempfile.mkdtemp(prefix=".esim-doctor-", dir=Path.cwd()))
    except OSError:
        return None  # that nothing can be written here is another finding of the doctor


def numa_domains(cores: Sequence[int], folder: Path = NUMA) -> tuple[int, ...]:
    """The NUMA domains in which cores are; none where the kernel does not say."""
    found = []
    for path in sorted(folder.glob("node[0-9]*")):
        try:
            there = expand((path / "cpulist").read_text())
        except (OSError, ValueError):
            continue
        if there & set(cores):
            found.append(int(path.name.removeprefix("node")))
    return tuple(sorted(found))


def expand(text: str) -> set[int]:
    """The numbers of a list such as 0-3,8: the kernel's way to write them."""
    numbers: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def compact(numbers: Iterable[int]) -> str:
    """Numbers as the kernel writes them: 0-3,8.

    >>> compact([0, 1, 2, 3, 8])
    '0-3,8'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def _gpu(local_rank: int) -> tuple[str | None, str | None, int | None]:
    """Number and name of the GPU that a rank takes, what identifies it, and its NUMA domain."""
    count = 0 if devices.simulated() else devices.gpu_count()
    if count == 0:
        return None, None, None
    found = devices.gpu(local_rank % count)
    return f"{found.number}: {found.name}", found.identity, _numa_of(PCI / devices.bus(found.number))


def network_cards(folder: Path = CARDS) -> tuple[str, ...]:
    """The cards that UCX is told to use, else those of InfiniBand or RoCE with an active port."""
    if told := os.environ.get("UCX_NET_DEVICES"):
        return tuple(told.split(","))
    active = []
    for port in sorted(folder.glob("*/ports/*")):
        try:
            if "ACTIVE" in (port / "state").read_text():
                active.append(f"{port.parent.parent.name}:{port.name}")
        except OSError:
            continue
    return tuple(active)


def _numa_of(device: Path) -> int | None:
    """NUMA domain of a device of the PCI bus; None where the kernel does not say."""
    try:
        number = int((device / "numa_node").read_text())
    except (OSError, ValueError):
        return None
    return number if number >= 0 else None


# ------------------------------------------------------------------ what is said of them

HEADERS = ("rank", "node", "cores", "NUMA", "threads", "GPU", "network cards")


def rows(reports: Sequence[RankReport]) -> list[tuple[str, ...]]:
    """The rows of a table: a rank each; of very many ranks those of the first and the last node."""
    nodes = list(dict.fromkeys(report.node for report in reports))
    shown = [one for one in reports if len(reports) <= MANY or one.node in (nodes[0], nodes[-1])]
    return [
        (
            str(one.rank),
            one.node,
            compact(one.cores),
            compact(one.numa) or "?",
            str(one.threads),
            one.gpu or "-",
            " ".join(one.cards) or "-",
        )
        for one in shown
    ]


def headline(reports: Sequence[RankReport]) -> str:
    """Ranks x cores x GPUs x cards, of the nodes where these differ from least to most."""
    nodes = by_node(reports)
    ranks = [len(there) for there in nodes.values()]
    cores = [len(set().union(*(one.cores for one in there))) for there in nodes.values()]
    gpus = [len({one.gpu_identity for one in there if one.gpu_identity}) for there in nodes.values()]
    cards = [len(set().union(*(one.cards for one in there))) for there in nodes.values()]
    parts = zip((ranks, cores, gpus, cards), ("ranks", "cores", "GPUs", "network cards"), strict=True)
    each = " x ".join(f"{_span(numbers)} {what}" for numbers, what in parts)
    return f"{len(reports)} ranks on {len(nodes)} node{'s' * (len(nodes) > 1)}; a node has {each}"


def _span(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"


def by_node(reports: Sequence[RankReport]) -> dict[str, list[RankReport]]:
    """The ranks of each node."""
    found: defaultdict[str, list[RankReport]] = defaultdict(list)
    for report in reports:
        found[report.node].append(report)
    return dict(found)


def as_json(reports: Sequence[RankReport]) -> list[dict[str, Any]]:
    """The reports as plain data."""
    return [asdict(report) for report in reports]
