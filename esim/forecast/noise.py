"""How far may data be from the operator? Errors of instruments and of the model, correlated in time.

The errors of a record are an Ornstein-Uhlenbeck process: of one standard deviation, with the correlation exp(-dt / tau)
of two that are dt apart. That is Markov: given the error before, one does not depend on earlier ones, whatever the gaps
(Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, appendix B). So the Cholesky factor of their
precision has two diagonals, and is nested: what it makes of a record does not change as the record grows.
"""

from typing import Any

import numpy as np


def deviation(floor: float, relative: float, largest: float) -> float:
    """Standard deviation [m] of the errors of a record: a floor [m], and a fraction of its largest value [m]."""
    return float(np.hypot(floor, relative * largest))


def whiten(values: Any, times: Any, correlation: float, xp: Any = np) -> Any:
    """Values (n, ...) at rising times (n,) [s], combined so that their errors, of deviation one, are independent."""
    kept = xp.exp(-xp.diff(times) / correlation).reshape(-1, *[1] * (values.ndim - 1))
    return xp.concatenate([values[:1], (values[1:] - kept * values[:-1]) / xp.sqrt(1.0 - kept * kept)])
