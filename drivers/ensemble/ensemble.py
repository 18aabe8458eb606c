"""Many runs that differ in some keys: groups of ranks take them from a queue, one member after another."""

import shutil
import time as wall
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from esim.config.ensemble.root import EnsembleConfig
from esim.config.scenario import SimulationConfig
from esim.config.yaml.document import Document
from esim.config.yaml.suggest import several, shown
from esim.data import locate
from esim.drivers.checks import find_device, require_memory, timed
from esim.drivers.driver import Computation, Driver, Observer, Setup, Warnings
from esim.drivers.engine import EngineDriver
from esim.drivers.ensemble.dask_workers import compute_on_dask
from esim.drivers.ensemble.hazard import require_results, statistics_files, write_statistics
from esim.drivers.ensemble.library import (
    check_unit_sources,
    library_files,
    linearity_lines,
    make_library,
)
from esim.drivers.ensemble.member import Outcome
from esim.drivers.ensemble.rank_groups import compute_in_groups
from esim.drivers.ensemble.setup import ARRAY, EnsembleSetup, array_share, array_tasks
from esim.drivers.inputs import sum_inputs
from esim.drivers.messages import silenced
from esim.drivers.resources import Device
from esim.drivers.run import driver_of
from esim.drivers.start import Start, differences
from esim.ensemble.design import TABLE, design_lines, design_members, write_table
from esim.ensemble.member import Member, member_config
from esim.ensemble.standing import Standing, find_members, read_member, remove_members, standing
from esim.errors import EsimError, InputError, MembersFailed, StopRequested
from esim.io.directory import RECORD, close_ledger, refuse_existing, start_directory
from esim.io.provenance import plain, run_record, write_record
from esim.parallel.collectives import from_root, on_root, root_first
from esim.parallel.comm import Comm
from esim.parallel.threads import threads_per_rank
from esim.planning.prediction import duration
from esim.planning.work import Workload

SHOWN = 10  # failed members, or warnings, that are told one by one


