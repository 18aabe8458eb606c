"""What all scenarios have in common: a run on this rank that is checked, prepared and run."""

import logging
import time as wall
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from esim.backends import Backend, select
from esim.backends.numpy.array_module import LONG_STRIP_CELLS, STRIP_VALUES
from esim.config import AnyConfig
from esim.drivers.resources import Device, check_memory, select_device, threads_per_rank
from esim.errors import MachineError, StopRequested
from esim.io.checkpoint import latest
from esim.io.directory import start_directory
from esim.io.provenance import peak_rss, run_record, write_record
from esim.io.writer import Writer
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Decomposition
from esim.parallel.halo import HaloExchange, halo_record
from esim.timestepping.clock import Clock
from esim.timestepping.signals import STOP
from esim.timestepping.simulation import Simulation
from esim.tools.energy import Meter, energy_record


class RunOutputs(Protocol):
    """The files of a run."""

    directory: Path
    writer: Writer

    def begin(self) -> None:
        """Write what does not change."""

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint."""

    def resume(self, path: Path) -> tuple[int, float, float]:
        """Take up a checkpoint; returns step, time and the clock's compensation."""

    def finish(self) -> list[Path]:
        """Complete all files; returns their paths."""

    def abandon(self) -> None:
        """Drop what is not complete."""


