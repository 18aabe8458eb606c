"""How much time and memory will a run take on a machine? The one place that is asked before a job is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from esim.backends.devices import Gpu
from esim.config.machine import MachineConfig, RatesConfig
from esim.config.scenario import ScenarioConfig
from esim.drivers.driver import Setup
from esim.drivers.resources import CONTEXT, ON_HOST, Device
from esim.drivers.run import driver_of
from esim.parallel.comm import SerialComm
from esim.planning.rates import Way, rates_here
from esim.planning.scaling import place_of, plan_scaling
from esim.planning.work import Workload

STARTING = 60.0  # s for loading, compiling and preparing on many ranks


@dataclass(frozen=True)
class Prediction:
    """What a run takes with a number of ranks.

    host and device [bytes] are the memory of the largest rank, its program included; device is that of its
    accelerator, 0 without one. seconds is the wall-clock time, the start included.
    """

    workloads: Sequence[Workload]
    host: int
    device: int
    seconds: float


class Planned:
    """A scenario that is checked once, as for a machine that is not this one; predicted for any number of ranks."""

    def __init__(self, config: ScenarioConfig, machine: MachineConfig, backend: str) -> None:
        """Checks everything that can be known here; raises InputError for a scenario that cannot be computed."""
        accelerators = machine.nodes.accelerators
        self._machine = (
            machine if accelerators is None or backend != "cpu" else _without_accelerators(machine)
        )
        self._backend = backend
        gpu = None
        if backend == "cuda" and accelerators is not None:
            gpu = Gpu(0, machine.description, (8, 0), accelerators.memory, accelerators.memory)
        self._driver = driver_of(config)
        self._setup: Setup[Any] = self._driver.check(
            config, SerialComm(), elsewhere=Device(backend, gpu, here=False)
        )
        self._rates = rates_here(Way(backend, config.run.precision, 1))

    def predict(self, ranks: int, ranks_per_node: int) -> Prediction:
        """What so many ranks take, as `esim plan` reckons it.

        Raises InputError where the grid has not enough cells for the ranks.
        """
        workloads = self._driver.workloads(self._setup, ranks)
        place = place_of(self._machine, self._rates, ranks_per_node)
        (row,) = plan_scaling(lambda _: workloads, [ranks], place)
        seconds = STARTING + row.total
        if self._backend == "cpu":
            return Prediction(workloads, row.memory, 0, seconds)
        kept = [sum(one.memory.get(name, 0) for name in ON_HOST) for one in workloads]
        context = CONTEXT if self._backend == "cuda" else 0
        there = [sum(one.memory.values()) - host for one, host in zip(workloads, kept, strict=True)]
        return Prediction(workloads, max(kept), context + max(there), seconds)


def _without_accelerators(machine: MachineConfig) -> MachineConfig:
    """A machine of which only the cores compute; its rates are those of its accelerators."""
    nodes = machine.nodes.model_copy(update={"accelerators": None})
    return machine.model_copy(update={"nodes": nodes, "rates": RatesConfig()})
