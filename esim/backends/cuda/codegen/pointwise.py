"""Text of a kernel of the ocean without scratch: a thread computes a cell.

Arrays may be views of others, flipped or turned, and each has strides of its own. Such a kernel does little with what
it reads, so main memory sets its pace.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from esim.backends.cuda.codegen.activity import ACTIVITY
from esim.backends.cuda.jit import check_arrays, constant_types, constants, taken, written
from esim.backends.cuda.kernel_text import KernelText, LaunchShape
from esim.backends.linker import ROWS, arguments, array_names
from esim.errors import MachineError
from esim.kernels.kernel import Kernel

WARP = 32  # threads that work in step
THREADS = 128  # of a block
TABLES = (ROWS, "weights")  # arrays [n, j]


def spread(kernel: Kernel, box: tuple[tuple[int, int], ...]) -> LaunchShape:
    """Spread a box over threads; one of few columns, an edge say, over threads along j."""
    (j0, j1), (i0, i1) = box
    width = min(WARP, 1 << max(0, i1 - i0 - 1).bit_length())
    height = THREADS // width
    blocks = -(-(i1 - i0) // width), -(-(j1 - j0) // height)
    return LaunchShape(blocks, (width, height), (j0, j1, i0, i1))


def check(kernel: Kernel, arrays: Mapping[str, Any]) -> None:
    """Raises an error where a kernel cannot have these arrays: see jit.check_arrays."""
    check_arrays(kernel, arrays)


def text(kernel: Kernel, dtype: np.dtype) -> KernelText:
    """The kernel, which is compiled when it is first launched, for the strides of its arrays."""
    names, changed = array_names(kernel), written(kernel)
    given = ", ".join((*names, *(ACTIVITY if kernel.at_rest else ())))
    lines = [
        f"def sweep(j0, j1, i0, i1, {given}, {constants(kernel)}):",
        *taken(kernel),
        "    column = i0 + cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x",
        "    row = j0 + cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y",
        "    inside = row < j1 and column < i1",
        "    j, i = cell(row), cell(column)",
        *(
            f"    to_{name} = {'view' if name in changed else 'frozen'}({name}, pitches({name}))"
            for name in names
        ),
        *(_skipping(kernel) if kernel.at_rest else []),
        "    if inside:",
    ]
    for n, stage in enumerate(kernel.stages):
        values = [name if name == "p" else f"to_{name}" for name in arguments(stage.body)]
        lines.append(f"        stage_{n}(j, i, {', '.join(values)})")
    return KernelText("\n".join(lines) + "\n")


def _skipping(kernel: Kernel) -> list[str]:
    """Lines with which a block leaves its cells alone if all of them are at rest, and so the result is zero."""
    assert kernel.at_rest is not None
    (states, result), h = kernel.at_rest, kernel.halo
    if result not in states:
        raise MachineError(
            f"kernel {kernel.name}: its result {result} is none of its states {', '.join(states)}, so it need not be "
            "zero where they are; give the kernel scratch, or no at_rest"
        )
    around = [(dj, di) for dj in range(-h, h + 1) for di in range(-h, h + 1)]
    return [
        "    tile = cuda.blockIdx.y * cuda.gridDim.x + cuda.blockIdx.x",
        "    first = cuda.threadIdx.x == 0 and cuda.threadIdx.y == 0",
        "    moving = 0",
        "    if inside:",
        *(
            line
            for state in states
            for line in (
                f"        for k in range({state}.shape[0]):",
                *(f"            moving |= to_{state}[k, j + {dj}, i + {di}] != 0" for dj, di in around),
            )
        ),
        "    if cuda.syncthreads_or(moving) == 0:",
        "        if first:",
        "            quiescent[tile] = True",
        "        return",
        "    if first:",
        "        quiescent[tile] = False",
        "        was_quiescent[tile] = False",
        "        computed[tile] += min(cuda.blockDim.y, j1 - row) * min(cuda.blockDim.x, i1 - column)",
    ]


def signature(kernel: Kernel, dtype: np.dtype) -> tuple:
    """Numba types of the arguments of the kernel, for arrays that are whole."""
    import numba
    from numba.cuda import types as nbt

    value = numba.from_dtype(dtype)
    named = [nbt.Array(value, 2 if name in TABLES else 3, "C") for name in array_names(kernel)]
    flags = [nbt.Array(nbt.boolean, 1, "C")] * 2 + [nbt.Array(nbt.int64, 1, "C")]
    return (nbt.int64,) * 4 + (*named, *(flags if kernel.at_rest else []), *constant_types(kernel, dtype))
