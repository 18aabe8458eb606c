"""What follows from the raw records of a receiver? Displacement, acceleration, strain and pressure.

Raw records are of the steps n = 1..N: velocities and strain rates at n dt, stresses at (n + 1/2) dt. Before and
at t = 0 everything was at rest. Everything is derived from every step, before only every m-th is kept.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

VELOCITY = ("vx", "vy", "vz")
STRAIN = ("exx", "eyy", "ezz", "exy", "exz", "eyz")
NORMAL_STRESS = ("sxx", "syy", "szz")
MEGA = 1e6  # stresses are in MPa

NEEDS = {  # what may be asked for, and the raw quantities that it follows from
    "velocity": VELOCITY,
    "displacement": VELOCITY,
    "acceleration": VELOCITY,
    "strain": STRAIN,
    "pressure": NORMAL_STRESS,
}


def needed_quantities(variables: Iterable[str]) -> tuple[str, ...]:
    """The raw quantities to record for velocity, displacement, acceleration, strain, pressure; each once."""
    return tuple(dict.fromkeys(raw for variable in variables for raw in NEEDS[variable]))


def sample_times(steps: int, dt: float, every: int) -> np.ndarray:
    """Times of the samples kept of `steps` steps [s since origin]: every so many steps, t = 0 included."""
    return dt * np.arange(0, steps + 1, every)


def derive_quantities(
    variables: Iterable[str], raw: Mapping[str, np.ndarray], dt: float, every: int = 1
) -> dict[str, np.ndarray]:
    """Series (receivers, times) in SI units by their names in stations.nc, at `times`.

    raw are records (receivers, steps) by name: vx, vy, vz [m/s], strain rates exx, ... [1/s], normal stresses
    sxx, syy, szz [MPa]. dt [s] is the time step.
    """
    return dict(_series(variables, raw, dt, every))


def _series(
    variables: Iterable[str], raw: Mapping[str, np.ndarray], dt: float, every: int
) -> Iterator[tuple[str, np.ndarray]]:
    for variable in variables:
        if variable == "pressure":
            yield "pressure", _pressure([raw[name] for name in NORMAL_STRESS])[:, ::every]
            continue
        for name in NEEDS[variable]:
            values = _from_rest(raw[name])
            if variable == "velocity":
                yield name, values[:, ::every]
            elif variable == "displacement":
                yield "u" + name[1:], _integral(values, dt)[:, ::every]
            elif variable == "acceleration":
                yield "a" + name[1:], _slope(values, dt)[:, ::every]
            else:
                yield name, _integral(values, dt)[:, ::every]


def _from_rest(values: np.ndarray) -> np.ndarray:
    """Records with the rest at t = 0 before them, float64."""
    return np.pad(values.astype(np.float64), ((0, 0), (1, 0)))


def _integral(values: np.ndarray, dt: float) -> np.ndarray:
    """Time integral by the trapezoidal rule."""
    steps = 0.5 * dt * (values[:, 1:] + values[:, :-1])
    return np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))


def _slope(values: np.ndarray, dt: float) -> np.ndarray:
    """Time derivative: central, with rest before the first value, and backward at the last."""
    slope = np.empty_like(values)
    slope[:, 1:-1] = (values[:, 2:] - values[:, :-2]) / (2 * dt)
    if values.shape[1] > 1:
        slope[:, 0] = values[:, 1] / (2 * dt)
        slope[:, -1] = (values[:, -1] - values[:, -2]) / dt
    else:
        slope[:, 0] = 0.0
    return slope


def _pressure(stresses: list[np.ndarray]) -> np.ndarray:
    """Minus the mean normal stress [Pa], at whole steps: the mean of the half steps before and after."""
    total = sum(_from_rest(stress) for stress in stresses)
    half = np.pad(-MEGA / 3 * total, ((0, 0), (1, 0)))
    return 0.5 * (half[:, 1:] + half[:, :-1])
