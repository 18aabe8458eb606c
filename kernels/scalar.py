"""The scalar functions that a cell body may use; each backend replaces them by its own.

As they stand here they are the NumPy versions, so that a body also runs as plain Python on arrays.
"""

import numpy as np


def sqrt(x):
    """Square root."""
    return np.sqrt(x)


def minimum(a, b):
    """Smaller of two."""
    return np.minimum(a, b)


def maximum(a, b):
    """Larger of two."""
    return np.maximum(a, b)


def where(condition, a, b):
    """Take a where the condition holds, else b; both are computed."""
    return np.where(condition, a, b)


def guess_rcbrt(x, magic):
    """First guess of x^(-1/3), good to 4 %: a third of the bits of x taken from those of magic."""
    x = np.asarray(x)
    integer = np.int32 if x.dtype == np.float32 else np.int64
    return (np.asarray(magic).view(integer) - x.view(integer) // integer(3)).view(x.dtype)
