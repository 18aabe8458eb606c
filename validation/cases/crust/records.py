"""What did a run of the crust engine record, and how far is it from what it should be?"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.analysis import Run
from esim.config import from_dict
from esim.config.crust.root import SeismicConfig
from esim.errors import InputError


class Records(NamedTuple):
    """Motion at the stations of a run: times (T,) [s], places (R, 3) [m] and east, north, down (R, 3, T).

    The motion is the velocity [m/s], or the displacement [m].
    """

    names: list[str]
    times: np.ndarray
    places: np.ndarray
    motion: np.ndarray

    def at(self, name: str) -> np.ndarray:
        """Motion (3, T) at a station."""
        return self.motion[self.names.index(name)]


def read(folder: Path, quantity: str = "v") -> Records:
    """Velocities (quantity v) or displacements (u) of a run; raises InputError for a run that did not record them."""
    with Run.open(folder) as run:
        found = run.stations
        names = [quantity + axis for axis in "xyz"]
        if found is None or names[0] not in found:
            raise InputError(f"{folder}: no {', '.join(names)} in stations.nc")
        places = np.stack([found[axis].values for axis in ("x", "y", "depth")], axis=1)
        motion = np.stack([found[name].transpose("station", "time").values for name in names], axis=1)
        stations = [str(name) for name in found["station"].values]
        return Records(stations, found["seconds"].values, places.astype(float), motion.astype(float))


def configuration(folder: Path) -> SeismicConfig:
    """What a run was asked for."""
    with Run.open(folder) as run:
        cfg = from_dict(run.record["configuration"])
    if not isinstance(cfg, SeismicConfig):
        raise InputError(f"{folder}: not a run of scenario seismic")
    return cfg


def largest_error(found: np.ndarray, known: np.ndarray) -> float:
    """Largest difference at any time, as a share of the largest value of the receiver; the largest of all receivers.

    Arrays are (R, components, T).
    """
    return float(np.max(np.abs(found - known).max((1, 2)) / np.abs(known).max((1, 2))))


def order(coarse: float, fine: float, ratio: float) -> float:
    """The power with which an error falls where a step gets smaller by a ratio."""
    return float(np.log(coarse / fine) / np.log(ratio))
