"""How does a configuration become a run? Checked into a frozen setup, prepared into a computation, computed to the end.

check(config, comm) -> Setup             everything that can be wrong, before anything is allocated or written
plan_start(setup) -> Start               what was read, and which checkpoint is resumed, if any
prepare(setup, start) -> Computation     allocate and compile, set the state, open the outputs
computation.compute()                    all steps, all files, and the record of the run
"""

import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from esim.config.output import DirectoryConfig
from esim.config.scenario import ScenarioConfig
from esim.drivers.output_directory import check_directory
from esim.drivers.resources import Device
from esim.drivers.start import Start, plan_start
from esim.parallel.comm import Comm
from esim.planning.work import Workload
from esim.supervision.time_limit import find_limit
from esim.supervision.wall_clock import WallClock
from esim.timestepping.clock import Clock
from esim.timestepping.signals import STOP

Observer = Callable[[Clock], None]  # called after every step


class Warnings:
    """What the user should know, said once on rank 0 as it is found, and kept for the summary and run.json."""

    def __init__(self, comm: Comm) -> None:
        self._comm = comm
        self.texts: list[str] = []

    def add(self, text: str) -> None:
        """Say and keep a warning that was not given before."""
        if text not in self.texts:
            self.texts.append(text)
            if self._comm.rank == 0:
                logging.getLogger("esim").warning(text)


C = TypeVar("C", bound=ScenarioConfig)


@dataclass(frozen=True, kw_only=True)
class Setup(Generic[C]):
    """What is known of any run on this rank before anything is allocated.

    memory [bytes] is what the arrays of the largest rank will take, by name; part the name of this run where it is a
    part of another one.
    """

    config: C
    comm: Comm
    device: Device
    threads: int
    memory: Mapping[str, int]
    warnings: Warnings
    wall_clock: WallClock = field(default_factory=WallClock)
    part: str = ""

    @property
    def output(self) -> DirectoryConfig:
        """The directory into which this run writes, and no other may meanwhile."""
        return self.config.output


S = TypeVar("S", bound="Setup[Any]")
R = TypeVar("R", bound="Computation[Any]")


class Driver(ABC, Generic[C, S, R]):
    """A scenario: how it is checked and prepared, and what is said of it. It has no state of its own.

    Its types are those of its configuration, its setup and its run.
    """

    @abstractmethod
    def check(self, config: C, comm: Comm, elsewhere: bool | Device = False) -> S:
        """Find everything that can be known to be wrong before anything is allocated or written.

        elsewhere: only the plan is wanted, perhaps for another machine, so this one may lack the device; or it is the
        device of that machine, and nothing is asked of this one. Raises InputError or MachineError on all ranks.
        """

    @abstractmethod
    def files(self, setup: S) -> list[str]:
        """Names of all files that a run may write, relative to output.directory; run.json is not among them."""

    def refuse(self, setup: S, resume: bool) -> None:
        """Raises InputError, on all ranks, if a run must not begin, or go on, in its output directory."""
        check_directory(setup.comm, setup.config, self.files(setup), resume)

    def plan_start(self, setup: S, resume: bool) -> Start:
        """How a run begins: what it reads, and the checkpoint to resume; raises InputError. Touches nothing."""
        return plan_start(setup.comm, setup.config, self.files(setup), resume, setup.threads)

    @abstractmethod
    def prepare(self, setup: S, start: Start, observers: Sequence[Observer] = ()) -> R:
        """Allocate and compile, set the state or that of the checkpoint of the start, open the outputs."""

    @abstractmethod
    def engines(self, setup: S) -> Sequence[tuple["Driver[Any, Any, Any]", Any]]:
        """The drivers and setups of what each engine computes for it, to be prepared one by one before a run."""

    def expect(self, run: R) -> None:
        """Keep what is expected of a prepared run, to be compared at its end."""

    @abstractmethod
    def describe(self, setup: S) -> list[str]:
        """The plan of a run, which is printed before it begins: grid, time step, ranks, memory, outputs."""

    @abstractmethod
    def workloads(self, setup: S, ranks: int) -> Sequence[Workload]:
        """What is computed on so many ranks, and exchanged: by one run, or by several that follow one another."""

    @abstractmethod
    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """Lines of the summary that only this scenario has, from the record of a finished run."""


@dataclass(kw_only=True)
class Computation(ABC, Generic[S]):
    """A prepared run of any scenario on this rank: it is computed once, and written says which files came of it."""

    setup: S
    start: Start
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    written: list[Path] = field(default_factory=list)

    @abstractmethod
    def compute(self) -> dict[str, Any]:
        """All steps to the end, and all files; returns the content of run.json."""

    def start_wall_clock(self) -> None:
        """Let the first rank find the limit, for all; that of a batch system is of the command esim-run only."""
        comm, walltime = self.setup.comm, self.setup.config.run.walltime
        environment = os.environ if STOP.listening else {}
        limit = comm.bcast(find_limit(walltime, environment) if comm.rank == 0 else None)
        self.setup.wall_clock.start(limit, sum(self.setup.memory.values()) * comm.local_size)
