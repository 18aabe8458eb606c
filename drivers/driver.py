"""How does a configuration become a run? Checked into a frozen setup, prepared into a run, computed to the end.

check(config, comm) -> Setup      everything that can be wrong, before anything is allocated or written
plan_start(setup) -> Start        what was read, and which checkpoint is resumed, if any
prepare(setup, start) -> Run      allocate and compile, set the state, open the outputs
run.compute()                     all steps, all files, and the record of the run
"""

import logging
import math
import os
import time as wall
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from esim.backends import Backend, kernel_cache, select
from esim.backends.array_module import LONG_STRIP_CELLS, STRIP_VALUES
from esim.backends.energy import Meter, energy_record
from esim.config.scenarios import ScenarioConfig
from esim.drivers.resources import Device, check_memory, select_device
from esim.drivers.start import Start
from esim.errors import InputError, MachineError, StopRequested
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.directory import RECORD, close_ledger, drop_ledger
from esim.io.provenance import peak_rss, run_record, write_record
from esim.io.writer import Writer
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Decomposition
from esim.parallel.halo import HaloExchange, halo_record
from esim.planning.kinds import GPU_BANDWIDTH
from esim.planning.prediction import Prediction, compared, predict, remember
from esim.planning.rates import Way
from esim.planning.work import Workload
from esim.supervision.pulse import OUTPUT, PULSE
from esim.supervision.time_limit import find_limit
from esim.supervision.wall_clock import WallClock
from esim.timestepping.clock import Clock
from esim.timestepping.signals import STOP
from esim.timestepping.simulation import Simulation

Observer = Callable[[Clock], None]  # called after every step
MOST_STEPS = 1e9
STOP_INTERVAL = 10  # steps between two questions to all ranks whether a signal has come, or the time has
ON_REQUEST, OUT_OF_TIME = 2.0, 1.0  # reasons to stop: the maximum over all ranks counts


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
    """What is known of a run on this rank before anything is allocated.

    decomposition is that of the (whole) grid, dt [s] its time step, memory [bytes] what the arrays of the largest
    rank will take, by name.
    """

    config: C
    comm: Comm
    device: Device
    threads: int
    decomposition: Decomposition
    dt: float
    memory: Mapping[str, int]
    warnings: Warnings
    wall_clock: WallClock = field(default_factory=WallClock)

    def open_backend(self) -> Backend:
        """The backend on the device of this rank."""
        run = self.config.run
        return select(
            self.device.backend, run.precision, self.threads, self.comm.local_rank, run.array_module
        )


def _backend(setup: "Setup[Any]") -> str:
    """The backend of a setup as rates are kept by it."""
    run = setup.config.run
    return (
        setup.device.backend
        if run.array_module == "numpy"
        else f"{setup.device.backend} ({run.array_module})"
    )


S = TypeVar("S", bound="Setup[Any]")
R = TypeVar("R", bound="Run[Any]")


def require_steps(steps: float, dt: float) -> None:
    """Raises InputError where a run has more steps than any machine computes."""
    if steps > MOST_STEPS:
        raise InputError(
            f"time.duration: {steps * dt:.3g} s in time steps of {dt:.3g} s are {steps:.3g} steps; expected at most "
            f"{MOST_STEPS:g}, which take weeks on the fastest machines"
        )


def strip_bytes(config: ScenarioConfig, cells: int) -> int:
    """Bytes of the temporaries between two array operations, on a rank with so many cells."""
    run = config.run
    if run.backend != "numpy" or run.array_module == "numpy":
        return 0
    return min(cells, LONG_STRIP_CELLS) * STRIP_VALUES * np.dtype(run.precision).itemsize


def without_checkpoints(config: C) -> C:
    """The configuration, as it would be without checkpoints."""
    output = config.output.model_copy(update={"checkpoint": None})
    return config.model_copy(update={"output": output})


def checkpoint_count(every: float | None, duration: float) -> int:
    """Checkpoints of a run [s], one every so many; none at its end."""
    return 0 if every is None else max(0, math.ceil(duration / every) - 1)


def find_device(
    config: ScenarioConfig, comm: Comm, warnings: Warnings, elsewhere: bool | Device = False
) -> Device:
    """Where this rank computes; raises MachineError, on all ranks, where one cannot, unless it is elsewhere."""
    if isinstance(elsewhere, Device):
        return elsewhere
    try:
        device = select_device(config.run, comm)
    except MachineError as error:
        if not elsewhere:
            raise
        text = f"{error} (this machine's memory was not checked)"
        device = Device(config.run.backend, warnings=(text,), here=False)
    for text in device.warnings:
        warnings.add(text)
    return device


