"""A tsunami, from its configuration to its files: which grids, sources and forces make up the run?"""

import math
import time as wall
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.config.ocean.root import TsunamiConfig
from esim.drivers.driver import (
    Checkpoints,
    Driver,
    Observer,
    Run,
    Setup,
    Warnings,
    find_device,
    require_memory,
    strip_bytes,
)
from esim.drivers.resources import threads_per_rank
from esim.errors import InputError
from esim.grids.grid import SIDES
from esim.io.ocean.output_size import predict_bytes
from esim.ocean import advice, memory
from esim.ocean.activity import count_work
from esim.ocean.boundary import check_incident
from esim.ocean.forcing import air_pressure, build
from esim.ocean.forcing.dispersion import dispersion_record
from esim.ocean.model import Ocean, build_ocean
from esim.ocean.nesting.exchange import Nesting
from esim.ocean.nesting.grid_level import (
    GridLevel,
    GridMedia,
    build_levels,
    decompose_grids,
    read_media,
    survey,
)
from esim.ocean.nesting.hierarchy import GridHierarchy, Nest, OceanLevel
from esim.ocean.output import maxima, runup, summary
from esim.ocean.output.gauges import Gauges, check_gauges
from esim.ocean.output.outputs import TsunamiOutputs
from esim.ocean.sources.initial_conditions import initial_states
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.ocean.sources.tracer import initial_concentration
from esim.ocean.stability import StabilityCheck
from esim.ocean.time_step import time_step
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, decompose
from esim.parallel.halo import HaloExchange
from esim.sources import ocean as sources
from esim.sources.ocean import AnySource, incident
from esim.sources.ocean.incident import Incident
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every
from esim.timestepping.simulation import Callback, Simulation


@dataclass(frozen=True, kw_only=True)
class TsunamiSetup(Setup[TsunamiConfig]):
    """What is known of a tsunami run before anything is allocated: its grids, and what moves the water.

    levels are the whole grid and its nests, parents first; incident are the waves that come in at the sides.
    """

    levels: tuple[GridLevel, ...]
    sources: tuple[AnySource, ...]
    incident: tuple[Incident, ...]


