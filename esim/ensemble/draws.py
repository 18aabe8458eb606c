"""Which values do members have that are drawn? Points in the unit cube, put through the inverses of distributions.

Latin hypercube: McKay, Beckman and Conover (1979), Technometrics 21, 239-245. Sobol points, scrambled: Owen (1998), ACM
Trans. Model. Comput. Simul. 8, 71-102. Both are those of scipy.stats.qmc.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ensemble.members import MembersConfig
from esim.ensemble.member import Member


def draw_members(config: MembersConfig, distributions: Mapping[str, DistributionConfig]) -> list[Member]:
    """As many members as are asked for, m1, m2, ..., of equal weight; the seed decides all of their values.

    distributions are those of all members, or of a branch of a logic tree: all branches have the same points, so that
    they differ in their alternatives and not in their draws.
    """
    if config.count is None:
        return [Member("m1")]
    axes = list(config.drawn)
    points = unit_points(config.method, config.count, len(axes), config.seed)
    columns = {
        path: inverse(distribution, points[:, axes.index(path)])
        for path, distribution in distributions.items()
    }
    digits = len(str(config.count))
    return [Member(f"m{n + 1:0{digits}d}", 1.0, _row(columns, n)) for n in range(config.count)]


def unit_points(method: str, count: int, dimensions: int, seed: int) -> np.ndarray:
    """Points in the unit cube (count, dimensions), each coordinate evenly distributed."""
    if method == "random":
        return np.random.default_rng(seed).random((count, dimensions))
    from scipy import stats

    if method == "latin_hypercube":
        return np.asarray(stats.qmc.LatinHypercube(dimensions, seed=seed).random(count))
    with warnings.catch_warnings():  # that the count is no power of two, which the manual says
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(stats.qmc.Sobol(dimensions, scramble=True, seed=seed).random(count))


def inverse(distribution: DistributionConfig, probability: np.ndarray) -> list[Any]:
    """The values of a distribution at cumulative probabilities, plain numbers or text."""
    kind = distribution.kind
    numbers = getattr(distribution, kind)
    if kind == "discrete":
        weights = np.asarray(distribution.weights or (1.0,) * len(numbers))
        edges = np.cumsum(weights) / weights.sum()
        return [numbers[n] for n in np.searchsorted(edges[:-1], probability, side="right")]
    if kind == "integer":
        low, high = numbers
        return [min(high, low + int(share * (high - low + 1))) for share in probability.tolist()]
    return [float(value) for value in _continuous(kind, numbers).ppf(probability)]


def _continuous(kind: str, numbers: tuple[float, ...]) -> Any:
    """The frozen distribution of scipy."""
    from scipy import stats

    if kind == "uniform":
        return stats.uniform(numbers[0], numbers[1] - numbers[0])
    if kind == "normal":
        return stats.norm(*numbers)
    if kind == "lognormal":
        return stats.lognorm(numbers[1], scale=numbers[0])
    mean, spread, low, high = numbers
    return stats.truncnorm((low - mean) / spread, (high - mean) / spread, mean, spread)


def _row(columns: Mapping[str, list[Any]], n: int) -> dict[str, Any]:
    return {path: values[n] for path, values in columns.items()}
