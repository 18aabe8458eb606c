"""How large is the earthquake? The seismic moment of Gaussian slip, which a largest magnitude may cut.

The moment is linear in slip, M = mean + a x, so a cap on it is a bound on one direction: given M, the rest of x stays
the Gaussian that it was, with the mean moved along C a, and only the distribution of M becomes a truncated normal
(Johnson, Kotz and Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10.1).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.forecast.library import Library
from esim.forecast.posterior import Gaussian
from esim.sources.finite_fault import moment_magnitude

FARTHEST = -8.0  # deviations below the mean, to which a cap may cut


@dataclass(frozen=True, eq=False)
class Moment:
    """Seismic moment [N m]: mean, deviation, its weights (U,) for x, and the largest one, infinite for no cap."""

    mean: float
    deviation: float
    weights: np.ndarray
    largest: float

    @property
    def bound(self) -> float:
        """The largest moment, in deviations above the mean."""
        return (self.largest - self.mean) / self.deviation

    def quantile(self, fraction: Any) -> Any:
        """The moments [N m] below which it lies with probabilities."""
        from scipy.special import ndtr, ndtri

        return self.mean + self.deviation * ndtri(np.asarray(fraction) * ndtr(self.bound))

    def magnitude(self, fraction: float) -> float | None:
        """The moment magnitude below which it lies with a probability; None where that moment is not positive."""
        return moment_magnitude(float(self.quantile(fraction)))

    def cut(self) -> tuple[float, float]:
        """Mean and variance of the moment below the largest one."""
        from scipy.special import log_ndtr

        bound = self.bound
        if np.isinf(bound):
            return self.mean, self.deviation**2
        hazard = float(np.exp(-0.5 * bound**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(bound)))
        return self.mean - self.deviation * hazard, self.deviation**2 * max(
            1.0 - bound * hazard - hazard**2, 0.0
        )


def moment_of(library: Library, x: Gaussian) -> Moment | None:
    """The seismic moment of slip, None where no fault is assumed.

    Raises InputError for data that call for far more than the cap of the prior.
    """
    if library.unknowns == "uplift":
        return None
    slip = np.tile(library.moment, library.windows)
    weights = library.slip_root.T @ slip
    mean = float(slip @ library.slip_mean + weights @ x.mean)
    cap = library.about["magnitude_cap"]
    largest = np.inf if cap is None else 10 ** (1.5 * cap + 9.1)
    found = Moment(mean, float(np.sqrt(weights @ x.covariance @ weights)), weights, largest)
    if found.bound < FARTHEST:
        raise InputError(
            f"the data call for a magnitude of {moment_magnitude(mean) or 0:.2f}, far above the cap of the prior, "
            f"{cap:g}; are they in m?"
        )
    return found


def below_cap(x: Gaussian, moment: Moment | None) -> Gaussian:
    """Mean and covariance of x where the moment is cut."""
    if moment is None or np.isinf(moment.largest):
        return x
    along = x.covariance @ moment.weights / moment.deviation**2
    mean, variance = moment.cut()
    return Gaussian(
        x.mean + along * (mean - moment.mean),
        x.covariance + np.outer(along, along) * (variance - moment.deviation**2),
    )


def draw(x: Gaussian, moment: Moment | None, count: int, seed: int) -> np.ndarray:
    """Samples of x, (U, count), of the Gaussian x with its moment cut."""
    random = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(x.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    found = x.mean[:, None] + root @ random.standard_normal((x.mean.size, count))
    if moment is None or np.isinf(moment.largest):
        return np.asarray(found)
    along = x.covariance @ moment.weights / moment.deviation**2
    own = moment.mean + moment.weights @ (found - x.mean[:, None])
    return np.asarray(found + np.outer(along, moment.quantile(random.uniform(size=count)) - own))
