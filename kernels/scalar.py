"""The scalar functions that a cell body may use; each backend replaces them by its own.

As they stand here they are the NumPy versions, so that a body also runs as plain Python on arrays.
"""

import numpy as np

# 2^32 over the golden ratio: whole numbers that are multiplied by it spread over all of 32 bits.
SPREAD = 0x9E3779B1


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


def unpack16(n):
    """The float32 whose upper 16 bits, a bfloat16, are n; its lower ones are zero."""
    return (n.astype(np.uint32) << np.uint32(16)).view(np.float32)


def pack16(x, noise):
    """The upper 16 bits of x as a float32, rounded up as often as the lower ones say: right on average.

    Whether up or down follows from the bits of x and of noise, any value that changes from step to step.
    """
    bits, other = x.astype(np.float32).view(np.uint32), noise.astype(np.float32).view(np.uint32)
    with np.errstate(over="ignore"):
        dither = ((bits + other) * np.uint32(SPREAD)) >> np.uint32(16)
        return ((bits + dither) >> np.uint32(16)).astype(np.uint16)
