"""From the text of a CUDA kernel to a compiled one, kept on disk."""

import ast
import functools
import inspect
import math
import sys
import textwrap
import types
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from esim.backends.compiled_code import kept_kernel
from esim.backends.cuda.kernel_text import KernelText
from esim.backends.devices import simulated
from esim.backends.kernel_cache import compiling, load_module
from esim.backends.linker import array_names, digest, link, linked_source, source_text
from esim.errors import MachineError
from esim.kernels import scalar
from esim.kernels.kernel import Kernel, varying

# Division and square root good to two units in the last place and denormal numbers as zero: half as many instructions
# in the bodies that divide. Bodies themselves are compiled without it: no sum is taken in another order, so what
# cancels still does, and NaN stays. Multiplications and additions are fused either way.
FLAGS: dict[str, Any] = {"fastmath": True, "lto": False}
# Constants by these names have these values. A compiler that knows them saves a division's scaling, and selects less.
KNOWN: Mapping[str, int] = types.MappingProxyType({"zero": 0, "one": 1})
LARGEST = 2**31  # elements of an array: what 32-bit offsets reach


def _select(condition, a, b):  # type: ignore[no-untyped-def]
    return a if condition else b


def _on_bits() -> Mapping[Callable, Callable]:
    """The functions of kernels.scalar that work on the bits of a register; plain NumPy in the simulator."""
    if simulated():
        return {f: f for f in (scalar.guess_rcbrt, scalar.unpack16, scalar.pack16)}
    from numba.cuda import types as nbt
    from numba.cuda.extending import intrinsic

    from esim.backends.bits import on_bits

    return on_bits(intrinsic, nbt)


def _smaller(a, b):  # type: ignore[no-untyped-def]
    return a if a < b else b


def _larger(a, b):  # type: ignore[no-untyped-def]
    return a if a > b else b


def _tools(dtype: np.dtype) -> tuple[Callable, Mapping]:
    """What links a body to CUDA: its compiler, and the scalar functions."""
    from numba import cuda

    # Not as a decorator with options, which would forget lto.
    jit = functools.partial(cuda.jit, device=True, **({} if simulated() else {"lto": FLAGS["lto"]}))
    # There is an instruction for min and max of float32; of float64 they take ten with their care for NaN.
    least, most = (jit(_smaller), jit(_larger)) if dtype == np.float64 and not simulated() else (min, max)
    return jit, {
        scalar.sqrt: math.sqrt,
        scalar.minimum: least,
        scalar.maximum: most,
        scalar.where: jit(_select),
        **_on_bits(),
    }


def _views() -> dict[str, Callable]:
    """What the text of a kernel makes views of arrays with."""
    names = ("cell", "pitches", "view", "frozen", "scratch", "once")
    if simulated():
        return dict.fromkeys(names, lambda value=None, grid=None: value)
    from esim.backends.cuda import views

    return {name: getattr(views, name) for name in names}


def constants(kernel: Kernel) -> str:
    """Names of the last arguments of a CUDA kernel: the parameters, and the array of those that vary."""
    return "p, now" if varying(kernel.params) else "p"


def taken(kernel: Kernel) -> list[str]:
    """Lines with which a CUDA kernel puts what varies among its parameters, and what it knows beforehand."""
    names: tuple[str, ...] = kernel.params._fields  # type: ignore[attr-defined]
    other = varying(kernel.params)
    known = {name: f"dtype({value})" for name, value in KNOWN.items()}
    known |= {name: f"now[{n}]" for n, name in enumerate(other)}
    if not known.keys() & set(names):
        return []
    return [f"    p = Params({', '.join(known.get(name, f'p.{name}') for name in names)})"]


def constant_types(kernel: Kernel, dtype: np.dtype) -> tuple:
    """Numba types of the last arguments of a CUDA kernel: see `constants`."""
    import numba
    from numba.cuda import types as nbt

    value = numba.from_dtype(dtype)
    params = nbt.NamedUniTuple(value, len(kernel.params._fields), kernel.params)  # type: ignore[attr-defined]
    return (params, nbt.Array(value, 1, "C")) if varying(kernel.params) else (params,)


@functools.cache
def written(kernel: Kernel) -> frozenset[str]:
    """Names of the arrays that the bodies of a kernel write; all others can be seen frozen."""
    return frozenset().union(*(_written(stage.body) for stage in kernel.stages)) - {"w"}


