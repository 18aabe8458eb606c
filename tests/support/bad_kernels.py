"""Kernels that the compile gate must refuse, and their PTX; processes of the gate import them from here."""

from typing import NamedTuple

import numpy as np

from esim.backends.cuda import compile_check
from esim.kernels.kernel import Kernel, Stage
from esim.validation.kernel_catalogue import compiled


class Params(NamedTuple):
    """Constants of the kernels here."""

    half: float


def literal(j, i, q, out, p):
    """A number that no precision was given to: float64."""
    out[0, j, i] = q[0, j, i] * 0.1


def refused(j, i, q, out, p):
    """What the compiler knows nothing of."""
    out[0, j, i] = q[0, j, i].no_such_thing


def row(k, j, i, vx):
    """Sixteen values in a row."""
    west = (vx[k, j, i - 8], vx[k, j, i - 7], vx[k, j, i - 6], vx[k, j, i - 5])
    near = (vx[k, j, i - 4], vx[k, j, i - 3], vx[k, j, i - 2], vx[k, j, i - 1])
    mid = (vx[k, j, i], vx[k, j, i + 1], vx[k, j, i + 2], vx[k, j, i + 3])
    east = (vx[k, j, i + 4], vx[k, j, i + 5], vx[k, j, i + 6], vx[k, j, i + 7])
    return west + near + mid + east


def product(a, b):
    """Sum of products, one after the other."""
    first = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    second = a[4] * b[4] + a[5] * b[5] + a[6] * b[6] + a[7] * b[7]
    third = a[8] * b[8] + a[9] * b[9] + a[10] * b[10] + a[11] * b[11]
    return first + second + third + a[12] * b[12] + a[13] * b[13] + a[14] * b[14] + a[15] * b[15]


def crowded(k, j, i, vx, vy, p):
    """More values at once than the registers that a thread of the crust has."""
    a, b, c, d = row(k, j, i, vx), row(k - 1, j, i, vx), row(k + 1, j, i, vx), row(k, j - 1, i, vx)
    e, f, g, h = row(k, j + 1, i, vx), row(k - 2, j, i, vx), row(k + 2, j, i, vx), row(k, j - 2, i, vx)
    one = product(a, b) * product(c, d) * product(e, f) * product(g, h)
    two = product(a, h) * product(b, g) * product(c, f) * product(d, e)
    vy[k, j, i] = one * product(a, c) * product(b, d) + two * product(e, g) * product(f, h)


def bad() -> dict[str, Kernel]:
    """Kernels made bad on purpose."""
    return {
        "literal": Kernel("literal", (Stage(literal, exact=True),), Params),
        "refused": Kernel("refused", (Stage(refused, exact=True),), Params),
        "crowded": Kernel("crowded", (Stage(crowded, exact=True),), Params, halo=2),
    }


def wrapped(q, out, first, last):
    """Numba's own arrays: a negative index counts from their end."""
    for i in range(first, last):
        out[i - 1] = q[i - 2] + q[i - 3]


def unwrapped(q, out, first, last):
    """The same with indices that cannot be negative."""
    for i in range(np.uint32(max(first, 0)), np.uint32(last)):
        out[np.uint32(i)] = q[np.uint32(i)] + q[np.uint32(i)]


def plain_ptx(function) -> str:
    """PTX of a function of arrays of one dimension and two numbers."""
    from numba import cuda
    from numba.cuda import types as nbt

    array = nbt.Array(nbt.float32, 1, "C")
    return cuda.compile_ptx(function, (array, array, nbt.int64, nbt.int64), cc=(9, 0))[0]


def ptx_of(name: str) -> str:
    """PTX of a kernel of esim."""
    return compile_check._ptx(compiled()[name], np.dtype("float32"), ["sm_90"])["sm_90"]
