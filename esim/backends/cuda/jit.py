"""From the text of a CUDA kernel to a compiled one."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from esim.backends.devices import simulated
from esim.backends.link import link
from esim.kernels import scalar
from esim.kernels.kernel import Kernel, varying


def _select(condition, a, b):  # type: ignore[no-untyped-def]
    return a if condition else b


def _guess_rcbrt() -> Callable:
    """kernels.scalar.guess_rcbrt on the bits of a register; plain NumPy in the simulator."""
    if simulated():
        return scalar.guess_rcbrt
    from numba.cuda.extending import intrinsic

    from esim.backends.bits import guess_rcbrt_code

    @intrinsic
    def guess_rcbrt(typingctx, x, magic):  # type: ignore[no-untyped-def]
        return x(x, x), guess_rcbrt_code

    return guess_rcbrt


def _tools() -> tuple[Callable, Mapping]:
    """What links a body to CUDA: its compiler, and the scalar functions."""
    from numba import cuda

    jit = cuda.jit(device=True)
    return jit, {
        scalar.sqrt: math.sqrt,
        scalar.minimum: min,
        scalar.maximum: max,
        scalar.where: jit(_select),
        scalar.guess_rcbrt: _guess_rcbrt(),
    }


def constants(kernel: Kernel) -> str:
    """Names of the last arguments of a CUDA kernel: the parameters, and the array of those that vary."""
    return "p, now" if varying(kernel.params) else "p"


def taken(kernel: Kernel) -> list[str]:
    """Lines with which a CUDA kernel puts what varies among its parameters."""
    names: tuple[str, ...] = kernel.params._fields  # type: ignore[attr-defined]
    other = varying(kernel.params)
    if not other:
        return []
    values = [f"now[{other.index(name)}]" if name in other else f"p.{name}" for name in names]
    return [f"    p = Params({', '.join(values)})"]


def python_function(kernel: Kernel, source: str, dtype: np.dtype) -> Callable:
    """The function `sweep` of a text, its bodies stage_0, stage_1, ... linked to CUDA."""
    import numba
    from numba import cuda

    scope: dict[str, Any] = {"cuda": cuda, "dtype": numba.from_dtype(dtype), "Params": kernel.params}
    scope |= {f"stage_{n}": link(stage.body, *_tools()) for n, stage in enumerate(kernel.stages)}
    exec(source, scope)
    return scope["sweep"]


def compile_kernel(kernel: Kernel, source: str, dtype: np.dtype) -> Any:
    """Numba CUDA dispatcher of a kernel for one precision."""
    from numba import cuda

    return cuda.jit(python_function(kernel, source, dtype))
