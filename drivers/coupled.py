"""From rupture to run-up: a seismic run, and the tsunami run whose bed it moves. Each is a whole run of its own."""

import gc
import json
import time as wall
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from esim.config.coupled.root import CoupledConfig
from esim.config.coupled.translate import CRUST, MOTION, OCEAN, DrivenBedConfig, crust_run, ocean_run
from esim.config.ocean.root import TsunamiConfig
from esim.config.yaml.suggest import several, shown
from esim.coupling.frame_stream import FrameSender, ReceivedFrames
from esim.coupling.motion import planned_motion
from esim.coupling.rank_shares import share_ranks
from esim.coupling.record_interval import record_interval
from esim.drivers.driver import Computation, Driver, Observer, Setup, Warnings
from esim.drivers.engine import EngineDriver
from esim.drivers.messages import labelled, silenced
from esim.drivers.resources import Device
from esim.drivers.run import prepared
from esim.drivers.seismic import Seismic, SeismicRun, SeismicSetup
from esim.drivers.start import Start, differences
from esim.drivers.tsunami import Tsunami, TsunamiSetup
from esim.errors import InputError
from esim.io.directory import RECORD, clear_directory, close_ledger, drop_ledger, is_finished
from esim.io.provenance import plain, run_record, write_record
from esim.parallel.collectives import from_root, on_root
from esim.parallel.comm import Comm
from esim.planning.work import Workload
from esim.sources.ocean import AnySource
from esim.sources.ocean.build import seafloor_motion
from esim.sources.ocean.recorded.file import read_motion
from esim.sources.ocean.recorded.frames import At, Frames, MotionGeometry, StillFrames

SIDE_BY_SIDE = "side_by_side"


@dataclass(frozen=True)
class DrivenTsunami(Tsunami):
    """A tsunami whose bed follows a motion that is known in space and time before its values are.

    before [bytes], by name, is what the crust has taken of the memory of the same processes, where it came first.
    """

    geometry: MotionGeometry
    frames: Frames | None = None  # of a run at the same time; None: in the file that the crust has written
    before: Mapping[str, int] = field(default_factory=dict)

    def read_sources(self, config: TsunamiConfig, comm: Comm) -> tuple[AnySource, ...]:
        """As of every tsunami, the motion of the crust first."""
        others = [section for section in config.source if not isinstance(section, DrivenBedConfig)]
        found = super().read_sources(config.model_copy(update={"source": tuple(others)}), comm)
        grid = config.grid.build()
        crs = config.grid.crs if config.grid.kind == "cartesian" else None
        driven = [
            seafloor_motion(
                section,
                section.file.name,
                self.geometry,
                partial(self._open, section),
                grid.lonlat,
                crs,
            )
            for section in config.source
            if isinstance(section, DrivenBedConfig)
        ]
        for source in driven:
            source.check(grid)
        return (*driven, *found)

    def workload(self, setup: TsunamiSetup, ranks: int) -> Workload:
        """As of every tsunami, with the most memory that the processes have had."""
        found = super().workload(setup, ranks)
        most = max((found.memory, self.before), key=lambda memory: sum(memory.values()))
        return replace(found, memory=most)

    def _open(self, section: DrivenBedConfig) -> Frames:
        return self.frames or read_motion(section.file).open(section.at)


@dataclass(frozen=True, kw_only=True)
class CoupledSetup(Setup[CoupledConfig]):
    """What is known of a coupled run: both parts on all ranks.

    crust_ranks are the first ranks, which compute the crust while the others compute the ocean; 0: all compute both.
    """

    crust: SeismicSetup
    ocean: TsunamiSetup
    tsunami: DrivenTsunami
    crust_ranks: int


