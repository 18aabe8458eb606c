"""How long would a run take on more ranks, on a machine of many nodes? Strong and weak scaling.

Work is predicted from rates, messages from the decomposition that such a run would have. In strong scaling the run
stays as it is; in weak scaling the grid grows with the ranks, so that each keeps the cells it has on the fewest.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from esim.config.machine import MachineConfig
from esim.errors import InputError
from esim.parallel.decomposition import decompose
from esim.planning.kinds import GPU_BANDWIDTH, GPU_FRACTION, KINDS
from esim.planning.network import HERE, Hardware, StepTime, step_time
from esim.planning.prediction import output_time
from esim.planning.rates import Rates, Way
from esim.planning.work import Exchange, Term, Workload

CPU_FRACTION = 0.85  # of the memory bandwidth of a node that kernels reach at most
MOST_RANKS = 1 << 20
# Kinds of work that machine files have rates of, and their names there.
KNOWN = {"ocean": "ocean", "crust: elastic": "elastic", "crust: coarse attenuation": "viscoelastic"}


@dataclass(frozen=True)
class Row:
    """A run on a number of ranks: times [s] of a step, of all steps, of output and of all; shares, memory, energy.

    halo_share is the part of a step that goes into messages and reductions. output is what files add to the steps,
    written the time of the thread that compresses and writes them. memory [bytes] is that of the largest rank; it
    fits says whether the node has that for each of its ranks. energy [J] is None where the machine says no power.
    """

    ranks: int
    nodes: int
    step: float
    steps: float
    halo_share: float
    imbalance: float
    output: float
    written: float
    total: float
    memory: int
    fits: bool
    energy: float | None
    efficiency: float
    weak_step: float
    weak_efficiency: float

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Place:
    """Where a run is planned: ranks of a node, their rates, the links, memory [bytes], disk [B/s] and power [W]."""

    name: str
    ranks: int
    rates: Rates
    hardware: Hardware
    memory: float
    disk: float
    idle: float | None
    busy: float | None
    source: str


def place_of(machine: MachineConfig, here: Rates, ranks: int | None = None) -> Place:
    """A machine as plans need it, its rates from its file, or those of this machine, scaled.

    ranks are those of a node; None: one for each accelerator or NUMA domain.
    """
    nodes, network = machine.nodes, machine.network
    accelerators = nodes.accelerators
    ranks = ranks or (accelerators.count if accelerators else nodes.numa_domains)
    way = Way(here.way.backend, here.way.precision, max(1, nodes.cores // ranks), ranks)
    rates = {kind: _rate(kind, machine, here, way) for kind in KINDS}
    hardware = Hardware(
        nodes.cores,
        network.latency,
        network.bandwidth,
        network.cards,
        network.inside.latency,
        network.inside.bandwidth,
        network.overlap,
    )
    idle, busy = (nodes.power.idle, nodes.power.busy) if nodes.power else (None, None)
    memory = accelerators.memory if accelerators else nodes.memory / ranks
    name, source = machine.description or "another machine", _source(machine, here)
    return Place(name, ranks, Rates(way, rates), hardware, memory, machine.disk.rate, idle, busy, source)


def _rate(kind: str, machine: MachineConfig, here: Rates, way: Way) -> tuple[float, float]:
    """Seconds for an update and for a call of a rank: arithmetic by its cores, memory by its share of the node's."""
    rate = here.of(kind)
    known = getattr(machine.rates, KNOWN[kind]) if kind in KNOWN else None
    accelerators, bandwidth = machine.nodes.accelerators, machine.nodes.memory_bandwidth
    if known is not None:
        return (accelerators.count if accelerators else way.ranks) / known, rate.per_call
    if kind.startswith("output"):
        return rate.per_update, rate.per_call
    moved = KINDS[kind].values * (8.0 if here.way.precision == "float64" else 4.0)
    if accelerators is not None:
        return moved / (GPU_FRACTION * (accelerators.memory_bandwidth or GPU_BANDWIDTH)), rate.per_call
    computing = rate.per_update * here.way.threads / way.threads
    least = moved * way.ranks / (CPU_FRACTION * bandwidth) if bandwidth else 0.0
    return max(computing, least), rate.per_call


