"""Between which nodes of a file's coordinate does a point lie? Uniform axes, on the globe across its seam."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

NAMES = {
    "x": ("lon", "longitude", "x", "easting"),
    "y": ("lat", "latitude", "y", "northing"),
    "time": ("time", "t"),
}
UNIFORM = 0.05  # of a step: how far a node may lie from the uniform axis (rounded coordinates reach 0.04)
SNAP = 2.0**24  # positions are rounded to 1/SNAP of a step: rounding errors of x, y never reach the values


class Places(NamedTuple):
    """Where points lie: nodes to the left and right, weight of the right one, whether on the axis at all."""

    left: np.ndarray
    right: np.ndarray
    weight: np.ndarray
    inside: np.ndarray

    @property
    def window(self) -> tuple[int, int]:
        """The nodes first..last-1 between which all points lie."""
        return int(self.left.min()), int(self.right.max()) + 1

    def part(self, first: int, last: int) -> "Places":
        """The places of the points first..last-1."""
        return Places(*(values[first:last] for values in self))


@dataclass(frozen=True)
class Axis:
    """Nodes first + k * step, k = 0..count-1, rising; `falling` tells that the file stores them backwards.

    turn is the number of steps in 360 degrees, None for an axis that does not wrap.
    """

    first: float
    step: float
    count: int
    falling: bool = False
    turn: float | None = None

    @property
    def closed(self) -> bool:
        """Whether the nodes go round the globe, so that the first is the neighbour of the last."""
        return self.turn is not None and self.turn.is_integer() and self.count >= self.turn

    @property
    def extent(self) -> tuple[float, float]:
        """Outer edges of the first and the last value: each stands for one step."""
        return self.first - self.step / 2, self.first + (self.count - 0.5) * self.step

    def locate(self, points: np.ndarray) -> Places:
        """The places of points, of any shape. Those up to half a step beyond the last node take its value.

        A place depends on its point alone. Nodes of a closed axis may be numbered beyond 0..count-1.
        """
        position = (points - self.first) / self.step
        if self.turn and not self.closed:
            middle = (self.count - 1) / 2
            position = position - self.turn * np.round((position - middle) / self.turn)
        position = np.round(position * SNAP) / SNAP
        inside = np.ones(position.shape, dtype=bool)
        if not self.closed:
            inside = (position >= -0.5) & (position <= self.count - 0.5)
            position = np.clip(position, 0, self.count - 1)
        left = np.floor(position).astype(np.int64)
        weight = position - left
        return Places(left, left + (weight > 0), weight, inside)

    def pieces(self, first: int, last: int) -> Iterator[slice]:
        """Slices of the file with the nodes first..last-1, in turn; a falling file gives each backwards."""
        period = int(self.turn) if self.turn and self.closed else self.count
        while first < last:
            start = first % period
            stop = min(start + last - first, period)
            yield slice(self.count - stop, self.count - start) if self.falling else slice(start, stop)
            first += stop - start

    def missing(self, low: float, high: float) -> tuple[float, float]:
        """How much of low..high lies below and above the axis, in its unit; zero on a closed axis."""
        if self.closed:
            return 0.0, 0.0
        start, end = self.extent
        if self.turn:
            shift = 360.0 * round(((low + high) - (start + end)) / 720.0)
            low, high = low - shift, high - shift
        return max(0.0, start - low), max(0.0, high - end)
