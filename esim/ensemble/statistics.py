"""What are the statistics of members with weights? Shares that exceed, quantiles, and how well these are known.

Effective number of members: Kish (1965), Survey Sampling. Interval of a share: Jeffreys' of Brown, Cai and DasGupta
(2001), Statistical Science 16, 101-133, section 4.3. Values are missing (NaN) where there was no wave, which is
less than any wave.
"""

from collections.abc import Sequence

import numpy as np


def exceedance(values: np.ndarray, counts: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """What those members (members, ...) count together whose value is larger than each level: (..., levels, ...).

    counts are those of each member, (members,) or (alternatives, members): shares of a probability, or rates.
    """
    found = [np.tensordot(counts, values > level, axes=1) for level in levels]
    return np.stack(found, axis=counts.ndim - 1)


def quantiles(values: np.ndarray, weights: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """The smallest values (probabilities, ...) that at least such a share of the members does not exceed.

    values are (members, ...); NaN where that share had no wave.
    """
    return _quantiles(np.where(np.isnan(values), -np.inf, values), _like(weights, values), probabilities)


def quantiles_of_arrivals(
    times: np.ndarray, weights: np.ndarray, probabilities: Sequence[float]
) -> np.ndarray:
    """The same of times [s], of those members only in which a wave arrives; NaN where there is none."""
    there = np.isfinite(times)
    return _quantiles(np.where(there, times, np.inf), _like(weights, times) * there, probabilities)


def _like(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Weights of the members in the shape of their values (members, ...)."""
    return np.broadcast_to(weights.reshape(-1, *(1,) * (values.ndim - 1)), values.shape)


def _quantiles(values: np.ndarray, weights: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Inverse of the weighted empirical distribution; NaN where that is not finite."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    reached = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    found = []
    for probability in probabilities:
        # Weights that add up to the share but for rounding have reached it; a member of weight 0 never does.
        wanted = np.maximum(probability * reached[-1] * (1 - 1e-12), np.finfo(float).tiny)
        first = np.argmax(reached >= wanted, axis=0)
        found.append(np.take_along_axis(ordered, first[None], axis=0)[0])
    result = np.stack(found)
    return np.where(np.isfinite(result) & (reached[-1] > 0), result, np.nan)


def effective_size(weights: np.ndarray) -> float:
    """How many members of equal weight would tell as much as these."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def band(share: np.ndarray, size: float, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Between which shares the true one lies with a confidence, where one was found among so many members.

    It is that of independent draws; those of a Latin hypercube or of Sobol points know it better.
    """
    from scipy import stats

    hits, tail = share * size, (1 - confidence) / 2
    low = stats.beta.ppf(tail, hits + 0.5, size - hits + 0.5)
    high = stats.beta.ppf(1 - tail, hits + 0.5, size - hits + 0.5)
    return np.where(share <= 0, 0.0, low), np.where(share >= 1, 1.0, high)


def worst(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest value of the members (members, ...), and the number of that member; NaN and -1 for none."""
    known = np.where(np.isnan(values), -np.inf, values)
    number = np.argmax(known, axis=0)
    largest = np.take_along_axis(known, number[None], axis=0)[0]
    none = np.isinf(largest)
    return np.where(none, np.nan, largest), np.where(none, -1, number)