def _source(machine: MachineConfig, here: Rates) -> str:
    """Where the rates come from, in words."""
    if machine.nodes.accelerators is not None:
        other = f"what {100 * GPU_FRACTION:.0f} % of the memory bandwidth allow, within a factor of 2"
    else:
        kinds = "measured on this machine" if here.measured else "shipped"
        other = f"{kinds}, scaled by cores and limited by memory bandwidth"
    known = [name for name in KNOWN.values() if getattr(machine.rates, name) is not None]
    return f"of the machine file for {', '.join(known)}; else {other}" if known else other


def this_machine(here: Rates, memory: float, disk: float) -> Place:
    """This machine, with as many ranks as the rates are for."""
    source = "measured on this machine" if here.measured else "shipped"
    return Place("this machine", here.way.ranks, here, HERE, memory, disk, None, None, source)


def plan_scaling(work: Callable[[int], Sequence[Workload]], ranks: Sequence[int], place: Place) -> list[Row]:
    """A row for each number of ranks; raises InputError where none of them fits the grid.

    work(ranks) are the runs that follow one another: one, or those of a scenario that has several parts.
    """
    found: list[list[Row]] = []
    bases: Sequence[Workload] = ()
    for count in ranks:
        try:
            workloads = work(count)
        except InputError:
            if not found:
                raise
            break
        bases = bases or workloads
        first: Sequence[Row | None] = found[0] if found else [None] * len(workloads)
        found.append([_row(*one, place) for one in zip(workloads, bases, first, strict=True)])
    return [_together(parts, found[0]) for parts in found]


def _together(parts: Sequence[Row], first: Sequence[Row]) -> Row:
    """The row of runs that follow one another; first are those of the fewest ranks."""
    if len(parts) == 1:
        return parts[0]

    def total(rows: Sequence[Row], name: str) -> float:
        return sum(getattr(row, name) for row in rows)

    def mean(rows: Sequence[Row], name: str) -> float:
        return sum(getattr(row, name) * row.steps for row in rows) / total(rows, "steps")

    energies = [row.energy for row in parts if row.energy is not None]
    weak = sum(row.weak_step * row.steps / row.step for row in parts)
    weak_first = sum(row.weak_step * row.steps / row.step for row in first)
    return replace(
        parts[0],
        step=total(parts, "steps") / sum(row.steps / row.step for row in parts),
        steps=total(parts, "steps"),
        halo_share=mean(parts, "halo_share"),
        imbalance=mean(parts, "imbalance"),
        output=total(parts, "output"),
        written=total(parts, "written"),
        total=total(parts, "total"),
        memory=max(row.memory for row in parts),
        fits=all(row.fits for row in parts),
        energy=sum(energies) if len(energies) == len(parts) else None,
        efficiency=total(first, "steps") * first[0].ranks / (total(parts, "steps") * parts[0].ranks),
        weak_step=weak / sum(row.steps / row.step for row in parts),
        weak_efficiency=weak_first / weak,
    )


def _row(workload: Workload, base: Workload, first: Row | None, place: Place) -> Row:
    ranks = workload.ranks
    nodes = math.ceil(ranks / place.ranks)
    step = step_time(workload, place.rates, place.hardware, place.ranks)
    weak = step_time(enlarged(base, ranks), place.rates, place.hardware, place.ranks)
    steps = workload.steps * step.total
    handed, written, closing = output_time(workload, place.rates)
    size = workload.output.results + workload.output.checkpoints
    gathered = size * (1 - 1 / nodes) / place.hardware.bandwidth
    written += size / place.disk
    total = max(steps + handed + gathered, written) + closing
    memory = sum(workload.memory.values())
    return Row(
        ranks=ranks,
        nodes=nodes,
        step=step.total,
        steps=steps,
        halo_share=(step.halo + step.reductions) / step.total,
        imbalance=step.work / step.mean_work,
        output=total - steps,
        written=written + closing,
        total=total,
        memory=memory,
        fits=memory <= place.memory,
        energy=_energy(step, nodes, total, steps, place),
        efficiency=1.0 if first is None else first.step * first.ranks / (step.total * ranks),
        weak_step=weak.total,
        weak_efficiency=1.0 if first is None else first.weak_step / weak.total,
    )


