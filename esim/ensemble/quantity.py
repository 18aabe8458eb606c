"""Of which quantity is the hazard? Of each scenario one: how high the water comes, or how fast the ground moves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Quantity:
    """A quantity in the files of a member.

    name is that of its map in maxima.nc, arrival that of the map of first arrivals ("": none), flood that of the map of
    depths on land ("": none), series those at stations of which peak makes one value; folder is where in the directory
    of a member the files are.
    """

    name: str
    long_name: str
    units: str
    series: Sequence[str]
    arrival: str = ""
    flood: str = ""
    folder: str = ""

    def peak(self, series: np.ndarray) -> np.ndarray:
        """The largest value of series (variables, stations, times) at each station; NaN where there never was one.

        Of one variable it is that of its values, of several that of the length of their vector.
        """
        values = series[0] if len(series) == 1 else np.sqrt((series**2).sum(axis=0))
        found: np.ndarray = np.where(np.isnan(values), -np.inf, values).max(axis=-1)
        return np.where(np.isinf(found), np.nan, found)


def _waves(folder: str = "") -> Quantity:
    return Quantity(
        "eta_max",
        "maximum water-surface elevation",
        "m",
        ("eta",),
        "arrival_time",
        "inundation_depth_max",
        folder,
    )


QUANTITIES = {
    "tsunami": _waves(),
    "seismic": Quantity("pgv", "peak ground velocity", "m s-1", ("vx", "vy", "vz")),
    "coupled": _waves("ocean"),
}
