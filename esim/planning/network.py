"""How long does a step take on many ranks? The slowest rank's work, and what of its messages it waits for.

A message of n bytes takes alpha + n / beta (Hockney 1994, Parallel Computing 20, 389-398). Ranks of a node share its
network cards; an exchange that is hidden goes on while the inside of a block is computed, and only what is left of
it is waited for. A reduction over P ranks takes ceil(log2 P) messages one after another (recursive doubling; Thakur,
Rabenseifner and Gropp 2005, Int. J. High Perf. Comp. Appl. 19, 49-66).
"""

import math
import os
from dataclasses import dataclass

import numpy as np

from esim.parallel.decomposition import Decomposition
from esim.planning.rates import Rates
from esim.planning.work import Exchange, Workload

PACKING = 5e9  # bytes per second that one rank copies into messages, and out of them
CALLS = 1.5e-5  # s that the host takes to start, wait for and unpack a message


@dataclass(frozen=True)
class Hardware:
    """Cores of a node, and links: latency [s] and bandwidth [B/s] between nodes, through `cards`, and inside one.

    overlap is the part of a hidden transfer that goes on during work.
    """

    cores: int
    latency: float = 1e-6
    bandwidth: float = 5e9
    cards: int = 1
    latency_inside: float = 1e-6
    bandwidth_inside: float = 5e9
    overlap: float = 1.0


HERE = Hardware(len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class StepTime:
    """Parts of a step [s] of the rank that is slowest: work, halo beyond it, reductions; and the mean work of all.

    bytes are sent by that rank.
    """

    work: float
    halo: float
    reductions: float
    mean_work: float
    bytes: float

    @property
    def total(self) -> float:
        """Time of the step."""
        return self.work + self.halo + self.reductions


def work_times(workload: Workload, rates: Rates) -> np.ndarray:
    """Seconds [s] of work in a step, of each rank."""
    known = {kind: rates.of(kind) for kind in workload.kinds}
    return np.array([sum(known[t.kind].time(t.amount, t.calls) for t in rank) for rank in workload.terms])


def step_time(workload: Workload, rates: Rates, hardware: Hardware, ranks_per_node: int) -> StepTime:
    """The time of a step: neighbours wait for each other, so that the slowest rank sets it."""
    work = work_times(workload, rates)
    if workload.ranks == 1:
        return StepTime(float(work[0]), 0.0, 0.0, float(work[0]), 0.0)
    inside = work * np.asarray(workload.inside)
    exposed, hidden, sent = np.zeros(len(work)), np.zeros(len(work)), np.zeros(len(work))
    traffic: dict[int, Traffic] = {}
    for exchange in workload.exchanges:
        key = id(exchange.decomposition)
        if key not in traffic:
            traffic[key] = Traffic.of(exchange.decomposition, ranks_per_node)
        copies, flight = traffic[key].times(exchange, hardware)
        exposed += copies
        sent += traffic[key].cells * exchange.bytes_per_cell * exchange.times
        if exchange.hidden:
            hidden += hardware.overlap * flight
            exposed += (1 - hardware.overlap) * flight
        else:
            exposed += flight
    halo = exposed + np.maximum(0.0, hidden - inside)
    slowest = int(np.argmax(work + halo))
    waits = reduction_time(workload, hardware, ranks_per_node)
    return StepTime(
        float(work[slowest]), float(halo[slowest]), waits, float(work.mean()), float(sent[slowest])
    )


def reduction_time(workload: Workload, hardware: Hardware, ranks_per_node: int) -> float:
    """Seconds [s] of a step that ranks wait for sums and maxima over all of them."""
    ranks = workload.ranks
    within = min(ranks, ranks_per_node)
    across = math.ceil(ranks / ranks_per_node)
    rounds = math.ceil(math.log2(within)) if within > 1 else 0
    hops = math.ceil(math.log2(across)) if across > 1 else 0
    found = 0.0
    for one in workload.reductions:
        if one.blocking:
            one_inside = hardware.latency_inside + one.size / hardware.bandwidth_inside
            one_across = hardware.latency + one.size / hardware.bandwidth
            found += one.times * (rounds * one_inside + hops * one_across + CALLS)
    return found


@dataclass(frozen=True)
class Traffic:
    """Of each rank, the neighbours and cells that it sends to: on its node, on others, and to any.

    leaving are the cells that the node of a rank sends through its network cards.
    """

    near: np.ndarray
    near_cells: np.ndarray
    far: np.ndarray
    far_cells: np.ndarray
    leaving: np.ndarray

    @classmethod
    def of(cls, decomposition: Decomposition, ranks_per_node: int) -> "Traffic":
        """What ranks, numbered along nodes, send in an exchange of halos."""
        blocks = decomposition.blocks
        edges = np.array([[b.j0, b.j1, b.i0, b.i1] for b in blocks])
        node = np.arange(len(blocks)) // ranks_per_node
        near, near_cells, far, far_cells = np.zeros((4, len(blocks)))
        for rank, block in enumerate(blocks):
            if not block.cells:
                continue
            cells = _needed(decomposition, edges, rank)
            for same, count, total in ((True, near, near_cells), (False, far, far_cells)):
                chosen = cells[(node == node[rank]) == same]
                count[rank], total[rank] = np.count_nonzero(chosen), chosen.sum()
        leaving = np.bincount(node, far_cells)[node]
        return cls(near, near_cells, far, far_cells, leaving)

    @property
    def cells(self) -> np.ndarray:
        """Cells that each rank sends."""
        return np.asarray(self.near_cells + self.far_cells)

    def times(self, exchange: Exchange, hardware: Hardware) -> tuple[np.ndarray, np.ndarray]:
        """Seconds [s] that each rank copies and calls for an exchange, and that its messages are under way."""
        size, times = exchange.bytes_per_cell, exchange.times
        copies = times * (2 * self.cells * size / PACKING + CALLS * (self.near + self.far))
        within = hardware.latency_inside * self.near + self.near_cells * size / hardware.bandwidth_inside
        own = self.far_cells * size / hardware.bandwidth
        shared = self.leaving * size / (hardware.bandwidth * hardware.cards)
        across = hardware.latency * self.far + np.maximum(own, shared)
        return copies, times * np.asarray(np.maximum(within, across))


def _needed(decomposition: Decomposition, edges: np.ndarray, rank: int) -> np.ndarray:
    """Cells that the halo of a rank takes from the blocks of each, as Decomposition.needs says, for all at once."""
    (ny, nx), (wrap_j, wrap_i) = decomposition.shape, decomposition.periodic
    j0, j1, i0, i1 = edges[rank]
    halo = decomposition.blocks[rank].halo
    found = np.zeros(len(edges))
    for sj in (-1, 0, 1) if wrap_j else (0,):
        for si in (-1, 0, 1) if wrap_i else (0,):
            high = np.minimum(j1 + halo + sj * ny, edges[:, 1]) - np.maximum(j0 - halo + sj * ny, edges[:, 0])
            wide = np.minimum(i1 + halo + si * nx, edges[:, 3]) - np.maximum(i0 - halo + si * nx, edges[:, 2])
            cells = np.maximum(high, 0) * np.maximum(wide, 0)
            cells[rank] = 0
            found += cells
    return found