def _energy(step: StepTime, nodes: int, total: float, steps: float, place: Place) -> float | None:
    """Energy [J] of all nodes: idle while ranks wait, busy while they work."""
    if place.idle is None or place.busy is None:
        return None
    working = steps * step.mean_work / step.total
    return nodes * (place.idle * total + (place.busy - place.idle) * working)


def enlarged(base: Workload, ranks: int) -> Workload:
    """A workload whose grids have grown along both sides, so that each rank has the cells of one of base."""
    if ranks == base.ranks:
        return base
    factor = math.sqrt(ranks / base.ranks)
    grown: dict[int, Any] = {}
    for exchange in base.exchanges:
        old = exchange.decomposition
        if id(old) not in grown:
            ny, nx = (max(round(n * factor), 1) for n in old.shape)
            grown[id(old)] = decompose((ny, nx), ranks, old.periodic, halo=old.blocks[0].halo)
    blocks = next(iter(grown.values())).blocks
    mean = sum(block.cells for block in blocks) / ranks
    totals: dict[str, tuple[float, float]] = {}
    for rank in base.terms:
        for term in rank:
            amount, calls = totals.get(term.kind, (0.0, 0.0))
            totals[term.kind] = amount + term.amount / base.ranks, calls + term.calls / base.ranks
    terms = [
        [Term(kind, amount * block.cells / mean, calls) for kind, (amount, calls) in totals.items()]
        for block in blocks
    ]
    inside = [
        max(0, b.shape[0] - 2 * b.halo) * max(0, b.shape[1] - 2 * b.halo) / b.cells if b.cells else 0.0
        for b in blocks
    ]
    exchanges = [
        Exchange(grown[id(one.decomposition)], one.bytes_per_cell, one.times, one.hidden)
        for one in base.exchanges
    ]
    return replace(base, terms=terms, inside=inside, exchanges=exchanges, cells=round(base.cells * factor**2))


def read_ranks(text: str) -> list[int]:
    """Numbers of ranks from '1,4,16' or '1,4,...,4096', where dots go on by the last ratio.

    Raises InputError for what is none.
    """
    words = [word.strip() for word in text.replace("…", "...").split(",") if word.strip()]
    found: list[int] = []
    for n, word in enumerate(words):
        if word == "...":
            found += _between(text, found, words[n + 1 :])
        else:
            found.append(_count(text, word))
    if not found or any(b <= a for a, b in zip(found, found[1:], strict=False)):
        raise InputError(
            f"--ranks {text}: expected numbers of ranks in rising order, such as 1,4,16 or 1,4,...,4096"
        )
    return found


def _between(text: str, before: Sequence[int], after: Sequence[str]) -> list[int]:
    """What dots stand for, between two numbers before them and one after."""
    if len(before) < 2 or not after or after[0] == "..." or before[-1] < 2 * before[-2]:
        raise InputError(
            f"--ranks {text}: dots need two numbers before them, the second at least twice the first, and one after "
            "them, such as 1,4,...,4096"
        )
    last, ratio, found = _count(text, after[0]), before[-1] / before[-2], []
    value = before[-1] * ratio
    while value < last * (1 - 1e-9):
        found.append(round(value))
        value *= ratio
    return found


def _count(text: str, word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= MOST_RANKS:
        raise InputError(f"--ranks {text}: '{word}' is no number of ranks from 1 to {MOST_RANKS:,}")
    return int(word)
