"""How much time and memory will a run take on a machine? The one place that is asked before a job is written."""

from dataclasses import dataclass
from typing import Any

from esim.backends.devices import Gpu
from esim.config.machine import MachineConfig
from esim.config.scenario import ScenarioConfig
from esim.drivers.demand import Demand
from esim.drivers.driver import Setup
from esim.drivers.resources import CONTEXT, ON_HOST, Device
from esim.drivers.run import driver_of
from esim.parallel.comm import SerialComm

STARTING = 60.0  # s for loading, compiling and preparing on many ranks


@dataclass(frozen=True)
class Prediction:
    """What a run takes with a number of ranks.

    host and device [bytes] are the memory of the largest rank, its program included; device is that of its
    accelerator, 0 without one. seconds is the wall-clock time, None where the machine's rate is not known.
    """

    demand: Demand
    host: int
    device: int
    seconds: float | None


class Planned:
    """A scenario that is checked once, as for a machine that is not this one; predicted for any number of ranks."""

    def __init__(self, config: ScenarioConfig, machine: MachineConfig, backend: str) -> None:
        """Checks everything that can be known here; raises InputError for a scenario that cannot be computed."""
        self._machine, self._backend = machine, backend
        accelerators = machine.nodes.accelerators
        # Rates of a node with accelerators are theirs, not those of its cores.
        self._rated = (accelerators is not None) == (backend != "cpu")
        gpu = None
        if backend == "cuda" and accelerators is not None:
            gpu = Gpu(0, machine.description, (8, 0), accelerators.memory, accelerators.memory)
        self._driver = driver_of(config)
        self._setup: Setup[Any] = self._driver.check(
            config, SerialComm(), elsewhere=Device(backend, gpu, here=False)
        )

    def predict(self, ranks: int, nodes: float) -> Prediction:
        """What so many ranks take; nodes are those that compute, a part of one where only some of its cores do.

        Raises InputError where the grid has not enough cells for the ranks. Time is that of the cell updates at the
        machine's rate, all ranks equally fast; halo exchange and writing are not in it.
        """
        demand = self._driver.demand(self._setup, ranks)
        whole = sum(demand.memory.values())
        kept = sum(demand.memory.get(name, 0) for name in ON_HOST)
        rate = getattr(self._machine.rates, demand.kernel) if self._rated else None
        seconds = None if rate is None else STARTING + demand.updates / (rate * nodes)
        if self._backend == "cpu":
            return Prediction(demand, whole, 0, seconds)
        context = CONTEXT if self._backend == "cuda" else 0
        return Prediction(demand, kept, context + whole - kept, seconds)
