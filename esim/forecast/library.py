"""What is kept of all that is computed before an earthquake? One NetCDF file, from which a forecast takes a second.

Slip is slip_mean + slip_root x, with x (U,) independent and of variance one before any data. The record of a sensor is
sensor_mean + sensor_design x and errors, the surface at a target forecast_mean + forecast_design x. Where no fault is
assumed, cells of the seafloor take the place of subfaults, and their uplift that of slip.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from esim import __version__
from esim.config.forecast.statistics import NoiseConfig
from esim.config.time import utc
from esim.data import locate
from esim.errors import InputError
from esim.io import cf, netcdf
from esim.io.atomic import whole_file
from esim.io.checksum import checksum, size_of
from esim.io.gridded.reader import opened

FORMAT = 2  # raised when an older library cannot be read any more
DIMENSIONS: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "sensors": (("sensor",), "", "name of the sensor"),
    "sensor_kinds": (("sensor",), "", "what the sensor sees"),
    "sensor_x": (("sensor",), "", "longitude, or distance east, of the sensor"),
    "sensor_y": (("sensor",), "", "latitude, or distance north, of the sensor"),
    "sensor_after": (("sensor",), "s", "time before which its record is not used"),
    "sensor_relative": (("sensor",), "1", "error of the model, as a fraction of the largest value"),
    "sensor_time": (("sensor_time",), "s", "time of data since the origin"),
    "sensor_mean": (("sensor", "sensor_time"), "m", "record of the mean slip"),
    "sensor_design": (("sensor", "sensor_time", "unknown"), "m", "record of each unknown"),
    "targets": (("target",), "", "name of the target"),
    "target_x": (("target",), "", "longitude, or distance east, of the water of the target"),
    "target_y": (("target",), "", "latitude, or distance north, of the water of the target"),
    "target_depth": (("target",), "m", "depth of the water of the target"),
    "target_relative": (("target",), "1", "error of the model, as a fraction of the largest value"),
    "target_coastal": (("target",), "1", "1 where land is beside the cell of the target, else 0"),
    "forecast_time": (("forecast_time",), "s", "time of a forecast since the origin"),
    "forecast_mean": (("target", "forecast_time"), "m", "elevation of the surface for the mean slip"),
    "forecast_design": (("target", "forecast_time", "unknown"), "m", "elevation of the surface for each unknown"),
    "slip_mean": (("unknown",), "m", "mean slip of a subfault in a window, subfaults of a window together"),
    "slip_root": (("unknown", "unknown"), "m", "Cholesky factor of the covariance of slip"),
    "area": (("subfault",), "m2", "area of a subfault, or cell of the seafloor"),
    "moment": (("subfault",), "N m", "seismic moment of 1 m of slip; NaN for cells of the seafloor"),
    "subfault_outline": (("subfault", "corner", "xyz"), "", "corners of a subfault: x, y and depth in m"),
    "x": (("x",), "", "longitude, or distance east, of a cell"),
    "y": (("y",), "", "latitude, or distance north, of a cell"),
    "uplift": (("subfault", "y", "x"), "m", "rise of the bed by 1 m of slip"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Library:
    """All that a forecast needs; see DIMENSIONS for the shapes and units of its arrays.

    about has what was asked for and what was read: title, start, lonlat, unknowns ("slip" or "uplift"), windows,
    window, slip_ends and every [s], noise, magnitude_cap, levels, configuration, base, inputs.
    """

    sensors: tuple[str, ...]
    sensor_kinds: tuple[str, ...]
    sensor_x: np.ndarray
    sensor_y: np.ndarray
    sensor_after: np.ndarray
    sensor_relative: np.ndarray
    sensor_time: np.ndarray
    sensor_mean: np.ndarray
    sensor_design: np.ndarray
    targets: tuple[str, ...]
    target_x: np.ndarray
    target_y: np.ndarray
    target_depth: np.ndarray
    target_relative: np.ndarray
    target_coastal: np.ndarray
    forecast_time: np.ndarray
    forecast_mean: np.ndarray
    forecast_design: np.ndarray
    slip_mean: np.ndarray
    slip_root: np.ndarray
    area: np.ndarray
    moment: np.ndarray
    subfault_outline: np.ndarray
    x: np.ndarray
    y: np.ndarray
    uplift: np.ndarray
    about: Mapping[str, Any]

    @property
    def unknowns(self) -> Literal["slip", "uplift"]:
        """What was to be found: slip of subfaults, or uplift of cells of the seafloor."""
        return "slip" if self.about["unknowns"] == "slip" else "uplift"

    @property
    def windows(self) -> int:
        """Number of windows of time."""
        return int(self.about["windows"])

    @property
    def noise(self) -> NoiseConfig:
        """How far data may be from the operator."""
        return NoiseConfig.model_validate(self.about["noise"])

    @property
    def correlation(self) -> float:
        """Time [s] in which the correlation of errors falls to 1/e."""
        return float(self.about["noise"]["correlation"])

    @property
    def every(self) -> float:
        """Time [s] between the data of a sensor."""
        return float(self.about["every"])

    @property
    def start(self) -> datetime | None:
        """Origin time (UTC) of the base, if it has one."""
        return None if self.about["start"] is None else utc(self.about["start"])


def write_library(path: Path, library: Library) -> None:
    """Writes a library whole or not at all; raises MachineError if the disk fails."""
    with whole_file(path) as temporary, netcdf.LIBRARY, netcdf.create(temporary) as data:
        about = dict(library.about)
        data.setncatts(
            cf.global_attributes(about["title"], about["configuration"], "esim forecast build")
            | {"esim_version": __version__, "library_format": FORMAT, "about": json.dumps(about)}
        )
        for name, (dimensions, units, words) in DIMENSIONS.items():
            values = getattr(library, name)
            text = isinstance(values, tuple)
            named = _named(dimensions)
            for one, size in zip(named, (len(values),) if text else values.shape, strict=True):
                if one not in data.dimensions:
                    data.createDimension(one, size)
            kind = str if text else "i4" if values.dtype.kind == "i" else values.dtype.str[1:]
            variable = data.createVariable(name, kind, named)
            variable.setncatts({"long_name": words} | ({"units": units} if units else {}))
            variable[:] = np.array(values, dtype=object) if text else values


def read_library(path: Path) -> Library:
    """A library for this version of esim, of inputs that are what they were where they are still there.

    Raises InputError with a sentence for one that is not.
    """
    with opened(path) as data:
        if "library_format" not in data.ncattrs():
            raise InputError(f"{path} is no library of a forecast; expected one of `esim forecast build`")
        built = str(data.esim_version)
        if int(data.library_format) != FORMAT or built != __version__:
            raise InputError(f"{path} was built by esim {built}, and this is {__version__}; build it again")
        about = json.loads(data.about)
        require_unchanged(path, about["inputs"])
        arrays: dict[str, Any] = {}
        for name in (field.name for field in fields(Library) if field.name != "about"):
            values = data[name][:]
            text = data[name].dtype is str
            arrays[name] = tuple(map(str, values)) if text else np.ma.filled(values)
    return Library(**arrays, about=about)


def require_unchanged(path: Path, inputs: list[dict[str, Any]]) -> None:
    """Raises InputError for an input of a library that has other contents now; one that is gone is not asked for."""
    for one in inputs:
        try:
            file = locate(Path(one["path"]))
            same = size_of(file) == one["bytes"] and checksum(file).items() <= one.items()
        except (InputError, OSError):
            continue
        if not same:
            raise InputError(
                f"{path} was built for another {one['what']}: {file} has changed since; build it again"
            )


def _named(dimensions: tuple[str, ...]) -> tuple[str, ...]:
    """The dimensions of a matrix of equal sides by two names."""
    square = len(dimensions) == 2 and dimensions[0] == dimensions[1]
    return (dimensions[0], f"{dimensions[0]}_2") if square else dimensions
