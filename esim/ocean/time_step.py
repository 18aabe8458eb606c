"""How long is a time step? From the Courant number of the water as it begins, on each grid."""

import math

from esim.config.ocean.run import OceanRunConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.nested_grid import NestedGrid
from esim.ocean.solver import SOLVERS


def minimum_courant_rate(grid: Grid, gravity: float) -> float:
    """Courant number per second of waves over one metre of water [1/s], for a grid that has none yet."""
    width, height = grid.cell_size()
    return math.sqrt(gravity) * float((1 / width + 1 / height).max())


def time_step(run: OceanRunConfig, whole: NestedGrid, rate: float, deepest: float, gravity: float) -> float:
    """Time step [s] that run.cfl or run.dt asks for on the whole grid; raises InputError above the bound.

    rate [1/s] is the largest Courant number per second of its water as it begins, deepest [m] its largest depth.
    """
    # No water yet: let a depth of one metre set the first step.
    rate = rate or minimum_courant_rate(whole.grid, gravity)
    bound = SOLVERS[whole.solver].bound
    if run.dt is None:
        assert run.cfl is not None
        return run.cfl / rate
    if run.dt * rate > bound:
        raise InputError(
            f"run.dt: {run.dt:g} s gives a Courant number of {run.dt * rate:.2f} over {deepest:.0f} m of water, above "
            f"the bound {bound:g}; use at most {bound / rate:.3g} s, or leave run.dt out"
        )
    return run.dt


def count_substeps(dt: float, rate: float, cfl: float) -> int:
    """How many steps a nest makes in one of dt [s] of its parent, for a Courant number per second of rate [1/s]."""
    return max(1, math.ceil(dt * rate / cfl * (1 - 1e-9)))
