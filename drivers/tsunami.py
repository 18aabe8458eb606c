"""A tsunami from configuration to files: where all parts meet."""

import math
import time as wall
from pathlib import Path
from typing import Any

import numpy as np

from esim import sources
from esim.backends import select
from esim.clock import Clock
from esim.config import CFL_BOUND, Config
from esim.decomposition import CostMap, Decomposition, decompose
from esim.drivers.boundary import check_incident
from esim.drivers.gauges import Gauges, check_gauges
from esim.drivers.motion import Motion
from esim.drivers.ocean import Formula, Ocean, build_ocean
from esim.drivers.outputs import Outputs
from esim.drivers.ranks import first_rank_first
from esim.drivers.resources import check_memory
from esim.drivers.scenario import Scenario
from esim.drivers.watch import Watch
from esim.errors import InputError
from esim.grid import Grid
from esim.media import bathymetry, roughness
from esim.schedule import Every
from esim.simulation import Callback, Simulation
from esim.sources import incident

COST_BINS = 400  # the map of costs has at most so many bins along a side
DRY_COST = 0.35  # cost of a dry cell over that of a moving one, as measured: tiles at rest are skipped


class Tsunami(Scenario):
    """A run of scenario tsunami."""

    cfg: Config
    outputs: Outputs

    def __post_init__(self) -> None:
        super().__post_init__()
        self.grid: Grid = self.cfg.grid.build()

    # ---------------------------------------------------------------- check

    def check(self) -> None:
        """Everything that can be known to be wrong before anything is allocated or written."""
        cfg, grid = self.cfg, self.grid
        self.bathymetry = first_rank_first(self.comm, lambda: bathymetry.build(cfg.bathymetry, grid))
        self.bathymetry.check()
        self.roughness = first_rank_first(self.comm, lambda: roughness.build(cfg.physics.manning, grid))
        self.sources = first_rank_first(
            self.comm, lambda: [sources.build(source, grid.lonlat, cfg.time.start) for source in cfg.source]
        )
        for source in self.sources:
            source.check(grid)
        decompose(grid.shape, self.comm.size, grid.periodic)
        check_memory(self.predicted_memory(), cfg.run.memory_limit, self.comm)
        self.elevation: Formula = self._elevation
        self.incident = first_rank_first(
            self.comm, lambda: [incident.build(wave, cfg.physics.gravity) for wave in cfg.incident]
        )
        check_incident(grid, self.elevation, self.incident)
        self._warn_of_short_waves()
        self.decomposition = self._balance()
        names = [station.name for station in cfg.stations]
        positions = [station.position for station in cfg.stations]
        check_gauges(grid, names, positions, self.elevation)
        self.deepest, rate = self._look_at_water()
        self._require_water()
        self._look_at_roughness()
        self.dt = self._time_step(rate)

    def _warn_of_short_waves(self) -> None:
        for wave in self.incident:
            if wave.path is not None and wave.end < self.cfg.time.duration:
                self.warn(
                    f"incident: {wave.path.name} ends at {wave.end:g} s, before the run; from then on no wave comes in "
                    f"at the {wave.side} side, and waves leave through it"
                )

    def _elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height above the still water [m]: all that follows counts from there, and rest is zeta = 0."""
        return self.bathymetry.elevation(x, y) - self.cfg.physics.sea_level

    def predicted_memory(self) -> dict[str, int]:
        """Bytes that the arrays of the largest rank will take."""
        cells = math.ceil(self.grid.nx * self.grid.ny / self.comm.size)
        item = np.dtype(self.cfg.run.precision).itemsize
        peaks = 5 if self.cfg.output.maxima else 0
        levels = sum(len(source.levels) for source in self.sources)
        return {
            "state": cells * item * (3 + 3 + 1 + 1 + peaks + ("sponge" in self.grid.boundary)),
            "sources": cells * item * 2 * levels + 8 * self.grid.nx * self.grid.ny * levels,
            "preparation": cells * 8 * 8,
        }

    def _balance(self) -> Decomposition:
        """Blocks with equal shares of the cost, from a coarse map of wet cells that all ranks help to draw."""
        grid, comm = self.grid, self.comm
        if comm.size == 1:
            return decompose(grid.shape, 1, grid.periodic)
        edges_j = np.linspace(0, grid.ny, min(grid.ny, COST_BINS) + 1).astype(int)
        edges_i = np.linspace(0, grid.nx, min(grid.nx, COST_BINS) + 1).astype(int)
        mine = np.array_split(np.arange(len(edges_j) - 1), comm.size)[comm.rank]
        cost = np.empty((0, len(edges_i) - 1))
        if mine.size:
            first, last = edges_j[mine[0]], edges_j[mine[-1] + 1]
            wet = self.elevation(grid.x(), grid.y(first, last)) < 0
            cells = np.where(wet, 1.0, DRY_COST)
            by_row = np.add.reduceat(cells, edges_i[:-1], axis=1)
            cost = np.add.reduceat(by_row, edges_j[mine] - first, axis=0)
        whole = np.concatenate(comm.allgather(cost))
        return decompose(grid.shape, comm.size, grid.periodic, CostMap(edges_j, edges_i, whole))

    def _look_at_water(self) -> tuple[float, float]:
        """Depth [m] of the deepest cell, and the largest c/dx + c/dy [1/s], of water at rest on the whole grid."""
        cfg, block = self.cfg, self.decomposition.blocks[self.comm.rank]
        bed = self.elevation(self.grid.x(block.i0, block.i1), self.grid.y(block.j0, block.j1))
        depth = -bed
        width, height = self.grid.cell_size(block.j0, block.j1)
        celerity = np.sqrt(cfg.physics.gravity * np.maximum(depth, 0.0))
        rate = float((celerity * (1 / width + 1 / height)[:, None]).max())
        return self.comm.allreduce_max(float(depth.max())), self.comm.allreduce_max(rate)

    def _require_water(self) -> None:
        """Raises InputError where neither the sea nor a source has any water."""
        if self.deepest <= 0 and not any(source.moves == "water" for source in self.sources):
            raise InputError(
                f"bathymetry: there is no water on this grid, whose lowest cell is {-self.deepest:.1f} m above it; "
                "elevation is positive up"
            )

    def _look_at_roughness(self) -> None:
        """Read it once, so that what is wrong with it is known now."""
        block = self.decomposition.blocks[self.comm.rank]
        if self.roughness is not None:
            self.roughness.coefficient(self.grid.x(block.i0, block.i1), self.grid.y(block.j0, block.j1))

    def _time_step(self, rate: float) -> float:
        """Time step [s] that run.cfl or run.dt asks for on still water; raises InputError above the bound."""
        run = self.cfg.run
        if rate == 0.0:
            # No water yet: let a depth of one metre set the first step.
            width, height = self.grid.cell_size()
            rate = math.sqrt(self.cfg.physics.gravity) * float((1 / width + 1 / height).max())
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
        cfg, grid, comm = self.cfg, self.grid, self.comm
        begun = wall.perf_counter()
        self.backend = select(cfg.run.backend, cfg.run.precision, self.threads, comm.local_rank)
        self.ocean: Ocean = build_ocean(
            grid,
            self.decomposition,
            comm,
            self.backend,
            cfg.physics,
            self.elevation,
            roughness=self.roughness.coefficient if self.roughness else None,
            sponge_cells=cfg.grid.sponge_cells,
            peaks=cfg.output.maxima is not None,
            incident=self.incident,
            arrival_threshold=cfg.output.maxima.arrival_threshold if cfg.output.maxima else 0.01,
        )
        self.ocean.fill(np.zeros(self.ocean.block.shape))
        self.seconds["allocate and compile"] = wall.perf_counter() - begun
        begun = wall.perf_counter()
        self.motion = Motion(self.ocean, self.sources, self.elevation)
        self._warn_of_idle_sources()
        self.seconds["sources"] = wall.perf_counter() - begun
        self.outputs = Outputs(
            cfg, self.ocean, self.motion, Gauges(self.ocean, [s.position for s in cfg.stations])
        )
        self.simulation = self._simulation()
        if resume and self.resume_if_possible():
            return
        self.motion.begin()
        self.ocean.begin()
        clock = self.simulation.clock
        self.outputs.begin()
        self.outputs.sample(clock)
        if cfg.output.fields is not None:
            self.outputs.snapshot(clock)

    def _warn_of_idle_sources(self) -> None:
        for source in self.motion.summary:
            if not (source["largest_uplift_m"] or source["largest_subsidence_m"]):
                self.warn(
                    f"source {source['source']} moves nothing: it is smaller than a cell, or has no height or slip"
                )

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
        fixed = None if cfg.run.adaptive else self.dt
        self.watch = Watch(self.ocean, fixed, bound=1.0)
        return Simulation(self, clock, callbacks, [self.watch, *self.lookers], [self.stop_if_asked])

    # ---------------------------------------------------------------- run

    def limit(self) -> float:
        """Longest step [s] allowed now."""
        if not self.cfg.run.adaptive:
            return self.dt
        fastest = self.ocean.fastest()
        return self.cfg.run.cfl / fastest if fastest > 0 else self.dt

    def step(self, begin: float, end: float, dt: float) -> None:
        """Sources first, then the water."""
        self.motion.apply(begin, end)
        self.ocean.step(dt, end)

    def check_sound(self, clock: Clock) -> None:
        """Raises NumericalError if the water is not finite."""
        self.watch.check_finite(clock)

    def report(self) -> None:
        """Count the cells whose speed was capped."""
        ocean = self.ocean
        if ocean.peaks is None:
            return
        # The cap is met to rounding.
        capped = float((ocean.own(ocean.peaks)[2] >= 0.999 * ocean.physics.speed_cap).sum())
        total = sum(self.comm.allgather(capped))
        if total:
            self.warn(f"{total:.0f} cells reached the speed cap of {ocean.physics.speed_cap:g} m/s")

    def cells(self) -> dict[str, int]:
        """Number of cells, in all and along each side."""
        return {"cells": self.grid.nx * self.grid.ny, "nx": self.grid.nx, "ny": self.grid.ny}

    def facts(self) -> dict[str, Any]:
        """Moments, magnitudes and uplifts of the sources."""
        return {"sources": self.motion.summary}

    def inputs(self) -> list[Path]:
        """All files that were read."""
        from esim.data import locate

        files = [getattr(source, "file", None) for source in self.cfg.source]
        media = [self.bathymetry.path, self.roughness.path if self.roughness else None]
        media += [wave.path for wave in self.incident]
        return [path for path in media if path] + [locate(str(file)) for file in files if file]
