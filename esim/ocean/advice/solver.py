"""What does the deep solver not do that a run asks for, and where were its waves too high for linear equations?"""

from collections.abc import Iterator, Sequence

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.kernels.ocean.maxima import MAXIMA
from esim.kernels.ocean.state import NEVER
from esim.ocean.nesting.grid_level import GridLevel
from esim.ocean.nesting.hierarchy import OceanLevel
from esim.ocean.solver import SOLVERS
from esim.ocean.structures import Structures
from esim.sources.ocean import InitialState

STEEP = 0.2  # of the depth: from such a height on a wave is about 10 % faster than a linear one


def solver_lines(level: GridLevel) -> Iterator[str]:
    """A line of the plan of a run about a grid whose solver is not the usual one."""
    if SOLVERS[level.solver].linear:
        yield f"solver         {level.solver}: linear waves, with the coast as a wall: no run-up but in nests"


def require_rest(level: GridLevel, states: Sequence[InitialState]) -> None:
    """Raises InputError where a source has water on land, or none at sea: the deep solver has the coast at rest."""
    x, y = level.grid.x(), level.grid.y()
    whole = [state for state in states if state.whole] if SOLVERS[level.solver].linear else []
    for state in whole:
        bed = level.media.elevation(x, y)
        wet = np.nan_to_num(state.water(x, y, level.grid.lonlat)[0], nan=-np.inf) > bed
        count = int((wet != (bed < 0)).sum())
        if count:
            raise InputError(
                f"source: {state.name} has water on land, or none at sea, in {count} cells, but the deep solver begins "
                "from waves on water at rest at sea level; use grid.solver: nonlinear"
            )


def check_solver(cfg: TsunamiConfig, structures: Sequence[Structures | None]) -> Iterator[str]:
    """Sentences about what does not act on a grid with the deep solver; structures are those on each grid."""
    if not SOLVERS[cfg.grid.solver].linear:
        return
    nests = " outside its nests" if cfg.grid.nests else ""
    if structures[0] is not None:
        yield f"structures: none acts on a grid with the deep solver{nests}; use grid.solver: nonlinear"
    if cfg.output.runup is not None:
        yield f"output.runup: nothing runs up on a grid with the deep solver{nests}"


def steep_waves(level: OceanLevel) -> Iterator[str]:
    """A sentence about cells whose waves were too high for their depth, of those that no nest computes.

    None where maxima are not kept. Every rank calls it.
    """
    ocean = level.ocean
    if not ocean.solver.linear or ocean.maxima is None:
        return
    kept = ocean.own(ocean.maxima).astype(np.float64)
    depth = np.maximum(-ocean.own(ocean.bed)[0].astype(np.float64), 0.0)
    level_at_rest = kept[MAXIMA.level]
    highest = np.where(kept[MAXIMA.highest] > -NEVER / 2, kept[MAXIMA.highest] - level_at_rest, 0.0)
    height = np.maximum(highest, level_at_rest - kept[MAXIMA.lowest])
    steep = level.finest & (depth > ocean.physics.dry_depth) & (height > STEEP * depth)
    count = sum(ocean.comm.allgather(int(steep.sum())))
    deepest = ocean.comm.allreduce_max(float(depth.max(initial=0.0, where=steep)))
    if count:
        yield (
            f"grid.solver: deep: in {count} cells, in water of up to {deepest:.3g} m, waves were higher than a fifth "
            "of the depth, where linear equations are no longer right; cover what matters of them by nests"
        )
