"""The CUDA code generator: from cell bodies to the text of CUDA kernels; README.md says why.

Nothing but what is here is used by the rest of esim, and esim.backends.cuda.thread_per_cell does without it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from esim.backends.cuda.codegen import crust_sweep, pointwise, streaming_stencil
from esim.backends.cuda.codegen.activity import ACTIVITY
from esim.backends.cuda.kernel_text import KernelText, LaunchShape
from esim.backends.linker import has_layers
from esim.kernels.kernel import Kernel

__all__ = ["ACTIVITY", "check", "kernel_text", "launch_shape", "redundancy", "signature"]


def kernel_text(kernel: Kernel, dtype: np.dtype) -> KernelText:
    """The CUDA kernel of a kernel of the ocean or the crust, which takes the numbers of `launch_shape` first.

    Then it takes the arrays by linker.array_names, ACTIVITY if the kernel has at_rest, and the constants. Raises
    MachineError where a body is more than formulas.
    """
    if has_layers(kernel):
        return crust_sweep.text(kernel, dtype)
    return streaming_stencil.text(kernel, dtype) if kernel.slots else pointwise.text(kernel, dtype)


def launch_shape(kernel: Kernel, box: tuple[tuple[int, int], ...], text: KernelText) -> LaunchShape:
    """How a box ((k0, k1), (j0, j1), (i0, i1)), or one without k, is spread over the threads of a kernel's text."""
    if has_layers(kernel):
        return crust_sweep.spread(box)
    if kernel.slots:
        return streaming_stencil.spread(kernel, box, text.options["launch_bounds"])
    return pointwise.spread(kernel, box)


def check(kernel: Kernel, arrays: Mapping[str, Any]) -> None:
    """Raises MachineError where a kernel's arrays are too large, ValueError where it cannot have them."""
    form = streaming_stencil if kernel.slots else pointwise
    form.check(kernel, arrays)


def signature(kernel: Kernel, dtype: np.dtype) -> tuple:
    """Numba types of the arguments of a kernel, for arrays that are whole."""
    if has_layers(kernel):
        return crust_sweep.signature(kernel, dtype)
    return streaming_stencil.signature(kernel, dtype) if kernel.slots else pointwise.signature(kernel, dtype)


def redundancy(kernel: Kernel) -> float:
    """Threads of a block over the columns of cells that it stores: how often a cell is computed."""
    return streaming_stencil.redundancy(kernel) if kernel.slots else 1.0
