"""Text of a kernel of the crust: a thread computes a run of cells along k, one above the other.

What a step reads comes from main memory once if what neighbours share stays in a cache. Reckoned, not measured, for
float32, fourth order, and an H100 (132 multiprocessors, 256 KB of first-level cache each, 50 MB of second-level cache):
- Along k a thread comes back at its next cell to the planes that it has just read. A block of 32 x 8 columns touches
  about 40 x 11 of them, 17 KB of float32 in a plane of the 13 arrays of the velocity step (a cache line on each side
  along i counted half); the 6 blocks that share a multiprocessor 105 KB. So they are still in the first-level cache.
- Along i and j blocks side by side run at the same time, and share rows in the second-level cache: the 792 blocks at
  once hold 10 MB in each plane.
- Only where a run ends planes are read again: 3 of them, of 3 arrays out of 13; 1 % in runs of 64 cells. Longer runs
  would let neighbours drift apart, shorter ones are there for grids that else had too few blocks.

A body stands in the text once, within the loop: were it unrolled, its copies could be contracted differently, and
bits would depend on how a box is cut.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from esim.backends.cuda.jit import constant_types, constants, taken, written
from esim.backends.cuda.kernel_text import KernelText, LaunchShape
from esim.backends.linker import CORNER, arguments, array_names, linked_source
from esim.kernels.kernel import Kernel

WARP = 32  # threads that work in step; along i, where they read neighbours
THREADS = 256  # of a block
WIDE = 8 * WARP  # columns from which on it pays to begin where cache lines do
LONGEST, SHORTEST = 64, 8  # layers of a run
BLOCKS = 4000  # that there should be: about five times as many as an H100 has in hand at once
# Blocks that a multiprocessor should hold at once, by bytes of a value: for eighth order and rough surfaces, relaxing
# kernels, and all others. They share its registers: as many blocks as go without spilling, but with room for loads
# under way in each thread.
AT_ONCE = {4: (3, 4, 6), 8: (2, 2, 4)}
TABLES = ("coef", "keep", "relax")  # arrays [n, k, j, i] of a shape of their own
LAYER = (
    "psi_n",
    "psi_1",
    "psi_2",
)  # arrays of the shape of an absorbing layer; all others have that of the block
NUMBERS = ("first_k", "last_k", "first_j", "last_j", "first_i", "last_i", "west", "run")


def spread(box: tuple[tuple[int, int], ...]) -> LaunchShape:
    """Spread a box ((k0, k1), (j0, j1), (i0, i1)) that holds cells over threads; the numbers are those of NUMBERS."""
    (k0, k1), (j0, j1), (i0, i1) = box
    # A narrow box, an absorbing layer say, has blocks of its own width, so that no thread is idle.
    west = i0 // WARP * WARP if i1 - i0 >= WIDE else i0
    width = _share(i1 - west, WARP)
    height = _share(j1 - j0, THREADS // width)
    across, along = -(-(i1 - west) // width), -(-(j1 - j0) // height)
    layers = k1 - k0
    run = min(layers, max(SHORTEST, min(LONGEST, layers * across * along // BLOCKS)))
    run = _share(layers, run)
    blocks = across, along, -(-layers // run)
    return LaunchShape(blocks, (width, height, 1), (k0, k1, j0, j1, i0, i1, west, run))


def _share(count: int, largest: int) -> int:
    """Size of equal shares of a count that are not larger than the largest; a warp stays whole."""
    if largest == WARP <= count // 2:
        return WARP
    return -(-count // -(-count // largest))


def text(kernel: Kernel, dtype: np.dtype) -> KernelText:
    """The CUDA kernel of a part of the crust."""
    names = array_names(kernel)
    arrays, changed = [name for name in names if name not in CORNER], written(kernel)
    lines = [
        f"def sweep({', '.join((*NUMBERS, *names))}, {constants(kernel)}):",
        *taken(kernel),
        "    i = cell(west) + cell(cuda.blockIdx.x) * cuda.blockDim.x + cuda.threadIdx.x",
        "    j = cell(first_j) + cell(cuda.blockIdx.y) * cuda.blockDim.y + cuda.threadIdx.y",
        "    if i < first_i or i >= last_i or j >= last_j:",
        "        return",
    ]
    shapes: dict[str, str] = {}
    for name in arrays:
        if shapes.setdefault(_shape(name), name) == name:
            lines.append(f"    of_{_shape(name)} = pitches({name})")
        kind = "view" if name in changed else "frozen"
        lines.append(f"    to_{name} = {kind}({name}, of_{_shape(name)})")
    lines += [f"    to_{name} = cell({name})" for name in names if name in CORNER]
    lines += [
        "    k = cell(first_k) + cell(cuda.blockIdx.z) * run",
        "    end = min(k + run, last_k)",
        "    while k < end:",
        "        once()",
        *(f"        stage_{n}(k, j, i, {_given(stage.body)})" for n, stage in enumerate(kernel.stages)),
        "        k = k + 1",
    ]
    source = "\n".join(lines) + "\n"
    return KernelText(source, {}, signature(kernel, dtype), _options(kernel, dtype))


def _given(body: Callable) -> str:
    """What a body is called with after its cell."""
    return ", ".join(name if name == "p" else f"to_{name}" for name in arguments(body))


def _shape(name: str) -> str:
    """Arrays for which this is the same have the same shape."""
    return "layer" if name in LAYER else name if name in (*TABLES, "near_interface") else "block"


def _options(kernel: Kernel, dtype: np.dtype) -> dict[str, Any]:
    """Options of cuda.jit for `text`: how many blocks a multiprocessor should hold at once."""
    # Differences of second order beside rough surfaces hold the values of fourth order and weights of their own.
    many = kernel.halo > 2 or "near_interface[" in linked_source(kernel)
    few, some, most = AT_ONCE[dtype.itemsize]
    blocks = few if many else some if "relax" in array_names(kernel) else most
    if kernel.name.endswith(
        "near_surface"
    ):  # sums over nine nodes or ten, in the few layers below a free surface
        blocks = 1
    return {"launch_bounds": (THREADS, blocks)}


def signature(kernel: Kernel, dtype: np.dtype) -> tuple:
    """Numba types of the arguments of `text`."""
    import numba
    from numba.cuda import types as nbt

    value = numba.from_dtype(dtype)
    named = [
        nbt.int64
        if name in CORNER
        else nbt.Array(nbt.uint16 if name in kernel.packed else value, 4 if name in TABLES else 3, "C")
        for name in array_names(kernel)
    ]
    return (nbt.int64,) * len(NUMBERS) + (*named, *constant_types(kernel, dtype))
