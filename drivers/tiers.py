"""What is known of each grid of a run before anything is allocated?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from esim.comm import Comm
from esim.config import Config
from esim.config.nests import Placed
from esim.config.physics import Physics
from esim.decomposition import Decomposition
from esim.drivers import pressure
from esim.drivers.beds import Bed, fitted
from esim.drivers.dispersion import coloured, relaxations, spectral_radius
from esim.drivers.initial import initial_water, wave_rate
from esim.drivers.pressure import Records
from esim.drivers.ranks import first_rank_first
from esim.drivers.shares import assign, balance
from esim.grid import Grid
from esim.media import bathymetry, roughness
from esim.media.bathymetry import Bathymetry
from esim.media.roughness import Roughness
from esim.sources import InitialState


@dataclass
class Tier:
    """One grid of the tree: its media, its blocks, its step.

    deepest [m] is the depth of its deepest cell, rate [1/s] the largest of its water as it begins, dt [s] its step, of
    which it makes `substeps` in one of its parent. sweeps is how many each step takes for dispersion, zero without it.
    """

    placed: Placed
    bathymetry: Bathymetry
    elevation: Bed
    roughness: Roughness | None
    records: list[Records]
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


def tiers(cfg: Config, comm: Comm) -> list[Tier]:
    """All grids of a run, parents first, with their media; raises InputError for what cannot be read."""
    tree = cfg.grid.tree()
    media = [first_rank_first(comm, partial(_media, cfg, placed, tree[0].grid)) for placed in tree]
    beds = fitted(tree, [_Above(seafloor, cfg.physics.sea_level) for seafloor, _, _ in media])
    return [Tier(placed, m[0], bed, m[1], m[2]) for placed, m, bed in zip(tree, media, beds, strict=True)]


def _media(cfg: Config, placed: Placed, whole: Grid) -> tuple[Bathymetry, Roughness | None, list[Records]]:
    """Seafloor, roughness and air pressure for a grid; shapes of the seafloor are measured in the whole one."""
    section = (placed.section and placed.section.bathymetry) or cfg.bathymetry
    seafloor = bathymetry.build(section, placed.grid if section.kind == "file" else whole)
    seafloor.check()
    records = [
        pressure.describe(one, placed.grid, cfg.time.start) for one in cfg.forcing if one.kind == "pressure"
    ]
    return seafloor, roughness.build(cfg.physics.manning, placed.grid), records


@dataclass(frozen=True)
class _Above:
    """Height above the still water [m]: all that follows counts from there, and rest is zeta = 0."""

    seafloor: Bathymetry
    sea_level: float

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self.seafloor.elevation(x, y) - self.sea_level


def share_out(found: Sequence[Tier], comm: Comm) -> None:
    """Give every rank its blocks of all grids; InputError if there are more ranks than fit into the whole grid."""
    load = np.zeros(comm.size)
    for tier in found:
        if tier.placed.parent is None:
            tier.decomposition = balance(comm, tier.grid, tier.elevation)
        else:
            placed = tier.placed
            tier.decomposition = assign(
                comm, placed.grid, placed.ratio, tier.elevation, tier.refinement, load
            )


def look(tier: Tier, comm: Comm, physics: Physics, states: Sequence[InitialState], lonlat: bool) -> None:
    """Find the deepest cell and the largest rate of the water as it begins, and read the roughness once."""
    grid, block = tier.grid, tier.decomposition.blocks[comm.rank]
    x, y = grid.x(block.i0, block.i1), grid.y(block.j0, block.j1)
    deepest, rate, radius = -math.inf, 0.0, 0.0
    if block.cells:
        bed = tier.elevation(x, y)
        q = initial_water(states, bed, x, y, lonlat, physics.dry_depth)
        rate = wave_rate(q, bed, *grid.cell_size(block.j0, block.j1), physics)
        deepest = float(-bed.min())
        radius = spectral_radius(grid, physics, np.pad(-bed, 1, mode="edge"), block.j0)
        if tier.roughness is not None:
            tier.roughness.coefficient(x, y)
    tier.deepest, tier.rate = comm.allreduce_max(deepest), comm.allreduce_max(rate)
    if physics.dispersion != "none":
        tier.sweeps = len(
            relaxations(comm.allreduce_max(radius), physics.dispersion_tolerance, coloured(grid))
        )


def least_rate(grid: Grid, gravity: float) -> float:
    """The rate [1/s] of waves over one metre of water, for a grid that has none yet."""
    width, height = grid.cell_size()
    return math.sqrt(gravity) * float((1 / width + 1 / height).max())


def set_steps(found: Sequence[Tier], dt: float, cfl: float, gravity: float) -> None:
    """The steps of all grids from that of the whole one [s]: as many in one of the parent's as cfl asks for."""
    for tier in found:
        if tier.placed.parent is None:
            tier.dt = dt
            continue
        parent = found[tier.placed.parent.number].dt
        rate = tier.rate or least_rate(tier.grid, gravity)
        tier.substeps = max(1, math.ceil(parent * rate / cfl * (1 - 1e-9)))
        tier.dt = parent / tier.substeps