class Tsunami(Driver[TsunamiConfig, TsunamiSetup, "TsunamiRun"]):
    """How a tsunami is computed, and what is said of it."""

    def check(self, config: TsunamiConfig, comm: Comm, elsewhere: bool = False) -> TsunamiSetup:
        """Find everything that can be known to be wrong before anything is allocated or written."""
        warnings = Warnings(comm)
        grids = config.grid.tree()
        grid = grids[0].grid
        media = read_media(config, grids, comm)
        found = _read_sources(config, comm)
        decompose(grid.shape, comm.size, grid.periodic)  # as many ranks as this fit
        device = find_device(config, comm, warnings, elsewhere)

        def require(blocks: Sequence[Sequence[Block]]) -> dict[str, int]:
            temporaries = strip_bytes(config, memory.largest_rank(blocks))
            needed = memory.predicted_memory(config, grids, blocks, found, temporaries)
            require_memory(config, comm, device, needed, dimensions=2)
            return needed

        require(memory.estimated_blocks(grids, comm.size))
        waves = _read_incident(config, comm, media[0])
        for records in media[0].pressure:
            air_pressure.check_values(records, comm, config.time.duration)
        if config.output.runup is not None:
            runup.check_coast(config.output.runup, grid)
        decompositions = decompose_grids(grids, media, comm)
        needed = require([decomposition.blocks for decomposition in decompositions])
        names = [station.name for station in config.stations]
        positions = [station.position for station in config.stations]
        elevations = [medium.elevation for medium in media]
        check_gauges([nest.grid for nest in grids], names, positions, elevations)
        states, gravity = initial_states(found), config.physics.gravity
        waters = [
            survey(config, comm, nest.grid, medium, decomposition, states, waves)
            for nest, medium, decomposition in zip(grids, media, decompositions, strict=True)
        ]
        _require_water(waters[0].deepest, found)
        dt = time_step(config.run, grid, waters[0].rate, waters[0].deepest, gravity)
        levels = build_levels(grids, media, waters, decompositions, dt, config.run.cfl, gravity)
        for text in (
            *advice.check_files(levels[0].media.pressure, waves, config.time.duration),
            *advice.check_waves(config, levels[0]),
            *advice.check_water(config, levels, found),
            *advice.check_nests(levels),
            *advice.check_layers(config, grid),
            *advice.check_currents(config, levels[0], states),
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
        )

    def prepare(
        self, setup: TsunamiSetup, resume: bool = False, observers: Sequence[Observer] = ()
    ) -> "TsunamiRun":
        """Allocate and compile, set the water, compute what the sources do, open the outputs."""
        config, backend = setup.config, setup.open_backend()
        timings: dict[str, float] = {}
        hierarchy = _build_hierarchy(setup, backend, timings)
        for text in hierarchy.root.motion.warnings(config.time.duration):
            setup.warnings.add(text)
        gauges = Gauges(hierarchy.levels, [station.position for station in config.stations])
        outputs = TsunamiOutputs(config, hierarchy, gauges)
        stability = StabilityCheck(hierarchy.levels, fixed_steps=not config.run.adaptive)
        checkpoints = Checkpoints(setup.comm, outputs, stability.check_finite, setup.warnings)
        clock = Clock(config.time.duration)
        simulation = Simulation(
            hierarchy,
            clock,
            _callbacks(setup, outputs, checkpoints),
            [stability, *observers],
            [checkpoints.stop_if_asked],
            backend.synchronize,
        )
        if not (resume and checkpoints.resume(clock)):
            _begin(setup, hierarchy, outputs, clock)
            _warn_of_damped_sources(setup, hierarchy)
        return TsunamiRun(
            setup=setup,
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
            *summary.side_lines(config.grid.layers),
            *summary.nest_lines(setup.levels, setup.comm.size),
            f"deepest water  {root.water.deepest:.0f} m",
            f"time step      {setup.dt:.4g} s" + (" at most (adaptive)" if config.run.adaptive else ""),
            f"steps          about {math.ceil(config.time.duration / setup.dt):,} for {config.time.duration:g} s",
            *([f"dispersion     {dispersion}, {sweeps} sweeps per step"] if dispersion != "none" else []),
            f"ranks          {setup.comm.size} x {setup.threads} threads, blocks of {min(cells):,} to {max(cells):,} "
            "cells",
            f"memory         {sum(setup.memory.values()) / 1e6:.0f} MB per rank",
            f"output         at most {size / 1e6:.1f} MB before compression, in {config.output.directory}",
            *map(summary.source_line, setup.sources),
        ]

    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """What came of a run: work saved, time of the nests, coasts, sources."""
        return list(summary.result_lines(record))


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
        if capped := maxima.count_capped(self.oceans):
            add(f"the speed was capped at {physics.speed_cap:g} m/s in {capped} cells")
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
        """Moments, magnitudes and uplifts of the sources, the work that water at rest has saved, and the nests."""
        facts = {
            "sources": self.hierarchy.root.motion.summary,
            "at_rest": count_work(self.setup.comm, self.oceans),
        }
        if self.outputs.hazard:
            facts["hazard"] = self.outputs.hazard
        if self.setup.config.physics.dispersion != "none":
            facts["dispersion"] = dispersion_record(self.oceans)
        if self.hierarchy.nests:
            facts["grids"] = self.hierarchy.record()
        return facts


# ---------------------------------------------------------------- check


def _read_sources(config: TsunamiConfig, comm: Comm) -> tuple[AnySource, ...]:
    """The sources, checked; raises InputError for what cannot be read, or does not fit the grid."""
    grid, physics, start = config.grid.build(), config.physics, config.time.start

    def read() -> tuple[AnySource, ...]:
        more = {"gravity": physics.gravity, "sea_level": physics.sea_level}
        return tuple(sources.build(section, grid.lonlat, start, **more) for section in config.source)

    found = root_first(comm, read)
    for source in found:
        source.check(grid)
    initial_states(found)
    return found


def _read_incident(config: TsunamiConfig, comm: Comm, media: GridMedia) -> tuple[Incident, ...]:
    """The waves that come in; raises InputError for what cannot be read, and for a side on land."""
    physics = config.physics
    dispersive = physics.dispersion != "none"
    found = root_first(
        comm, lambda: tuple(incident.build(wave, physics.gravity, dispersive) for wave in config.incident)
    )
    check_incident(config.grid.build(), media.elevation, found)
    return found


def _require_water(deepest: float, found: Sequence[AnySource]) -> None:
    """Raises InputError where neither the sea, deepest [m] at its deepest, nor a source has any water."""
    if deepest <= 0 and not any(source.target == "water" for source in found):
        raise InputError(
            f"bathymetry: there is no water on this grid, whose lowest cell is {-deepest:.1f} m above it; elevation is "
            "positive up"
        )


