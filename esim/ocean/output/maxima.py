"""What were the maxima on a grid, and what do they add up to?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.kernels.ocean.maxima import ARRIVALS, MAXIMA
from esim.kernels.ocean.state import NEVER
from esim.ocean.absorbing_layers import in_layers
from esim.ocean.model import Ocean
from esim.variables.ocean_maxima import EXPOSED, Maxima


def find_maxima(
    ocean: Ocean,
    kept: Any,
    initial_bed: np.ndarray,
    first_depth: np.ndarray,
    uplift: np.ndarray,
    sea_level: float,
) -> Maxima:
    """The maxima so far, as kept by a grid, over a bed [m above the still water] that has risen by uplift [m].

    These and the depth [m] of the first water are those of the owned cells.
    """
    planes = np.full((len(MAXIMA), *ocean.block.shape), np.nan)
    own = ocean.own(kept)
    planes[: len(own)] = own
    first = np.array([planes[list(pair)] for pair in ARRIVALS])
    return Maxima(
        highest=planes[MAXIMA.highest],
        lowest=planes[MAXIMA.lowest],
        speed=planes[MAXIMA.speed],
        momentum_flux=planes[MAXIMA.momentum_flux],
        arrivals=np.where(first < NEVER / 2, first, np.nan),
        highest_time=planes[MAXIMA.highest_time],
        wet_time=planes[MAXIMA.wet_time],
        initial_ground=initial_bed,
        first_depth=first_depth,
        uplift=uplift,
        absorbing=absorbing_cells(ocean),
        sea_level=sea_level,
        dry_depth=ocean.physics.dry_depth,
        never=NEVER,
    )


def absorbing_cells(ocean: Ocean) -> np.ndarray:
    """Whether the owned cells lie in layers along open sides, bool (nj, ni)."""
    block = ocean.block
    rows, columns = np.arange(block.j0, block.j1), np.arange(block.i0, block.i1)
    return in_layers(ocean.grid, ocean.layers, rows, columns)


def count_capped(oceans: Sequence[Ocean]) -> int:
    """Cells of all grids and ranks whose speed reached the cap, to rounding; none where maxima are not kept."""
    mine = 0
    for ocean in oceans:
        if ocean.maxima is not None:
            mine += int((ocean.own(ocean.maxima)[MAXIMA.speed] >= 0.999 * ocean.physics.speed_cap).sum())
    return sum(oceans[0].comm.allgather(mine))


def hazard_summary(ocean: Ocean, maxima: Maxima, counted: np.ndarray) -> dict[str, Any]:
    """Flooded and exposed area [km2], deepest flood, highest run-up and largest drawdown [m] of all ranks.

    The run-up is the height of the highest flooded ground. None where nothing was flooded. counted tells which of the
    owned cells count. Every rank calls it.
    """
    flooded, sea = maxima.flooded & counted, maxima.sea & counted
    mine = (
        _largest(maxima.highest + maxima.rest_depth, flooded),
        _largest(maxima.ground + maxima.sea_level, flooded),
        _largest(maxima.drawdown, sea),
    )
    deepest, runup, drawdown = map(max, zip(*ocean.comm.allgather(mine), strict=True))
    return {
        "flooded_km2": _area(ocean, flooded) / 1e6,
        "exposed_km2": _area(ocean, counted & (maxima.extent == EXPOSED)) / 1e6,
        "deepest_flood_m": deepest if np.isfinite(deepest) else None,
        "highest_runup_m": runup if np.isfinite(runup) else None,
        "largest_drawdown_m": drawdown if np.isfinite(drawdown) else None,
    }


def _area(ocean: Ocean, cells: np.ndarray) -> float:
    """Area [m2] of some of the owned cells of all ranks; counted by rows, so that it does not depend on the ranks."""
    counts = np.zeros(ocean.grid.ny, np.int64)
    for first, part in ocean.comm.allgather((ocean.block.j0, np.count_nonzero(cells, axis=1))):
        counts[first : first + len(part)] += part
    width, height = ocean.grid.cell_size()
    return float(counts @ (width * height))


def _largest(values: np.ndarray, where: np.ndarray) -> float:
    return float(np.max(values, initial=-np.inf, where=where))
