"""What do the values of a record mean? Units, times since the origin, numbers that may be missing."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from esim.config.time import utc
from esim.errors import InputError


def unit_factor(path: Path, unit: str, units: Mapping[str, Fraction], wanted: str) -> float:
    """The size of a unit, in that which is wanted. Raises InputError for one that is not among the units."""
    if unit in ("", "UTC"):
        return 1.0
    if unit not in units:
        raise InputError(f"{path}: a column has the unit '{unit}'; expected {wanted}")
    return float(units[unit])


def read_time(
    path: Path, line: int, text: str, second: float, origin: datetime | None, without_origin: str
) -> float:
    """Seconds since the origin of a number of units of `second` [s], or of a date.

    Raises InputError for what is neither, and for a date without an origin, with what is said then.
    """
    try:
        return second * float(text)
    except ValueError:
        pass
    try:
        moment = utc(text)
    except ValueError:
        raise InputError(
            f"{path.name}, line {line}: time is '{text}'; expected seconds since the origin, or a date such as "
            "2011-03-11T05:46:24Z"
        ) from None
    return since_origin(path, moment, origin, without_origin)


def since_origin(path: Path, moment: datetime, origin: datetime | None, without_origin: str) -> float:
    """Seconds from the origin to a moment. Raises InputError without an origin, with what is said then."""
    if origin is None:
        raise InputError(f"{path}: has dates, {without_origin}")
    return (moment - origin).total_seconds()


def read_number(path: Path, line: int, name: str, text: str) -> float:
    """A number, NaN where nothing is written. Raises InputError for anything else, with its name and line."""
    try:
        return float(text) if text else np.nan
    except ValueError:
        raise InputError(f"{path.name}, line {line}: {name} is '{text}', which is no number") from None


def in_order(time: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rising times and their values, without gaps (NaN); of equal times the first counts."""
    known = np.isfinite(time) & np.isfinite(value)
    rising, first = np.unique(time[known], return_index=True)
    return rising, value[known][first]
