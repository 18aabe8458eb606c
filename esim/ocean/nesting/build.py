"""How do the oceans on all grids of a run come to be? Allocated, compiled, tied to each other, with their forces."""

import time as wall
from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.config.ocean.root import TsunamiConfig
from esim.grids.grid import SIDES
from esim.ocean.forcing import build
from esim.ocean.model import Ocean, build_ocean
from esim.ocean.nesting.exchange import Nesting
from esim.ocean.nesting.grid_level import GridLevel
from esim.ocean.nesting.hierarchy import GridHierarchy, Nest, OceanLevel
from esim.ocean.solver import SOLVERS
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.parallel.comm import Comm
from esim.parallel.threads import threads_per_rank
from esim.sources.ocean import AnySource
from esim.sources.ocean.incident import Incident


def build_hierarchy(
    cfg: TsunamiConfig,
    comm: Comm,
    backend: Backend,
    levels: Sequence[GridLevel],
    sources: Sequence[AnySource],
    incident: Sequence[Incident],
    timings: dict[str, float],
) -> GridHierarchy:
    """The oceans on all grids, with their first water, the forces on them and what moves their beds.

    timings gets the seconds that its parts took.
    """
    begun = wall.perf_counter()
    oceans = [_build_on(cfg, comm, backend, levels, level, incident) for level in levels]
    nestings = {
        level.number: Nesting(oceans[level.parent.number], oceans[level.number], level)
        for level in levels
        if level.parent is not None
    }
    _add_forces(cfg, levels, oceans)
    timings["allocate and compile"] = wall.perf_counter() - begun
    begun = wall.perf_counter()
    found: list[OceanLevel] = []
    threads = cfg.run.threads or threads_per_rank(comm)
    for level, ocean in zip(levels, oceans, strict=True):
        around = found[0].motion if found else None
        motion = SeafloorMotion(
            ocean, sources, level.media.elevation.with_halo, cfg.time.duration, around, threads
        )
        common: dict[str, Any] = {"place": level, "ocean": ocean, "motion": motion, "dt": level.dt}
        if level.parent is None:
            found.append(OceanLevel(**common))
        else:
            parent, nesting = found[level.parent.number], nestings[level.number]
            found.append(Nest(**common, parent=parent, nesting=nesting, substeps=level.substeps))
    timings["sources"] = wall.perf_counter() - begun
    hierarchy = GridHierarchy(found, cfg.run.cfl if cfg.run.adaptive else None)
    hierarchy.settle()
    return hierarchy


def _build_on(
    cfg: TsunamiConfig,
    comm: Comm,
    backend: Backend,
    levels: Sequence[GridLevel],
    level: GridLevel,
    incident: Sequence[Incident],
) -> Ocean:
    """The ocean on one of the grids, at rest."""
    grid, output, roughness, solver = level.grid, cfg.output, level.media.roughness, SOLVERS[level.solver]
    ocean = build_ocean(
        grid,
        level.decomposition,
        comm,
        backend,
        cfg.physics,
        level.media.elevation,
        roughness=roughness.coefficient if roughness else None,
        layers=level.layers(cfg.grid.layers),
        maxima=output.maxima is not None,
        times=output.times,
        incident=[wave for wave in incident if grid.boundary[SIDES.index(wave.side)] == "incident"],
        forced=build.is_forced(cfg),
        carried=("tracer",) if cfg.physics.tracer is not None else (),
        structures=None if solver.linear else level.structures,
        solver=solver,
        skip=cfg.run.skip_at_rest,
        arrival_thresholds=output.maxima.arrival_threshold if output.maxima else (),
        overwritten=any(
            nest.two_way for nest in levels if nest.parent and nest.parent.number == level.number
        ),
    )
    ocean.fill(np.zeros(ocean.block.shape))
    return ocean


def _add_forces(cfg: TsunamiConfig, levels: Sequence[GridLevel], oceans: Sequence[Ocean]) -> None:
    """Put the forces on the oceans of all grids; nests are loaded as the whole grid is."""
    load = None
    for ocean, level in zip(oceans, levels, strict=True):
        if ocean.forces is not None:
            ocean.forces.all = build.build_forces(cfg, ocean, level.media.pressure, load)
            load = load or build.load_of(ocean.forces.all)
