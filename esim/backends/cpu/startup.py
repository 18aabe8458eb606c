"""What is left out when Numba is loaded? SciPy's linear algebra, which no kernel calls, a third of that time."""

import sys


def skip_linear_algebra() -> None:
    """Let Numba load what it knows of NumPy without a look for BLAS, for which it imports scipy.linalg.

    Only numpy.cov and numpy.corrcoef, compiled, would miss it; products of matrices look for BLAS when they are used.
    To be called before the first kernel is compiled; nothing happens where another program has loaded that already.
    """
    if "numba.np.arraymath" in sys.modules:
        return
    from numba.np import linalg

    look = linalg.ensure_blas
    linalg.ensure_blas = _found_none
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        linalg.ensure_blas = look


def _found_none() -> None:
    raise ImportError("no look for BLAS")
