"""Which motion is in surface_displacement.nc or .zarr? Where and when it was recorded, and its frames one by one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.grids.projection import Projection
from esim.io.gridded.reader import time_units
from esim.io.map_record import MapRecord, open_record
from esim.sources.formats.units import METRE
from esim.sources.ocean.recorded.frames import At, MotionGeometry, oriented

GROUND = ("ux", "uy", "uz")
EXPECTED = "expected surface_displacement.nc or .zarr of a seismic run"
DEGREES = 8  # decimals of an origin, a millimetre
UNEVEN = 1e-3  # of an interval or of a cell, by which times and positions may differ from even ones
ALIKE = 0.01  # m between two places that are the same
LARGEST = 1000.0  # m, beyond which a displacement is of another unit or a mark for a missing value


@dataclass(frozen=True)
class MotionFile:
    """What a file says of the motion in it.

    start is the date from which its times count, if it has one; sea_surface says whether it has the motion of the
    surface of the sea, snapshots whether it says that its records were not low-passed.
    """

    record: MapRecord
    geometry: MotionGeometry
    count: int
    start: datetime | None
    sea_surface: bool
    snapshots: bool

    def open(self, at: At) -> "FileFrames":
        """Its frames, of the bed or of the sea surface."""
        return FileFrames(self.record, self.geometry, self.count, at)


@dataclass(frozen=True)
class FileFrames:
    """Frames from surface_displacement.nc or .zarr, read when they are asked for."""

    record: MapRecord
    geometry: MotionGeometry
    count: int
    at: At

    def frame(self, k: int) -> np.ndarray | None:
        """Frame k. Raises InputError for values that are missing or impossible."""
        if k >= self.count:
            return None
        names = GROUND if self.at == "bed" else (*GROUND, "sea_uz")
        found = [values.astype(np.float32) for values in self.record.read_all(names, k)]
        for name, values in zip(GROUND, found, strict=False):
            self._require(name, k, values)
        return oriented(np.stack(found), self.at)

    def last(self) -> tuple[int, np.ndarray]:
        """The last frame."""
        found = self.frame(self.count - 1)
        assert found is not None
        return self.count - 1, found

    def _require(self, name: str, k: int, values: np.ndarray) -> None:
        if wrong := int(np.count_nonzero(~(np.abs(values) < LARGEST))):
            raise InputError(
                f"{self.record.path}: {name} at {self.geometry.time(k):g} s is missing or beyond {LARGEST:g} m in "
                f"{wrong} cells; {EXPECTED} that is whole"
            )


def read_motion(path: Path) -> MotionFile:
    """Describes the record of a motion without reading its frames. Raises InputError for a file that is none."""
    record = open_record(path)
    for name in ("time", "y", "x", *GROUND):
        if name not in record.variables:
            raise InputError(f"{path}: has no variable {name}; {EXPECTED}")
    for name in GROUND:
        _require_displacement(path, record, name)
    x, y = (_axis(path, record, name) for name in ("x", "y"))
    times, start = _times(path, record)
    geometry = MotionGeometry(
        x, y, _projection(path, record, x, y), _interval(record, times), float(times[0])
    )
    return MotionFile(
        record,
        geometry,
        times.size,
        start,
        sea_surface="sea_uz" in record.variables,
        snapshots=record.attributes.get("low_pass_width") == 0,
    )


def _require_displacement(path: Path, record: MapRecord, name: str) -> None:
    found = record.variables[name]
    units = str(found.attributes.get("units", "m"))
    if found.dims != ("time", "y", "x"):
        raise InputError(f"{path}: {name} has the dimensions {', '.join(found.dims)}; expected time, y, x")
    if units.lower() not in METRE:
        raise InputError(f"{path}: {name} is in '{units}'; expected m")
    if name == "uz" and str(found.attributes.get("positive", "down")) != "down":
        raise InputError(f"{path}: uz is positive {found.attributes['positive']}; expected down")


def _axis(path: Path, record: MapRecord, name: str) -> np.ndarray:
    """Cell centres, evenly spaced from the first to the last."""
    centres = np.asarray(record.read(name), np.float64)
    if centres.size < 2:
        raise InputError(f"{path}: {name} has {centres.size} cells; expected two or more")
    even = np.linspace(centres[0], centres[-1], centres.size)
    step = even[1] - even[0]
    if not (step > 0 and np.abs(centres - even).max() < UNEVEN * step):
        raise InputError(f"{path}: {name} is not evenly spaced and rising; {EXPECTED}")
    return centres


def _times(path: Path, record: MapRecord) -> tuple[np.ndarray, datetime | None]:
    """Times [s] of the frames, and the date from which they count."""
    seconds, start = time_units(path, str(record.variables["time"].attributes.get("units", "s")))
    times = np.asarray(record.read("time"), np.float64) * seconds
    if not times.size:
        raise InputError(f"{path}: has no records; {EXPECTED}")
    even = np.linspace(times[0], times[-1], times.size)
    step = even[1] - even[0] if times.size > 1 else 1.0
    if not (step > 0 and np.abs(times - even).max() < UNEVEN * step):
        raise InputError(f"{path}: time is not evenly spaced and rising; {EXPECTED}")
    return times, start


def _interval(record: MapRecord, times: np.ndarray) -> float:
    """Time [s] between two frames: as the file says it, to the last bit, or as its times do."""
    said = record.attributes.get("record_interval")
    if times.size == 1:
        return float(said or max(times[0], 1.0))  # a record alone has moved there since the origin time
    found = float(times[-1] - times[0]) / (times.size - 1)
    return float(said) if said is not None and abs(float(said) - found) < UNEVEN * found else found


def _projection(path: Path, record: MapRecord, x: np.ndarray, y: np.ndarray) -> Projection | None:
    """The projection of x and y: as the file says it, or as longitudes and latitudes beside them show it."""
    for one in record.variables.values():
        if "grid_mapping_name" in one.attributes:
            return _mapped(path, one.attributes)
    if not {"lon", "lat"} <= set(record.variables):
        return None
    rows, columns = _corners(y.size), _corners(x.size)
    lon, lat = (
        np.asarray(record.read(name), np.float64)[np.ix_(rows, columns)].ravel() for name in ("lon", "lat")
    )
    across, along = np.meshgrid(x[columns], y[rows])
    first = _configured(record) or (float(lon[lon.size // 2]), float(lat[lat.size // 2]))
    return _fitted(path, across.ravel(), along.ravel(), lon, lat, first)


def _mapped(path: Path, about: Any) -> Projection:
    """The projection that a CF grid mapping describes."""
    usual = {"scale_factor_at_central_meridian": 1.0, "false_easting": 0.0, "false_northing": 0.0}
    shifted = [key for key, value in usual.items() if float(about.get(key, value)) != value]
    if about["grid_mapping_name"] != "transverse_mercator" or shifted:
        raise InputError(
            f"{path}: its grid mapping is {about['grid_mapping_name']}"
            + (f" with {shifted[0]} {about[shifted[0]]:g}" if shifted else "")
            + "; expected the transverse Mercator plane about grid.origin that a seismic run has"
        )
    return Projection(
        float(about["longitude_of_central_meridian"]), float(about["latitude_of_projection_origin"])
    )


def _corners(count: int) -> np.ndarray:
    return np.unique([0, count // 2, count - 1])


def _configured(record: MapRecord) -> tuple[float, float] | None:
    """The origin in the configuration of the run that wrote the file."""
    try:
        origin = json.loads(record.attributes["configuration"])["grid"]["origin"]
        return float(origin["lon"]), float(origin["lat"])
    except (KeyError, TypeError, ValueError):
        return None


def _fitted(
    path: Path, x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray, first: Sequence[float]
) -> Projection:
    """The projection by which points in degrees lie at x, y, found from a first guess of its origin."""
    from scipy.optimize import least_squares

    def misfit(origin: np.ndarray) -> np.ndarray:
        east, north = Projection(float(origin[0]), float(origin[1])).to_xy(lon, lat)
        return np.concatenate([east - x, north - y])

    exact = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15}
    found = np.round(least_squares(misfit, np.asarray(first), x_scale=1e-5, **exact).x, DEGREES)
    wrong = float(np.abs(misfit(found)).max())
    if not wrong < ALIKE:
        raise InputError(
            f"{path}: x and y are up to {wrong:.3g} m off the transverse Mercator plane of its lon and lat; expected "
            "the plane about grid.origin that a seismic run has"
        )
    return Projection(float(found[0]), float(found[1]))
