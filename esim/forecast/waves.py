"""Which waves are to be expected? Their mean, bands, largest heights and arrivals, from the posterior of slip."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends.array_module import NUMPY, ArrayModule
from esim.forecast.library import Library
from esim.forecast.moment import Moment, draw
from esim.forecast.posterior import Gaussian

BANDS = (0.025, 0.25, 0.5, 0.75, 0.975)  # probabilities below which values lie: bands of 95 and 50 %
DEVIATIONS = (-1.959964, -0.6744898, 0.0, 0.6744898, 1.959964)  # of a Gaussian, at these
ARRIVAL = 0.05  # m that the surface has changed since slip ended, from which a wave has arrived
SAMPLES = 200
CERTAIN = 1e-12  # variance of x, 1 before any data, below which it is known: its covariance can be factored
BLOCKS = 3  # of columns of a triangular factor


@dataclass(frozen=True, eq=False)
class Waves:
    """Surface at targets (M,) and times (T,): mean and deviation [m], (M, T).

    The deviation is that of a record there: of slip, of the model, and of the instrument.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def quantiles(self) -> np.ndarray:
        """Values [m] at the probabilities of BANDS, (5, M, T)."""
        return self.mean + np.array(DEVIATIONS)[:, None, None] * self.deviation


@dataclass(frozen=True, eq=False)
class Extremes:
    """Largest elevation [m] and arrival [s], infinite for none, of each target and sample of the posterior, (M, S)."""

    highest: np.ndarray
    arrival: np.ndarray

    def highest_quantiles(self) -> np.ndarray:
        """Largest elevations [m] at the probabilities of BANDS, (5, M)."""
        return np.asarray(np.quantile(self.highest, BANDS, axis=1))

    def arrival_quantiles(self) -> np.ndarray:
        """Arrivals [s] at the probabilities of BANDS, (5, M); infinite where the wave is likely not to come by then."""
        return np.asarray(np.quantile(self.arrival, BANDS, axis=1, method="inverted_cdf"))


class Forecaster:
    """Waves at the targets of a library; the products of large matrices are those of an array module.

    In single precision: waves are known to a millimetre, not to a nanometre.
    """

    def __init__(self, library: Library, module: ArrayModule = NUMPY) -> None:
        self._library, self._module = library, module
        targets, times, unknowns = library.forecast_design.shape
        self._shape = targets, times
        design = library.forecast_design.reshape(-1, unknowns).astype(np.float32)
        self._design = module.xp.asarray(np.ascontiguousarray(design.T))  # (U, M * T)

    def waves(self, x: Gaussian) -> Waves:
        """Mean and deviation of what records of the targets will have."""
        mean = self._library.forecast_mean + self._times(x.mean)
        variance = self._module.to_host(self._variance(x.covariance))
        model = self._library.target_relative[:, None] * np.maximum.accumulate(np.abs(mean), axis=1)
        found = variance.reshape(self._shape).astype(np.float64) + model**2
        found += self._library.noise.floor**2
        return Waves(mean, np.sqrt(found))

    def extremes(self, x: Gaussian, moment: Moment | None, count: int = SAMPLES, seed: int = 0) -> Extremes:
        """Largest elevations and arrivals in samples of slip, each with an error of the model as a factor."""
        samples = draw(x, moment, count, seed)
        waves = self._library.forecast_mean[..., None] + self._times(samples)
        errors = np.random.default_rng(seed + 1).standard_normal((self._shape[0], count))
        waves = waves * (1.0 + self._library.target_relative[:, None] * errors)[:, None]
        times = self._library.forecast_time
        begin = min(int(np.searchsorted(times, float(self._library.about["slip_ends"]))), times.size - 1)
        # Where the bed has moved, the water has moved with it: a wave is a change after that.
        there = np.abs(waves[:, begin:] - waves[:, begin : begin + 1]) > ARRIVAL
        first = times[begin + there.argmax(axis=1)]
        return Extremes(waves.max(axis=1), np.where(there.any(axis=1), first, np.inf))

    def _variance(self, covariance: np.ndarray) -> Any:
        """Variance of the waves (M * T,) by the covariance (U, U) of x, L L^T: squares of the design times L, summed.

        L is triangular, so columns of it do not need all rows: in blocks that saves a third of the product.
        """
        xp, unknowns = self._module.xp, len(covariance)
        root = xp.linalg.cholesky(xp.asarray(covariance + CERTAIN * np.eye(unknowns))).astype(np.float32)
        found = xp.zeros(self._design.shape[1], np.float32)
        edges = [unknowns * n // BLOCKS for n in range(BLOCKS + 1)]
        for first, last in zip(edges, edges[1:], strict=False):
            part = root[first:, first:last].T @ self._design[first:]
            found += (part * part).sum(axis=0)
        return found

    def _times(self, x: np.ndarray) -> np.ndarray:
        """Design times x (U, ...), (M, T, ...)."""
        product = self._module.to_host(self._design.T @ self._module.xp.asarray(x.astype(np.float32)))
        return np.asarray(product.reshape(*self._shape, *x.shape[1:]), np.float64)


def slip_of(library: Library, x: Gaussian) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slip [m]: mean and deviation by windows and subfaults (W, K), and covariance (K, K) of its sum over windows."""
    mean = (library.slip_mean + library.slip_root @ x.mean).reshape(library.windows, -1)
    covariance = library.slip_root @ x.covariance @ library.slip_root.T
    parts = covariance.reshape(library.windows, mean.shape[1], library.windows, mean.shape[1])
    return mean, np.sqrt(np.diag(covariance)).reshape(mean.shape), parts.sum(axis=(0, 2))


def uplift_of(library: Library, mean: np.ndarray, covariance: np.ndarray) -> tuple[Any, Any]:
    """Mean and deviation of the rise of the bed [m], (nj, ni), by slip of mean (K,) and covariance (K, K)."""
    each = library.uplift.reshape(len(library.uplift), -1)
    variance = np.maximum(((covariance.astype(np.float32) @ each) * each).sum(axis=0), 0.0)
    shape = library.uplift.shape[1:]
    return (mean @ each).reshape(shape), np.sqrt(variance).reshape(shape)
