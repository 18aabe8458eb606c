"""What is the value of a gridded file at these cells? NetCDF, or any format of `formats`.

Only the window that the cells need is read. The value at a cell depends on the cell and on the file alone,
bit for bit, and not on which other cells are asked for with it, so that every rank sees the same field.
"""

import difflib
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.io.gridded.axis import Axis, Places
from esim.io.gridded.expected import Expected
from esim.io.gridded.formats.detect import READ, open_other
from esim.io.gridded.layout import GriddedVariable, find_gridded
from esim.io.gridded.reference import system_name
from esim.io.netcdf3_check import least_size

__all__ = [
    "GriddedVariable",
    "check_cover",
    "describe",
    "names",
    "opened",
    "read_field",
    "read_times",
    "time_units",
]

ANYTHING = Expected()

Span = tuple[int, int]
Range = tuple[float, float]

STRIP = 4_000_000  # values treated at one time
MOST_VALUES, MOST_AT_ONCE = (
    10**11,
    10**8,
)  # read for one grid, and in one strip; the finest of the globe has 4e9
TIE = 1e-6  # a ratio of cell to file spacing this near to a whole number is that number
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
TIME_UNIT = r"(s|sec|second|m|min|minute|h|hr|hour|d|day)s?( since (.*))?"
DATE = r"(\d+)-(\d+)-(\d+)(?:[T ]+(\d+):(\d+)(?::(\d+)(?:\.\d*)?)?)? ?(?:Z|UTC|[+-]?0?0:?00)?"


def read_field(
    path: Path,
    variable: str | None,
    x: np.ndarray,
    y: np.ndarray,
    lonlat: bool,
    *,
    fill: float | None = None,
    spacing: Range | None = None,
    expected: Expected = ANYTHING,
    record: int | None = None,
    coverage: float | None = None,
) -> np.ndarray:
    """Values of a gridded variable at cells, float64 (ny, nx), or (time, ny, nx) if the variable has times.

    x, y are uniform cell centres in degrees (lonlat) or metres, of cells of the size `spacing` (by default
    the distance of the centres). Bilinear where the file is less than twice as fine as the cells; else the
    mean of m x m bilinear samples of each cell, m = ceil(ratio). Depths, positive down, become elevations.
    Outside the file the value is `fill`; if that is NaN, also in cells that lie partly outside. record picks one record
    of a variable that has times. With a coverage, missing values are left out of interpolation and means, and a cell is
    NaN unless the others have more than this fraction of the weight. Raises InputError if the file or the variable is
    missing or not usable, if cells lie outside and there is no fill, if a cell has no value (NaN or missing), and if a
    value of the file that they need is not as `expected`.
    """
    with opened(path) as data:
        source = find_gridded(path, data, variable, lonlat, expected.positive)
        points = _sample_points(source, x, y, spacing)
        if fill is None:
            _require_cover(source, points, x, y, spacing)
        sign = -1.0 if source.positive_down else 1.0
        window = _Window(source, data[source.name], record, expected)
        known = 0.0 if fill is None or math.isnan(fill) else fill
        field = sign * _sample(window, *points, sign * known, coverage)
    if fill is not None and math.isnan(fill):
        columns, rows = (
            axis.locate(p).inside.all(axis=1, keepdims=True)
            for axis, p in zip((source.x, source.y), points, strict=True)
        )
        field = np.where(rows & columns.T, field, np.nan)
    elif coverage is None:
        _require_values(source, field, x, y)
    return field


def check_cover(
    path: Path,
    variable: str | None,
    x: np.ndarray,
    y: np.ndarray,
    lonlat: bool,
    *,
    spacing: Range | None = None,
    expected: Expected = ANYTHING,
) -> GriddedVariable:
    """Describes a gridded variable and raises InputError unless it covers the cells; reads no values."""
    source = describe(path, variable, lonlat, expected)
    _require_cover(source, _sample_points(source, x, y, spacing), x, y, spacing)
    return source


def describe(
    path: Path, variable: str | None, lonlat: bool, expected: Expected = ANYTHING
) -> GriddedVariable:
    """Describes a gridded variable without reading its values; raises InputError if it is not usable."""
    with opened(path) as data:
        return find_gridded(path, data, variable, lonlat, expected.positive)


