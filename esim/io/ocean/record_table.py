"""What does a table of records hold? Times in one column or in several, and one record, or one for each instrument."""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.config.table import Column, Table, read_table
from esim.config.yaml.suggest import listed
from esim.config.yaml.units import TIME
from esim.errors import InputError
from esim.io.ocean.record_values import METRES, ZONES, read_number, read_time, unit_factor, without_marks

TIMES = (
    "time",
    "t",
    "seconds",
    "datetime",
    "date_time",
    "date/time",
    "timestamp",
    "stime",
    "time_utc",
    "date_time_utc",
    "date",
    "utc",
)
LEVELS = (
    "eta",
    "elevation",
    "verified",
    "preliminary",
    "water_level",
    "waterlevel",
    "level",
    "slevel",
    "sea_level",
    "sealevel",
    "height",
    "amplitude",
    "anomaly",
    "residual",
    "ssh",
    "depth_change",
    "bottom_pressure_change",
    "value",
    "prs",
    "rad",
    "enc",
    "flt",
    "bub",
)  # the last five are kinds of gauges in tables of the IOC sea level station monitoring facility
STATIONS = ("station", "sensor", "gauge", "name", "station_id", "code")
PARTS = (
    ("year", "yyyy", "yy", "yr"),
    ("month", "mon", "mo"),
    ("day", "dd", "dy"),
    ("hour", "hh", "hr"),
    ("minute", "min", "mn", "mi"),
    ("second", "sec", "ss"),
)
EXPECTED = "expected columns time [s since the origin, or ISO 8601] and eta [m]"


class Values(NamedTuple):
    """A record as it stands in a file: its name, "" for that of the file, times [s], values [m], what was assumed."""

    name: str
    time: np.ndarray
    value: np.ndarray
    notes: tuple[str, ...] = ()


def read_values(
    path: Path, origin: datetime | None, without_origin: str, known: Collection[str] = ()
) -> list[Values]:
    """The records of a table, as they stand there.

    With a column of stations, one for each of these. With one of the usual names of a level and no column with a
    known name of an instrument, one. Else one for each column. Raises InputError for what is none of these.
    """
    try:
        table = read_table(path)
    except ValueError as error:
        raise InputError(str(error)) from None
    if not table.columns:
        return [_nameless(path, table, origin, without_origin)]
    clock, time, notes = _times(path, table, origin, without_origin)
    station, level = table.find(STATIONS), table.find(LEVELS)
    if station is not None and level is not None and station not in clock:
        return list(_by_station(path, table, station, level, time, notes))
    others = [n for n in range(len(table.columns)) if n not in clock]
    named = [n for n in others if _title(table.columns[n]) in known]
    if level is not None and not named:
        unused = listed(table.columns[n].title for n in others if n != level)
        more = (f"of its columns {table.columns[level].title} is used, not {unused}",) if unused else ()
        return [_values(path, table, level, "", time, (*notes, *more))]
    return [_values(path, table, n, _title(table.columns[n]), time, notes) for n in others]


def _nameless(path: Path, table: Table, origin: datetime | None, without_origin: str) -> Values:
    """Two columns of numbers: times [s] and elevations [m]."""
    if table.rows and len(table.rows[0][1]) != 2:
        raise InputError(
            f"{path}: its first row does not name its columns, so it has no column time; {EXPECTED}"
        )
    time = [read_time(path, line, row[0], 1.0, origin, without_origin) for line, row in table.rows]
    value, more = without_marks(
        np.array([read_number(path, line, "eta", row[1]) for line, row in table.rows], float)
    )
    notes = ("its columns have no names: the first is taken as the time, in s if a number, the second as m",)
    return Values("", np.array(time, float), value, (*notes, *more))


def _times(
    path: Path, table: Table, origin: datetime | None, without_origin: str
) -> tuple[list[int], np.ndarray, tuple[str, ...]]:
    """The columns of the time, and times [s since the origin]."""
    parts = [table.find(words) for words in PARTS]
    if None not in parts[:4]:
        found = [n for n in parts if n is not None]
        texts = [_of_parts(row, parts) for _, row in table.rows]
        return found, _read(path, table, texts, 1.0, 0.0, origin, without_origin), ()
    clock, day = table.find(TIMES), table.find(("date", "day"))
    if clock is None:
        titles = listed(column.title for column in table.columns)
        raise InputError(f"{path}: has no column time, but {titles}; {EXPECTED}, or a column for each sensor")
    column = table.columns[clock]
    ahead = ZONES.get(column.unit, 0)
    notes = (f"times are {column.unit}, {ahead} h ahead of UTC",) if ahead else ()
    second = unit_factor(path, column.unit, TIME.units, "s, UTC or JST")
    if day is not None and day != clock:
        texts = [f"{row[day]} {row[clock]}" for _, row in table.rows]
        return [day, clock], _read(path, table, texts, 1.0, ahead, origin, without_origin), notes
    texts = [row[clock] for _, row in table.rows]
    return [clock], _read(path, table, texts, second, ahead, origin, without_origin), notes


def _of_parts(row: list[str], parts: list[int | None]) -> str:
    """The date in the columns year, month, day, hour, and minute and second where there are these."""
    year, month, day, hour, minute, second = ("0" if n is None else row[n] for n in parts)
    return f"{year}-{month}-{day} {hour}:{minute:0>2}:{second:0>2}"


def _read(
    path: Path,
    table: Table,
    texts: list[str],
    second: float,
    ahead: float,
    origin: datetime | None,
    without_origin: str,
) -> np.ndarray:
    lines = [line for line, _ in table.rows]
    return np.array(
        [
            read_time(path, line, text, second, origin, without_origin, ahead)
            for line, text in zip(lines, texts, strict=True)
        ],
        float,
    )


def _by_station(
    path: Path, table: Table, station: int, level: int, time: np.ndarray, notes: tuple[str, ...]
) -> Iterator[Values]:
    names = np.array([row[station] for _, row in table.rows])
    whole = _values(path, table, level, "", time, notes)
    for name in dict.fromkeys(names.tolist()):
        yield Values(str(name), time[names == name], whole.value[names == name], whole.notes)


def _title(column: Column) -> str:
    """The name in the title of a column, without its unit."""
    for mark in (f"[{column.unit}]", f"({column.unit})", f"_{column.unit}"):
        if column.unit and column.title.endswith(mark):
            return column.title.removesuffix(mark).strip()
    return column.title


def _values(path: Path, table: Table, n: int, name: str, time: np.ndarray, notes: tuple[str, ...]) -> Values:
    """The record in a column, in m, NaN where there is none."""
    column = table.columns[n]
    metre = unit_factor(path, column.unit, METRES, "m, cm, mm or ft")
    numbers = [read_number(path, line, column.title, row[n]) for line, row in table.rows]
    values, more = without_marks(np.array(numbers, float))
    return Values(name, time, metre * values, (*notes, *more))
