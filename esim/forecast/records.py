"""What did the sensors record? Tables and NetCDF files, brought to the times of the data of a library."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.config.table import Table, read_table
from esim.config.yaml.suggest import listed, several
from esim.config.yaml.units import LENGTH, TIME
from esim.errors import InputError
from esim.forecast.library import Library
from esim.io.gridded.reader import opened, time_units
from esim.io.ocean.record import LEVELS, TIMES
from esim.io.ocean.record_values import in_order, read_number, read_time, since_origin, unit_factor

HIGHEST = 100.0  # m: what is higher is no wave but the depth, another unit, or the mark of a gap
NO_ORIGIN = "but the base of the library no time.start; give --origin"
STATIONS = ("station", "sensor", "gauge", "name")
OF_KIND = {"surface": "eta", "pressure": "depth_change"}  # variables of stations.nc


class Record(NamedTuple):
    """Rising times [s since the origin] and values [m] of one instrument."""

    time: np.ndarray
    value: np.ndarray


def read_records(
    paths: Sequence[Path], kinds: Mapping[str, str], origin: datetime | None
) -> dict[str, Record]:
    """The records of files by the name of the instrument; gaps (NaN, empty) are left out.

    A table has a column time [s since the origin, or ISO 8601] and a column [m] for each instrument, or columns
    station, time and eta. NetCDF has station, time and eta, or depth_change of those whose kind is pressure. Raises
    InputError for what cannot be read, is in two files, or is no wave.
    """
    found: dict[str, Record] = {}
    for path in paths:
        netcdf = path.suffix.lower() in (".nc", ".nc4")
        for name, time, value in _of_netcdf(path, kinds, origin) if netcdf else _of_table(path, origin):
            if name in found:
                raise InputError(f"{path}: '{name}' is in another file of data as well; expected it once")
            times, values = in_order(time, value)
            if values.size and np.abs(values).max() > HIGHEST:
                raise InputError(
                    f"{path}: '{name}' has {values[np.abs(values).argmax()]:g} m; expected the height of a wave in m, "
                    f"at most {HIGHEST:g}: is it the depth, or another unit?"
                )
            found[name] = Record(times, values)
    return found


def data_of(library: Library, records: Mapping[str, Record], until: float) -> np.ndarray:
    """The data (sensors, times) of a library up to a time [s], NaN where there are none.

    Between two values of a record data are linear, as long as the gap is not longer than the correlation of errors or
    the time between data. Raises InputError where there are too few.
    """
    mine = {name: records[name] for name in library.sensors if name in records}
    if not mine:
        raise InputError(
            f"data: none of the sensors of the library, {several(library.sensors)}; the data have "
            f"{several(list(records)) or 'nothing'}"
        )
    if all(record.time.size and record.time[-1] < 0 for record in mine.values()):
        raise InputError(
            "data: all are from before the origin time; expected times in s since the origin, or dates and --origin"
        )
    found = np.full(library.sensor_mean.shape, np.nan)
    longest = max(library.correlation, library.every)
    for n, name in enumerate(library.sensors):
        if name in mine:
            wanted = (library.sensor_time >= library.sensor_after[n]) & (library.sensor_time <= until)
            found[n, wanted] = _between(mine[name], library.sensor_time[wanted], until, longest)
    last = library.sensor_time[np.isfinite(found).any(axis=0)].max(initial=0.0)
    window = float(library.about["window"])
    if last < window:
        raise InputError(
            f"data: {np.isfinite(found).sum()} up to {last:g} s; expected at least those of one window of slip, "
            f"{window:g} s"
        )
    return found


def remarks(library: Library, records: Mapping[str, Record], values: np.ndarray) -> Iterator[str]:
    """What is not used, or not there, a sentence each."""
    used = {name for name, row in zip(library.sensors, values, strict=True) if np.isfinite(row).any()}
    if silent := [name for name in library.sensors if name not in used]:
        yield f"no data of {several(silent)} yet"
    if other := [name for name in records if name not in library.sensors and name not in library.targets]:
        yield f"not used, as no sensor of the library: {several(other)}"
    early = sum(int((record.time < 0).sum()) for name, record in records.items() if name in library.sensors)
    if early:
        yield f"{early:,} values from before the origin time are not used"


def _between(record: Record, times: np.ndarray, until: float, longest: float) -> np.ndarray:
    """Values at times [s] between those of a record up to a time, NaN in gaps and outside."""
    known = record.time <= until
    time, value = record.time[known], record.value[known]
    if time.size < 2:
        return np.full(times.size, np.nan)
    after = np.clip(np.searchsorted(time, times), 1, time.size - 1)
    gap = time[after] - time[after - 1]
    inside = (times >= time[0]) & (times <= time[-1]) & ((gap <= longest) | np.isin(times, time))
    return np.where(inside, np.interp(times, time, value), np.nan)


Found = Iterator[tuple[str, np.ndarray, np.ndarray]]


def _of_table(path: Path, origin: datetime | None) -> Found:
    try:
        table = read_table(path)
    except ValueError as error:
        raise InputError(str(error)) from None
    clock = table.find(TIMES)
    if clock is None:
        titles = listed(column.title for column in table.columns) if table.columns else "no names of columns"
        raise InputError(
            f"{path}: has no column time, but {titles}; expected time and one column for each sensor"
        )
    second = unit_factor(path, table.columns[clock].unit, TIME.units, "s")
    time = np.array(
        [read_time(path, line, row[clock], second, origin, NO_ORIGIN) for line, row in table.rows]
    )
    station, level = table.find(STATIONS), table.find(LEVELS)
    if station is not None and level is not None:
        names = np.array([row[station] for _, row in table.rows])
        values = _values(path, table, level)
        for name in dict.fromkeys(names.tolist()):
            yield str(name), time[names == name], values[names == name]
        return
    for n, column in enumerate(table.columns):
        if n != clock:
            yield _title(column.title, column.unit), time, _values(path, table, n)


def _title(title: str, unit: str) -> str:
    """The name in the title of a column, without its unit."""
    for mark in (f"[{unit}]", f"({unit})", f"_{unit}"):
        if unit and title.endswith(mark):
            return title.removesuffix(mark).strip()
    return title


def _values(path: Path, table: Table, n: int) -> np.ndarray:
    metre = unit_factor(path, table.columns[n].unit, LENGTH.units, "m")
    title = table.columns[n].title
    return metre * np.array([read_number(path, line, title, row[n]) for line, row in table.rows], float)


def _of_netcdf(path: Path, kinds: Mapping[str, str], origin: datetime | None) -> Found:
    with opened(path) as data:
        if missing := [name for name in ("station", "time") if name not in data.variables]:
            raise InputError(
                f"{path}: has no variable {missing[0]}; expected station, time and eta(station, time)"
            )
        second, since = time_units(path, str(getattr(data["time"], "units", "s")))
        shift = 0.0 if since is None else since_origin(path, since, origin, NO_ORIGIN)
        time = second * np.asarray(data["time"][:], float) + shift
        for n, name in enumerate(map(str, data["station"][:])):
            variable = OF_KIND[kinds.get(name, "surface")]
            if variable not in data.variables:
                raise InputError(f"{path}: has no variable {variable}, which '{name}' records")
            metre = unit_factor(path, str(getattr(data[variable], "units", "m")), LENGTH.units, "m")
            yield name, time, metre * np.ma.filled(np.ma.masked_array(data[variable][n], dtype=float), np.nan)
