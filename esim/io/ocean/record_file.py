"""Which records are in a file, whatever its form? NetCDF, DART text of NOAA, or a table; without the water depth."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.io.ocean.record_dart import is_dart, read_dart
from esim.io.ocean.record_netcdf import read_netcdf
from esim.io.ocean.record_table import Values, read_values
from esim.io.ocean.record_values import in_order

SWING = (
    30.0  # m between the 5th and 95th of 100 values: more is no tide, so that large values are no depth in m
)
FEWEST = 3  # values from which a depth is told
BEFORE = 3600.0  # s before the origin, over which the level is taken


def read_file(
    path: Path,
    origin: datetime | None,
    without_origin: str,
    highest: float,
    kinds: Mapping[str, str] | None = None,
    known: Collection[str] = (),
) -> list[Values]:
    """The records of a file, times rising and gaps left out; names are "" where that of the file is meant.

    Where values are a depth of the water, above `highest` [m], the level before the origin is taken from them, which is
    said. kinds has what instruments record, known their names. Raises InputError for what is no record of the water.
    """
    if path.suffix.lower() in (".nc", ".nc4"):
        found = read_netcdf(path, origin, without_origin, kinds or {})
    elif is_dart(path):
        found = [Values("", *read_dart(path, origin, without_origin))]
    else:
        found = read_values(path, origin, without_origin, known)
    return [_levelled(path, one, highest) for one in found]


def _levelled(path: Path, found: Values, highest: float) -> Values:
    time, value = in_order(found.time, found.value)
    notes = found.notes
    if value.size >= FEWEST and abs(np.median(value)) > highest:
        low, middle, high = np.quantile(value, (0.05, 0.5, 0.95))
        if high - low < SWING:
            level, words = _level(time, value)
            value = value - level
            notes = (
                *notes,
                f"values are taken as depths of the water in m, as their median is {middle:,.0f}; {words}, "
                f"{level:.3f} m, is removed as its level",
            )
    if value.size and np.abs(value).max() > highest:
        worst = int(np.abs(value).argmax())
        name = f"'{found.name}'" if found.name else "the record"
        raise InputError(
            f"{path}: {name} has {value[worst]:g} m at {time[worst]:g} s; expected the height of a wave in m, at most "
            f"{highest:g}, and gaps left empty: is it the depth, or another unit?"
        )
    return Values(found.name, time, value, notes)


def _level(time: np.ndarray, value: np.ndarray) -> tuple[float, str]:
    """The level [m] of a record before the origin, or at its beginning, and what it is."""
    before = value[(time <= 0) & (time >= -BEFORE)]
    if before.size:
        return float(before.mean()), "the mean of the hour before the origin"
    if (time <= 0).any():
        return float(value[time <= 0][-1]), "the last value before the origin"
    return float(value[0]), "the first value, as there is none before the origin"