def _written(function: Callable) -> set[str]:
    """Arguments whose elements a function, or one that it passes them on to, writes."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(source_text(function.__code__)))):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name):
                found.add(node.value.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = function.__globals__.get(node.func.id)
            if isinstance(called, types.FunctionType) and called.__module__ != scalar.__name__:
                names = list(inspect.signature(called).parameters)
                given = dict(zip(names, node.args, strict=False))
                given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
                inner = _written(called)
                found |= {v.id for name, v in given.items() if name in inner and isinstance(v, ast.Name)}
    return found


def check_arrays(kernel: Kernel, arrays: Mapping[str, Any]) -> None:
    """Refuse arrays, by their names in the bodies, that are too large, or frozen though they are written.

    Raises MachineError for the first, ValueError for the second.
    """
    changed = written(kernel)
    spans = {name: _span(arrays[name]) for name in array_names(kernel) if hasattr(arrays[name], "shape")}
    for name, (first, last) in spans.items():
        size = (last - first) // arrays[name].dtype.itemsize
        if size >= LARGEST:
            raise MachineError(
                f"array {name} of kernel {kernel.name} has {size:.3g} elements on one GPU, and less than 2^31 "
                "are possible; use more ranks"
            )
        if name not in changed and any(
            first < spans[other][1] and spans[other][0] < last for other in changed
        ):
            raise ValueError(f"kernel {kernel.name} writes into {name}, which it takes for constant")


def _span(array: Any) -> tuple[int, int]:
    """Addresses of the first byte of an array and of that after its last one."""
    found = getattr(array, "__cuda_array_interface__", None) or array.__array_interface__
    start = found["data"][0]
    if not array.size:
        return start, start
    reach = [(n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True)]
    low, high = sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)
    return start + low, start + high + array.dtype.itemsize


def _key(kernel: Kernel, source: str, dtype: np.dtype, more: object) -> str:
    """What the compiled code of a kernel depends on, but for the GPU, which Numba's own key has."""
    here = Path(__file__).parent
    own = [
        path.read_text() for path in (*sorted(here.rglob("*.py")), here / "../bits.py", here / "../linker.py")
    ]
    versions = version("numba"), version("numba-cuda"), sys.version
    return digest(source, linked_source(kernel), dtype.name, FLAGS, more, *versions, *own)


def _loaded(kernel: Kernel, text: KernelText, dtype: np.dtype, more: object) -> Any:
    """Module of a text, its bodies stage_0, stage_1, ... and all else that it names linked to CUDA."""
    import numba
    from numba import cuda

    module = load_module(f"cuda_{kernel.name}_{_key(kernel, text.source, dtype, more)}", text.source)
    if not hasattr(module, "cuda"):
        scope: dict[str, Any] = {"cuda": cuda, "dtype": numba.from_dtype(dtype), "Params": kernel.params}
        tools = _tools(dtype)
        scope |= {f"stage_{n}": link(stage.body, *tools) for n, stage in enumerate(kernel.stages)}
        scope |= {name: link(function, *tools) for name, function in text.functions.items()}
        # What a text has beside `sweep` holds formulas, so it is compiled as bodies are.
        beside = {n: f for n, f in vars(module).items() if isinstance(f, types.FunctionType) and n != "sweep"}
        scope |= {name: tools[0](function) for name, function in beside.items()}
        vars(module).update(scope | _views())
    return module


def python_function(kernel: Kernel, text: KernelText, dtype: np.dtype) -> Callable:
    """The function `sweep` of a text, linked to CUDA.

    The functions that a text calls have to be of this folder or follow from the kernel: that is what the key of
    compiled code has.
    """
    return _loaded(kernel, text, dtype, None).sweep


def compile_kernel(kernel: Kernel, text: KernelText, dtype: np.dtype) -> Any:
    """Numba CUDA dispatcher of a text; its machine code is kept on disk and found again by a second start."""
    from numba import cuda

    module = _loaded(kernel, text, dtype, dict(text.options))
    with compiling(f"cuda_{kernel.name}_{dtype.name}"):
        if not hasattr(module, "compiled"):
            flags = {} if simulated() else {**FLAGS, **text.options}
            compiled = cuda.jit(module.sweep, **flags)
            vars(module)["compiled"] = compiled if simulated() else kept_kernel(compiled)
        if text.signature is not None and not simulated():
            module.compiled.compile(text.signature)
    return module.compiled
