"""What have the members written? Their values at stations, and strips of their maps, all of them together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from esim.ensemble.quantity import Quantity
from esim.errors import InputError
from esim.io.gridded.frame import CRS, Coordinate, Frame
from esim.io.map_record import Described, MapRecord, open_record, read_values

STRIP = 1 << 28  # bytes of all members' values in a strip of a map: what is in memory at one time
STATIONS, MAXIMA = "stations.nc", "maxima"
SUFFIXES = (".nc", ".zarr")


@dataclass(frozen=True)
class Stations:
    """Values at stations: positions by name of the axis, largest value and first arrival [s] (members, stations)."""

    names: Sequence[str]
    positions: dict[str, np.ndarray]
    peaks: np.ndarray
    arrivals: np.ndarray


def read_stations(folders: Sequence[Path], quantity: Quantity) -> Stations | None:
    """What the members have at their stations; None where they have none, or not the quantity.

    Raises InputError where they do not have the same stations.
    """
    paths = [folder / quantity.folder / STATIONS for folder in folders]
    if not all(path.exists() for path in paths):
        return None
    first = open_record(paths[0])
    if not set(quantity.series) <= set(first.variables):
        return None
    names = [str(name) for name in first.read("station")]
    axes = [name for name in ("lon", "lat", "x", "y") if name in first.variables]
    found = []
    for path, folder in zip(paths, folders, strict=True):
        stations, time, *series = read_values(path, ["station", "time", *quantity.series])
        if list(map(str, stations)) != names:
            raise InputError(f"{path}: has other stations than {paths[0]}; expected the same in all members")
        found.append(_values(time, series, folder / quantity.folder, quantity))
    peaks, arrivals = (np.stack(each) for each in zip(*found, strict=True))
    return Stations(names, {axis: first.read(axis) for axis in axes}, peaks, arrivals)


def _values(
    time: np.ndarray, series: Sequence[np.ndarray], folder: Path, quantity: Quantity
) -> tuple[np.ndarray, np.ndarray]:
    """Largest values and first arrivals [s] at the stations of a member."""
    peaks, threshold = quantity.peak(np.stack(series)), _threshold(folder, quantity)
    if threshold is None:
        return peaks, np.full(peaks.shape, np.nan)
    return peaks, first_arrivals(time, series[0], threshold)


def first_arrivals(time: np.ndarray, series: np.ndarray, threshold: float) -> np.ndarray:
    """The first times [s] at which series (stations, times) are further from their first value than a threshold.

    NaN where they never are; of a station that is dry at first it is the first time at which it is not.
    """
    moved = np.abs(series - series[:, :1]) > threshold
    moved |= np.isnan(series[:, :1]) & ~np.isnan(series)
    return np.where(moved.any(axis=1), time[np.argmax(moved, axis=1)], np.nan)


def _threshold(folder: Path, quantity: Quantity) -> float | None:
    """The displacement at which a wave has arrived, as the maxima of a member have it; None where they have none."""
    path = _maxima(folder)
    if path is None or quantity.arrival not in (variables := open_record(path).variables):
        return None
    value = variables[quantity.arrival].attributes.get("threshold")
    return None if value is None else float(value)


@dataclass(frozen=True)
class Maps:
    """The maps of all members on one grid, read strip by strip."""

    quantity: Quantity
    paths: Sequence[Path]

    @cached_property
    def first(self) -> MapRecord:
        """The file of the first member."""
        return open_record(self.paths[0])

    @property
    def variables(self) -> list[str]:
        """The quantity, and its arrivals and depths on land where they were kept."""
        names = [self.quantity.name, self.quantity.arrival, self.quantity.flood]
        return [name for name in names if name in self.first.variables]

    @cached_property
    def frame(self) -> Frame:
        """The plane of the maps."""
        return _frame(self.first, self.first.variables[self.quantity.name])

    def strips(self) -> Iterator[slice]:
        """Rows that are read together, so few that the values of all members fit."""
        rows, columns = self.frame.shape
        each = 8 * columns * len(self.paths) * len(self.variables)
        height = max(1, STRIP // each)
        for first in range(0, rows, height):
            yield slice(first, min(first + height, rows))

    def read(self, rows: slice) -> dict[str, np.ndarray]:
        """The variables in some rows, (members, rows, columns); NaN where there was no wave."""
        names = self.variables
        found = [read_values(path, names, rows) for path in self.paths]
        stacked = (np.stack(each).astype(float) for each in zip(*found, strict=True))
        return dict(zip(self.variables, stacked, strict=True))


def nest_names(folders: Sequence[Path], quantity: Quantity) -> list[str]:
    """The nested grids of which any of the members has maxima."""
    stems = {
        path.stem.removeprefix(f"{MAXIMA}_")
        for folder in folders
        for suffix in SUFFIXES
        for path in (folder / quantity.folder).glob(f"{MAXIMA}_*{suffix}")
    }
    return sorted(stems)


def open_maps(folders: Sequence[Path], quantity: Quantity, nest: str = "") -> Maps | None:
    """The maps of members, or those of a nested grid; None where these have none.

    Raises InputError where one of them is on another grid than the first, or only some have the nest.
    """
    paths = [_maxima(folder / quantity.folder, nest) for folder in folders]
    found = [path for path in paths if path is not None]
    if nest and len(found) < len(folders):
        lacks = folders[paths.index(None)]
        raise InputError(f"{lacks}: has no maxima of it; expected them in all members")
    if len(found) < len(folders) or quantity.name not in open_record(found[0]).variables:
        return None
    maps = Maps(quantity, found)
    axes = maps.frame.rows, maps.frame.columns
    for path in found[1:]:
        others = read_values(path, [axis.name for axis in axes])
        if not all(np.array_equal(axis.values, other) for axis, other in zip(axes, others, strict=True)):
            raise InputError(f"{path}: is on another grid than {found[0]}; expected the same in all members")
    return maps


def _maxima(folder: Path, nest: str = "") -> Path | None:
    stem = f"{MAXIMA}_{nest}" if nest else MAXIMA
    return next((path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").exists()), None)


def _frame(record: MapRecord, variable: Described) -> Frame:
    """The plane of a map, with all that its file says of it."""
    rows, columns = (Coordinate(name, (name,), record.read(name)) for name in variable.dims[-2:])
    more = [
        name for name in str(variable.attributes.get("coordinates", "")).split() if name in record.variables
    ]
    auxiliary = tuple(Coordinate(name, record.variables[name].dims, record.read(name)) for name in more)
    mapping = record.variables[CRS].attributes if CRS in record.variables else {}
    return Frame(rows, columns, auxiliary, columns.name == "lon", mapping)
