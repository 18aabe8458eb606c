"""Which quantities does a crust run write? Their names in YAML, what CF says of them, and how they are computed.

At stations, raw records are of the steps n = 1..N of a run: velocities and strain rates n dt after its beginning,
stresses (n + 1/2) dt. Before and at the beginning everything was at rest. Series in SI units follow from every step,
before only every m-th is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from esim.variables.variable import Variable

NORMAL_STRESSES = ("sxx", "syy", "szz")
MEGA = 1e6  # stresses are in MPa
DIRECTIONS = {"x": "eastward (along x)", "y": "northward (along y)", "z": "downward"}
UNITS = {"velocity": "m s-1", "displacement": "m", "acceleration": "m s-2"}


def _components(letter: str, motion: str) -> dict[str, Variable]:
    """The components of a motion; CF has no standard names for them."""
    return {
        f"{letter}{axis}": Variable(
            UNITS[motion],
            f"{motion} of the ground, {direction}",
            cell_methods="time: point",
            more={"positive": "down"} if axis == "z" else {},
        )
        for axis, direction in DIRECTIONS.items()
    }


VELOCITY = _components("v", "velocity")
DISPLACEMENT = _components("u", "displacement")
ACCELERATION = _components("a", "acceleration")
STRAIN = {
    f"e{pair}": Variable(
        "1", f"strain {pair} (x east, y north, z down), extension positive", cell_methods="time: point"
    )
    for pair in ("xx", "yy", "zz", "xy", "xz", "yz")
}
PRESSURE = {
    "pressure": Variable("Pa", "change of the pressure, compression positive", cell_methods="time: point")
}
ELEVATION = {
    "elevation": Variable("m", "height of the ground, positive up", standard_name="ground_level_altitude")
}

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
    total = sum(from_rest(stress) for stress in raw)
    half = np.pad(-MEGA / 3 * total, ((0, 0), (1, 0)))
    return [0.5 * (half[:, 1:] + half[:, :-1])]


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
    "pressure": StationQuantity(PRESSURE, NORMAL_STRESSES, _pressures),
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

    records are raw ones (stations, steps) by name: vx, vy, vz [m/s], strain rates exx, ... [1/s], normal stresses sxx,
    syy, szz [MPa]. dt [s] is the time step; of all steps the first `hidden` ones are not kept.
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
    """A maximum over time of the length of a motion of the surface, of so many of its components x, y, z."""

    motion: str  # velocity, acceleration or displacement
    components: int
    variable: Variable


def _measure(motion: str, components: int) -> ShakingMeasure:
    vector = "three-component" if components == 3 else "horizontal"
    text = f"peak ground {motion}, length of the {vector} vector"
    return ShakingMeasure(motion, components, Variable(UNITS[motion], text, cell_methods="time: maximum"))


SHAKING_MEASURES = {
    "pgv": _measure("velocity", 3),
    "pga": _measure("acceleration", 3),
    "pgd": _measure("displacement", 3),
    "pgv_horizontal": _measure("velocity", 2),
    "pga_horizontal": _measure("acceleration", 2),
}

VARIABLES = dict(chain.from_iterable(quantity.variables.items() for quantity in STATION_QUANTITIES.values()))
VARIABLES |= {name: measure.variable for name, measure in SHAKING_MEASURES.items()} | ELEVATION
