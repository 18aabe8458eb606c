"""What were the extremes of a grid, and what do they add up to?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.io import cf
from esim.kernels.ocean.shallow_water import NEVER
from esim.ocean.model import Ocean

DRY, FLOODED, SEA, EXPOSED = range(len(cf.EXTENT))


@dataclass(frozen=True)
class MaximaByName:
    """Extremes on the owned cells of a grid, missing values as NaN, by the names of maxima.nc.

    Heights count from the datum of the bathymetry, depths from the ground after the earthquake. Land is what the
    still water left dry before it; water thinner than the dry depth is none. So

    - eta_max, speed_max, momentum_flux_max are missing where there never was water;
    - eta_min, drawdown_max (fall below the still water), depth_min are missing on land; a cell that fell dry has the
      height of its ground, its whole depth, and 0;
    - inundation_depth_max is there on flooded land only;
    - arrival_time is when water was first further than the threshold from its still level, on land deeper than that;
    - extent tells dry from flooded land, and sea from exposed sea floor (cf.EXTENT).
    """

    values: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    @property
    def flooded(self) -> np.ndarray:
        """Which cells are flooded land."""
        return self.values["extent"] == FLOODED


def find_maxima(ocean: Ocean, initial_bed: np.ndarray, uplift: np.ndarray, sea_level: float) -> MaximaByName:
    """The extremes so far over a bed [m above the still water] that has risen by uplift [m], both of owned cells."""
    assert ocean.maxima is not None
    high, low, speed, flux, arrival, *times = ocean.own(ocean.maxima).astype(np.float64)
    dry, ground = ocean.physics.dry_depth, initial_bed + uplift
    still, land = np.maximum(-ground, 0), np.maximum(-initial_bed, 0) <= dry
    reached = high > -NEVER / 2
    deepest, shallowest = high + still, np.maximum(low + still, 0)
    exposed = np.where(shallowest <= dry, EXPOSED, SEA)
    values = {
        "eta_max": np.where(reached, high + np.maximum(ground, 0) + sea_level, np.nan),
        "eta_min": np.where(land, np.nan, low + np.maximum(ground, 0) + sea_level),
        "speed_max": np.where(reached, speed, np.nan),
        "momentum_flux_max": np.where(reached, flux, np.nan),
        "inundation_depth_max": np.where(land & reached, deepest, np.nan),
        "arrival_time": np.where(arrival < NEVER / 2, arrival, np.nan),
        "drawdown_max": np.where(land, np.nan, -low),
        "depth_min": np.where(land, np.nan, shallowest),
        "extent": np.where(land, np.where(reached, FLOODED, DRY), exposed),
        "bathymetry": ground + sea_level,
        "uplift": uplift,
    }
    if times:
        values["eta_max_time"] = np.where(reached, times[0], np.nan)
    return MaximaByName(values)


def count_capped(oceans: Sequence[Ocean]) -> int:
    """Cells of all grids and ranks whose speed reached the cap, to rounding; none where maxima are not kept."""
    mine = 0
    for ocean in oceans:
        if ocean.maxima is not None:
            mine += int((ocean.own(ocean.maxima)[2] >= 0.999 * ocean.physics.speed_cap).sum())
    return sum(oceans[0].comm.allgather(mine))


def hazard_summary(ocean: Ocean, extremes: MaximaByName) -> dict[str, Any]:
    """Flooded and exposed area [km2], deepest flood, highest run-up and largest drawdown [m] of all ranks.

    The run-up is the height of the highest flooded ground. None where nothing was flooded. Every rank calls it.
    """
    mine = (
        _largest(extremes["inundation_depth_max"]),
        _largest(np.where(extremes.flooded, extremes["bathymetry"], np.nan)),
        _largest(extremes["drawdown_max"]),
    )
    deepest, runup, drawdown = map(max, zip(*ocean.comm.allgather(mine), strict=True))
    return {
        "flooded_km2": _area(ocean, extremes.flooded) / 1e6,
        "exposed_km2": _area(ocean, extremes["extent"] == EXPOSED) / 1e6,
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


def _largest(values: np.ndarray) -> float:
    return float(np.max(values, initial=-np.inf, where=np.isfinite(values)))
