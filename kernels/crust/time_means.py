"""Weighted means over time of a field, four at once: each step adds its share to each of them."""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage


class MeanParams(NamedTuple):
    """Weights of a step in the four means, in the run's floating-point type."""

    w0: float
    w1: float
    w2: float
    w3: float

    @staticmethod
    def varying() -> tuple[str, ...]:
        """All weights differ from step to step."""
        return MeanParams._fields


def accumulate(j, i, sums, field, p):
    """Add field[0], times the weight of each, to the four sums[0..3]."""
    value = field[0, j, i]
    sums[0, j, i] = sums[0, j, i] + p.w0 * value
    sums[1, j, i] = sums[1, j, i] + p.w1 * value
    sums[2, j, i] = sums[2, j, i] + p.w2 * value
    sums[3, j, i] = sums[3, j, i] + p.w3 * value


ACCUMULATE = Kernel("time_means", (Stage(accumulate, exact=True),), MeanParams)
