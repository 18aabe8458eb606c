"""What is known of each grid of a run before anything is allocated?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.grids.grid import Grid
from esim.grids.nested_grid import NestedGrid
from esim.media import elevation
from esim.media.elevation import Elevation
from esim.media.ocean import roughness
from esim.media.ocean.roughness import Roughness
from esim.ocean.boundary import incident_courant_rate
from esim.ocean.forcing.dispersion import has_two_colours, relaxation_weights, spectral_radius
from esim.ocean.forcing.pressure_file import PressureRecords, describe_records
from esim.ocean.nesting.bathymetry import NestedBathymetry, nested_bathymetries
from esim.ocean.nesting.load_balance import assign_nest, balance_root
from esim.ocean.solver import SOLVERS
from esim.ocean.sources.initial_conditions import courant_rate, initial_water
from esim.ocean.structures import Structures
from esim.ocean.time_step import count_substeps, minimum_courant_rate
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Decomposition
from esim.sources.ocean import InitialState
from esim.sources.ocean.incident import Incident

KEPT_CELLS = 100_000  # grids of no more cells keep their seafloor while a run is prepared


@dataclass(frozen=True)
class GridMedia:
    """What lies under and over the water of a grid.

    bathymetry is where its seafloor comes from, elevation [m above the still water] what is computed with.
    """

    bathymetry: Elevation
    elevation: NestedBathymetry
    roughness: Roughness | None
    pressure: tuple[PressureRecords, ...]


@dataclass(frozen=True)
class InitialWater:
    """The water of a grid as it begins, the same on all ranks.

    deepest [m] is the depth of the deepest cell, rate [1/s] the largest Courant number per second, sweeps how many
    each step takes for dispersion, zero without it; mean_height [m] is that of the bed above the water at rest.
    """

    deepest: float
    rate: float
    sweeps: int
    mean_height: float = 0.0


@dataclass(frozen=True, kw_only=True)
class GridLevel(NestedGrid):
    """One grid of a run: its place among the others, what it is made of, its blocks and its step.

    dt [s] is the step, of which it makes `substeps` in one of its parent; steps may be adaptive.
    """

    media: GridMedia
    water: InitialWater
    decomposition: Decomposition
    structures: Structures | None
    dt: float
    substeps: int


def read_media(cfg: TsunamiConfig, grids: Sequence[NestedGrid], comm: Comm) -> list[GridMedia]:
    """What all grids of a run are made of, parents first; raises InputError for what cannot be read."""
    found = [root_first(comm, partial(_read, cfg, nest, grids[0].grid)) for nest in grids]
    above = [
        _AboveStillWater(seafloor, cfg.physics.sea_level, nest.grid)
        for (seafloor, _, _), nest in zip(found, grids, strict=True)
    ]
    return [
        GridMedia(seafloor, elevation, rough, pressure)
        for (seafloor, rough, pressure), elevation in zip(
            found, nested_bathymetries(grids, above), strict=True
        )
    ]


def _read(
    cfg: TsunamiConfig, nest: NestedGrid, whole: Grid
) -> tuple[Elevation, Roughness | None, tuple[PressureRecords, ...]]:
    """Seafloor, roughness and air pressure for a grid; shapes of the seafloor are measured in the whole one."""
    own = cfg.grid.nests[nest.number - 1].bathymetry if nest.parent is not None else None
    seafloor = elevation.build(own or cfg.bathymetry, nest.grid, whole)
    seafloor.check()
    pressure = [
        describe_records(one, nest.grid, cfg.time.start) for one in cfg.forcing if one.kind == "pressure"
    ]
    return seafloor, roughness.build(cfg.physics.manning, nest.grid), tuple(pressure)


@dataclass(frozen=True)
class _AboveStillWater:
    """Height above the still water [m]: all that follows counts from there, and rest is zeta = 0."""

    seafloor: Elevation
    sea_level: float
    grid: Grid

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        grid = self.grid
        if grid.nx * grid.ny > KEPT_CELLS:
            return self._read(x, y)
        j, i = round((y[0] - grid.y0) / grid.dy - 0.5), round((x[0] - grid.x0) / grid.dx - 0.5)
        rows, columns = slice(j, j + y.size), slice(i, i + x.size)
        if not (np.array_equal(x, grid.x()[columns]) and np.array_equal(y, grid.y()[rows])):
            return self._read(x, y)  # at other places than centres of its cells
        return self._whole[rows, columns]

    def _read(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self.seafloor.elevation(x, y) - self.sea_level

    @cached_property
    def _whole(self) -> np.ndarray:
        """Nested grids ask for hundreds of pieces, for each of which the file would be opened again."""
        return self._read(self.grid.x(), self.grid.y())


def decompose_grids(
    grids: Sequence[NestedGrid], media: Sequence[GridMedia], comm: Comm
) -> list[Decomposition]:
    """Blocks of all ranks on all grids; InputError if there are more ranks than fit into the whole grid."""
    load = np.zeros(comm.size)
    return [
        assign_nest(comm, nest.grid, nest.ratio, medium.elevation, nest.refinement, load)
        if nest.parent is not None
        else balance_root(comm, nest.grid, medium.elevation, SOLVERS[nest.solver].halo)
        for nest, medium in zip(grids, media, strict=True)
    ]


def survey(
    cfg: TsunamiConfig,
    comm: Comm,
    nest: NestedGrid,
    media: GridMedia,
    decomposition: Decomposition,
    states: Sequence[InitialState],
    waves: Sequence[Incident],
) -> InitialWater:
    """The water of a grid as it begins in some states, with the waves that come in; the roughness is read once."""
    physics, block, grid = cfg.physics, decomposition.blocks[comm.rank], nest.grid
    x, y = grid.x(block.i0, block.i1), grid.y(block.j0, block.j1)
    deepest, rate, radius, total = -math.inf, 0.0, 0.0, 0.0
    if block.cells:
        bed = media.elevation(x, y)
        q = initial_water(states, bed, x, y, grid.lonlat, physics.dry_depth)
        rate = courant_rate(q, bed, *grid.cell_size(block.j0, block.j1), physics, SOLVERS[nest.solver].rate)
        deepest, total = float(-bed.min()), float(bed.sum())
        radius = spectral_radius(grid, physics, np.pad(-bed, 1, mode="edge"), block.j0)
        if media.roughness is not None:
            media.roughness.coefficient(x, y)
    deepest, rate, sweeps = comm.allreduce_max(deepest), comm.allreduce_max(rate), 0
    rate = max(rate, incident_courant_rate(grid, media.elevation, waves, physics.gravity, cfg.time.duration))
    if physics.dispersion != "none":
        radius = comm.allreduce_max(radius)
        sweeps = len(relaxation_weights(radius, physics.dispersion_tolerance, has_two_colours(grid)))
    return InitialWater(deepest, rate, sweeps, sum(comm.allgather(total)) / (grid.nx * grid.ny))


def build_levels(
    grids: Sequence[NestedGrid],
    media: Sequence[GridMedia],
    waters: Sequence[InitialWater],
    decompositions: Sequence[Decomposition],
    structures: Sequence[Structures | None],
    dt: float,
    cfl: float,
    gravity: float,
) -> tuple[GridLevel, ...]:
    """All grids with their steps, from that of the whole one [s]: as many in one of the parent's as cfl asks for."""
    levels: list[GridLevel] = []
    for nest, medium, water, decomposition, standing in zip(
        grids, media, waters, decompositions, structures, strict=True
    ):
        step, substeps = dt, 1
        if nest.parent is not None:
            parent = levels[nest.parent.number].dt
            rate = water.rate or minimum_courant_rate(nest.grid, gravity)
            # cfl may be that of another solver.
            own = cfl if nest.solver == grids[0].solver else min(cfl, SOLVERS[nest.solver].cfl)
            substeps = count_substeps(parent, rate, own)
            step = parent / substeps
        levels.append(
            GridLevel(
                **vars(nest),
                media=medium,
                water=water,
                decomposition=decomposition,
                structures=standing,
                dt=step,
                substeps=substeps,
            )
        )
    return tuple(levels)
