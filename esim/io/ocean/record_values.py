"""What do the values of a record mean? Units, times since the origin, numbers that may be missing."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np

from esim.config.time import utc
from esim.config.yaml.units import LENGTH
from esim.errors import InputError

FOOT = Fraction("0.3048")
METRES: Mapping[str, Fraction] = {
    **LENGTH.units,
    **dict.fromkeys(("metre", "metres", "meter", "meters", "M"), Fraction(1)),
    **dict.fromkeys(("ft", "feet", "foot"), FOOT),
}
ZONES = {"": 0, "UTC": 0, "GMT": 0, "Z": 0, "JST": 9}  # hours ahead of UTC
MISSING_WORDS = ("", "-", "--", "na", "n/a", "nan", "null", "none", "missing")
MISSING = (9999.0, 99999.0, -9999.0, -99999.0, -32767.0, -32768.0)  # no level, in whichever unit
DATE = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*(Z|UTC|GMT)?([+-]\d{2}:?\d{2})?"
)


def unit_factor(path: Path, unit: str, units: Mapping[str, Fraction], wanted: str) -> float:
    """The size of a unit, in that which is wanted. Raises InputError for one that is not among the units."""
    if unit in ZONES:
        return 1.0
    if unit not in units:
        raise InputError(f"{path}: a column has the unit '{unit}'; expected {wanted}")
    return float(units[unit])


def read_time(
    path: Path,
    line: int,
    text: str,
    second: float,
    origin: datetime | None,
    without_origin: str,
    ahead: float = 0.0,
) -> float:
    """Seconds since the origin of a number of units of `second` [s], or of a date.

    ahead [h] is the time zone of dates that name none. Raises InputError for what is neither, and for a date without an
    origin, with what is said then.
    """
    try:
        return second * float(text)
    except ValueError:
        pass
    try:
        moment = _moment(text, ahead)
    except ValueError:
        raise InputError(
            f"{path.name}, line {line}: time is '{text}'; expected seconds since the origin, or a date such as "
            "2011-03-11T05:46:24Z"
        ) from None
    return since_origin(path, moment, origin, without_origin)


def _moment(text: str, ahead: float) -> datetime:
    """A moment of a date, ISO 8601 or with slashes and hours of one digit; ValueError for what is none."""
    match = DATE.fullmatch(text.strip())
    if match is None:
        return utc(text)
    year, month, day, hour, minute, second, zone, offset = match.groups()
    moment = utc(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute}:{second or '00'}{offset or ''}")
    return moment if zone or offset else moment - timedelta(hours=ahead)


def since_origin(path: Path, moment: datetime, origin: datetime | None, without_origin: str) -> float:
    """Seconds from the origin to a moment. Raises InputError without an origin, with what is said then."""
    if origin is None:
        raise InputError(f"{path}: has dates, {without_origin}")
    return (moment - origin).total_seconds()


def read_number(path: Path, line: int, name: str, text: str) -> float:
    """A number, NaN where none is written. Raises InputError for anything else, with its name and line."""
    if text.strip().lower() in MISSING_WORDS:
        return np.nan
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{path.name}, line {line}: {name} is '{text}', which is no number") from None


def without_marks(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values with NaN in place of numbers that mark a gap, such as 9999, and what was taken so."""
    marked = np.isin(values, MISSING)
    if not marked.any():
        return values, ()
    marks = " or ".join(f"{mark:g}" for mark in np.unique(values[marked]))
    return np.where(marked, np.nan, values), (f"{marked.sum():,} values of {marks} are taken as missing",)


def in_order(time: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rising times and their values, without gaps (NaN); of equal times the first counts."""
    known = np.isfinite(time) & np.isfinite(value)
    rising, first = np.unique(time[known], return_index=True)
    return rising, value[known][first]
