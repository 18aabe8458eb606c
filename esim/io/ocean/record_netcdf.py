"""What does a NetCDF file of records hold? One record over time, or those of stations, as stations.nc has them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.yaml.units import LENGTH
from esim.errors import InputError
from esim.io.gridded.reader import opened, time_units
from esim.io.ocean.record_table import LEVELS, TIMES, Values
from esim.io.ocean.record_values import since_origin, unit_factor

OF_KIND = {"surface": "eta", "pressure": "depth_change"}  # variables of stations.nc


def read_netcdf(
    path: Path, origin: datetime | None, without_origin: str, kinds: Mapping[str, str]
) -> list[Values]:
    """The records of a file; of several stations eta, or depth_change of those whose kind is pressure.

    Raises InputError for what has neither one record over time nor stations.
    """
    with opened(path) as data:
        if "station" in data.variables and "time" in data.variables and data["station"].ndim == 1:
            return list(_of_stations(path, data, origin, without_origin, kinds))
        names = {name.lower(): name for name in data.variables if data[name].ndim == 1}
        time, eta = (
            next((names[word] for word in words if word in names), None) for words in (TIMES, LEVELS)
        )
        if time is None or eta is None or data[time].shape != data[eta].shape:
            raise InputError(
                f"{path}: expected variables time and eta(time) [m], or station, time and eta(station, time); it has "
                f"{', '.join(data.variables)}"
            )
        times = _times(path, data[time], origin, without_origin)
        return [Values("", times, _metres(path, data[eta], slice(None)))]


def _of_stations(
    path: Path, data: Any, origin: datetime | None, without_origin: str, kinds: Mapping[str, str]
) -> Iterator[Values]:
    time = _times(path, data["time"], origin, without_origin)
    for n, name in enumerate(map(str, data["station"][:])):
        variable = OF_KIND[kinds.get(name, "surface")]
        if variable not in data.variables:
            raise InputError(f"{path}: has no variable {variable}, which '{name}' records")
        yield Values(name, time, _metres(path, data[variable], n))


def _times(path: Path, variable: Any, origin: datetime | None, without_origin: str) -> np.ndarray:
    second, since = time_units(path, str(getattr(variable, "units", "s")))
    shift = 0.0 if since is None else since_origin(path, since, origin, without_origin)
    return second * _filled(variable[:]) + shift


def _metres(path: Path, variable: Any, at: int | slice) -> np.ndarray:
    metre = unit_factor(path, str(getattr(variable, "units", "m")), LENGTH.units, "m")
    return metre * _filled(variable[at])


def _filled(values: Any) -> np.ndarray:
    return np.asarray(np.ma.filled(np.ma.masked_array(values, dtype=float), np.nan))