class Ensemble(Driver[EnsembleConfig, EnsembleSetup, "EnsembleRun"]):
    """How an ensemble is computed, and what is said of it."""

    def check(self, config: EnsembleConfig, comm: Comm, elsewhere: bool | Device = False) -> EnsembleSetup:
        """Find everything that can be known to be wrong with the configuration of any member, and with a first run."""
        warnings = Warnings(comm)
        members = tuple(design_members(config.members))
        if config.run.engine == "dask" and comm.size > 1:
            raise InputError("run.engine: dask has workers of its own; start esim-run without mpirun")
        threads = config.run.threads or (1 if config.run.engine == "dask" else threads_per_rank(comm))
        document = config.document()
        document.data["run"]["threads"] = threads
        identities, inputs = _identities(config, comm, members, document)
        device = find_device(config, comm, warnings, elsewhere)
        groups = max(1, comm.size // config.run.ranks_per_member)
        group = comm.split(min(comm.rank // config.run.ranks_per_member, groups - 1))
        setup = EnsembleSetup(
            config=config,
            comm=comm,
            device=device,
            threads=threads,
            memory={},
            warnings=warnings,
            members=members,
            identities=identities,
            inputs=inputs,
            document=document,
            groups=groups,
            group=group,
            share=array_share(config),
            first=Setup(
                config=config, comm=group, device=device, threads=threads, memory={}, warnings=warnings
            ),
        )
        first = setup.member_config(0)
        try:
            with silenced():  # each member has its own warnings
                found = driver_of(first).check(first, group, device)
        except InputError as error:
            raise InputError(f"member '{members[0].name}': {error}") from None
        require_results(config, found)
        for text in check_unit_sources(config, first):
            warnings.add(text)
        require_memory(config, comm, device, found.memory, dimensions=2)
        if not elsewhere and comm.size < config.run.ranks_per_member:
            warnings.add(
                f"run.ranks_per_member: {config.run.ranks_per_member} are more than the {comm.size} that there are"
            )
        return replace(setup, first=found, memory=found.memory)

    def files(self, setup: EnsembleSetup) -> list[str]:
        """The table of the members, their statistics, also on nested grids, and a library of unit sources."""
        return [TABLE, *statistics_files(setup), *library_files(setup.config)]

    def refuse(self, setup: EnsembleSetup, resume: bool) -> None:
        """Raises InputError, on all ranks, if the ensemble must not begin, or go on, in its output directory."""
        on_root(setup.comm, partial(_refuse, setup, self.files(setup), resume))

    def plan_start(self, setup: EnsembleSetup, resume: bool) -> Start:
        """The members read their inputs and find their checkpoints, which a task of a job array always looks for."""
        again = {"resume": resume or setup.share is not None}
        return Start(setup.comm, setup.config.output.directory, self.files(setup), [], again)

    def prepare(
        self, setup: EnsembleSetup, start: Start, observers: Sequence[Observer] = ()
    ) -> "EnsembleRun":
        """Nothing yet: each member is prepared when its turn comes."""
        return EnsembleRun(setup=setup, start=start, observers=observers)

    def engines(self, setup: EnsembleSetup) -> Sequence[tuple[Driver[Any, Any, Any], Any]]:
        """Those of the first member, whose kernels are those of all that differ in numbers only."""
        engines: Sequence[tuple[Driver[Any, Any, Any], Any]] = driver_of(setup.first.config).engines(
            setup.first
        )
        return engines

    def describe(self, setup: EnsembleSetup) -> list[str]:
        """The design and what it costs, and the plan of the first member."""
        lines = design_lines(setup.config.members, setup.members)
        first = driver_of(setup.first.config).describe(setup.first)
        return [
            *lines,
            *linearity_lines(setup.config, setup.first.config),
            f"engine         {_engine(setup)}",
            *_cost(setup),
            f"first member   {setup.members[0].name}",
            *(f"  {line}" for line in first),
        ]

    def workloads(self, setup: EnsembleSetup, ranks: int) -> Sequence[Workload]:
        """That of the first member, as often as a group of ranks computes such a one."""
        each = min(setup.config.run.ranks_per_member, ranks)
        turns = -(-len(setup.members) // (ranks // each * array_tasks(setup.config)))
        first = driver_of(setup.first.config).workloads(setup.first, each)
        return [_repeated(one, turns, len(setup.members)) for one in first]

    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """How many members there are, and which of them failed."""
        members = record["members"]
        found, failed = len(members), [one for one in members if one["state"] == "failed"]
        lines = [f"members: {found - len(failed):,} of {found:,} complete"]
        lines += [f"failed: {one['name']}: {one['error']}" for one in failed[:SHOWN]]
        if len(failed) > SHOWN:
            lines.append(f"failed: {len(failed) - SHOWN:,} more, see run.json")
        return lines


@dataclass(kw_only=True)
class EnsembleRun(Computation[EnsembleSetup]):
    """An ensemble on this rank; timings are wall-clock seconds of what is done with all members."""

    observers: Sequence[Observer]
    timings: dict[str, float] = field(default_factory=dict)

    def compute(self) -> dict[str, Any]:
        """All members that are missing, and the statistics of all; returns the content of run.json.

        Raises StopRequested, and MembersFailed once all that can be written is.
        """
        setup, begun = self.setup, wall.perf_counter()
        resume = bool(self.start.identity["resume"])
        if setup.share is None:
            on_root(setup.comm, partial(_make_room, setup, self.start.names, resume))
        missing = self._missing(resume)
        compute = compute_on_dask if setup.config.run.engine == "dask" else compute_in_groups
        outcomes, stopped = compute(setup, missing, self.observers)
        outcomes = sorted(outcomes, key=lambda one: one.number)
        self.timings["members"] = wall.perf_counter() - begun
        if stopped:
            done = len(setup.members) - len(missing) + len(outcomes)
            raise StopRequested(
                f"stopped with {done} of {len(setup.members)} members done in {setup.config.output.directory}; resume "
                "with --resume"
            )
        return self._finish(outcomes, begun)

    def _missing(self, resume: bool) -> dict[int, Standing]:
        """The members that are to be computed, and what is there of each. Collective."""
        setup = self.setup
        if not resume:
            return dict.fromkeys(range(len(setup.members)), Standing.MISSING)
        mine = range(setup.comm.rank, len(setup.members), setup.comm.size)
        found = {n: standing(setup.directory(n), setup.identities[n]) for n in mine}
        merged = {n: one for part in setup.comm.allgather(found) for n, one in part.items()}
        missing = {n: merged[n] for n in sorted(merged) if merged[n] is not Standing.COMPLETE}
        if setup.share is None:
            return missing
        task, tasks = setup.share
        return {n: one for n, one in missing.items() if n % tasks == task}

    def _finish(self, outcomes: Sequence[Outcome], begun: float) -> dict[str, Any]:
        """The statistics of all members, and the record."""
        setup, directory = self.setup, self.setup.config.output.directory
        failed = {one.number: one for one in outcomes if one.error}
        for text in _gathered_warnings(setup, outcomes):
            setup.warnings.add(text)
        if setup.share is not None:
            return self._finish_share(outcomes)
        self.written = [directory / TABLE]
        complete = [n for n in range(len(setup.members)) if n not in failed]
        if setup.config.hazard is not None and complete:
            with timed(self.timings, "hazard"):
                paths, texts = from_root(setup.comm, partial(write_statistics, setup, complete))
            for text in texts:
                setup.warnings.add(text)
            self.written += paths
        if setup.config.members.unit_sources is not None:
            self._make_library(complete)
        self.timings["time loop"] = wall.perf_counter() - begun
        self.timings["time loops of members"] = sum(one.loop for one in outcomes)
        record = self._record(outcomes) | {"state": "incomplete" if failed else "complete"}
        if setup.comm.rank == 0:
            write_record(directory / RECORD, record)
            close_ledger(directory)
        setup.comm.barrier()
        self._require_complete(outcomes)
        return record

    def _make_library(self, complete: Sequence[int]) -> None:
        """The Green's functions of unit sources, once all of them are there."""
        setup = self.setup
        with timed(self.timings, "library"):
            texts = on_root(setup.comm, partial(make_library, setup, complete))
        for text in setup.comm.bcast(texts) or ():
            setup.warnings.add(text)
        if len(complete) == len(setup.members):
            self.written += [setup.config.output.directory / name for name in library_files(setup.config)]

    def _finish_share(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """The end of a task of a job array: the job that follows gathers what all of them have computed."""
        self.timings["time loop"] = self.timings["members"]
        self._require_complete(outcomes)
        record = self._record(outcomes)
        done = {one.number for one in outcomes}
        return record | {"members": [one for n, one in enumerate(record["members"]) if n in done]}

    def _require_complete(self, outcomes: Sequence[Outcome]) -> None:
        """Raises MembersFailed, on all ranks, where some have failed."""
        told = [f"{self.setup.members[one.number].name}: {one.error}" for one in outcomes if one.error]
        if told:
            directory = self.setup.config.output.directory
            raise MembersFailed(
                f"{len(told)} of {len(self.setup.members)} members failed, each twice: {'; '.join(told[:SHOWN])}"
                f"{f' and {len(told) - SHOWN} more' * (len(told) > SHOWN)}; the others are complete in {directory}; "
                "try the failed ones again with --resume"
            )

    def _record(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        setup, found = self.setup, {one.number: one for one in outcomes}
        return run_record(
            setup.config.echo(),
            started=self.started,
            ended=datetime.now(UTC),
            inputs=setup.inputs,
            decomposition={
                "ranks": setup.comm.size,
                "groups": setup.groups,
                "ranks_per_member": setup.group.size,
            },
            timings=self.timings,
            warnings=setup.warnings.texts,
            mpi=setup.comm.library,
            peak_memory=max((one.peak_memory for one in outcomes), default=None),
            wall_clock=setup.wall_clock.record(),
            files=[str(path) for path in self.written],
            members=[
                _member_record(member, found.get(number)) for number, member in enumerate(setup.members)
            ],
        )


def _identities(
    config: EnsembleConfig, comm: Comm, members: Sequence[Member], document: Document
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...]]:
    """What decides the results of each member, and the files that all of them read. Collective: each rank checks some.

    Raises InputError, on all ranks, for the first member whose configuration its scenario refuses.
    """
    configs: dict[int, SimulationConfig] = {}
    problem: tuple[int, EsimError] | None = None
    for number in range(comm.rank, len(members), comm.size):
        try:
            configs[number] = member_config(config, document, members[number])
        except InputError as error:
            problem = number, error
            break
    problems = [one for one in comm.allgather(problem) if one is not None]
    if problems:
        raise min(problems, key=lambda one: one[0])[1]
    read = {*config.files, *(file for one in configs.values() for file in one.files)}
    files = sorted({file for part in comm.allgather(read) for file in part})
    paths = root_first(comm, lambda: {file: locate(file) for file in files})
    inputs = tuple(sum_inputs(comm, list(dict.fromkeys(paths.values()))))
    sums = {one["path"]: _sum(one) for one in inputs}
    by_file = {file: sums[str(path)] for file, path in paths.items()}
    mine = {number: plain(one.restart_identity(by_file)) for number, one in configs.items()}
    found = {number: one for part in comm.allgather(mine) for number, one in part.items()}
    return tuple(found[number] for number in range(len(members))), inputs


def _sum(record: Mapping[str, Any]) -> str:
    return next(f"{kind} {record[kind]}" for kind in ("sha256", "xxh3_128") if kind in record)


def _repeated(workload: Workload, turns: int, members: int) -> Workload:
    """The same run so many times, one after the other, and the files of all members."""
    output = workload.output
    written = replace(
        output,
        results=turns * output.results,
        at_end=turns * output.at_end,
        checkpoints=turns * output.checkpoints,
        all=members * output.all,
    )
    return replace(workload, steps=turns * workload.steps, output=written)


def _engine(setup: EnsembleSetup) -> str:
    """Who computes the members."""
    run, ranks = setup.config.run, setup.group.size
    if run.engine == "dask":
        return "dask, each member by one worker"
    groups = f"{setup.groups} groups" if setup.groups > 1 else "1 group"
    told = f"{run.engine}, {groups} of {f'{ranks} ranks' if ranks > 1 else '1 rank'}"
    if run.engine == "mpi":
        return told
    if setup.share is None:
        return f"{told}, which compute what the {array_tasks(setup.config)} tasks have left"
    return f"{told}, task {setup.share[0] + 1} of {setup.share[1]}"


def _cost(setup: EnsembleSetup) -> list[str]:
    """What all members will take, if they are like the first one."""
    parts = driver_of(setup.first.config).engines(setup.first)
    seconds = sum(driver.predict(part).time for driver, part in parts if isinstance(driver, EngineDriver))
    turns = -(-len(setup.members) // setup.groups)
    return [f"predicted      {turns:,} x {seconds:.3g} s, {duration(turns * seconds)} in all, without starts"]


def _refuse(setup: EnsembleSetup, names: Sequence[str], resume: bool) -> None:
    """Raises InputError if the ensemble must not begin, or go on, in its output directory."""
    config, directory = setup.config, setup.config.output.directory
    resume = resume or setup.share is not None
    inputs = {key: locate(file) for key, file in config.keyed_files.items()}
    refuse_existing(directory, names, inputs, config.output.overwrite, resume)
    if config.output.overwrite:
        return
    if not resume:
        if found := find_members(directory):
            raise InputError(
                f"output.directory: {directory} already has members of an ensemble ({found[0].name}); resume it by "
                "--resume, write elsewhere by --output, or replace it by --set output.overwrite=true"
            )
        return
    for number, member in enumerate(setup.members):
        if standing(setup.directory(number), setup.identities[number]) is Standing.CHANGED:
            made = (read_member(setup.directory(number)) or {}).get("identity", {})
            wrong = [
                f"{'.'.join(key)} was {shown(before)}, is {shown(now)}"
                for key, before, now in differences(made, setup.identities[number])
            ]
            raise InputError(
                f"--resume: {setup.directory(number)} is of another configuration: {several(wrong)}; run with the one "
                f"that member '{member.name}' was made with, or compute it anew by --set output.overwrite=true"
            )


def _make_room(setup: EnsembleSetup, names: Sequence[str], resume: bool) -> None:
    """Remove what is replaced, and say which members there are."""
    directory = setup.config.output.directory
    if not resume:
        remove_members(directory)
    start_directory(directory, names, keep=resume)
    write_table(directory / TABLE, setup.members)
    shutil.rmtree(directory / ARRAY, ignore_errors=True)


def _gathered_warnings(setup: EnsembleSetup, outcomes: Sequence[Outcome]) -> list[str]:
    """The warnings of members, each once, with those that have it."""
    found: dict[str, list[str]] = {}
    for one in outcomes:
        for text in one.warnings:
            found.setdefault(text, []).append(setup.members[one.number].name)
    lines = [f"{several(names)}: {text}" for text, names in found.items()]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"{len(lines) - SHOWN:,} more warnings are in run.json of the members"]
    return lines


def _member_record(member: Member, outcome: Outcome | None) -> dict[str, Any]:
    """What run.json has of a member; one without an outcome was complete before."""
    facts: dict[str, Any] = {"name": member.name, "weight": member.weight, "values": dict(member.values)}
    if member.branch:
        facts |= {"branch": member.branch, "branch_weight": member.branch_weight}
    if outcome is None:
        return facts | {"state": "complete"}
    facts |= {"attempts": outcome.attempts, "seconds": outcome.seconds, "time_loop": outcome.loop}
    return facts | ({"state": "failed", "error": outcome.error} if outcome.error else {"state": "complete"})
