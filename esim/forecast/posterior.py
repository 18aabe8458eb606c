"""What do data say of slip? The Gaussian posterior of x, sharpened by every new datum.

Let the records d_s have the design G_s, each made independent, and errors of deviation sigma_s. The posterior of x,
whose prior is independent of variance one, has the precision P = 1 + sum of G_s^T G_s / sigma_s^2, and the mean P^-1 of
the sum of G_s^T d_s / sigma_s^2 (Rasmussen and Williams 2006, eq. 2.8). Earlier terms of the sums do not change as a
record grows, so a new minute adds a few, whatever is missing or late; then the precision, of as many rows as there are
unknowns, is factored, and the mean takes two triangular solves. The deviation of a record may change with its largest
value, since the sums do not contain it.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.backends.array_module import NUMPY, ArrayModule
from esim.forecast import noise
from esim.forecast.library import Library


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Mean (U,) and covariance (U, U) of x, on the host."""

    mean: np.ndarray
    covariance: np.ndarray


@dataclass(eq=False)
class RecordSum:
    """What is kept of a record: its sums, by a deviation of one, the data in them, and its largest value [m]."""

    precision: Any
    pull: Any
    square: float = 0.0
    columns: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    largest: float = 0.0


class Posterior:
    """The posterior of x given the data so far; arrays are those of an array module."""

    def __init__(self, library: Library, module: ArrayModule = NUMPY) -> None:
        self._library, self._module = library, module
        self._design = module.xp.asarray(library.sensor_design)
        self._sums: dict[int, RecordSum] = {}

    @property
    def count(self) -> int:
        """Number of data so far."""
        return sum(one.columns.size for one in self._sums.values())

    def update(self, values: np.ndarray) -> None:
        """Take what is new in data (sensors, times) [m], NaN for none; those of before may be more, but not others."""
        for n in range(len(values)):
            columns = np.flatnonzero(np.isfinite(values[n]))
            if not columns.size:
                self._sums.pop(n, None)
                continue
            kept = self._sums.get(n)
            if kept is None or not np.array_equal(kept.columns, columns[: kept.columns.size]):
                kept = self._sums[n] = self._empty()  # what is late stands before what was there
            if columns.size > kept.columns.size:
                self._add(n, kept, columns, values[n])

    def deviations(self) -> dict[int, float]:
        """Standard deviation [m] of the errors of each sensor with data, by its number."""
        floor, relative = self._library.noise.floor, self._library.sensor_relative
        return {n: noise.deviation(floor, relative[n], one.largest) for n, one in self._sums.items()}

    def gaussian(self) -> Gaussian:
        """Mean and covariance of x."""
        xp = self._module.xp
        precision, pull = self._total()
        inverse = xp.linalg.inv(xp.linalg.cholesky(precision))
        covariance = inverse.T @ inverse
        return Gaussian(self._module.to_host(covariance @ pull), self._module.to_host(covariance))

    def misfit(self) -> float:
        """Root mean square of the data, made independent and of variance one by all that was expected: about 1."""
        precision, pull = (self._module.to_host(one) for one in self._total())
        square = sum(one.square / self.deviations()[n] ** 2 for n, one in self._sums.items())
        return float(np.sqrt((square - pull @ np.linalg.solve(precision, pull)) / self.count))

    def _total(self) -> tuple[Any, Any]:
        xp, unknowns = self._module.xp, self._design.shape[2]
        precision, pull = xp.eye(unknowns), xp.zeros(unknowns)
        for n, deviation in self.deviations().items():
            precision = precision + self._sums[n].precision / deviation**2
            pull = pull + self._sums[n].pull / deviation**2
        return precision, pull

    def _empty(self) -> RecordSum:
        xp, unknowns = self._module.xp, self._design.shape[2]
        return RecordSum(xp.zeros((unknowns, unknowns)), xp.zeros(unknowns))

    def _add(self, n: int, kept: RecordSum, columns: np.ndarray, values: np.ndarray) -> None:
        """Add what of a record is new: an error depends on that before it, and on no other."""
        xp, library = self._module.xp, self._library
        first = kept.columns.size
        rows = columns[max(first - 1, 0) :]
        times, places = xp.asarray(library.sensor_time[rows]), xp.asarray(rows)
        residual = xp.asarray(values[rows] - library.sensor_mean[n, rows])
        drop = int(first > 0)
        design = noise.whiten(self._design[n, places], times, library.correlation, xp)[drop:]
        data = noise.whiten(residual, times, library.correlation, xp)[drop:]
        kept.precision = kept.precision + design.T @ design
        kept.pull = kept.pull + design.T @ data
        kept.square += float(data @ data)
        kept.largest = max(kept.largest, float(np.abs(values[rows]).max()))
        kept.columns = columns
