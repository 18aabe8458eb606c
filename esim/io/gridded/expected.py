"""What can the values of a file be? Marks for missing values that no attribute declares are no trench.

A mark that lies beyond what is possible is refused as such. Within it, -9999 is one if no slope leads to it, and a mark
that was averaged with its neighbours leaves a cliff that no rock can stand.
"""

import math
from dataclasses import dataclass

import numpy as np

from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.io.gridded.layout import GriddedVariable, Positive

ON_EARTH = (-11_100.0, 9_000.0)  # m; the Challenger Deep has 10,935 m, Mount Everest 8,849 m
MARK = 9999.0  # m, up or down
ISOLATED = 2500.0  # m between a mark and all around it; the walls of trenches fall less between nodes
EXCEPTIONS = 0.1  # of the neighbours of marks may be nearer than that
CLIFF, SLOPE = 500.0, 2.0  # m, m/m: neighbouring nodes differ by less than CLIFF + SLOPE * their distance


@dataclass(frozen=True)
class Expected:
    """What is known of the values of a file before they are read.

    missing are values that mean none, beside those that the file declares; positive is the direction in which they
    count, None to ask the file; limits are the lowest and highest possible value, positive up, and marks are values
    between them that no real one has; terrain: they are heights of the ground, among which undeclared marks are looked
    for.
    """

    limits: tuple[float, float] = (-math.inf, math.inf)
    missing: tuple[float, ...] = ()
    positive: Positive | None = None
    terrain: bool = False
    marks: tuple[float, ...] = ()

    def masked(self, values: np.ndarray) -> np.ndarray:
        """The values, NaN where they mean that there is none."""
        for mark in self.missing:
            # A mark such as 3.4028235e38 is written with the digits of its own precision.
            values = np.where(np.isclose(values, mark, rtol=1e-6, atol=0.0), np.nan, values)
        return values

    def require(self, source: GriddedVariable, values: np.ndarray, row: int, column: int) -> None:
        """Raises InputError for an impossible value in a window (.., y, x) that begins at a row and column."""
        sign = -1.0 if source.positive_down else 1.0
        low, high = sorted((sign * self.limits[0], sign * self.limits[1]))
        wild = (values < low) | (values > high)
        for mark in self.marks:
            wild |= values == mark
        if wild.any():
            text, at = _listed(source, wild, values, row, column)
            raise InputError(f"{text}, expected {low:g} to {high:g}; {_remedy(at) if self.terrain else UNIT}")
        if self.terrain:
            _require_no_marks(source, values, row, column)
            _require_no_cliffs(source, values, row, column)

    def require_complete(self, source: GriddedVariable, values: np.ndarray, row: int, column: int) -> None:
        """Raises InputError for a missing value in a window (y, x) that begins at a row and column."""
        empty = np.isnan(values)
        if empty.any():
            place = tuple(np.argwhere(empty)[0])
            raise InputError(
                f"{source.path}: variable {source.name} has no value (NaN or missing) at {np.count_nonzero(empty):,} "
                f"nodes within the grid, the first at {_place(source, place, row, column)}; give every node of the "
                "file one, such as 0"
            )


UNIT = "is it in another unit, or a mark for a missing value that the file does not declare as _FillValue?"


def _remedy(value: float) -> str:
    return (
        f"if it marks missing values, set missing: {value:.9g} beside file, or declare it in the file (_FillValue, "
        "nodata); if it is real, set range: [lowest, highest] beside file"
    )


def _listed(
    source: GriddedVariable, wrong: np.ndarray, values: np.ndarray, row: int, column: int
) -> tuple[str, float]:
    """The begin of a sentence about the first of the wrong values, and that value."""
    place = tuple(np.argwhere(wrong)[0])
    value = float(values[place])
    same = int(np.count_nonzero(wrong))
    more = f" and {same - 1:,} other nodes near it" if same > 1 else ""
    return f"{source.path}: {source.name} is {value:.9g} at {_place(source, place, row, column)}{more}", value


def _place(source: GriddedVariable, place: tuple[int, ...], row: int, column: int) -> str:
    x = source.x.first + source.x.step * (column + place[-1])
    y = source.y.first + source.y.step * (row + place[-2])
    return f"{source.names[0]} {x:.9g}, {source.names[1]} {y:.9g}"


def _require_no_marks(source: GriddedVariable, values: np.ndarray, row: int, column: int) -> None:
    """Raises InputError for values of 9999 m, of which (nearly) none has a neighbour of about their height."""
    mark = (values == MARK) | (values == -MARK)
    if not mark.any():
        return
    steps = []
    for axis in (-1, -2):
        edge = np.diff(mark.astype(np.int8), axis=axis) != 0
        steps.append(np.abs(np.diff(values, axis=axis))[edge])
    height = np.concatenate(steps)
    height = height[np.isfinite(height)]
    alone = not height.size and np.count_nonzero(mark) > 1
    if alone or (height.size and np.count_nonzero(height < ISOLATED) <= EXCEPTIONS * height.size):
        text, value = _listed(source, mark, values, row, column)
        raise InputError(f"{text}, where no slope leads to it; {_remedy(value)}")


def _require_no_cliffs(source: GriddedVariable, values: np.ndarray, row: int, column: int) -> None:
    """Raises InputError where neighbours differ by more than any ground does."""
    width = height = 1.0
    if source.lonlat:
        height = EARTH_RADIUS * math.radians(1.0)
        latitude = source.y.first + source.y.step * (row + np.arange(values.shape[-2]))
        width = height * np.cos(np.radians(np.clip(latitude, -90, 90)))[:, None]
    for axis, distance in ((-1, source.x.step * width), (-2, source.y.step * height)):
        rise = np.abs(np.diff(values, axis=axis))
        if not (rise > CLIFF + SLOPE * np.min(distance)).any():
            continue  # nearly always
        cliff = rise > CLIFF + SLOPE * distance
        if cliff.any():
            place = tuple(int(k) for k in np.argwhere(cliff)[0])
            beyond = tuple(k + (n == len(place) + axis) for n, k in enumerate(place))
            raise InputError(
                f"{source.path}: {source.name} is {values[place]:g} at {_place(source, place, row, column)} and "
                f"{values[beyond]:g} at the next node, a cliff of {rise[place]:.0f} m, and there are "
                f"{np.count_nonzero(cliff):,} of them: a missing value, averaged with its neighbours? Mask it before "
                "resampling (gdalwarp -srcnodata); if the cliff is real, set range: [lowest, highest] beside file"
            )
