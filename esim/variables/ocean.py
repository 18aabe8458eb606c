"""Which quantities does a run of the ocean write? Their names in YAML, what CF says of them, and how they are computed.

Heights of the state count from the still water; in files they count from the datum of the bathymetry, depths from the
ground after the earthquake. Land is what the first water left dry, at the origin time and before any source has acted,
and sea what it covered, lakes included; water thinner than the dry depth is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from esim.variables.ocean_maxima import MAXIMA, MAXIMUM, SURFACE, THICKNESS
from esim.variables.variable import Variable

POINT = "time: point"


@dataclass(frozen=True)
class Water:
    """The water of some cells, float64: depth h and surface eta [m], velocity u, v [m/s], whether they are wet.

    Dry cells, thinner than the dry depth, have no velocity and their surface is the ground. others are what the water
    carries, by name. first_depth [m] is that of the first water, NaN where nobody has kept it. air_pressure [Pa] is
    that above the one at rest, and air_head [m] the height of water of that weight.
    """

    h: np.ndarray
    eta: np.ndarray
    u: np.ndarray
    v: np.ndarray
    wet: np.ndarray
    others: Mapping[str, np.ndarray]
    first_depth: np.ndarray | float = np.nan
    air_pressure: np.ndarray | float = 0.0
    air_head: np.ndarray | float = 0.0


@dataclass(frozen=True, kw_only=True)
class FieldVariable(Variable):
    """A quantity of the water at a moment, in snapshots where snapshot, at stations where station.

    compute gives it from the water of some cells. It counts from the datum, so that sea level is to be added, where
    from_datum, and is missing in dry cells where wet_only. There is none without the key of physics that it needs, nor,
    where forced, without air pressure.
    """

    compute: Callable[[Water], np.ndarray]
    snapshot: bool = True
    station: bool = False
    from_datum: bool = False
    wet_only: bool = False
    needs: str = ""
    forced: bool = False

    def values(self, water: Water, sea_level: float) -> np.ndarray:
        """Its values where the still water is at sea_level [m], NaN where there are none."""
        found = self.compute(water)
        found = found + sea_level if self.from_datum else found
        return np.where(water.wet, found, np.nan) if self.wet_only else found


VARIABLES: Mapping[str, Variable] = {
    # ---------------------------------------------------------------- at a moment
    "eta": FieldVariable(
        "m",
        "water-surface elevation",
        SURFACE,
        POINT,
        compute=lambda water: water.eta,
        station=True,
        from_datum=True,
        wet_only=True,
    ),
    "depth": FieldVariable(
        "m", "water depth", THICKNESS, POINT, compute=lambda water: water.h, snapshot=False, station=True
    ),
    "u": FieldVariable(
        "m s-1",
        "depth-averaged velocity, eastward or along x",
        "sea_water_x_velocity",
        POINT,
        "eastward_sea_water_velocity",
        compute=lambda water: water.u,
        station=True,
    ),
    "v": FieldVariable(
        "m s-1",
        "depth-averaged velocity, northward or along y",
        "sea_water_y_velocity",
        POINT,
        "northward_sea_water_velocity",
        compute=lambda water: water.v,
        station=True,
    ),
    "h": FieldVariable("m", "water depth", THICKNESS, POINT, compute=lambda water: water.h),
    "tracer": FieldVariable(
        "1",
        "concentration of the tracer",
        cell_methods=POINT,
        compute=lambda water: water.others["tracer"],
        wet_only=True,
        needs="tracer",
    ),
    # What a pressure gauge on the sea floor records: it rises and sinks with the bed.
    "depth_change": FieldVariable(
        "m",
        "change of the water depth since the first water",
        cell_methods=POINT,
        compute=lambda water: water.h - water.first_depth,
        snapshot=False,
        station=True,
        wet_only=True,
    ),
    # ---------------------------------------------------------------- at a moment, under moving air
    "air_pressure": FieldVariable(
        "Pa",
        "air pressure above that at rest",
        cell_methods=POINT,
        compute=lambda water: water.air_pressure + np.zeros(water.h.shape),
        station=True,
        forced=True,
    ),
    # What a pressure gauge on the sea floor records where the air pressure changes too.
    "bottom_pressure_change": FieldVariable(
        "m",
        "change of the pressure on the sea floor, water and air, as height of water",
        cell_methods=POINT,
        compute=lambda water: water.h - water.first_depth + water.air_head,
        snapshot=False,
        station=True,
        wet_only=True,
        forced=True,
    ),
    # ---------------------------------------------------------------- of the whole run
    **MAXIMA,
    # ---------------------------------------------------------------- at points along a coast
    "shore_level": Variable("m", "maximum water-surface elevation at the shore", SURFACE, MAXIMUM),
    "runup": Variable("m", "run-up: height of the highest flooded ground nearby"),
    "runup_distance": Variable("m", "distance of the highest flooded ground from the point"),
    "runup_time": Variable("s", "time since origin of the maximum water-surface elevation there"),
}
MOMENTARY = {name: one for name, one in VARIABLES.items() if isinstance(one, FieldVariable)}
SNAPSHOTS = {name: one for name, one in MOMENTARY.items() if one.snapshot}
STATIONS = {name: one for name, one in MOMENTARY.items() if one.station}
