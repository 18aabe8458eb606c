"""What is known of each grid of a run before anything is allocated?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from esim.config import TsunamiConfig
from esim.config.ocean.nests import Placed
from esim.config.ocean.physics import OceanPhysics
from esim.grids.grid import Grid
from esim.media import elevation
from esim.media.elevation import Elevation
from esim.media.ocean import roughness
from esim.media.ocean.roughness import Roughness
from esim.ocean.forcing import air_pressure
from esim.ocean.forcing.air_pressure import PressureRecords
from esim.ocean.forcing.dispersion import has_two_colours, relaxation_weights, spectral_radius
from esim.ocean.nesting.bathymetry import NestedBathymetry, nested_bathymetries
from esim.ocean.nesting.load_balance import assign_nest, balance_root
from esim.ocean.sources.initial_conditions import courant_rate, initial_water
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Decomposition
from esim.sources.ocean import InitialState


@dataclass
class GridLevel:
    """One grid of the tree: its media, its blocks, its step.

    deepest [m] is the depth of its deepest cell, rate [1/s] the largest of its water as it begins, dt [s] its step, of
    which it makes `substeps` in one of its parent. sweeps is how many each step takes for dispersion, zero without it.
    """

    placed: Placed
    bathymetry: Elevation
    elevation: NestedBathymetry
    roughness: Roughness | None
    records: list[PressureRecords]
    decomposition: Decomposition = field(init=False)
    deepest: float = field(init=False)
    rate: float = field(init=False)
    dt: float = field(init=False)
    substeps: int = 1
    sweeps: int = 0

    @property
    def grid(self) -> Grid:
        """The cells."""
        return self.placed.grid

    @property
    def refinement(self) -> int:
        """Cells of this grid along a side of one of the whole grid."""
        placed, total = self.placed, 1
        while placed.parent is not None:
            placed, total = placed.parent, total * placed.ratio
        return total


def build_levels(cfg: TsunamiConfig, comm: Comm) -> list[GridLevel]:
    """All grids of a run, parents first, with their media; raises InputError for what cannot be read."""
    tree = cfg.grid.tree()
    media = [root_first(comm, partial(_media, cfg, placed, tree[0].grid)) for placed in tree]
    beds = nested_bathymetries(tree, [_Above(seafloor, cfg.physics.sea_level) for seafloor, _, _ in media])
    return [
        GridLevel(placed, m[0], bed, m[1], m[2]) for placed, m, bed in zip(tree, media, beds, strict=True)
    ]


def _media(
    cfg: TsunamiConfig, placed: Placed, whole: Grid
) -> tuple[Elevation, Roughness | None, list[PressureRecords]]:
    """Seafloor, roughness and air pressure for a grid; shapes of the seafloor are measured in the whole one."""
    section = (placed.section and placed.section.bathymetry) or cfg.bathymetry
    seafloor = elevation.build(section, placed.grid if section.kind == "file" else whole)
    seafloor.check()
    records = [
        air_pressure.describe_records(one, placed.grid, cfg.time.start)
        for one in cfg.forcing
        if one.kind == "pressure"
    ]
    return seafloor, roughness.build(cfg.physics.manning, placed.grid), records


@dataclass(frozen=True)
class _Above:
    """Height above the still water [m]: all that follows counts from there, and rest is zeta = 0."""

    seafloor: Elevation
    sea_level: float

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self.seafloor.elevation(x, y) - self.sea_level


def decompose_levels(found: Sequence[GridLevel], comm: Comm) -> None:
    """Give every rank its blocks of all grids; InputError if there are more ranks than fit into the whole grid."""
    load = np.zeros(comm.size)
    for tier in found:
        if tier.placed.parent is None:
            tier.decomposition = balance_root(comm, tier.grid, tier.elevation)
        else:
            placed = tier.placed
            tier.decomposition = assign_nest(
                comm, placed.grid, placed.ratio, tier.elevation, tier.refinement, load
            )


def survey(
    tier: GridLevel, comm: Comm, physics: OceanPhysics, states: Sequence[InitialState], lonlat: bool
) -> None:
    """Find the deepest cell and the largest rate of the water as it begins, and read the roughness once."""
    grid, block = tier.grid, tier.decomposition.blocks[comm.rank]
    x, y = grid.x(block.i0, block.i1), grid.y(block.j0, block.j1)
    deepest, rate, radius = -math.inf, 0.0, 0.0
    if block.cells:
        bed = tier.elevation(x, y)
        q = initial_water(states, bed, x, y, lonlat, physics.dry_depth)
        rate = courant_rate(q, bed, *grid.cell_size(block.j0, block.j1), physics)
        deepest = float(-bed.min())
        radius = spectral_radius(grid, physics, np.pad(-bed, 1, mode="edge"), block.j0)
        if tier.roughness is not None:
            tier.roughness.coefficient(x, y)
    tier.deepest, tier.rate = comm.allreduce_max(deepest), comm.allreduce_max(rate)
    if physics.dispersion != "none":
        tier.sweeps = len(
            relaxation_weights(
                comm.allreduce_max(radius), physics.dispersion_tolerance, has_two_colours(grid)
            )
        )


def minimum_courant_rate(grid: Grid, gravity: float) -> float:
    """The rate [1/s] of waves over one metre of water, for a grid that has none yet."""
    width, height = grid.cell_size()
    return math.sqrt(gravity) * float((1 / width + 1 / height).max())


def set_time_steps(found: Sequence[GridLevel], dt: float, cfl: float, gravity: float) -> None:
    """The steps of all grids from that of the whole one [s]: as many in one of the parent's as cfl asks for."""
    for tier in found:
        if tier.placed.parent is None:
            tier.dt = dt
            continue
        parent = found[tier.placed.parent.number].dt
        rate = tier.rate or minimum_courant_rate(tier.grid, gravity)
        tier.substeps = max(1, math.ceil(parent * rate / cfl * (1 - 1e-9)))
        tier.dt = parent / tier.substeps
