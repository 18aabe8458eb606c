"""How many nodes, and which ranks and threads on each? As few nodes as hold the run, one rank for each NUMA domain or
accelerator."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from esim.config.machine import MachineConfig
from esim.errors import InputError
from esim.jobs.prediction import Prediction

Predict = Callable[[int, int], Prediction]  # of ranks, and of those on a node


@dataclass(frozen=True)
class Layout:
    """Ranks on nodes, and threads of each rank."""

    nodes: int
    ranks: int
    threads: int

    @property
    def ranks_per_node(self) -> int:
        """Ranks of a node; the last one may have fewer."""
        return math.ceil(self.ranks / self.nodes)


def lay_out(
    machine: MachineConfig, accelerated: bool, nodes: int | None, ranks: int | None, predict: Predict
) -> tuple[Layout, Prediction]:
    """The layout for a number of nodes or ranks, or the smallest that holds the run, and what the run takes there.

    Raises InputError where the machine has not as much, or the grid not as many cells.
    """
    if nodes is None and ranks is None:
        return _smallest(machine, accelerated, predict)
    layout = given_layout(machine, accelerated, nodes, ranks)
    found = predict(layout.ranks, layout.ranks_per_node)
    if trouble := lacking(machine, layout, found):
        raise InputError(f"{trouble}; use more nodes (--nodes)")
    return layout, found


def given_layout(machine: MachineConfig, accelerated: bool, nodes: int | None, ranks: int | None) -> Layout:
    """The layout for a number of nodes, of ranks or of both; raises InputError where they do not go together."""
    usual, most = _usual_ranks(machine, accelerated), machine.nodes.most
    if nodes is None:
        nodes = math.ceil((ranks or usual) / usual)
    ranks = nodes * usual if ranks is None else ranks
    if nodes > most:
        raise InputError(
            f"{nodes} nodes for {ranks} ranks are more than nodes.most, {most}; use fewer, or another machine"
        )
    if ranks < nodes:
        raise InputError(
            f"--ranks {ranks} leaves some of {nodes} nodes without one; expected at least {nodes}"
        )
    layout = Layout(nodes, ranks, 1)
    room = usual if accelerated else machine.nodes.cores
    if layout.ranks_per_node > room:
        what = "accelerators" if accelerated else "cores"
        raise InputError(
            f"--ranks {ranks} puts {layout.ranks_per_node} on a node with {room} {what}; expected at most "
            f"{room * nodes} on {nodes} nodes"
        )
    return Layout(nodes, ranks, machine.nodes.cores // layout.ranks_per_node)


def _smallest(machine: MachineConfig, accelerated: bool, predict: Predict) -> tuple[Layout, Prediction]:
    """The layout on the fewest nodes that hold the run; a grid with few cells gets fewer ranks than a node has."""
    layout, found = _most_ranks(machine, accelerated, predict)
    if not lacking(machine, layout, found):
        return layout, found

    def on(nodes: int) -> tuple[Layout, Prediction, str]:
        layout = given_layout(machine, accelerated, nodes, None)
        found = predict(layout.ranks, layout.ranks_per_node)
        return layout, found, lacking(machine, layout, found)

    few, many = layout.nodes, _double(machine, on, layout.nodes)
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if on(middle)[2] else (few, middle)
    return on(many)[:2]


def _double(machine: MachineConfig, on: Callable[[int], tuple[Layout, Prediction, str]], nodes: int) -> int:
    """A number of nodes that holds the run, twice as many each time; raises InputError where none does."""
    most, trouble = machine.nodes.most, on(nodes)[2]
    while nodes < most:
        nodes = min(2 * nodes, most)
        if not (trouble := on(nodes)[2]):
            return nodes
    raise InputError(f"{trouble}, and nodes.most is {most}; use a coarser grid or a smaller box")


def _most_ranks(machine: MachineConfig, accelerated: bool, predict: Predict) -> tuple[Layout, Prediction]:
    """As many ranks as a node has room for, or half of them and so on where the grid has not enough cells."""
    ranks = _usual_ranks(machine, accelerated)
    while True:
        layout = given_layout(machine, accelerated, 1, ranks)
        try:
            return layout, predict(ranks, layout.ranks_per_node)
        except InputError:
            if ranks == 1:
                raise
            ranks //= 2


def lacking(machine: MachineConfig, layout: Layout, found: Prediction) -> str:
    """Which memory does not hold the run; empty where all does."""
    accelerators, host = machine.nodes.accelerators, found.host * layout.ranks_per_node
    if accelerators is not None and found.device > accelerators.memory:
        return (
            f"memory: a rank would need {gigabytes(found.device)} of its accelerator, which has "
            f"{gigabytes(accelerators.memory)}"
        )
    if host > machine.nodes.memory:
        return f"memory: a node would need {gigabytes(host)}, and has {gigabytes(machine.nodes.memory)}"
    return ""


def gigabytes(size: float) -> str:
    """A size [bytes] in words."""
    return f"{size / 1e9:.3g} GB"


def _usual_ranks(machine: MachineConfig, accelerated: bool) -> int:
    accelerators = machine.nodes.accelerators
    return accelerators.count if accelerated and accelerators is not None else machine.nodes.numa_domains