@dataclass
class Driver(ABC):
    """A run on this rank: checked, then prepared, then run."""

    cfg: AnyConfig
    comm: Comm
    warnings: list[str] = field(default_factory=list)
    lookers: list[Callable[[Clock], None]] = field(default_factory=list)  # called after every step
    elsewhere: bool = False  # whether it is only checked here, perhaps for another machine

    place: Device = field(init=False)
    decomposition: Decomposition = field(init=False)
    simulation: Simulation = field(init=False)
    outputs: RunOutputs = field(init=False)
    written: list[Path] = field(init=False, default_factory=list)
    backend: Backend = field(init=False)
    dt: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = datetime.now(UTC)
        self.seconds: dict[str, float] = {}
        self.threads = self.cfg.run.threads or threads_per_rank(self.comm)

    def warn(self, text: str) -> None:
        """Keep a warning for the summary and run.json."""
        if text not in self.warnings:
            self.warnings.append(text)
            if self.comm.rank == 0:
                logging.getLogger("esim").warning(text)

    def find_place(self, dimensions: int, savings: Sequence[str] = ()) -> None:
        """Choose where to compute; raises MachineError or InputError where that, or its memory, is not there.

        dimensions are those in which grid.spacing divides the box; savings are settings that need less memory.
        """
        run = self.cfg.run
        try:
            self.place = select_device(run, self.comm)
        except MachineError as error:
            if not self.elsewhere:
                raise
            self.place = Device(
                run.backend, warnings=(f"{error} (this machine's memory was not checked)",), here=False
            )
        for text in self.place.warnings:
            self.warn(text)
        self.require_memory(dimensions, savings)

    def require_memory(self, dimensions: int, savings: Sequence[str] = ()) -> None:
        """Raises InputError where memory is not there for what is predicted now; see find_place."""
        run = self.cfg.run
        if not self.place.here:
            return
        if run.precision == "float64":
            savings = [*savings, "run.precision: float32"]
        check_memory(
            self.predicted_memory(),
            run.memory_limit,
            self.comm,
            self.place,
            dimensions=dimensions,
            savings=savings,
        )

    def strips(self, cells: int) -> int:
        """Bytes that what is between two array operations takes, on a rank with so many cells."""
        run = self.cfg.run
        if run.backend != "numpy" or run.array_module == "numpy":
            return 0
        return min(cells, LONG_STRIP_CELLS) * STRIP_VALUES * np.dtype(run.precision).itemsize

    def make_backend(self) -> Backend:
        """The backend of the place."""
        run = self.cfg.run
        return select(self.place.backend, run.precision, self.threads, self.comm.local_rank, run.array_module)

    # ---------------------------------------------------------------- of each scenario

    @abstractmethod
    def check(self) -> None:
        """Everything that can be known to be wrong before anything is allocated or written."""

    @abstractmethod
    def prepare(self, resume: bool = False) -> None:
        """Allocate and compile, set the state, open the outputs."""

    @abstractmethod
    def predicted_memory(self) -> dict[str, int]:
        """Bytes that the arrays of the largest rank will take."""

    @abstractmethod
    def cells(self) -> dict[str, int]:
        """Number of cells, in all and along each side."""

    def updates(self, steps: int) -> int:
        """Cell updates in so many steps of this process."""
        return self.cells()["cells"] * steps

    @abstractmethod
    def exchanges(self) -> Sequence[HaloExchange]:
        """The exchanges of halos of a step."""

    @abstractmethod
    def check_sound(self, clock: Clock) -> None:
        """Raises NumericalError if the state is not finite."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What run.json has of this kind of run: its sources, and more."""

    @abstractmethod
    def inputs(self) -> list[Path]:
        """All files that were read."""

    @abstractmethod
    def report(self) -> None:
        """Warn of what was seen during the run."""

    # ---------------------------------------------------------------- run

    def resume_if_possible(self) -> bool:
        """Go on from the last checkpoint; False, with a warning, if there is none."""
        path = self.comm.bcast(latest(self.cfg.output.directory) if self.comm.rank == 0 else None)
        if path is None:
            if self.comm.rank == 0:
                start_directory(self.cfg.output.directory)
            self.warn("--resume: there is no checkpoint, so the run begins anew")
            return False
        clock = self.simulation.clock
        clock.step, clock.time, clock.lost = self.outputs.resume(path)
        self.outputs.begin()
        return True

    def checkpoint_unless_done(self, clock: Clock) -> None:
        """Write a checkpoint, but not at the end of the run."""
        if not clock.done:
            self.checkpoint(clock)

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint of a sound state."""
        self.check_sound(clock)  # a run must not go on from what is broken
        self.outputs.checkpoint(clock)

    def stop_if_asked(self, clock: Clock) -> None:
        """Checkpoint and leave when a signal has asked for it; all ranks agree on the step."""
        if clock.step % 10 == 0 and self.comm.allreduce_max(float(STOP.asked)) and not clock.done:
            self.checkpoint(clock)
            self.outputs.writer.close()
            self.comm.barrier()  # a rank that leaves earlier would end the one that still writes
            raise StopRequested(
                f"stopped on request at t = {clock.time:.1f} s with a checkpoint in {self.outputs.directory}; go on "
                "with --resume"
            )

    def run(self) -> dict[str, Any]:
        """Compute to the end and write everything; returns the content of run.json."""
        clock = self.simulation.clock
        begun, first, resumed = wall.perf_counter(), clock.step, clock.time
        try:
            with Meter(self.comm.local_rank, self.backend.describe().get("bus")) as meter:
                self.simulation.run()
                self.report()
                self.written = self.outputs.finish()
        except BaseException:
            self.outputs.abandon()
            raise
        self.seconds["time loop"] = wall.perf_counter() - begun
        self.seconds |= {f"time loop: {k}": v for k, v in self.simulation.seconds.items()}
        steps = clock.step - first
        energy = energy_record(self.comm, meter.reading, clock.time - resumed, self.updates(steps))
        return self._record(steps, energy)

    def _record(self, steps: int, energy: dict[str, Any]) -> dict[str, Any]:
        cells = self.cells()
        loop = self.simulation.seconds["compute"]
        peak = sum(self.comm.allgather(peak_rss()))
        record = run_record(
            self.cfg.echo(),
            started=self.started,
            ended=datetime.now(UTC),
            inputs=self.inputs(),
            decomposition={
                "ranks": self.comm.size,
                "blocks": [[b.j0, b.j1, b.i0, b.i1] for b in self.decomposition.blocks],
            },
            timings=self.seconds,
            halo=halo_record(self.comm, self.exchanges()),
            cell_rate=self.updates(steps) / loop if loop else None,
            warnings=self.warnings,
            peak_memory=peak,
            energy=energy,
            mpi=self.comm.library,
            backend={"name": self.backend.name} | self.backend.describe(),
            grid=cells,
            steps=steps,
            dt=self.dt,
            simulated_seconds=self.simulation.clock.time,
            files=[str(path) for path in self.written],
            **self.facts(),
        )
        if self.comm.rank == 0:
            write_record(self.outputs.directory / "run.json", record)
        self.comm.barrier()
        return record
