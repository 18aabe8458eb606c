"""A tsunami, from its configuration to its files: which grids, sources and forces make up the run?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from esim.config.ocean.root import TsunamiConfig
from esim.drivers.checkpoints import Checkpoints, abandoned_on_error
from esim.drivers.checks import (
    checkpoint_count,
    find_device,
    require_memory,
    require_steps,
    strip_bytes,
    timed,
    without,
)
from esim.drivers.driver import Observer, Warnings
from esim.drivers.engine import EngineDriver, EngineSetup, Run
from esim.drivers.resources import Device, with_program
from esim.drivers.start import Start
from esim.grids.nested_grid import NestedGrid
from esim.io.map_format import MapFormat, choose_format
from esim.io.ocean.output_size import predict_bytes
from esim.ocean import memory
from esim.ocean.activity import count_work
from esim.ocean.advice import faults, first_water, recorded_motion, settings, solver
from esim.ocean.advice.input_grids import check_input_grids
from esim.ocean.advice.layers import damped_sources
from esim.ocean.advice.recorded_motion import complete_motion
from esim.ocean.forcing import build, pressure_file
from esim.ocean.forcing.dispersion import dispersion_record
from esim.ocean.model import Ocean
from esim.ocean.nesting.build import build_hierarchy
from esim.ocean.nesting.grid_level import (
    GridLevel,
    build_levels,
    decompose_grids,
    read_media,
    survey,
)
from esim.ocean.nesting.hierarchy import GridHierarchy
from esim.ocean.nesting.structures import plan_lines as structure_lines
from esim.ocean.nesting.structures import read_structures
from esim.ocean.output import maxima, runup, summary
from esim.ocean.output.gauge_places import (
    GaugePlace,
    first_waters,
    gauge_warnings,
    moving_ground,
    place_gauges,
    plan_lines,
)
from esim.ocean.output.outputs import TsunamiOutputs
from esim.ocean.solver import SOLVERS
from esim.ocean.sources.initial_conditions import initial_states
from esim.ocean.sources.read import read_incident, read_sources
from esim.ocean.sources.tracer import initial_concentration
from esim.ocean.stability import StabilityCheck
from esim.ocean.time_step import time_step
from esim.parallel.collectives import on_root, root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, decompose
from esim.parallel.halo import HaloExchange
from esim.parallel.threads import threads_per_rank
from esim.planning.ocean import due_intervals, plan_ocean
from esim.planning.work import Output, Workload
from esim.sources.ocean import AnySource
from esim.sources.ocean.incident import Incident
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every, count_steps
from esim.timestepping.simulation import Callback, Simulation


@dataclass(frozen=True, kw_only=True)
class TsunamiSetup(EngineSetup[TsunamiConfig]):
    """What is known of a tsunami run before anything is allocated: its grids, and what moves the water.

    levels are the whole grid and its nests, parents first; incident are the waves that come in at the sides, gauges the
    places where time series are recorded.
    """

    levels: tuple[GridLevel, ...]
    sources: tuple[AnySource, ...]
    incident: tuple[Incident, ...]
    gauges: tuple[GaugePlace, ...]


class Tsunami(EngineDriver[TsunamiConfig, TsunamiSetup, "TsunamiRun"]):
    """How a tsunami is computed, and what is said of it."""

    def check(self, config: TsunamiConfig, comm: Comm, elsewhere: bool | Device = False) -> TsunamiSetup:
        """Find everything that can be known to be wrong before anything is allocated or written."""
        warnings = Warnings(comm)
        grids = config.grid.tree()
        grid = grids[0].grid
        media = read_media(config, grids, comm)
        found = self.read_sources(config, comm)
        decompose(
            grid.shape, comm.size, grid.periodic, halo=SOLVERS[grids[0].solver].halo
        )  # as many ranks as this fit
        device = find_device(config, comm, warnings, elsewhere)

        def require(blocks: Sequence[Sequence[Block]]) -> dict[str, int]:
            needed = _predict_memory(config, grids, blocks, found, device)
            require_memory(config, comm, device, needed, dimensions=2)
            return needed

        require(memory.estimated_blocks(grids, comm.size))
        waves = read_incident(config, comm, media[0].elevation)
        for records in media[0].pressure:
            pressure_file.check_values(records, comm, config.time.duration)
        if config.output.runup is not None:
            runup.check_coast(config.output.runup, grid)
        decompositions = decompose_grids(grids, media, comm)
        needed = require([decomposition.blocks for decomposition in decompositions])
        structures = read_structures(config, grids, media, comm)
        states, gravity = initial_states(found), config.physics.gravity
        gauges = place_gauges(first_waters(config, grids, media, states), config.gauges)
        waters = [
            survey(config, comm, nest, medium, decomposition, states, waves)
            for nest, medium, decomposition in zip(grids, media, decompositions, strict=True)
        ]
        for text in check_input_grids(config, grids, media, waters, found):
            warnings.add(text)
        first_water.require_water(waters[0].deepest, states)
        assert config.run.cfl is not None
        dt = time_step(config.run, grids[0], waters[0].rate, waters[0].deepest, gravity)
        require_steps(config.time.duration / dt, dt)
        levels = build_levels(
            grids, media, waters, decompositions, structures.on_grids, dt, config.run.cfl, gravity
        )
        on_root(comm, partial(solver.require_rest, levels[0], states))
        for text in (
            *structures.warnings,
            *solver.check_solver(config, structures.on_grids),
            *settings.check_files(levels[0].media.pressure, waves, config.time.duration),
            *settings.check_waves(config, levels[0]),
            *settings.check_water(config, levels, found),
            *settings.check_sources(found),
            *faults.check_faults([level.grid for level in levels], found),
            *recorded_motion.check_recorded(comm, levels, found, gravity),
            *settings.check_nests(levels),
            *settings.check_layers(config, grid, {place.name: place.position for place in gauges}),
            *settings.check_currents(config, levels[0], states),
            *root_first(comm, partial(first_water.check_first_water, config, levels[0], states)),
            *settings.check_stations(config),
            *([] if config.run.adaptive else settings.check_snapshots(config, dt)),
            *gauge_warnings(gauges, config.gauges_outside),
        ):
            warnings.add(text)
        return TsunamiSetup(
            config=config,
            comm=comm,
            device=device,
            threads=config.run.threads or threads_per_rank(comm),
            decomposition=levels[0].decomposition,
            dt=dt,
            memory=needed,
            warnings=warnings,
            levels=levels,
            sources=found,
            incident=waves,
            gauges=gauges,
        )

    def read_sources(self, config: TsunamiConfig, comm: Comm) -> tuple[AnySource, ...]:
        """What moves the water; raises InputError for what cannot be read, or does not fit the grid."""
        return read_sources(config, comm)

    def files(self, setup: TsunamiSetup) -> list[str]:
        """Snapshots, maxima and run-up of every grid, and the gauges."""
        output = setup.config.output
        stems = [
            f"{kind}_{level.name}" if level.parent else kind
            for level in setup.levels
            for kind in ("fields", "maxima", "runup")
            if getattr(output, kind) is not None
        ]
        coast = [f"{stem}.csv" for stem in stems if stem.startswith("runup")]
        names = [
            f"{stem}.nc" if stem.startswith("runup") else _map_format(setup).file(stem) for stem in stems
        ]
        return names + coast + ["stations.nc"] * bool(setup.gauges)

    def prepare(self, setup: TsunamiSetup, start: Start, observers: Sequence[Observer] = ()) -> "TsunamiRun":
        """Allocate and compile, set the water, compute what the sources do, open the outputs."""
        config, backend = setup.config, setup.open_backend()
        timings: dict[str, float] = {}
        hierarchy = build_hierarchy(
            config, setup.comm, backend, setup.levels, setup.sources, setup.incident, timings
        )
        for text in (
            *hierarchy.root.motion.warnings(config.time.duration),
            *moving_ground(setup.gauges, hierarchy.levels),
        ):
            setup.warnings.add(text)
        outputs = TsunamiOutputs(
            config,
            hierarchy,
            setup.gauges,
            setup.warnings.add,
            start.identity,
            _map_format(setup).name,
            math.inf if config.run.adaptive else setup.dt,
        )
        stability = StabilityCheck(hierarchy.levels, fixed_steps=not config.run.adaptive)
        checkpoints = Checkpoints(setup.comm, outputs, stability.check_finite, setup.wall_clock)
        clock = Clock(config.time.duration)
        simulation = Simulation(
            hierarchy,
            clock,
            _callbacks(setup, outputs, checkpoints),
            [outputs.sample, stability, *observers],
            [checkpoints.stop_if_asked],
            backend.synchronize,
        )
        with timed(timings, "allocate and compile"):
            backend.finish_compiling()
        with abandoned_on_error(outputs, setup.comm):  # the first snapshot may meet a full disk
            if not checkpoints.resume(start, clock):
                _begin(setup, hierarchy, outputs, clock)
                for text in damped_sources(hierarchy.root.ocean, hierarchy.root.motion):
                    setup.warnings.add(text)
        return TsunamiRun(
            setup=setup,
            start=start,
            backend=backend,
            simulation=simulation,
            outputs=outputs,
            timings=timings,
            hierarchy=hierarchy,
        )

    def describe(self, setup: TsunamiSetup) -> list[str]:
        """The plan of a run: grids, time step, ranks, memory, outputs, sources."""
        config, root, dispersion = setup.config, setup.levels[0], setup.config.physics.dispersion
        grid, cells = root.grid, [block.cells for block in setup.decomposition.blocks]
        size = predict_bytes(config, *(level.grid for level in setup.levels))
        sweeps = ", ".join(str(level.water.sweeps) for level in setup.levels)
        return [
            f"grid           {grid.nx} x {grid.ny} = {grid.nx * grid.ny:,} cells of {grid.dx:.6g} x {grid.dy:.6g} "
            f"{'deg' if grid.lonlat else 'm'} ({summary.cell_sizes(grid)})",
            *solver.solver_lines(root),
            *summary.side_lines(config.grid.layers),
            *summary.nest_lines(setup.levels, setup.comm.size),
            *(line for level in setup.levels for line in summary.bathymetry_lines(level)),
            *structure_lines(setup.levels, [level.structures for level in setup.levels]),
            f"deepest water  {root.water.deepest:.0f} m",
            f"time step      {setup.dt:.4g} s" + (" at most (adaptive)" if config.run.adaptive else ""),
            _steps_line(setup),
            *([f"dispersion     {dispersion}, {sweeps} sweeps per step"] if dispersion != "none" else []),
            f"ranks          {setup.comm.size} x {setup.threads} threads, blocks of {min(cells):,} to {max(cells):,} "
            "cells",
            f"memory         {sum(setup.memory.values()) / 1e6:.0f} MB per rank",
            f"output         at most {size / 1e6:.1f} MB before compression, in {config.output.directory}",
            _map_format(setup).describe(),
            *self.predict(setup).lines(),
            *plan_lines(setup.gauges, config.output.stations.every),
            *map(summary.source_line, setup.sources),
        ]

    def workload(self, setup: TsunamiSetup, ranks: int) -> Workload:
        """What a step of all grids takes, on so many ranks."""
        config, grids = setup.config, [level.grid for level in setup.levels]
        every = config.output.checkpoint.every if config.output.checkpoint else None
        size, bare = predict_bytes(config, *grids), predict_bytes(without(config, "checkpoint"), *grids)
        written = (size - bare) // 2 * checkpoint_count(every, config.time.duration)
        output = Output(
            results=bare,
            at_end=size - predict_bytes(without(config, "maxima"), *grids),
            checkpoints=written,
            all=size,
            compressed=config.output.compression > 0,
        )

        def needed(blocks: Sequence[Sequence[Block]]) -> dict[str, int]:
            return _predict_memory(config, setup.levels, blocks, setup.sources, setup.device)

        return plan_ocean(config, setup.levels, ranks, output, needed)

    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """What came of a run: work saved, time of the nests, coasts, sources."""
        return list(summary.result_lines(record))


def _predict_memory(
    config: TsunamiConfig,
    levels: Sequence[NestedGrid],
    blocks: Sequence[Sequence[Block]],
    sources: Sequence[AnySource],
    device: Device,
) -> dict[str, int]:
    """Bytes of the largest rank, by name."""
    temporaries = strip_bytes(config, memory.largest_rank(blocks))
    needed = memory.predicted_memory(config, levels, blocks, sources, temporaries, device.gpu is not None)
    return with_program(needed, device.backend, len(blocks[0]))


@dataclass(kw_only=True)
class TsunamiRun(Run[TsunamiSetup]):
    """A prepared run of a tsunami on this rank."""

    outputs: TsunamiOutputs
    hierarchy: GridHierarchy

    @property
    def oceans(self) -> list[Ocean]:
        """The oceans on all grids, that on the whole one first."""
        return [level.ocean for level in self.hierarchy.levels]

    def report(self) -> None:
        """Warn of capped speeds, breaking waves and what nests could not take from their parents."""
        add, physics = self.setup.warnings.add, self.setup.config.physics
        for text in complete_motion(
            self.hierarchy.levels, self.setup.gauges, self.setup.config.time.duration
        ):
            add(text)
        if capped := maxima.count_capped(self.oceans):
            add(f"the speed was capped at {physics.speed_cap:g} m/s in {capped} cells")
        for text in solver.steep_waves(self.hierarchy.root):
            add(text)
        if broken := sum(dispersion_record(self.oceans)["broken_cells"]):
            add(f"dispersion was switched off in {broken} breaking cells")
        for name, deficit in self.hierarchy.mass_deficits().items():
            if deficit:
                add(f"mass deficit of {deficit:.3g} m3 at the boundary of nest '{name}'")

    def grid_size(self) -> dict[str, int]:
        """Number of cells, in all and along each side."""
        grid = self.setup.levels[0].grid
        return {"cells": grid.nx * grid.ny, "nx": grid.nx, "ny": grid.ny}

    def cell_updates(self, steps: int) -> int:
        """Cell updates of all grids, each in its own steps."""
        return sum(level.steps * level.ocean.grid.nx * level.ocean.grid.ny for level in self.hierarchy.levels)

    def exchanges(self) -> list[HaloExchange]:
        """Those of the states of all grids, and of the forces on them."""
        forces = [ocean.forces for ocean in self.oceans if ocean.forces is not None]
        return [ocean.plan.halo for ocean in self.oceans] + [
            halo for force in forces for halo in force.exchanges
        ]

    def facts(self) -> dict[str, Any]:
        """Moments, magnitudes and uplifts of the sources, the work that water at rest has saved, gauges and nests."""
        facts: dict[str, Any] = {
            "sources": self.hierarchy.root.motion.summary,
            "at_rest": count_work(self.setup.comm, self.oceans),
            "maps": _map_format(self.setup).record(),
        }
        if self.setup.gauges:
            facts["stations"] = [place.record() for place in self.setup.gauges]
        if self.outputs.hazard:
            facts["hazard"] = self.outputs.hazard
        if self.setup.config.physics.dispersion != "none":
            facts["dispersion"] = dispersion_record(self.oceans)
        if self.hierarchy.nests:
            facts["grids"] = self.hierarchy.record()
        return facts


def _map_format(setup: TsunamiSetup) -> MapFormat:
    """The format of the maps of a run."""
    cells = max(level.grid.nx * level.grid.ny for level in setup.levels)
    return choose_format(setup.config.output.format, cells, setup.config.run.precision)


def _steps_line(setup: TsunamiSetup) -> str:
    """How many steps there are, and why more than the time step asks for."""
    config = setup.config
    duration, intervals = config.time.duration, due_intervals(config)
    steps, free = (count_steps(setup.dt, duration, every) for every in (intervals, []))
    more = f", {steps - free:,} of them to end at the times of snapshots" if steps > free else ""
    return f"steps          {'about ' if config.run.adaptive else ''}{steps:,} for {duration:g} s{more}"


def _callbacks(setup: TsunamiSetup, outputs: TsunamiOutputs, checkpoints: Checkpoints) -> list[Callback]:
    """What is written, and when."""
    output, end = setup.config.output, setup.config.time.duration
    callbacks = []
    if output.fields is not None:
        callbacks.append(Callback(Every(output.fields.every, end), outputs.snapshot))
    if output.checkpoint is not None:
        every = Every(output.checkpoint.every, end)
        callbacks.append(Callback(every, checkpoints.write_unless_done, binding=False))
    return callbacks


def _begin(setup: TsunamiSetup, hierarchy: GridHierarchy, outputs: TsunamiOutputs, clock: Clock) -> None:
    """Put the water where it begins, and write it."""
    for level in hierarchy.levels:
        level.motion.begin()
        if setup.config.physics.tracer is not None:
            level.ocean.set_planes(
                {"tracer": initial_concentration(setup.config.physics.tracer, level.ocean)}
            )
        if level.ocean.forces is not None:
            build.apply_inverse_barometer(setup.config, level.ocean, level.ocean.forces.all)
    hierarchy.begin()
    outputs.begin()
    outputs.sample(clock)
    if setup.config.output.fields is not None:
        outputs.snapshot(clock)