def require_memory(
    config: ScenarioConfig,
    comm: Comm,
    device: Device,
    memory: Mapping[str, int],
    dimensions: int,
    savings: Sequence[str] = (),
) -> None:
    """Raises InputError, on all ranks, where memory [bytes], by name, does not fit into that of the device.

    dimensions are those in which grid.spacing divides the box; savings are settings that need less memory.
    """
    run = config.run
    if device.here:
        smaller = ("run.precision: float32",) if run.precision == "float64" else ()
        check_memory(
            memory, run.memory_limit, comm, device, dimensions=dimensions, savings=(*savings, *smaller)
        )


@contextmanager
def timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Context whose wall-clock seconds are kept under a name."""
    begun = wall.perf_counter()
    yield
    timings[name] = wall.perf_counter() - begun


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

    @abstractmethod
    def prepare(self, setup: S, start: Start, observers: Sequence[Observer] = ()) -> R:
        """Allocate and compile, set the state or that of the checkpoint of the start, open the outputs."""

    @abstractmethod
    def describe(self, setup: S) -> list[str]:
        """The plan of a run, which is printed before it begins: grid, time step, ranks, memory, outputs."""

    @abstractmethod
    def workload(self, setup: S, ranks: int) -> Workload:
        """What a run computes in a step, on so many ranks, and what these exchange."""

    def predict(self, setup: S) -> Prediction:
        """How long the steps of a run will take here, on the ranks that it has."""
        config, comm, gpu = setup.config, setup.comm, setup.device.gpu
        way = Way(_backend(setup), config.run.precision, setup.threads, comm.local_size)
        return predict(self.workload(setup, comm.size), way, GPU_BANDWIDTH if gpu else None)

    @abstractmethod
    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """Lines of the summary that only this scenario has, from the record of a finished run."""


class RunOutputs(Protocol):
    """The files of a run."""

    directory: Path
    writer: Writer

    def begin(self) -> None:
        """Write what does not change."""

    def check(self) -> None:
        """Raise the error of a writer of this rank that has failed; cheap enough for each step."""

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint."""

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restore a checkpoint of the same configuration."""

    def finish(self) -> list[Path]:
        """Complete all files; returns their paths."""

    def abandon(self) -> None:
        """Drop what is not complete."""


@dataclass
class Checkpoints:
    """When is a checkpoint written, and how is one resumed? check_finite raises NumericalError for a broken state."""

    comm: Comm
    outputs: RunOutputs
    check_finite: Observer
    wall_clock: WallClock
    last: int | None = None  # step of the one that was written last

    def write(self, clock: Clock) -> None:
        """Write a checkpoint of a sound state, once at a step; none is resumed from a broken one."""
        if clock.step == self.last:
            return
        self.check_finite(clock)
        begun, done = self.wall_clock.now(), self.wall_clock.measured
        self.outputs.checkpoint(clock)
        self.last = clock.step
        if self.outputs.writer.active:
            self.outputs.writer.put(done, begun, clock.step, clock.time)  # after all that belongs to it
        else:
            self.wall_clock.written_elsewhere(clock.step, clock.time)

    def write_unless_done(self, clock: Clock) -> None:
        """Write a checkpoint, but not at the end of the run."""
        if not clock.done:
            self.write(clock)

    def stop_if_asked(self, clock: Clock) -> None:
        """Write a checkpoint and leave when a signal has asked for it, or the time is up; all ranks agree on the step.

        Raises at once, at any step, what the writer met.
        """
        self.outputs.check()
        if clock.step % STOP_INTERVAL == 0 and not clock.done and (why := self._why_stop(clock)):
            PULSE.enter(OUTPUT)
            self.write(clock)
            self.outputs.writer.close()
            self.comm.barrier()  # a rank that leaves earlier would end the one that still writes
            asked = "on request" if why == ON_REQUEST else "before the limit of wall-clock time"
            raise StopRequested(
                f"stopped {asked} at t = {clock.time:.1f} s with a checkpoint in {self.outputs.directory}; resume with "
                "--resume"
            )

    def _why_stop(self, clock: Clock) -> float:
        """Why all ranks stop now, 0 if they go on."""
        due = self.comm.rank == 0 and self.wall_clock.due(clock.time, clock.end)
        return self.comm.allreduce_max(ON_REQUEST if STOP.asked else OUT_OF_TIME if due else 0.0)

    def resume(self, start: Start, clock: Clock) -> bool:
        """Take up the checkpoint of a start, if it has one; before, what the run replaces is removed."""
        start.make_room()
        if start.checkpoint is None:
            return False
        self.outputs.resume(start.checkpoint)
        clock.step = start.checkpoint.step
        clock.time, clock.lost = start.checkpoint.attributes["time"]
        PULSE.checkpoint = clock.step, clock.time
        self.outputs.begin()
        return True


@dataclass(kw_only=True)
class Run(ABC, Generic[S]):
    """A prepared run on this rank; timings are wall-clock seconds by what they were spent on."""

    setup: S
    start: Start
    backend: Backend
    simulation: Simulation
    outputs: RunOutputs
    timings: dict[str, float]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    written: list[Path] = field(default_factory=list)
    prediction: Prediction | None = None

    @abstractmethod
    def grid_size(self) -> dict[str, int]:
        """Number of cells, in all ("cells") and along each side."""

    def cell_updates(self, steps: int) -> int:
        """Cell updates in so many steps of this run."""
        return self.grid_size()["cells"] * steps

    @abstractmethod
    def exchanges(self) -> Sequence[HaloExchange]:
        """The halo exchanges of a step."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What run.json has of this scenario: its sources, and more."""

    @abstractmethod
    def report(self) -> None:
        """Warn of what was counted during the run."""

    def start_wall_clock(self) -> None:
        """Let the first rank find the limit, for all; that of a batch system is of the command esim-run only."""
        comm, walltime = self.setup.comm, self.setup.config.run.walltime
        environment = os.environ if STOP.listening else {}
        limit = comm.bcast(find_limit(walltime, environment) if comm.rank == 0 else None)
        self.setup.wall_clock.start(limit, sum(self.setup.memory.values()) * comm.local_size)

    def compute(self) -> dict[str, Any]:
        """All steps to the end, and all files; returns the content of run.json."""
        comm, clock = self.setup.comm, self.simulation.clock
        self._tell_cache()
        begun, first, resumed = wall.perf_counter(), clock.step, clock.time
        try:
            with Meter(comm.local_rank, self.backend.describe().get("bus")) as meter:
                self.simulation.run()
                self._tell_cache()
                PULSE.enter(OUTPUT)
                self.report()
                self._compare_inputs()
                self.written = self.outputs.finish()
        except BaseException:
            self.outputs.abandon()
            if comm.rank == 0:
                drop_ledger(self.outputs.directory)
            raise
        self.timings["time loop"] = wall.perf_counter() - begun
        self.timings |= {f"time loop: {name}": spent for name, spent in self.simulation.seconds.items()}
        steps = clock.step - first
        energy = energy_record(comm, meter.reading, clock.time - resumed, self.cell_updates(steps))
        return self._record(steps, energy)

    def _tell_cache(self) -> None:
        """Warn of what was found wrong with the cache of compiled kernels, on any rank."""
        for texts in self.setup.comm.allgather(list(kernel_cache.remarks)):
            for text in texts:
                self.setup.warnings.add(text)

    def _compare_inputs(self) -> None:
        """Warn of input files that were written to since the run began."""
        if self.setup.comm.rank:
            return
        for one in self.start.inputs:
            path = Path(one["path"])
            if not path.exists() or path.stat().st_mtime > self.started.timestamp():
                self.setup.warnings.add(
                    f"{path} was changed or removed during the run; what was read is what it had been before"
                )

    def _compared(self, steps: int) -> dict[str, Any] | None:
        """The prediction beside what was measured; a whole run is remembered for the next prediction."""
        comm, seconds = self.setup.comm, self.simulation.seconds
        memory = max(comm.allgather(peak_rss()))
        waited = sum(exchange.waiting for exchange in self.exchanges())
        processor = max(comm.allgather(self.simulation.processor_seconds - waited))
        if self.prediction is None or comm.rank != 0:
            return None
        measured: dict[str, float] = {
            "compute": seconds["compute"],
            "processor": processor,
            "output": self.timings["time loop"] - seconds["compute"],
            "time": self.timings["time loop"],
            "memory": memory,
            "files": sum(path.stat().st_size for path in self.written if path.exists()),
        }
        clock = self.simulation.clock
        if clock.step == steps and clock.done:
            remember(self.prediction, measured)
        return compared(self.prediction, measured)

    def _record(self, steps: int, energy: dict[str, Any]) -> dict[str, Any]:
        setup, loop = self.setup, self.simulation.seconds["compute"]
        record = run_record(
            setup.config.echo(),
            started=self.started,
            ended=datetime.now(UTC),
            inputs=self.start.inputs,
            resumed=self.start.record(),
            decomposition={
                "ranks": setup.comm.size,
                "blocks": [[b.j0, b.j1, b.i0, b.i1] for b in setup.decomposition.blocks],
            },
            timings=self.timings,
            halo=halo_record(setup.comm, self.exchanges()),
            cell_rate=self.cell_updates(steps) / loop if loop else None,
            warnings=setup.warnings.texts,
            peak_memory=sum(setup.comm.allgather(peak_rss())),
            wall_clock=setup.wall_clock.record(),
            energy=energy,
            prediction=self._compared(steps),
            mpi=setup.comm.library,
            backend={"name": self.backend.name} | self.backend.describe(),
            grid=self.grid_size(),
            steps=steps,
            dt=setup.dt,
            simulated_seconds=self.simulation.clock.time - self.simulation.clock.begin,
            files=[str(path) for path in self.written],
            **self.facts(),
        )
        if setup.comm.rank == 0:
            write_record(self.outputs.directory / RECORD, record)
            close_ledger(self.outputs.directory)
        setup.comm.barrier()
        return record