def require_values(
    source: GriddedVariable, x: np.ndarray, y: np.ndarray, expected: Expected = ANYTHING
) -> None:
    """Reads the nodes around points x, y, all records; raises InputError if one has no value, or not as expected."""
    columns, rows = (axis.locate(p) for axis, p in ((source.x, x), (source.y, y)))
    if not (columns.inside.any() and rows.inside.any()):
        return
    (west, east), (south, north) = (
        Places(*(of_all[places.inside] for of_all in places)).window for places in (columns, rows)
    )
    with opened(source.path) as data:
        for record in [None] if source.records is None else range(source.records):
            window = _Window(source, data[source.name], record, expected)
            step = max(1, STRIP // (east - west))
            for first in range(south, north, step):
                values = window.read((first, min(first + step, north)), (west, east))
                expected.require_complete(source, values, first, west)


def names(path: Path) -> set[str]:
    """Names of all variables of a file; raises InputError if it cannot be read."""
    with opened(path) as data:
        return set(data.variables)


def read_times(path: Path, variable: str | None, lonlat: bool) -> tuple[np.ndarray, datetime | None]:
    """Times [s] of a (time, y, x) variable, float64, and the UTC date they count from if the file says so.

    Raises InputError if the variable has no times, or times that do not rise or that have an unknown unit.
    """
    with opened(path) as data:
        name = find_gridded(path, data, variable, lonlat).name
        dimension = data[name].dimensions[0]
        if data[name].ndim != 3 or dimension not in data.variables:
            raise InputError(f"{path}: variable {name} has no times, expected the dimensions (time, y, x)")
        seconds, origin = time_units(path, str(getattr(data[dimension], "units", "s")))
        times = _floats(data[dimension], slice(None)) * seconds
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise InputError(f"{path}: the times of variable {name} must rise from each record to the next")
    return times, origin


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The open file; a failure to read it becomes an InputError that names it."""
    from esim.io import netcdf

    if not path.is_file():
        raise InputError(f"{path}: {_what_is_there(path)}")
    kind = "readable"
    try:
        with open_other(path) as other:
            if other is not None:
                yield other
                return
        kind = "a NetCDF"
        with netcdf.LIBRARY, netcdf.read(path) as data:
            if path.stat().st_size < least_size(data):
                raise InputError(f"{path}: cut short, expected at least {least_size(data)} bytes")
            yield data
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: not {kind} file, or a damaged one ({reason}); expected {READ}") from error


def _what_is_there(path: Path) -> str:
    if path.exists():
        return "not a file"
    if not path.parent.is_dir():
        return f"no such file, nor is there a folder {path.parent}"
    near = difflib.get_close_matches(path.name, (other.name for other in path.parent.iterdir()), 1)
    return "no such file" + (f" (did you mean {near[0]}?)" if near else "")


def _sample_points(
    source: GriddedVariable, x: np.ndarray, y: np.ndarray, spacing: Range | None
) -> tuple[np.ndarray, np.ndarray]:
    """The points (n, m) along x and y at which each cell is sampled."""
    width, height = spacing or (_distance(x), _distance(y))
    return _subdivide(x, width, source.x), _subdivide(y, height, source.y)


def _distance(centres: np.ndarray) -> float:
    """Distance of cell centres, rounded so that it is the same for any part of them; 0 for a single one."""
    if centres.size < 2:
        return 0.0
    return float(f"{(centres[-1] - centres[0]) / (centres.size - 1):.9g}")


def _subdivide(centres: np.ndarray, size: float, axis: Axis) -> np.ndarray:
    ratio = size / axis.step
    count = math.ceil(ratio - TIE) if ratio >= 2 - TIE else 1
    return centres[:, None] + ((np.arange(count) + 0.5) / count - 0.5) * size


@dataclass(frozen=True)
class _Window:
    """A variable of an open file, all of it or one record; values that are not as expected are refused."""

    source: GriddedVariable
    variable: Any
    record: int | None
    expected: Expected

    @property
    def records(self) -> tuple[int, ...]:
        """Number of records that it has and that are wanted, () for one."""
        return self.variable.shape[:-2] if self.record is None else ()

    def read(self, rows: Span, columns: Span) -> np.ndarray:
        """The values (..., y, x) of nodes, both axes rising, float64, NaN where there is none."""
        source = self.source
        chosen = ... if self.record is None else self.record
        (band,) = source.y.pieces(*rows)
        pieces = [_floats(self.variable, (chosen, band, piece)) for piece in source.x.pieces(*columns)]
        window = np.concatenate(
            [piece[..., ::-1] if source.x.falling else piece for piece in pieces], axis=-1
        )
        values = self.expected.masked(window[..., ::-1, :] if source.y.falling else window)
        self.expected.require(source, values, rows[0], columns[0])
        return values


def _sample(window: _Window, x: np.ndarray, y: np.ndarray, fill: float, coverage: float | None) -> np.ndarray:
    """The mean of the samples at the points x (nx, mx) and y (ny, my), strip by strip of rows."""
    columns, rows = window.source.x.locate(x), window.source.y.locate(y)
    field = np.empty((*window.records, len(y), len(x)))
    first, last = rows.window
    _require_window(window.source, last - first, columns.window[1] - columns.window[0], len(y))
    width = (columns.window[1] - columns.window[0]) * (last - first) / len(y)
    step = max(1, int(STRIP / (max(width, len(x)) * math.prod(window.records))))
    for begin in range(0, len(y), step):
        strip = rows.part(begin, begin + step)
        values = window.read(strip.window, columns.window) - fill
        there = np.isfinite(values)
        if coverage is None or there.all():
            part = _average(_average(values, columns, -1), strip, -2)
        else:
            known, share = (
                _average(_average(part, columns, -1), strip, -2)
                for part in (np.where(there, values, 0.0), there.astype(np.float64))
            )
            inside = _average(_average(np.ones_like(values), columns, -1), strip, -2)
            # Cells without a gap keep the bits that they have in a strip without any.
            part = np.where(share == inside, known, known * inside / np.where(share > 0, share, 1.0))
            part = np.where((share > coverage * inside) | (inside == 0), part, np.nan)
        field[..., begin : begin + step, :] = part + fill
    return field


def _require_window(source: GriddedVariable, rows: int, columns: int, cells: int) -> None:
    """Raises InputError where so many rows and columns of a file, for so many rows of cells, are too many."""
    at_once = rows * columns / cells
    if rows * columns > MOST_VALUES or at_once > MOST_AT_ONCE:
        raise InputError(
            f"{source.path}: {source.name} has {rows * columns:.3g} values on the grid, {at_once:.3g} in a row of its "
            f"cells; expected at most {MOST_VALUES:g} and {MOST_AT_ONCE:g}: resample the file to about the spacing of "
            "the grid"
        )


def _floats(variable: Any, index: Any) -> np.ndarray:
    return np.ma.filled(variable[index].astype(np.float64), np.nan)


def _average(values: np.ndarray, places: Places, axis: int) -> np.ndarray:
    """Linear interpolation along an axis, averaged over the samples of a cell; 0 for those off the axis."""
    first = places.window[0]
    column = (slice(None),) + (None,) * (-1 - axis)
    total: Any = 0.0
    for k in range(places.left.shape[1]):
        left = np.take(values, places.left[:, k] - first, axis)
        right = np.take(values, places.right[:, k] - first, axis)
        sample = left + places.weight[:, k][column] * (right - left)
        total = total + np.where(places.inside[:, k][column], sample, 0.0)
    return np.asarray(total / places.left.shape[1])


def _require_cover(
    source: GriddedVariable,
    points: tuple[np.ndarray, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    spacing: Range | None,
) -> None:
    inside = [axis.locate(p).inside.all() for axis, p in zip((source.x, source.y), points, strict=True)]
    if all(inside):
        return
    width, height = spacing or (_distance(x), _distance(y))
    needed_x = (x[0] - width / 2, x[-1] + width / 2)
    needed_y = (y[0] - height / 2, y[-1] + height / 2)
    gaps = zip(
        ("west", "east", "south", "north"),
        source.x.missing(*needed_x) + source.y.missing(*needed_y),
        strict=True,
    )
    unit = "degrees" if source.lonlat else "m"
    short = ", ".join(f"{gap:.6g} {unit} in the {side}" for side, gap in gaps if gap > 0)
    raise InputError(
        f"{source.path}: covers {_box(source.names, source.x.extent, source.y.extent)},"
        f" but the grid needs {_box(source.names, needed_x, needed_y)}; short by {short}"
        + (f" (the file is in {system_name(source.crs)})" if source.crs and not source.lonlat else "")
    )


def _box(names: tuple[str, str], x: Range, y: Range) -> str:
    return f"{names[0]} {x[0]:.9g}..{x[1]:.9g} and {names[1]} {y[0]:.9g}..{y[1]:.9g}"


def _require_values(source: GriddedVariable, field: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    empty = np.isnan(field)
    if not empty.any():
        return
    j, i = np.argwhere(empty)[0][-2:]
    where = f"{source.names[0]} {x[i]:.9g}, {source.names[1]} {y[j]:.9g}"
    raise InputError(
        f"{source.path}: variable {source.name} has no value (NaN or missing) at {np.count_nonzero(empty)}"
        f" cells, the first at {where}; fill the gaps in the file or choose a box without them"
    )


def time_units(path: Path, units: str) -> tuple[float, datetime | None]:
    """Seconds in the unit, and the date after `since`."""
    match = re.fullmatch(TIME_UNIT, units.strip(), re.IGNORECASE)
    date = re.fullmatch(DATE, match[3].strip()) if match and match[3] else None
    if match is None or (match[3] and date is None):
        raise InputError(f"{path}: time is in '{units}', expected 's' or 'seconds since 2011-03-11 05:46:24'")
    return SECONDS[match[1][0].lower()], _date(path, date) if date else None


def _date(path: Path, match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{path}: time counts from {match[0]}, which is no date ({error})") from error
