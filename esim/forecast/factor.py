"""How does a covariance matrix grow with the data? By rows of its Cholesky factor, one triangular solve for new data.

With data in the order in which they come, the factor L of their covariance L L^T is nested: that of the first n data is
its leading block, whatever comes later (Golub and Van Loan 2013, Matrix Computations, section 4.2.9).
"""

from typing import Any

import numpy as np

from esim.errors import InputError


def factor_rows(factor: Any, across: Any, own: Any, xp: Any = np) -> tuple[Any, Any]:
    """The new rows of a factor (n, n): their part below the old ones (m, n), and their own lower triangle (m, m).

    across (n, m) is the covariance of old data with new ones, own (m, m) that of the new ones.
    """
    below = solve_lower(factor, across, xp).T
    try:
        return below, xp.linalg.cholesky(own - below @ below.T)
    except np.linalg.LinAlgError:
        raise InputError(
            "the covariance of the data is not positive definite: two data are the same; use a larger noise.floor"
        ) from None


def solve_lower(factor: Any, right: Any, xp: Any = np) -> Any:
    """L^-1 b of a lower triangle (n, n) and columns b (n, ...)."""
    if not factor.shape[0]:
        return right
    if xp is np:
        from scipy.linalg import solve_triangular
    else:  # of the array module, beside it: cupyx.scipy.linalg
        from importlib import import_module

        solve_triangular = import_module(f"{xp.__name__}x.scipy.linalg").solve_triangular
    return solve_triangular(factor, right, lower=True, check_finite=False)
