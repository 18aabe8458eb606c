"""Which maxima does a run of the ocean write? Their names in YAML, what CF says of them, and how they are computed.

Heights of the state count from the still water; in files they count from the datum of the bathymetry, depths from the
ground after the earthquake. Land is what the first water left dry, at the origin time and before any source has acted,
and sea what it covered, lakes included; water thinner than the dry depth is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from esim.variables.variable import Variable

SURFACE = "sea_surface_height_above_mean_sea_level"
THICKNESS = "sea_floor_depth_below_sea_surface"
GROUND = "ground_level_altitude"
EXTENT = ("dry_land", "flooded_land", "sea", "exposed_sea_floor")  # what the values of `extent` mean
DRY, FLOODED, SEA, EXPOSED = range(len(EXTENT))
MAXIMUM, MINIMUM = "time: maximum", "time: minimum"


@dataclass(frozen=True)
class Maxima:
    """What was kept of a run in some cells, float64, and the ground under them.

    highest and lowest are the largest and smallest height over the still water [m], highest_time [s] when the former
    was and wet_time [s] for how long there was water (NaN: not kept), speed [m/s], momentum_flux [m3/s2]; -never stands
    for no water. arrivals [threshold, sign, ...] [s] are the first times at which the surface was higher, and lower,
    than the first water as the sources have moved it with its bed (NaN: never). first_depth [m] is that of the first
    water, ground the final one above the still water [m], uplift its rise [m], sea_level [m] the still water above the
    datum. absorbing says where layers along open sides damp the waves.
    """

    highest: np.ndarray
    lowest: np.ndarray
    speed: np.ndarray
    momentum_flux: np.ndarray
    arrivals: np.ndarray
    highest_time: np.ndarray
    wet_time: np.ndarray
    initial_ground: np.ndarray
    first_depth: np.ndarray
    uplift: np.ndarray
    absorbing: np.ndarray
    sea_level: float
    dry_depth: float
    never: float

    @cached_property
    def ground(self) -> np.ndarray:
        """Ground at the end [m]."""
        return self.initial_ground + self.uplift

    @cached_property
    def sea(self) -> np.ndarray:
        """Whether there was water at first."""
        return self.first_depth > self.dry_depth

    @cached_property
    def reached(self) -> np.ndarray:
        """Whether there ever was water."""
        return self.highest > -self.never / 2

    @cached_property
    def flooded(self) -> np.ndarray:
        """Whether it is land where there was water."""
        return ~self.sea & self.reached

    @cached_property
    def drawdown(self) -> np.ndarray:
        """How far the surface of the first water fell [m]."""
        return self.first_depth - np.maximum(-self.initial_ground, 0) - self.lowest

    def arrival(self, threshold: int) -> np.ndarray:
        """First arrival, of either sign, above one of the thresholds [s]; NaN where there was none."""
        return np.fmin(*self.arrivals[threshold])

    @cached_property
    def rest_depth(self) -> np.ndarray:
        """Depth of the still water [m]."""
        return np.maximum(-self.ground, 0)

    @cached_property
    def shallowest(self) -> np.ndarray:
        """Least depth of the water [m]; zero where it fell dry."""
        return np.maximum(self.lowest + self.rest_depth, 0)

    @cached_property
    def extent(self) -> np.ndarray:
        """Dry or flooded land, sea, or exposed sea floor, as in EXTENT."""
        at_sea = np.where(self.shallowest <= self.dry_depth, EXPOSED, SEA)
        return np.where(self.sea, at_sea, np.where(self.reached, FLOODED, DRY))

    def elevation(self, height: np.ndarray) -> np.ndarray:
        """Water surface above the datum [m] of a height over the still water."""
        return height + np.maximum(self.ground, 0) + self.sea_level


@dataclass(frozen=True, kw_only=True)
class MaximumVariable(Variable):
    """A quantity of the whole run, in maxima.nc.

    compute gives it from the maxima; where names the cells that have it ("": all). It is written where it is named,
    where default if nothing is named, and where always in any case. dtype is that of one that classifies; times says
    that it needs planes that are kept only where asked for. threshold is the number of the threshold of an arrival.
    """

    compute: Callable[[Maxima], np.ndarray]
    where: Literal["", "reached", "sea", "flooded"] = ""
    default: bool = True
    always: bool = False
    dtype: str = ""
    times: bool = False
    threshold: int | None = None

    def values(self, maxima: Maxima) -> np.ndarray:
        """Its values, NaN where there are none."""
        found = self.compute(maxima)
        return np.where(getattr(maxima, self.where), found, np.nan) if self.where else found


def _arrivals(threshold: int) -> dict[str, MaximumVariable]:
    """Arrivals above one of the thresholds: the first, the first positive and the first negative one."""
    suffix = f"_{threshold + 1}" if threshold else ""
    kinds: Mapping[str, tuple[str, Callable[[Maxima], np.ndarray]]] = {
        "": ("first arrival", lambda maxima: maxima.arrival(threshold)),
        "_positive": ("first rise of the surface", lambda maxima: maxima.arrivals[threshold, 0]),
        "_negative": ("first fall of the surface", lambda maxima: maxima.arrivals[threshold, 1]),
    }
    # "s" and not "seconds", which readers would decode as a timedelta.
    return {
        f"arrival_time{kind}{suffix}": MaximumVariable(
            "s",
            f"time since origin of the {words}",
            compute=compute,
            times=threshold > 0,
            threshold=threshold,
        )
        for kind, (words, compute) in kinds.items()
    }


MAXIMA: Mapping[str, MaximumVariable] = {
    "eta_max": MaximumVariable(
        "m",
        "maximum water-surface elevation",
        SURFACE,
        MAXIMUM,
        compute=lambda maxima: maxima.elevation(maxima.highest),
        where="reached",
    ),
    "eta_min": MaximumVariable(
        "m",
        "minimum water-surface elevation",
        SURFACE,
        MINIMUM,
        compute=lambda maxima: maxima.elevation(maxima.lowest),
        where="sea",
    ),
    "speed_max": MaximumVariable(
        "m s-1",
        "maximum depth-averaged speed",
        "sea_water_speed",
        MAXIMUM,
        compute=lambda maxima: maxima.speed,
        where="reached",
    ),
    "momentum_flux_max": MaximumVariable(
        "m3 s-2",
        "maximum momentum flux, depth x speed squared",
        cell_methods=MAXIMUM,
        compute=lambda maxima: maxima.momentum_flux,
        where="reached",
    ),
    "inundation_depth_max": MaximumVariable(
        "m",
        "maximum inundation depth",
        "flood_water_thickness",
        MAXIMUM,
        compute=lambda maxima: maxima.highest + maxima.rest_depth,
        where="flooded",
    ),
    "inundation_duration": MaximumVariable(
        "s",
        "duration of inundation",
        compute=lambda maxima: maxima.wet_time,
        where="flooded",
        default=False,
        times=True,
    ),
    **_arrivals(0),
    **_arrivals(1),
    **_arrivals(2),
    "drawdown_max": MaximumVariable(
        "m",
        "maximum drawdown",
        cell_methods=MAXIMUM,
        compute=lambda maxima: maxima.drawdown,
        where="sea",
    ),
    "extent": MaximumVariable(
        "1",
        "flooded land and exposed sea floor",
        more={"flag_values": np.arange(len(EXTENT), dtype=np.int8), "flag_meanings": " ".join(EXTENT)},
        compute=lambda maxima: maxima.extent,
        dtype="i1",
    ),
    "depth_min": MaximumVariable(
        "m",
        "minimum water depth, at sea",
        THICKNESS,
        MINIMUM,
        compute=lambda maxima: maxima.shallowest,
        where="sea",
        default=False,
    ),
    "eta_max_time": MaximumVariable(
        "s",
        "time since origin of the maximum water-surface elevation",
        compute=lambda maxima: maxima.highest_time,
        where="reached",
        default=False,
        times=True,
    ),
    "bathymetry": MaximumVariable(
        "m",
        "height of the sea floor and land, positive up",
        GROUND,
        compute=lambda maxima: maxima.ground + maxima.sea_level,
        always=True,
    ),
    "uplift": MaximumVariable(
        "m",
        "vertical displacement of the sea floor and land, positive up",
        compute=lambda maxima: maxima.uplift,
        always=True,
    ),
    "absorbing_layer": MaximumVariable(
        "1",
        "layers along open sides, where waves are damped and maxima are too small",
        more={"flag_values": np.arange(2, dtype=np.int8), "flag_meanings": "free damped"},
        compute=lambda maxima: maxima.absorbing,
        always=True,
        dtype="i1",
    ),
}
