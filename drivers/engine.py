"""How is a run of one engine computed? A grid in blocks, a time loop, and the record of both."""

import time as wall
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from esim.backends import Backend, kernel_cache, select
from esim.backends.energy import Meter, energy_record
from esim.drivers.checkpoints import RunOutputs, abandoned_on_error
from esim.drivers.driver import C, Computation, Driver, Setup
from esim.errors import MachineError, StopRequested
from esim.io.directory import RECORD, STOPPED, close_ledger
from esim.io.provenance import peak_rss, run_record, write_record
from esim.parallel.decomposition import Decomposition
from esim.parallel.halo import HaloExchange, halo_record
from esim.planning.kinds import GPU_BANDWIDTH
from esim.planning.prediction import Prediction, compared, predict, remember
from esim.planning.rates import Way
from esim.planning.work import Workload
from esim.supervision.pulse import OUTPUT, PULSE
from esim.timestepping.simulation import Simulation


@dataclass(frozen=True, kw_only=True)
class EngineSetup(Setup[C]):
    """What is known of a run of one engine: the decomposition of the (whole) grid, and its time step dt [s]."""

    decomposition: Decomposition
    dt: float
    predicted: list[Prediction] = field(default_factory=list)

    @property
    def way(self) -> Way:
        """How it is computed, as rates are kept by it."""
        run, backend = self.config.run, self.device.backend
        if run.array_module != "numpy":
            backend = f"{backend} ({run.array_module})"
        return Way(backend, run.precision, self.threads, self.comm.local_size)

    def open_backend(self) -> Backend:
        """The backend on the device of this rank."""
        run, gpu = self.config.run, self.device.gpu
        # Ranks of a part of the machine keep the GPU that was chosen among those of all ranks.
        number = self.comm.local_rank if gpu is None else gpu.number
        return select(self.device.backend, run.precision, self.threads, number, run.array_module)


E = TypeVar("E", bound="EngineSetup[Any]")
R = TypeVar("R", bound="Run[Any]")


class EngineDriver(Driver[C, E, R]):
    """A scenario that one engine computes."""

    def engines(self, setup: E) -> Sequence[tuple[Driver[Any, Any, Any], Any]]:
        """This one."""
        return ((self, setup),)

    def workloads(self, setup: E, ranks: int) -> Sequence[Workload]:
        """That of the one run."""
        return (self.workload(setup, ranks),)

    @abstractmethod
    def workload(self, setup: E, ranks: int) -> Workload:
        """What a run computes in a step, on so many ranks, and what these exchange."""

    def predict(self, setup: E) -> Prediction:
        """How long the steps of a run will take here, on the ranks that it has; reckoned once."""
        if setup.predicted:
            return setup.predicted[0]
        setup.predicted.append(self.predict_on(setup, setup.comm.size))
        return setup.predicted[0]

    def predict_on(self, setup: E, ranks: int) -> Prediction:
        """How long the steps of a run would take on so many ranks of this machine."""
        bandwidth = GPU_BANDWIDTH if setup.device.gpu else None
        return predict(self.workload(setup, ranks), setup.way, bandwidth)

    def expect(self, run: R) -> None:
        """Keep what the first rank expects of a run, to be compared at its end."""
        if run.setup.comm.rank == 0:
            run.prediction = self.predict(run.setup)


@dataclass(kw_only=True)
class Run(Computation[E]):
    """A prepared run of one engine on this rank; timings are wall-clock seconds by what they were spent on."""

    backend: Backend
    simulation: Simulation
    outputs: RunOutputs
    timings: dict[str, float]
    prediction: Prediction | None = None

    def __post_init__(self) -> None:
        self.simulation.clock.name = self.setup.part

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

    def compute(self) -> dict[str, Any]:
        """All steps to the end, and all files; returns the content of run.json."""
        comm, clock = self.setup.comm, self.simulation.clock
        self._tell_cache()
        begun, first, resumed = wall.perf_counter(), clock.step, clock.time

        def summary() -> dict[str, Any]:
            self.timings["time loop"] = wall.perf_counter() - begun
            self.timings |= {f"time loop: {name}": spent for name, spent in self.simulation.seconds.items()}
            steps = clock.step - first
            energy = energy_record(comm, meter.reading, clock.time - resumed, self.cell_updates(steps))
            return self._record(steps, energy)

        try:
            with (
                abandoned_on_error(self.outputs, comm),
                Meter(comm.local_rank, self.backend.describe().get("bus")) as meter,
            ):
                self.simulation.run()
                self._tell_cache()
                PULSE.enter(OUTPUT)
                self.report()
                self._compare_inputs()
                stepped = wall.perf_counter()
                self.written = self.outputs.finish()
                self.timings["time loop: last files"] = wall.perf_counter() - stepped
        except StopRequested as stop:  # of all ranks alike; its checkpoint keeps the list of files
            self._leave_record(stop, summary())
            raise
        record = summary() | {"state": "complete"}
        if comm.rank == 0:
            write_record(self.outputs.directory / RECORD, record)
            close_ledger(self.outputs.directory)
        comm.barrier()
        return record

    def _leave_record(self, stop: StopRequested, record: dict[str, Any]) -> None:
        """Write what was done until a stop; without it the run can be resumed as well."""
        clock, path = self.simulation.clock, self.outputs.directory / STOPPED
        if self.setup.comm.rank == 0:
            facts = {"step": clock.step, "time": clock.time, "end": clock.end, "why": str(stop)}
            try:
                write_record(path, record | {"state": "stopped", "stopped": facts})
            except MachineError as error:
                self.setup.warnings.add(str(error))
        self.setup.comm.barrier()  # a rank that leaves earlier would end the one that still writes

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
        if self.prediction is None or comm.rank != 0 or self.simulation.clock.stopped:
            return None  # it was of all steps
        measured: dict[str, float] = {
            "compute": seconds["compute"],
            "processor": processor,
            "output": self.timings["time loop"] - seconds["compute"],
            "time": self.timings["time loop"],
            "memory": memory,
            "files": sum(path.stat().st_size for path in self.written if path.exists()),
        }
        clock = self.simulation.clock
        if whole := clock.step == steps and clock.done:
            remember(self.prediction, measured)
        return compared(self.prediction, measured, whole)

    def _record(self, steps: int, energy: dict[str, Any]) -> dict[str, Any]:
        """What was done, for run.json. Collective."""
        setup, loop = self.setup, self.simulation.seconds["compute"]
        return run_record(
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
            identity=self.start.identity,
            steps=steps,
            dt=setup.dt,
            simulated_seconds=self.simulation.clock.time - self.simulation.clock.begin,
            files=[str(path) for path in self.written],
            **self.facts(),
        )