# ---------------------------------------------------------------- prepare


def _build_ocean(setup: TsunamiSetup, level: GridLevel, backend: Backend) -> Ocean:
    """The ocean on one of the grids, at rest."""
    config, grid, output = setup.config, level.grid, setup.config.output
    roughness = level.media.roughness
    ocean = build_ocean(
        grid,
        level.decomposition,
        setup.comm,
        backend,
        config.physics,
        level.media.elevation,
        roughness=roughness.coefficient if roughness else None,
        layers=level.layers(config.grid.layers),
        maxima=output.maxima is not None,
        times=output.times,
        incident=[wave for wave in setup.incident if grid.boundary[SIDES.index(wave.side)] == "incident"],
        forced=build.is_forced(config),
        carried=("tracer",) if config.physics.tracer is not None else (),
        skip=config.run.skip_at_rest,
        arrival_threshold=output.maxima.arrival_threshold if output.maxima else 0.01,
    )
    ocean.fill(np.zeros(ocean.block.shape))
    return ocean


def _add_forces(setup: TsunamiSetup, oceans: Sequence[Ocean]) -> None:
    """Put the forces on the oceans of all grids; nests are loaded as the whole grid is."""
    load = None
    for ocean, level in zip(oceans, setup.levels, strict=True):
        if ocean.forces is not None:
            ocean.forces.all = build.build_forces(setup.config, ocean, level.media.pressure, load)
            load = load or build.load_of(ocean.forces.all)


def _build_hierarchy(setup: TsunamiSetup, backend: Backend, timings: dict[str, float]) -> GridHierarchy:
    """The oceans on all grids, tied to each other, with the forces on them and what moves their beds."""
    begun = wall.perf_counter()
    oceans = [_build_ocean(setup, level, backend) for level in setup.levels]
    nestings = {
        level.number: Nesting(oceans[level.parent.number], oceans[level.number], level)
        for level in setup.levels
        if level.parent is not None
    }
    _add_forces(setup, oceans)
    timings["allocate and compile"] = wall.perf_counter() - begun
    begun = wall.perf_counter()
    levels: list[OceanLevel] = []
    for level, ocean in zip(setup.levels, oceans, strict=True):
        around = levels[0].motion if levels else None
        end, elevation = setup.config.time.duration, level.media.elevation.with_halo
        motion = SeafloorMotion(ocean, setup.sources, elevation, end, around)
        common: dict[str, Any] = {"place": level, "ocean": ocean, "motion": motion, "dt": level.dt}
        if level.parent is None:
            levels.append(OceanLevel(**common))
        else:
            parent, nesting = levels[level.parent.number], nestings[level.number]
            levels.append(Nest(**common, parent=parent, nesting=nesting, substeps=level.substeps))
    timings["sources"] = wall.perf_counter() - begun
    cfl = setup.config.run.cfl if setup.config.run.adaptive else None
    return GridHierarchy(levels, cfl)


def _warn_of_damped_sources(setup: TsunamiSetup, hierarchy: GridHierarchy) -> None:
    """Warn where a source lies in a layer that absorbs, to more than a twentieth of its largest displacement."""
    root = hierarchy.root
    inside, anywhere = maxima.source_in_layers(root.ocean, root.motion.uplift)
    if inside > 0.05 * anywhere:
        setup.warnings.add(
            f"source: the absorbing layers along open sides hold a displacement of up to {inside:.3g} m, "
            f"{100 * inside / anywhere:.0f} % of the largest, whose waves are damped; use a larger grid"
        )


def _callbacks(setup: TsunamiSetup, outputs: TsunamiOutputs, checkpoints: Checkpoints) -> list[Callback]:
    """What is written, and when."""
    output, end = setup.config.output, setup.config.time.duration
    callbacks = []
    if setup.config.stations:
        every = output.stations.every
        # Gauges faster than the waves are not worth shorter steps: they are read after the next step.
        binding = every >= setup.dt
        if not binding:
            setup.warnings.add(
                f"output.stations.every: {every:g} s is shorter than the time step, {setup.dt:.3g} s: gauges are "
                "sampled once a step"
            )
        callbacks.append(Callback(Every(every, end), outputs.sample, binding))
    if output.fields is not None:
        callbacks.append(Callback(Every(output.fields.every, end), outputs.snapshot))
    if output.checkpoint is not None:
        callbacks.append(Callback(Every(output.checkpoint.every, end), checkpoints.write_unless_done))
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
