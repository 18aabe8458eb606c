"""Which quantities does a crust run write? Their names in YAML, what CF says of them, and how they are computed.

At stations, raw records are of the steps n = 1..N of a run: velocities, strain and rotation rates n dt after its
beginning, stresses and the elevation of the sea surface (n + 1/2) dt. Before and at the beginning everything was at
rest. Series in SI units follow from every step, before only every m-th is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from esim.variables.variable import Variable

NORMAL_STRESSES = ("sxx", "syy", "szz")
MEGA = 1e6  # stresses are in MPa
UNITS = {
    "velocity": "m s-1",
    "displacement": "m",
    "acceleration": "m s-2",
    "rotation": "radian",
    "rotation rate": "radian s-1",
}
ON_GRID = {"x": "along x of the grid", "y": "along y of the grid", "z": "downward"}
ON_EARTH = {"x": "to true east", "y": "to true north", "z": "downward"}
UPRIGHT = "about the vertical, anticlockwise seen from above"
ABOUT_GRID = {"x": "about x of the grid", "y": "about y of the grid", "z": UPRIGHT}
ABOUT_EARTH = {"x": "about true east", "y": "about true north", "z": UPRIGHT}


def _components(letter: str, motion: str, directions: Mapping[str, str] = ON_GRID) -> dict[str, Variable]:
    """The components of a motion; CF has no standard names for them."""
    return {
        f"{letter}{axis}": Variable(
            UNITS[motion],
            f"{motion} of the ground, {direction}",
            cell_methods="time: point",
            more={"positive": "down"} if direction == "downward" else {},
        )
        for axis, direction in directions.items()
    }


def _rotations(letter: str, motion: str, directions: Mapping[str, str] = ABOUT_GRID) -> dict[str, Variable]:
    """The components of a rotation or its rate: half the curl, right-handed about east, north and up."""
    return _components(letter, motion, directions)


def _strain(axes: str = "x, y of the grid, z down") -> dict[str, Variable]:
    return {
        f"e{pair}": Variable("1", f"strain {pair} ({axes}), extension positive", cell_methods="time: point")
        for pair in ("xx", "yy", "zz", "xy", "xz", "yz")
    }


VELOCITY = _components("v", "velocity")
DISPLACEMENT = _components("u", "displacement")
ACCELERATION = _components("a", "acceleration")
SEA_SURFACE = {
    "sea_uz": Variable(
        "m",
        "displacement of the sea surface, downward; missing where there is no sea",
        cell_methods="time: point",
        more={"positive": "down"},
    )
}
ROTATION = _rotations("r", "rotation")
ROTATION_RATE = _rotations("w", "rotation rate")
STRAIN = _strain()
# What the same names mean in files whose components are to true east and north.
TRUE = {
    **_components("v", "velocity", ON_EARTH),
    **_components("u", "displacement", ON_EARTH),
    **_components("a", "acceleration", ON_EARTH),
    **_rotations("r", "rotation", ABOUT_EARTH),
    **_rotations("w", "rotation rate", ABOUT_EARTH),
    **_strain("x true east, y true north, z down"),
}
PRESSURE = {
    "pressure": Variable("Pa", "change of the pressure, compression positive", cell_methods="time: point")
}
STRESS = {
    f"s{pair}": Variable(
        "MPa", f"stress {pair} (x, y of the grid, z down), tension positive", cell_methods="time: point"
    )
    for pair in ("xx", "yy", "zz", "xy", "xz", "yz")
}
ELEVATION = {
    "elevation": Variable("m", "height of the ground, positive up", standard_name="ground_level_altitude")
}
SURFACE_HEIGHT = "sea_surface_height_above_mean_sea_level"
# With physics.gravity_surface; as the ocean engine has them.
ETA = {"eta": Variable("m", "water-surface elevation", SURFACE_HEIGHT, "time: point")}
ETA_MAX = {"eta_max": Variable("m", "maximum water-surface elevation", SURFACE_HEIGHT, "time: maximum")}

# ------------------------------------------------------------------ at stations

Derive = Callable[[Sequence[np.ndarray], float], list[np.ndarray]]


def from_rest(values: np.ndarray) -> np.ndarray:
    """Records (receivers, steps) with the rest at t = 0 before them, float64."""
    return np.pad(values.astype(np.float64), ((0, 0), (1, 0)))


def _same(raw: Sequence[np.ndarray], dt: float) -> list[np.ndarray]:
    return [from_rest(values) for values in raw]


def _integrals(raw: Sequence[np.ndarray], dt: float) -> list[np.ndarray]:
    """Time integrals by the trapezoidal rule."""
    return [_integral(from_rest(values), dt) for values in raw]


def _integral(values: np.ndarray, dt: float) -> np.ndarray:
    steps = 0.5 * dt * (values[:, 1:] + values[:, :-1])
    return np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))


def _slopes(raw: Sequence[np.ndarray], dt: float) -> list[np.ndarray]:
    """Time derivatives: central, with rest before the first value, and backward at the last."""
    return [_slope(from_rest(values), dt) for values in raw]


def _slope(values: np.ndarray, dt: float) -> np.ndarray:
    slope = np.empty_like(values)
    slope[:, 1:-1] = (values[:, 2:] - values[:, :-2]) / (2 * dt)
    if values.shape[1] > 1:
        slope[:, 0] = values[:, 1] / (2 * dt)
        slope[:, -1] = (values[:, -1] - values[:, -2]) / dt
    else:
        slope[:, 0] = 0.0
    return slope


def _pressures(raw: Sequence[np.ndarray], dt: float) -> list[np.ndarray]:
    """Minus the mean normal stress [Pa], at whole steps: the mean of the half steps before and after."""
    total = np.sum([from_rest(stress) for stress in raw], axis=0)
    return [_at_whole_steps(-MEGA / 3 * total)]


def _elevations(raw: Sequence[np.ndarray], dt: float) -> list[np.ndarray]:
    """Elevations [m] at whole steps."""
    return [_at_whole_steps(from_rest(eta)) for eta in raw]


def _at_whole_steps(values: np.ndarray) -> np.ndarray:
    """Means of the values half a step before and after, with rest before the first one."""
    half = np.pad(values, ((0, 0), (1, 0)))
    return 0.5 * (half[:, 1:] + half[:, :-1])


@dataclass(frozen=True)
class StationQuantity:
    """What may be recorded at stations: its variables, the raw records they need, and how they follow from these.

    derive(raw records (receivers, steps), dt [s]) gives a series (receivers, steps + 1) of each variable from the
    beginning of the run on.
    """

    variables: Mapping[str, Variable]
    raw: tuple[str, ...]
    derive: Derive


STATION_QUANTITIES = {
    "velocity": StationQuantity(VELOCITY, tuple(VELOCITY), _same),
    "displacement": StationQuantity(DISPLACEMENT, tuple(VELOCITY), _integrals),
    "acceleration": StationQuantity(ACCELERATION, tuple(VELOCITY), _slopes),
    "strain": StationQuantity(STRAIN, tuple(STRAIN), _integrals),
    "rotation": StationQuantity(ROTATION, tuple(ROTATION_RATE), _integrals),
    "rotation_rate": StationQuantity(ROTATION_RATE, tuple(ROTATION_RATE), _same),
    "pressure": StationQuantity(PRESSURE, NORMAL_STRESSES, _pressures),
    "eta": StationQuantity(ETA, tuple(ETA), _elevations),
}


def needed_quantities(quantities: Iterable[str]) -> tuple[str, ...]:
    """The raw records that quantities at stations follow from, each once."""
    return tuple(dict.fromkeys(raw for name in quantities for raw in STATION_QUANTITIES[name].raw))


def sample_times(steps: int, dt: float, every: int, early: int = 0, hidden: int = 0) -> np.ndarray:
    """Times of the samples kept of `steps` steps [s since origin]: every so many steps, t = 0 included.

    The run begins `early` steps before the origin time, and of these the first `hidden` ones are not kept: multiples of
    every.
    """
    return dt * np.arange(hidden - early, steps - early + 1, every)


def derive_series(
    quantities: Iterable[str], records: Mapping[str, np.ndarray], dt: float, every: int = 1, hidden: int = 0
) -> dict[str, np.ndarray]:
    """Series (stations, times) in SI units by their names in stations.nc, at `sample_times`.

    records are raw ones (stations, steps) by name: vx, vy, vz [m/s], strain rates exx, ... and rotation rates wx, wy,
    wz [1/s], normal stresses sxx, syy, szz [MPa], elevations eta [m]. dt [s] is the time step; of all steps the first
    `hidden` ones are not kept.
    """
    found: dict[str, np.ndarray] = {}
    for quantity in map(STATION_QUANTITIES.__getitem__, quantities):
        series = quantity.derive([records[name] for name in quantity.raw], dt)
        found |= {
            name: values[:, hidden::every] for name, values in zip(quantity.variables, series, strict=True)
        }
    return found


# ------------------------------------------------------------------ on the surface


@dataclass(frozen=True)
class ShakingMeasure:
    """A maximum over time of the length of a motion of the surface, of so many of its components.

    components: xyz, xy (the horizontal vector), or one of e, n (true east and north) and z.
    """

    motion: str  # velocity, acceleration or displacement
    components: str
    variable: Variable


PARTS = {
    "xyz": "length of the three-component vector",
    "xy": "length of the horizontal vector",
    "e": "component to true east",
    "n": "component to true north",
    "z": "vertical component",
}


def _measure(motion: str, components: str) -> ShakingMeasure:
    text = f"peak ground {motion}, {PARTS[components]}"
    return ShakingMeasure(motion, components, Variable(UNITS[motion], text, cell_methods="time: maximum"))


SHAKING_MEASURES = {
    "pgv": _measure("velocity", "xyz"),
    "pga": _measure("acceleration", "xyz"),
    "pgd": _measure("displacement", "xyz"),
    "pgv_horizontal": _measure("velocity", "xy"),
    "pga_horizontal": _measure("acceleration", "xy"),
}
USUAL_MEASURES = tuple(SHAKING_MEASURES)
SHAKING_MEASURES |= {
    f"{name}_{word}": _measure(motion, axis)
    for name, motion in (("pgv", "velocity"), ("pga", "acceleration"))
    for word, axis in (("east", "e"), ("north", "n"), ("vertical", "z"))
}

VARIABLES = dict(chain.from_iterable(quantity.variables.items() for quantity in STATION_QUANTITIES.values()))
VARIABLES |= {name: measure.variable for name, measure in SHAKING_MEASURES.items()}
VARIABLES |= ELEVATION | STRESS | SEA_SURFACE | ETA_MAX
