"""What did an instrument record? The elevation or depth of the water in time, from a table or a NetCDF file."""

from datetime import datetime
from pathlib import Path

import numpy as np

from esim.config.table import Table, read_table
from esim.config.yaml.suggest import listed
from esim.config.yaml.units import LENGTH, TIME
from esim.errors import InputError
from esim.io.gridded.reader import opened, time_units
from esim.io.ocean.record_values import in_order, read_number, read_time, since_origin, unit_factor

TIMES = ("time", "t", "seconds", "datetime", "date_time", "date", "utc")
LEVELS = (
    "eta",
    "elevation",
    "water_level",
    "level",
    "sea_level",
    "height",
    "amplitude",
    "ssh",
    "depth_change",
    "bottom_pressure_change",
    "value",
)
HIGHEST = 500.0  # m: what is higher is no wave but the depth, another unit, or the mark of a gap
NO_START = "which need time.start, the origin time of the run"
EXPECTED = "expected columns time [s since the origin, or ISO 8601] and eta [m]"


def read_record(path: Path, start: datetime | None) -> tuple[np.ndarray, np.ndarray]:
    """Rising times [s since the origin of the run, which is at start] and elevations eta [m] of a record.

    CSV has columns time and eta, in usual spellings and units, or two of numbers without names; NetCDF (.nc) variables
    of such names. Gaps (NaN, empty) are left out, times put in order, and of equal ones the first counts. Raises
    InputError with a sentence for what is no record.
    """
    time, eta = _of_netcdf(path, start) if path.suffix.lower() in (".nc", ".nc4") else _of_table(path, start)
    time, eta = in_order(time, eta)
    if time.size < 2:
        raise InputError(f"{path}: has {time.size} values of eta; expected a record of two at least")
    highest = int(np.abs(eta).argmax())
    if abs(eta[highest]) > HIGHEST:
        raise InputError(
            f"{path}: eta is {eta[highest]:g} m at {time[highest]:g} s; expected the elevation of a wave, at most "
            f"{HIGHEST:g} m, and gaps left empty"
        )
    return time, eta


def _of_table(path: Path, start: datetime | None) -> tuple[np.ndarray, np.ndarray]:
    try:
        table = read_table(path)
    except ValueError as error:
        raise InputError(str(error)) from None
    if not table.columns:
        if table.rows and len(table.rows[0][1]) != 2:
            raise InputError(f"{path}: its first row does not name its columns; {EXPECTED}")
        time, eta, units = 0, 1, ("", "")
    else:
        time, eta = _column(path, table, TIMES), _column(path, table, LEVELS)
        units = table.columns[time].unit, table.columns[eta].unit
    second, metre = (
        unit_factor(path, units[0], TIME.units, "s"),
        unit_factor(path, units[1], LENGTH.units, "m"),
    )
    times = [read_time(path, line, row[time], second, start, NO_START) for line, row in table.rows]
    levels = [read_number(path, line, "eta", row[eta]) for line, row in table.rows]
    return np.array(times, float), metre * np.array(levels, float)


def _column(path: Path, table: Table, spellings: tuple[str, ...]) -> int:
    found = table.find(spellings)
    if found is None:
        titles = listed(column.title for column in table.columns)
        raise InputError(f"{path}: has no column '{spellings[0]}', but {titles}; {EXPECTED}")
    return found


def _of_netcdf(path: Path, start: datetime | None) -> tuple[np.ndarray, np.ndarray]:
    with opened(path) as data:
        names = {name.lower(): name for name in data.variables if data[name].ndim == 1}
        time, eta = (
            next((names[word] for word in words if word in names), None) for words in (TIMES, LEVELS)
        )
        if time is None or eta is None or data[time].shape != data[eta].shape:
            raise InputError(
                f"{path}: expected variables time and eta(time) [m]; it has {', '.join(data.variables)}"
            )
        units = str(getattr(data[time], "units", "s"))
        second, since = time_units(path, units)
        shift = 0.0 if since is None else since_origin(path, since, start, NO_START)
        metre = unit_factor(path, str(getattr(data[eta], "units", "m")), LENGTH.units, "m")
        times, levels = (
            np.ma.filled(np.ma.masked_array(data[name][:], dtype=float), np.nan) for name in (time, eta)
        )
    return second * times + shift, metre * levels
