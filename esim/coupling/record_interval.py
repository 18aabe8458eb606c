"""How often is the motion of the crust recorded for an ocean? As often as its cells and its water can answer."""

from collections.abc import Sequence

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.grids.grid import CellFunction
from esim.grids.nested_grid import NestedGrid
from esim.ocean.nesting.grid_level import read_media
from esim.parallel.collectives import from_root
from esim.parallel.comm import Comm

SOUND = 1500.0  # m/s in sea water
LOOKED_AT = 1000  # cells along a side at which the depth is looked at, at most
SHORTEST = 0.1  # s


def record_interval(config: TsunamiConfig, comm: Comm) -> float:
    """Interval [s] between records, low-passed at twice that, the same on all ranks. Collective.

    Two intervals are the period of the fundamental acoustic mode of the deepest water, 4 h / c (shallow water has no
    sound; its ringing under a moving bed would count as waves), or the time that a long wave takes through a cell,
    where that is more. Raises InputError for a bathymetry that cannot be read.
    """
    grids = config.grid.tree()
    elevation = read_media(config, grids, comm)[0].bathymetry
    return from_root(comm, lambda: _interval(config, grids, elevation.elevation))


def _interval(config: TsunamiConfig, grids: Sequence[NestedGrid], elevation: CellFunction) -> float:
    grid = grids[0].grid
    rows, columns = (np.arange(0, n, max(1, n // LOOKED_AT)) for n in (grid.ny, grid.nx))
    bed = elevation(grid.x()[columns], grid.y()[rows])
    depth = max(config.physics.sea_level - float(np.nanmin(bed)), 1.0)
    width, height = grid.cell_size(0, grid.ny)
    cell = min(float(np.min(width)), float(np.min(height)))
    through = cell / np.sqrt(config.physics.gravity * depth)
    return float(f"{max(2 * depth / SOUND, 0.5 * through, SHORTEST):.3g}")
