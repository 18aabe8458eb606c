"""How did the ground move at the stations? Acceleration, velocity and displacement to east, north and up."""

import logging
from typing import NamedTuple

import numpy as np

from esim.analysis.reading.run import Run
from esim.errors import InputError

AXES = "xyz"


class GroundMotion(NamedTuple):
    """Motion (3, times) of a station: acceleration [m/s2], velocity [m/s], displacement [m]; z points down.

    The first two components are horizontal: true east and north, or x and y of the grid.
    """

    station: str
    acceleration: np.ndarray
    velocity: np.ndarray
    displacement: np.ndarray


class Records(NamedTuple):
    """The motion of all stations in the ground, their numbers in stations.nc, and the sampling interval dt [s]."""

    motions: list[GroundMotion]
    numbers: list[int]
    dt: float


def ground_motions(run: Run) -> Records:
    """The motion of every station in the ground; what a run did not write follows from what it wrote.

    Velocities are central differences of displacements and accelerations of velocities, or integrals by the trapezoidal
    rule the other way; a warning says so. Raises InputError for a run without such seismograms.
    """
    data = run.stations
    kinds = [
        letter for letter in "avu" if data is not None and {f"{letter}{one}" for one in AXES} <= set(data)
    ]
    if data is None or not kinds or data.sizes["time"] < 2:
        raise InputError(f"{run.directory}: the run has no seismograms; expected a seismic run with stations")
    dt = float(np.ptp(data["seconds"].values) / (data.sizes["time"] - 1))
    _tell(run, kinds, dt)
    in_water = data["in_water"].values if "in_water" in data else np.zeros(data.sizes["station"])
    numbers = np.flatnonzero(in_water == 0).tolist()
    names = [str(name) for name in data["station"].values]
    motions = []
    for n in numbers:
        found = {kind: np.array([data[f"{kind}{one}"].values[n] for one in AXES]) for kind in kinds}
        motions.append(
            GroundMotion(names[n], *_complete({k: np.nan_to_num(v) for k, v in found.items()}, dt))
        )
    return Records(motions, numbers, dt)


def _complete(found: dict[str, np.ndarray], dt: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Acceleration, velocity and displacement from those of them that are there."""
    velocity = found.get("v")
    if velocity is None:
        velocity = np.gradient(found["u"], dt, axis=-1) if "u" in found else _integral(found["a"], dt)
    acceleration = found["a"] if "a" in found else np.gradient(velocity, dt, axis=-1)
    displacement = found["u"] if "u" in found else _integral(velocity, dt)
    return acceleration, velocity, displacement


def _integral(values: np.ndarray, dt: float) -> np.ndarray:
    from scipy.integrate import cumulative_trapezoid

    return np.asarray(cumulative_trapezoid(values, dx=dt, axis=-1, initial=0.0))


def _tell(run: Run, kinds: list[str], dt: float) -> None:
    """One line about what is derived from something else."""
    words = {"a": "accelerations", "v": "velocities", "u": "displacements"}
    derived = [words[kind] for kind in "avu" if kind not in kinds]
    if derived:
        logging.getLogger("esim").warning(
            "%s follow from the %s in stations.nc, sampled every %g s; the key output.stations.variables adds them",
            " and ".join(derived), " and ".join(words[kind] for kind in kinds), dt,
        )  # fmt: skip
