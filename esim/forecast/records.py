"""What did the sensors record? Files in the usual forms, brought to the times of the data of a library."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.config.yaml.suggest import several
from esim.errors import InputError
from esim.forecast.library import Library
from esim.io.ocean.record_file import read_file

HIGHEST = 100.0  # m: what is higher is no wave but the depth, another unit, or the mark of a gap
NO_ORIGIN = "but the base of the library no time.start; give --origin"


class Record(NamedTuple):
    """Rising times [s since the origin] and values [m] of one instrument, and what was assumed and done to it.

    ahead [s] is how much later than a value the data may be that are needed for it, as by a filter.
    """

    time: np.ndarray
    value: np.ndarray
    done: tuple[str, ...] = ()
    ahead: float = 0.0


class DataFile(NamedTuple):
    """A file of records, and the instrument of one that does not say it."""

    path: Path
    instrument: str | None = None


def data_file(text: str) -> DataFile:
    """FILE, or INSTRUMENT=FILE."""
    name, mark, path = text.partition("=")
    if not mark or Path(text).exists():
        return DataFile(Path(text))
    return DataFile(Path(path), name)


def read_records(
    files: Sequence[DataFile], kinds: Mapping[str, str], origin: datetime | None, others: Collection[str] = ()
) -> dict[str, Record]:
    """The records of files by the name of the instrument; gaps (NaN, empty, 9999) are left out.

    kinds has what each sensor records, others the names of more instruments. A file of one record that names none is of
    that in the name of the file. Raises InputError for what cannot be read, is in two files, or is no wave.
    """
    found: dict[str, Record] = {}
    known = (*kinds, *others)
    for path, instrument in files:
        records = read_file(path, origin, NO_ORIGIN, HIGHEST, kinds, known)
        if instrument is not None and len(records) != 1:
            raise InputError(
                f"{instrument}={path}: the file has {len(records)} records, "
                f"{several([one.name for one in records])}; expected one"
            )
        for one in records:
            name = instrument or one.name or _instrument(path, known)
            if name in found:
                raise InputError(f"{path}: '{name}' is in another file of data as well; expected it once")
            found[name] = Record(one.time, one.value, one.notes)
    return found


def _instrument(path: Path, known: Collection[str]) -> str:
    """The known instrument that is in the name of a file, else that name."""
    names = [name for name in known if re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", path.stem)]
    names = names or [name for name in known if re.search(rf"(?<!\d){re.escape(name)}(?!\d)", path.stem)]
    if len(names) > 1:
        raise InputError(
            f"{path}: several instruments are in its name, {several(names)}; expected NAME={path.name}"
        )
    return names[0] if names else path.stem


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
    """What was assumed of the data and done to them, what is not used, and what is not there, a sentence each."""
    used = {name for name, row in zip(library.sensors, values, strict=True) if np.isfinite(row).any()}
    done: dict[str, list[str]] = {}
    for name in library.sensors:
        if name in used:
            for note in records[name].done:
                done.setdefault(note, []).append(name)
    yield from (f"{several(names)}: {note}" for note, names in done.items())
    if silent := [name for name in library.sensors if name not in used]:
        yield f"no data of {several(silent)} yet"
    if other := [name for name in records if name not in library.sensors and name not in library.targets]:
        yield f"not used, as no sensor of the library: {several(other)}"
    early = sum(int((record.time < 0).sum()) for name, record in records.items() if name in library.sensors)
    if early:
        yield f"{early:,} values from before the origin time are no data of the forecast"


def _between(record: Record, times: np.ndarray, until: float, longest: float) -> np.ndarray:
    """Values at times [s] between those of a record up to a time, NaN in gaps and outside."""
    known = record.time <= until - record.ahead
    time, value = record.time[known], record.value[known]
    if time.size < 2:
        return np.full(times.size, np.nan)
    after = np.clip(np.searchsorted(time, times), 1, time.size - 1)
    gap = time[after] - time[after - 1]
    inside = (times >= time[0]) & (times <= time[-1]) & ((gap <= longest) | np.isin(times, time))
    return np.where(inside, np.interp(times, time, value), np.nan)