class Coupled(Driver[CoupledConfig, CoupledSetup, "CoupledRun"]):
    """How a coupled run is computed, and what is said of it."""

    def check(self, config: CoupledConfig, comm: Comm, elsewhere: bool | Device = False) -> CoupledSetup:
        """Find everything that can be known to be wrong with both parts."""
        warnings = Warnings(comm)
        if config.coupling.every is None:
            every = record_interval(ocean_run(config), comm)
            coupling = config.coupling.model_copy(update={"every": every})
            config = config.model_copy(update={"coupling": coupling})
        with labelled(CRUST):
            crust = Seismic().check(crust_run(config), comm, elsewhere)
        assert config.coupling.every is not None
        tsunami = DrivenTsunami(
            planned_motion(crust.grid, crust.projection, crust.discretisation, config.coupling.every)
        )
        with labelled(OCEAN):
            ocean = tsunami.check(ocean_run(config, _motion_file(crust)), comm, elsewhere)
        crust_ranks = 0
        if config.coupling.schedule == SIDE_BY_SIDE and comm.size == 1:
            warnings.add("coupling.schedule: side_by_side needs two ranks or more; computed in turns")
        elif config.coupling.schedule == SIDE_BY_SIDE:
            crust_ranks = share_ranks(
                comm,
                lambda ranks: Seismic().predict_on(crust, ranks).time,
                lambda ranks: tsunami.predict_on(ocean, ranks).time,
            )
        if not crust_ranks:
            tsunami = replace(tsunami, before=crust.memory)
        return CoupledSetup(
            config=config,
            comm=comm,
            device=crust.device,
            threads=crust.threads,
            memory=max((crust.memory, ocean.memory), key=lambda memory: sum(memory.values())),
            warnings=warnings,
            crust=replace(crust, part=CRUST),
            ocean=replace(ocean, part=OCEAN),
            tsunami=tsunami,
            crust_ranks=crust_ranks,
        )

    def files(self, setup: CoupledSetup) -> list[str]:
        """Those of both parts, in their folders."""
        return [
            *(f"{CRUST}/{name}" for name in Seismic().files(setup.crust)),
            *(f"{OCEAN}/{name}" for name in setup.tsunami.files(setup.ocean)),
        ]

    def refuse(self, setup: CoupledSetup, resume: bool) -> None:
        """Raises InputError, on all ranks, if one of the parts must not begin, or go on, in its directory."""
        if resume and _is_done(setup):
            _require_same(setup)
        else:
            Seismic().refuse(setup.crust, resume)
        setup.tsunami.refuse(setup.ocean, resume)

    def plan_start(self, setup: CoupledSetup, resume: bool) -> Start:
        """The parts read their inputs and find their checkpoints by themselves."""
        remarks = []
        if resume and _is_done(setup):
            remarks.append(
                f"the crust is complete in {setup.crust.config.output.directory}; only the ocean is computed"
            )
        elif resume and setup.crust_ranks:
            remarks.append("--resume: the parts are computed in turns, with the same results")
        return Start(setup.comm, setup.config.output.directory, [], [], {"resume": resume}, remarks=remarks)

    def prepare(self, setup: CoupledSetup, start: Start, observers: Sequence[Observer] = ()) -> "CoupledRun":
        """Nothing yet: each part is prepared when its turn comes."""
        return CoupledRun(setup=setup, start=start, observers=observers)

    def engines(self, setup: CoupledSetup) -> Sequence[tuple[Driver[Any, Any, Any], Any]]:
        """Both parts, the ocean over a bed that stays where it is."""
        components = 1 if setup.config.coupling.method == "surface" else 3
        tsunami = replace(setup.tsunami, frames=StillFrames((components, *setup.tsunami.geometry.shape)))
        with silenced():  # it was said before
            ocean = tsunami.check(setup.ocean.config, setup.comm, setup.ocean.device)
        return (Seismic(), setup.crust), (tsunami, ocean)

    def describe(self, setup: CoupledSetup) -> list[str]:
        """The plans of both parts, and what passes between them."""
        coupling, geometry = setup.config.coupling, setup.tsunami.geometry
        order = "one after the other, on all ranks"
        if setup.crust_ranks:
            others = setup.comm.size - setup.crust_ranks
            order = f"side by side, the crust on {setup.crust_ranks} ranks and the ocean on {others}"
        passed = f"every {geometry.every:.3g} s, low-passed at {2 * geometry.every:.3g} s"
        return [
            f"coupling       {coupling.method}" + (f", {passed}" if coupling.method != "okada" else ""),
            f"schedule       {order}",
            "crust",
            *(f"  {line}" for line in Seismic().describe(setup.crust)),
            "ocean",
            *(f"  {line}" for line in setup.tsunami.describe(setup.ocean)),
        ]

    def workloads(self, setup: CoupledSetup, ranks: int) -> Sequence[Workload]:
        """Those of both parts."""
        return Seismic().workload(setup.crust, ranks), setup.tsunami.workload(setup.ocean, ranks)

    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """What the parts say."""
        parts = record["parts"]
        return [
            *(f"crust: {line}" for line in Seismic().summarize(parts[CRUST])),
            *(f"ocean: {line}" for line in Tsunami().summarize(parts[OCEAN])),
        ]


