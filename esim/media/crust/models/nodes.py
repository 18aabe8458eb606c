"""Between which nodes of a model does a point lie? Uneven axes in either direction, on the globe across its seam."""

from dataclasses import dataclass

import numpy as np

from esim.io.gridded.axis import Places

UNIFORM = 0.05  # of the largest step: how far the gap at the seam may differ from it


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes of an axis, rising, and the index that each has in the file.

    wraps tells that they are longitudes; where these go round the globe, the first comes again behind the last.
    """

    points: np.ndarray
    index: np.ndarray
    wraps: bool = False

    @classmethod
    def of(cls, values: np.ndarray, wraps: bool = False) -> "Nodes | None":
        """The nodes of a coordinate that rises or falls; None if it does neither, or has fewer than two."""
        if values.size < 2 or not np.isfinite(values).all():
            return None
        if wraps:
            values = np.unwrap(values, period=360.0)
        index = np.arange(values.size)
        if values[-1] < values[0]:
            values, index = values[::-1], index[::-1]
        steps = np.diff(values)
        if not (steps > 0).all():
            return None
        if wraps and values[0] + 360 - values[-1] <= (1 + UNIFORM) * steps.max():
            # A file that repeats its first meridian has no gap to bridge.
            beyond = values[0] + 360 > values[-1]
            values = np.append(values, values[0] + 360) if beyond else values
            index = np.append(index, index[0]) if beyond else index
        return cls(values, index, wraps)

    @property
    def closed(self) -> bool:
        """Whether the nodes go round the globe."""
        return self.wraps and bool(self.points[-1] - self.points[0] >= 360)

    @property
    def extent(self) -> tuple[float, float]:
        """Outer edges of what the first and the last node stand for: half a step beyond them."""
        p = self.points
        return float(p[0] - (p[1] - p[0]) / 2), float(p[-1] + (p[-1] - p[-2]) / 2)

    def turned(self, points: np.ndarray) -> np.ndarray:
        """Longitudes in the turn in which the nodes are; other coordinates as they are."""
        if not self.wraps:
            return points
        if self.closed:
            return self.points[0] + (points - self.points[0]) % 360
        middle = (self.points[0] + self.points[-1]) / 2
        return points - 360 * np.round((points - middle) / 360)

    def locate(self, points: np.ndarray) -> Places:
        """The places of points, of any shape. Those up to half a step beyond the last node take its value.

        A place depends on its point alone. Those farther out are marked as not inside, and take it too.
        """
        position = self.turned(points)
        low, high = self.extent
        inside = (position >= low) & (position <= high)
        position = np.clip(position, self.points[0], self.points[-1])
        left = np.searchsorted(self.points, position, side="right") - 1
        right = np.minimum(left + 1, self.points.size - 1)
        width = np.where(right > left, self.points[right] - self.points[left], 1.0)
        weight = (position - self.points[left]) / width
        return Places(left, np.where(weight > 0, right, left), weight, inside)

    def missing(self, points: np.ndarray) -> tuple[float, float]:
        """How far points reach beyond what the nodes stand for, below and above, in the unit of the axis."""
        position = self.turned(points)
        low, high = self.extent
        return max(0.0, low - float(position.min())), max(0.0, float(position.max()) - high)
