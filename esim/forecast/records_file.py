"""On which records does a forecast rest, and what does it say of them? One NetCDF file beside forecast.nc."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.forecast.library import Library
from esim.forecast.posterior import Gaussian
from esim.forecast.records import Record, data_of
from esim.forecast.result import Variable, write_texts, write_variables
from esim.forecast.run import Forecast
from esim.forecast.waves import BANDS, Waves
from esim.io import cf, netcdf
from esim.io.atomic import whole_file

NAME = "records.nc"
METRES = {"units": "m"}


def write_records(path: Path, library: Library, found: Forecast, records: Mapping[str, Record]) -> None:
    """Writes records.nc whole or not at all: records of sensors and targets, and what the forecast has of sensors.

    Records go on behind the last data of the forecast, as far as they are there.
    """
    with whole_file(path) as temporary, netcdf.LIBRARY, netcdf.create(temporary) as data:
        data.setncatts(
            cf.global_attributes(
                f"records of a forecast: {library.about['title']}",
                {"library": library.about["configuration"]},
                "esim forecast run",
            )
            | {"until_s": found.until}
        )
        cf.define_time(data, library.start, library.forecast_time.size)
        data["time"][:] = library.forecast_time
        wrong = {verdict.sensor: verdict.cause for verdict in found.wrong}
        write_texts(data, "target", library.targets, {"long_name": "name of the target"})
        write_texts(data, "sensor", library.sensors, {"long_name": "name of the sensor"})
        for name, texts, words in (
            ("sensor_kind", library.sensor_kinds, "what the sensor sees"),
            (
                "sensor_wrong",
                [wrong.get(sensor, "") for sensor in library.sensors],
                "what is likely to be wrong",
            ),
        ):
            variable = data.createVariable(name, str, ("sensor",))
            variable.setncatts({"long_name": words})
            variable[:] = np.array(texts, dtype=object)
        write_variables(data, _variables(library, found, records))


def _variables(library: Library, found: Forecast, records: Mapping[str, Record]) -> dict[str, Variable]:
    targets = [_nearest(records.get(name), library.forecast_time) for name in library.targets]
    return {
        "sensor_time": (("sensor_time",), library.sensor_time, {"units": "s", "long_name": "time since origin"}),
        "probability": (("probability",), np.array(BANDS), {"units": "1", "long_name": "probability of lower values"}),
        "sensor_record": (
            ("sensor", "sensor_time"),
            data_of(library, records, np.inf),
            METRES | {"long_name": "record of the sensor, from the time on from which it may be used"},
        ),
        "sensor_used": (
            ("sensor", "sensor_time"),
            np.isfinite(found.data).astype(float),
            {"units": "1", "long_name": "whether the forecast rests on the value"},
        ),
        "sensor_quantile": (
            ("probability", "sensor", "sensor_time"),
            _expected(library, found.x).quantiles(),
            METRES | {"long_name": "quantiles of what the forecast expects of the record"},
        ),
        "target_record": (
            ("target", "time"),
            np.array(targets),
            METRES | {"long_name": "record at the target, which the forecast does not use"},
        ),
    }  # fmt: skip


def _expected(library: Library, x: Gaussian) -> Waves:
    """Mean and deviation [m] of what records of the sensors have, with the errors of the model and the instrument."""
    mean = library.sensor_mean + library.sensor_design @ x.mean
    variance = np.einsum("mtu,mtu->mt", library.sensor_design @ x.covariance, library.sensor_design)
    model = library.sensor_relative[:, None] * np.maximum.accumulate(np.abs(mean), axis=1)
    return Waves(mean, np.sqrt(np.maximum(variance, 0.0) + model**2 + library.noise.floor**2))


def _nearest(record: Record | None, times: np.ndarray) -> np.ndarray:
    """The values of a record nearest to times [s], NaN where none is nearer than half a step."""
    if record is None or not record.time.size:
        return np.full(times.size, np.nan)
    after = np.clip(np.searchsorted(record.time, times), 1, max(record.time.size - 1, 1))
    around = np.clip(np.array([after - 1, after]), 0, record.time.size - 1)
    away = np.abs(record.time[around] - times)
    chosen = np.take_along_axis(around, away.argmin(axis=0)[None], axis=0)[0]
    return np.where(away.min(axis=0) <= (times[1] - times[0]) / 2, record.value[chosen], np.nan)