@dataclass(kw_only=True)
class CoupledRun(Computation[CoupledSetup]):
    """A coupled run on this rank; timings are wall-clock seconds of its parts."""

    observers: Sequence[Observer]
    timings: dict[str, float] = field(default_factory=dict)

    def compute(self) -> dict[str, Any]:
        """Both parts to their ends; returns the content of the run.json of the whole."""
        setup, begun = self.setup, wall.perf_counter()
        resume = bool(self.start.identity["resume"])
        try:
            if not resume:
                self._make_room()
            if setup.crust_ranks and not resume:
                parts = self._side_by_side()
            else:
                parts = self._in_turns(resume)
        except BaseException:
            if setup.comm.rank == 0:
                drop_ledger(setup.config.output.directory)
            raise
        self.timings["time loop"] = wall.perf_counter() - begun
        return self._record(parts)

    def _make_room(self) -> None:
        """Remove what is replaced of both parts, so that what is left of one belongs to this run."""
        self.start.make_room()
        for driver, part in self._parts():
            on_root(part.comm, partial(clear_directory, part.config.output.directory, driver.files(part)))

    def _parts(self) -> list[tuple[EngineDriver[Any, Any, Any], Any]]:
        return [(Seismic(), self.setup.crust), (self.setup.tsunami, self.setup.ocean)]

    def _in_turns(self, resume: bool) -> dict[str, dict[str, Any]]:
        """The crust, then the ocean, on all ranks; a crust that is complete is not computed again."""
        (seismic, crust), (tsunami, ocean) = self._parts()
        if resume and _is_done(self.setup):
            record = _read_record(self.setup)
            here, there = crust.config.output.directory, record["configuration"]["output"]["directory"]
            self.written += [here / Path(file).relative_to(there) for file in record["files"]]
            found = {CRUST: record}
        else:
            found = {CRUST: self._compute(seismic, crust, resume)}
        gc.collect()  # the arrays of the crust, before those of the ocean are allocated
        begun = resume and from_root(self.setup.comm, lambda: _has_begun(ocean.config.output.directory))
        return found | {OCEAN: self._compute(tsunami, ocean, begun)}

    def _compute(
        self, driver: EngineDriver[Any, Any, Any], part: Any, resume: bool, sender: FrameSender | None = None
    ) -> dict[str, Any]:
        """One part, from its preparation to its record."""
        begun = wall.perf_counter()
        with labelled(part.part), prepared(driver, part, resume, self.observers) as run:
            if sender is not None and isinstance(run, SeismicRun) and run.outputs.displacement is not None:
                run.outputs.displacement.observers.append(sender)
            record: dict[str, Any] = run.compute()
        self.written += run.written
        self.timings[part.part] = wall.perf_counter() - begun
        return record

    def _side_by_side(self) -> dict[str, dict[str, Any]]:
        """The crust on the first ranks, and the ocean on the others, which take the motion as it comes."""
        setup, comm, first = self.setup, self.setup.comm, self.setup.crust_ranks
        mine = comm.split(int(comm.rank >= first))
        geometry = setup.tsunami.geometry
        if comm.rank < first:
            with silenced():  # it was said before
                part: Any = Seismic().check(setup.crust.config, mine, setup.crust.device)
            at: At = "sea_surface" if setup.config.coupling.method == "surface" else "bed"
            sender = FrameSender(comm, mine, part.decomposition.blocks, geometry.shape, first, at)
            record = self._compute(Seismic(), replace(part, part=CRUST), False, sender)
            sender.close()
        else:
            components = 1 if setup.config.coupling.method == "surface" else 3
            frames = ReceivedFrames(comm, 0, (components, *geometry.shape))
            tsunami = replace(setup.tsunami, frames=frames)
            with silenced():
                part = tsunami.check(setup.ocean.config, mine, setup.ocean.device)
            record = self._compute(tsunami, replace(part, part=OCEAN), False)
            if mine.rank == 0:
                frames.drain()
        everyone = comm.allgather((record, self.written, self.timings))
        (crust, of_crust, crust_times), (ocean, of_ocean, ocean_times) = everyone[0], everyone[first]
        self.written = [*of_crust, *of_ocean]
        self.timings |= crust_times | ocean_times
        return {CRUST: crust, OCEAN: ocean}

    def _record(self, parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        setup, directory = self.setup, self.setup.config.output.directory
        texts = [f"{name}: {text}" for name, part in parts.items() for text in part["warnings"]]
        record = run_record(
            setup.config.echo(),
            started=self.started,
            ended=datetime.now(UTC),
            decomposition={"ranks": setup.comm.size, "crust_ranks": setup.crust_ranks},
            timings=self.timings,
            warnings=[*setup.warnings.texts, *texts],
            mpi=setup.comm.library,
            peak_memory=max(part["peak_memory"] for part in parts.values()),
            files=[str(path) for path in self.written],
            state="complete",
            parts={
                name: {k: v for k, v in part.items() if k != "configuration"} for name, part in parts.items()
            },
        )
        if setup.comm.rank == 0:
            write_record(directory / RECORD, record)
            close_ledger(directory)
        setup.comm.barrier()
        return record


def _motion_file(crust: SeismicSetup) -> str:
    """The name of the file in which the crust hands its motion over."""
    names = [name for name in Seismic().files(crust) if name.startswith(MOTION)]
    return names[0] if names else f"{MOTION}.nc"


def _is_done(setup: CoupledSetup) -> bool:
    """Whether the crust has been computed to its end. Collective."""
    return from_root(setup.comm, lambda: is_finished(setup.crust.config.output.directory))


def _has_begun(directory: Path) -> bool:
    """Whether there is anything of a run in a directory."""
    return directory.is_dir() and any(directory.iterdir())


def _read_record(setup: CoupledSetup) -> dict[str, Any]:
    """The record of the crust that has been computed. Collective."""
    path = setup.crust.config.output.directory / RECORD
    found: dict[str, Any] = from_root(setup.comm, lambda: json.loads(path.read_text()))
    return found


def _require_same(setup: CoupledSetup) -> None:
    """Raises InputError, on all ranks, where the crust that is complete is of another configuration."""
    made = _read_record(setup).get("identity", {})
    now = plain(Seismic().plan_start(setup.crust, resume=False).identity)
    wrong = [
        f"{'.'.join(key)} was {shown(before)}, is {shown(after)}"
        for key, before, after in differences(made, now)
    ]
    if wrong:
        raise InputError(
            f"--resume: the crust in {setup.crust.config.output.directory} is complete, of another configuration: "
            f"{several(wrong)}; run with the one it was made with, or start anew without --resume"
        )
