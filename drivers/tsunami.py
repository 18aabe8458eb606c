"""A tsunami from configuration to files: where all parts meet."""

import math
import time as wall
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from esim.backends.device_buffer import ROWS
from esim.config import CFL_BOUND, TsunamiConfig
from esim.drivers.driver import Driver
from esim.errors import InputError
from esim.grids.grid import SIDES, Grid
from esim.ocean import advice
from esim.ocean.activity import count_work
from esim.ocean.boundary import check_incident, incident_courant_rate
from esim.ocean.forcing import build, dispersion
from esim.ocean.forcing.air_pressure import check_values
from esim.ocean.model import Formula, Ocean, build_ocean
from esim.ocean.nesting.grid_level import (
    GridLevel,
    build_levels,
    decompose_levels,
    minimum_courant_rate,
    set_time_steps,
    survey,
)
from esim.ocean.nesting.hierarchy import GridHierarchy, Level
from esim.ocean.output import runup
from esim.ocean.output.gauges import Gauges, check_gauges
from esim.ocean.output.outputs import TsunamiOutputs
from esim.ocean.sources.initial_conditions import initial_states
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.ocean.stability import StabilityCheck
from esim.parallel.collectives import root_first
from esim.parallel.decomposition import Block, decompose
from esim.parallel.halo import HaloExchange
from esim.sources import geodesy
from esim.sources import ocean as sources
from esim.sources.ocean import incident
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every
from esim.timestepping.simulation import Callback, Simulation


