"""How Numba compiles bodies for the cores of a CPU: options, what the optimiser is told, scalar functions."""

import functools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core import types as nbt
from numba.extending import intrinsic

from esim.backends.bits import on_bits
from esim.backends.linker import digest, linker
from esim.kernels import scalar
from esim.kernels.kernel import Kernel

# As fast as full fastmath, and the result depends neither on how a loop is cut nor on vectors and remainders.
FLAGS: dict[str, Any] = {"fastmath": {"nnan", "ninf", "nsz"}, "error_model": "numpy"}
# Of functions that must see what is not a number; fast-math that is not refused is taken over from who calls them.
EXACT: dict[str, Any] = {"fastmath": False, "error_model": "numpy"}
# Of functions that Python never calls: without a way in they are compiled in two thirds of the time.
UNCALLED = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
HERE = Path(__file__).parent
# What compiled code depends on beside the kernels: a change here compiles them anew.
COMPILER_SOURCES = (*sorted(HERE.glob("*.py")), HERE / "../bits.py", HERE / "../linker.py")


@functools.cache
def _sources_digest() -> str:
    return digest(*(path.read_text() for path in COMPILER_SOURCES))


def compiler_digest() -> str:
    """What compiled code depends on beside the kernels."""
    return digest(_sources_digest(), FLAGS, numba.__version__, sys.version)


def _prefer_wide_vectors() -> None:
    """Use 512-bit vectors where they do not cost clock rate (Ice Lake, Zen 4 and later): a fifth faster there.

    Without effect where Numba has compiled something before.
    """
    features = llvm.get_host_cpu_features()
    if numba.config.CPU_FEATURES is None and features.get("avx512vbmi2"):
        numba.config.CPU_FEATURES = features.flatten() + ",-prefer-256-bit"


def no_overlap() -> dict[str, bool]:
    """Option that says that no two arrays of a launch overlap: a third faster. Numba has it for its own use only."""
    try:
        from numba.core.cpu import CPUTargetOptions
        from numba.core.options import _mapping
    except ImportError:
        return {}
    if not hasattr(CPUTargetOptions, "noalias"):
        CPUTargetOptions.noalias = _mapping("noalias")
    return {"noalias": True}


_prefer_wide_vectors()


@intrinsic
def assume(typingctx, condition):  # type: ignore[no-untyped-def]
    """Tell the optimiser that a condition holds: it then drops Numba's wraparound of negative indices."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(1)])
        function = builder.module.declare_intrinsic("llvm.assume", (), kind)
        value = args[0]
        builder.call(
            function, [value if value.type == ir.IntType(1) else builder.trunc(value, ir.IntType(1))]
        )
        return context.get_dummy_value()

    return nbt.void(nbt.boolean), codegen


@intrinsic
def to_pointer(typingctx, address):  # type: ignore[no-untyped-def]
    """The pointer that an address in memory is."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return nbt.voidptr(nbt.int64), codegen


@intrinsic
def call_plane(typingctx, entry, k, south, north, west, east, k0, j0, i0, table):  # type: ignore[no-untyped-def]
    """Call the compiled loop over one plane at the address `entry`; the arrays it takes are in a table in memory."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        number = ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [number] * 8 + [number.as_pointer()])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [*args[1:-1], builder.inttoptr(args[-1], number.as_pointer())])
        return context.get_dummy_value()

    return nbt.void(*[nbt.int64] * 10), codegen


@intrinsic
def take_number(typingctx, counter):  # type: ignore[no-untyped-def]
    """The number in counter[0], which is one more afterwards; no two threads take the same."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        view = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.atomic_rmw("add", view.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return nbt.int64(counter), codegen


ON_BITS = on_bits(intrinsic, nbt)


def _select(condition, a, b):  # type: ignore[no-untyped-def]
    return a if condition else b


def _smaller(a, b):  # type: ignore[no-untyped-def]
    return a if a < b else b


def _larger(a, b):  # type: ignore[no-untyped-def]
    return a if a > b else b


def link_stages(kernel: Kernel) -> dict[str, Callable]:
    """Bodies of a kernel with the scalar functions of a CPU, for Numba to inline: stage_n, plain_n and mark_n."""
    fast = _linker(FLAGS, min, max)
    careful = _linker(EXACT, _smaller, _larger)
    found = {}
    for n, stage in enumerate(kernel.stages):
        found[f"stage_{n}"] = fast(stage.body)
        if stage.plain and stage.plain.body:
            found[f"plain_{n}"] = fast(stage.plain.body)
        if stage.mark:
            found[f"mark_{n}"] = careful(stage.mark)
    return found


def _linker(flags: dict[str, Any], smaller: Callable, larger: Callable) -> Callable[[Callable], Callable]:
    """What links bodies that Numba compiles with some flags, and with these functions for minimum and maximum."""
    jit = numba.njit(forceinline=True, **flags, **UNCALLED)
    functions: dict[Callable, Callable] = {
        scalar.sqrt: math.sqrt,
        scalar.minimum: smaller if smaller is min else jit(smaller),
        scalar.maximum: larger if larger is max else jit(larger),
        scalar.where: jit(_select),
        **ON_BITS,
    }
    return linker(jit, functions)
