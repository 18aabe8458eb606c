"""How are time series at stations written? As CF discrete sampling geometry, whole or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.io import cf, netcdf
from esim.io.atomic import whole_file

Described = tuple[Any, Mapping[str, str]]  # values and their attributes
NOTHING: Mapping[str, Described] = {}


def write_timeseries(
    path: Path,
    names: Sequence[str],
    coordinates: Mapping[str, Described],
    series: Mapping[str, Described],
    time: np.ndarray,
    attributes: Mapping[str, str],
    start: datetime | None = None,
    more: Mapping[str, Described] = NOTHING,
) -> None:
    """Writes a file of series at stations, whole or not at all.

    coordinates are the positions (stations,), series the variables (stations, times) and more what else is known of
    the stations (stations,), each with its attributes; time is in seconds since the origin. Raises MachineError if the
    disk fails.
    """
    with whole_file(path) as temporary, netcdf.create(temporary) as dataset:
        dataset.setncatts({**attributes, "featureType": "timeSeries"})
        _define_stations(dataset, names, {**coordinates, **more})
        cf.define_time(dataset, start, len(time))
        dataset["time"][:] = time
        for name, (values, about) in series.items():
            _write_series(dataset, name, values, {**about, "coordinates": " ".join(coordinates)})


def _define_stations(dataset: Any, names: Sequence[str], coordinates: Mapping[str, Described]) -> None:
    dataset.createDimension("station", len(names))
    station = dataset.createVariable("station", str, ("station",))
    station.setncatts({"cf_role": "timeseries_id", "long_name": "name of the station"})
    station[:] = np.array(names, dtype=object)
    for name, (values, attributes) in coordinates.items():
        text = isinstance(values[0], str)
        coordinate = dataset.createVariable(name, str if text else "f8", ("station",))
        coordinate.setncatts(attributes)
        coordinate[:] = np.array(values, dtype=object) if text else values


def _write_series(dataset: Any, name: str, values: np.ndarray, attributes: Mapping[str, str]) -> None:
    storage = {"compression": "zlib", "complevel": 1, "shuffle": True, "fill_value": float(cf.FILL)}
    variable = dataset.createVariable(name, "f8", ("station", "time"), **storage)
    variable.setncatts(attributes)
    variable[:] = np.where(np.isfinite(values), values, cf.FILL)