class Tsunami(Driver):
    """A run of scenario tsunami."""

    cfg: TsunamiConfig
    outputs: TsunamiOutputs

    def __post_init__(self) -> None:
        super().__post_init__()
        self.grid: Grid = self.cfg.grid.build()

    # ---------------------------------------------------------------- check

    def check(self) -> None:
        """Everything that can be known to be wrong before anything is allocated or written."""
        cfg, grid = self.cfg, self.grid
        self.tiers = build_levels(cfg, self.comm)
        self.bathymetry, self.roughness = self.tiers[0].bathymetry, self.tiers[0].roughness
        self.sources = root_first(self.comm, lambda: [self._source(source) for source in cfg.source])
        for source in self.sources:
            source.check(grid)
        initial_states(self.sources)
        decompose(grid.shape, self.comm.size, grid.periodic)
        self.find_place(dimensions=2)
        self.elevation: Formula = self.tiers[0].elevation
        dispersive = cfg.physics.dispersion != "none"
        self.incident = root_first(
            self.comm,
            lambda: [incident.build(wave, cfg.physics.gravity, dispersive) for wave in cfg.incident],
        )
        check_incident(grid, self.elevation, self.incident)
        self.records = self.tiers[0].records
        for records in self.records:
            check_values(records, self.comm, cfg.time.duration)
        if cfg.output.runup is not None:
            runup.check_coast(cfg.output.runup, grid)
        decompose_levels(self.tiers, self.comm)
        self.require_memory(dimensions=2)
        self.decomposition = self.tiers[0].decomposition
        names = [station.name for station in cfg.stations]
        positions = [station.position for station in cfg.stations]
        check_gauges([t.grid for t in self.tiers], names, positions, [t.elevation for t in self.tiers])
        for tier in self.tiers:
            survey(tier, self.comm, cfg.physics, initial_states(self.sources), grid.lonlat)
            coming = incident_courant_rate(
                tier.grid, tier.elevation, self.incident, cfg.physics.gravity, cfg.time.duration
            )
            tier.rate = max(tier.rate, coming)
        self.deepest = self.tiers[0].deepest
        self._require_water()
        self.dt = self._time_step(self.tiers[0].rate)
        set_time_steps(self.tiers, self.dt, cfg.run.cfl, cfg.physics.gravity)
        self._warn()

    def _warn(self) -> None:
        cfg, tiers = self.cfg, self.tiers
        for text in (
            *advice.check_files(self.records, self.incident, cfg.time.duration),
            *advice.check_waves(cfg, tiers[0]),
            *advice.check_water(cfg, tiers, self.sources),
        ):
            self.warn(text)
        self._warn_of_nests()

    def _warn_of_nests(self) -> None:
        for tier in self.tiers:
            placed, grid = tier.placed, tier.grid
            if placed.snapped:
                assert placed.parent is not None
                self.warn(
                    f"grid.nests: '{placed.name}' is enlarged to whole cells of its parent '{placed.parent.name}': "
                    f"{grid.x0:.6g} to {grid.x0 + grid.nx * grid.dx:.6g}, {grid.y0:.6g} to "
                    f"{grid.y0 + grid.ny * grid.dy:.6g}"
                )

    def _source(self, config: Any) -> sources.AnySource:
        physics, start = self.cfg.physics, self.cfg.time.start
        return sources.build(
            config, self.grid.lonlat, start, gravity=physics.gravity, sea_level=physics.sea_level
        )

    def predicted_memory(self) -> dict[str, int]:
        """Bytes that the arrays of the largest rank will take; before all have their blocks, of equal ones."""
        cells = max(map(sum, zip(*(_allocated(tier, self.comm.size) for tier in self.tiers), strict=True)))
        whole = sum(tier.grid.nx * tier.grid.ny for tier in self.tiers)
        item = np.dtype(self.cfg.run.precision).itemsize
        maxima = 5 + self.cfg.output.times if self.cfg.output.maxima else 0
        times = sum(len(source.times) for source in self.sources if isinstance(source, sources.Source))
        return {
            "state": cells
            * item
            * (3 + 3 + 1 + 1 + maxima + ("sponge" in self.grid.boundary) + (self.roughness is not None)),
            "sources": cells * item * 2 * times,
            "source displacements": 8 * whole * times,
            "forces": cells * item * build.planes_needed(self.cfg),
            "slides": self._slide_memory(cells, item),
            "gauges": ROWS * 4 * 4 * len(self.cfg.stations) * item,
            "strips": self.strips(cells),
            "preparation": cells * 8 * 8,
        }

    def _slide_memory(self, cells: int, item: int) -> int:
        """Bytes that landslides take on a rank: their rise, and the ground and the bodies' frames under their ways."""
        bodies = [source for source in self.sources if isinstance(source, sources.Landslide)]
        if not bodies:
            return 0
        under = 0
        for tier in self.tiers:
            j0, j1, i0, i1 = geodesy.union(
                [body.region(tier.grid, self.cfg.time.duration) for body in bodies]
            )
            under += min((j1 - j0) * (i1 - i0), math.ceil(tier.grid.nx * tier.grid.ny / self.comm.size))
        return cells * item * 2 + under * 8 * (1 + 2 * len(bodies))

    def _require_water(self) -> None:
        """Raises InputError where neither the sea nor a source has any water."""
        if self.deepest <= 0 and not any(source.target == "water" for source in self.sources):
            raise InputError(
                f"bathymetry: there is no water on this grid, whose lowest cell is {-self.deepest:.1f} m above it; "
                "elevation is positive up"
            )

    def _time_step(self, rate: float) -> float:
        """Time step [s] that run.cfl or run.dt asks for on still water; raises InputError above the bound."""
        run = self.cfg.run
        if rate == 0.0:
            # No water yet: let a depth of one metre set the first step.
            rate = minimum_courant_rate(self.grid, self.cfg.physics.gravity)
        if run.dt is None:
            return run.cfl / rate
        if run.dt * rate > CFL_BOUND:
            raise InputError(
                f"run.dt: {run.dt:g} s gives a Courant number of {run.dt * rate:.2f} over {self.deepest:.0f} m of "
                f"water, above the bound {CFL_BOUND:g}; use at most {CFL_BOUND / rate:.3g} s, or leave run.dt out"
            )
        return run.dt

    # ---------------------------------------------------------------- prepare

    def prepare(self, resume: bool = False) -> None:
        """Allocate and compile, set the water, compute what the sources do, open the outputs."""
        cfg = self.cfg
        begun = wall.perf_counter()
        self.backend = self.make_backend()
        self.tree = GridHierarchy(
            [Level(tier.placed, self._ocean(tier), tier.substeps) for tier in self.tiers],
            cfg.run.cfl if cfg.run.adaptive else None,
        )
        self.ocean: Ocean = self.tree.root.ocean
        self._make_forces()
        self.seconds["allocate and compile"] = wall.perf_counter() - begun
        begun = wall.perf_counter()
        for level, tier in zip(self.tree.levels, self.tiers, strict=True):
            level.motion = SeafloorMotion(
                level.ocean, self.sources, tier.elevation.around, cfg.time.duration, self.tree.root.motion
            )
        assert self.tree.root.motion is not None
        self.motion = self.tree.root.motion
        for text in self.motion.warnings(cfg.time.duration):
            self.warn(text)
        self.seconds["sources"] = wall.perf_counter() - begun
        self.outputs = TsunamiOutputs(
            cfg, self.tree, Gauges(self.tree.levels, [station.position for station in cfg.stations])
        )
        self.simulation = self._simulation()
        if resume and self.resume_if_possible():
            return
        for level in self.tree.levels:
            assert level.motion is not None
            level.motion.begin()
            if level.ocean.forces is not None:
                build.apply_inverse_barometer(cfg, level.ocean, level.ocean.forces.all)
        self.tree.begin()
        clock = self.simulation.clock
        self.outputs.begin()
        self.outputs.sample(clock)
        if cfg.output.fields is not None:
            self.outputs.snapshot(clock)

    def _ocean(self, tier: GridLevel) -> Ocean:
        """The ocean on one of the grids, at rest."""
        cfg, grid = self.cfg, tier.grid
        ocean = build_ocean(
            grid,
            tier.decomposition,
            self.comm,
            self.backend,
            cfg.physics,
            tier.elevation,
            roughness=tier.roughness.coefficient if tier.roughness else None,
            sponge_cells=cfg.grid.sponge_cells * tier.refinement,
            maxima=cfg.output.maxima is not None,
            times=cfg.output.times,
            incident=[wave for wave in self.incident if grid.boundary[SIDES.index(wave.side)] == "incident"],
            forced=build.is_forced(cfg),
            skip=cfg.run.skip_at_rest,
            arrival_threshold=cfg.output.maxima.arrival_threshold if cfg.output.maxima else 0.01,
        )
        ocean.fill(np.zeros(ocean.block.shape))
        return ocean

    def _make_forces(self) -> None:
        root = self.ocean.forces
        for level, tier in zip(self.tree.levels, self.tiers, strict=True):
            forces = level.ocean.forces
            if forces is not None and root is not None:
                load = None if forces is root else build.load_of(root.all)
                forces.all = build.build_forces(self.cfg, level.ocean, tier.records, load)

    def _simulation(self) -> Simulation:
        cfg, clock = self.cfg, Clock(self.cfg.time.duration)
        out, end = cfg.output, cfg.time.duration
        callbacks = []
        if cfg.stations:
            # Gauges faster than the waves are not worth shorter steps: they are read after the next step.
            binding = out.stations.every >= self.dt
            if not binding:
                self.warn(
                    f"output.stations.every: {out.stations.every:g} s is shorter than the time step, "
                    f"{self.dt:.3g} s: gauges are sampled once a step"
                )
            callbacks.append(Callback(Every(out.stations.every, end), self.outputs.sample, binding))
        if out.fields is not None:
            callbacks.append(Callback(Every(out.fields.every, end), self.outputs.snapshot))
        if out.checkpoint is not None:
            callbacks.append(Callback(Every(out.checkpoint.every, end), self.checkpoint_unless_done))
        fixed = None if cfg.run.adaptive else [tier.dt for tier in self.tiers]
        self.watch = StabilityCheck(self.tree.levels, fixed, bound=1.0)
        looks: list[Callable[[Clock], None]] = [self.watch, *self.lookers]
        return Simulation(self, clock, callbacks, looks, [self.stop_if_asked], self.backend.synchronize)

    # ---------------------------------------------------------------- run

    def limit(self) -> float:
        """Longest step [s] allowed now."""
        if not self.cfg.run.adaptive:
            return self.dt
        fastest = self.ocean.fastest()
        return self.cfg.run.cfl / fastest if fastest > 0 else self.dt

    def step(self, begin: float, end: float, dt: float) -> None:
        """Sources first, then the water."""
        self.tree.step(begin, end, dt)

    def check_sound(self, clock: Clock) -> None:
        """Raises NumericalError if the water is not finite."""
        self.watch.check_finite(clock)

    def report(self) -> None:
        """Count the cells whose speed was capped, and the water that nests could not take from their parents."""
        capped = 0.0
        for level in self.tree.levels:
            ocean = level.ocean
            if ocean.maxima is not None:
                # The cap is met to rounding.
                capped += float((ocean.own(ocean.maxima)[2] >= 0.999 * ocean.physics.speed_cap).sum())
        total = sum(self.comm.allgather(capped))
        if total:
            self.warn(f"{total:.0f} cells reached the speed cap of {self.ocean.physics.speed_cap:g} m/s")
        broken = sum(
            dispersion.dispersion_record([level.ocean for level in self.tree.levels])["broken_cells"]
        )
        if broken:
            self.warn(f"waves broke in {broken} cells, which had no dispersion while they did")
        for name, short in self.tree.short().items():
            if short:
                self.warn(f"{short:.3g} m3 flowed into nest '{name}' that its parent did not have")

    def cells(self) -> dict[str, int]:
        """Number of cells, in all and along each side."""
        return {"cells": self.grid.nx * self.grid.ny, "nx": self.grid.nx, "ny": self.grid.ny}

    def updates(self, steps: int) -> int:
        """Cell updates of all grids."""
        return sum(level.steps * level.placed.grid.nx * level.placed.grid.ny for level in self.tree.levels)

    def exchanges(self) -> list[HaloExchange]:
        """Those of the states of all grids, and of the forces on them."""
        oceans = [level.ocean for level in self.tree.levels]
        return [o.plan.halo for o in oceans] + [
            halo for o in oceans if o.forces is not None for halo in o.forces.exchanges
        ]

    def facts(self) -> dict[str, Any]:
        """Moments, magnitudes and uplifts of the sources, the work that water at rest has saved, and the nests."""
        oceans = [level.ocean for level in self.tree.levels]
        facts = {"sources": self.motion.summary, "at_rest": count_work(self.comm, oceans)}
        facts |= {"hazard": self.outputs.hazard} if self.outputs.hazard else {}
        facts |= (
            {"dispersion": dispersion.dispersion_record(oceans)}
            if self.cfg.physics.dispersion != "none"
            else {}
        )
        return facts | {"grids": self.tree.account()} if self.tree.links else facts

    def inputs(self) -> list[Path]:
        """All files that were read."""
        return self.cfg.input_files()


def _allocated(tier: GridLevel, ranks: int) -> list[int]:
    """Cells of the arrays of each rank, halo and padding included; of rows shared out evenly while it is not known."""
    grid = tier.grid
    if hasattr(tier, "decomposition"):
        blocks = tier.decomposition.blocks
    elif tier.placed.parent is None:
        blocks = decompose(grid.shape, ranks, grid.periodic).blocks
    else:
        blocks = (Block(0, math.ceil(grid.ny / ranks), 0, grid.nx),) * ranks
    return [math.prod(block.allocated) for block in blocks]
