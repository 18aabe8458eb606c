"""Numba on CPU cores: tiles whose scratch stays in cache, vectors along i, threads over tiles."""

import importlib.util
import math
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core import types as nbt
from numba.extending import intrinsic

from esim.backends.cache import cache_directory, write_once
from esim.backends.host import HostMemory
from esim.backends.link import arguments, array_names, digest, link, linked_source
from esim.decomposition import Box
from esim.kernels import scalar
from esim.kernels.kernel import Kernel, Stage

# As fast as full fastmath, and the result depends neither on how a loop is cut nor on vectors and remainders.
FLAGS: dict[str, Any] = {"fastmath": {"nnan", "ninf", "nsz"}, "error_model": "numpy"}
TILE = (32, 256)  # rows, columns: the scratch of a tile fits the second-level cache
PAD = 32  # columns of scratch beyond the tile: the halo, and room for the last vector
SKEW = 16  # values between slots, so that slots do not fall on the same cache lines
VECTOR_BYTES = 64


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
def guess_rcbrt(typingctx, x, magic):  # type: ignore[no-untyped-def]
    """kernels.scalar.guess_rcbrt on the bits of a register."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        integer = ir.IntType(signature.return_type.bitwidth)
        bits = [builder.bitcast(value, integer) for value in args]
        third = builder.udiv(bits[0], ir.Constant(integer, 3))
        return builder.bitcast(builder.sub(bits[1], third), args[0].type)

    return x(x, x), codegen


def make_window(slots: int, rows: int, pitch: int) -> Callable:
    """Build the function that views flat scratch, from an element offset on, as [slots, rows, pitch].

    The offset moves the origin so that the tile is indexed by the global j, i. Strides are constants, so the
    optimiser sees by itself that different slots never overlap.
    """

    @intrinsic
    def window(typingctx, scratch, offset):  # type: ignore[no-untyped-def]
        view = nbt.Array(scratch.dtype, 3, "C")

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            flat = context.make_array(scratch)(context, builder, args[0])
            array = context.make_array(view)(context, builder)
            size = context.get_abi_sizeof(context.get_data_type(scratch.dtype))
            shape = [slots, rows, pitch]
            strides = [(rows * pitch + SKEW) * size, pitch * size, size]
            context.populate_array(
                array,
                data=builder.gep(flat.data, [args[1]]),
                shape=cgutils.pack_array(builder, [context.get_constant(nbt.intp, n) for n in shape]),
                strides=cgutils.pack_array(builder, [context.get_constant(nbt.intp, n) for n in strides]),
                itemsize=context.get_constant(nbt.intp, size),
                meminfo=None,
            )
            return array._getvalue()

        return view(scratch, offset), codegen

    return window


def _select(condition, a, b):  # type: ignore[no-untyped-def]
    return a if condition else b


def _link_stages(kernel: Kernel) -> list[Callable]:
    jit = numba.njit(forceinline=True, **FLAGS)
    functions = {
        scalar.sqrt: math.sqrt,
        scalar.minimum: min,
        scalar.maximum: max,
        scalar.where: jit(_select),
        scalar.guess_rcbrt: guess_rcbrt,
    }
    return [link(stage.body, jit, functions) for stage in kernel.stages]


def _columns(stage: Stage, vector: int) -> str:
    """Range of columns of a stage. Where it writes scratch only, it runs on to fill its last vector."""
    first, width = f"west - {stage.west}", f"(east - west + {stage.west + stage.east})"
    if stage.exact:
        return f"{first}, east + {stage.east}"
    return f"{first}, {first} + ({width} + {vector - 1}) // {vector} * {vector}"


def tile_source(kernel: Kernel, threaded: bool, vector: int) -> str:
    """Text of the loop over tiles.

    Within a tile the stages follow each other row by row, each as far ahead as its box reaches north, so that
    a row of scratch is used while it is in the first-level cache. Arguments are explicit: star-args cost 3x.
    """
    height, width = TILE
    reach, rows, pitch = kernel.halo, height + 2 * kernel.halo, width + PAD
    lead = max(stage.south + stage.north for stage in kernel.stages)
    constants = ", ".join(f"c[{n}]" for n in range(len(kernel.params._fields)))  # type: ignore[attr-defined]
    lines = [
        f"def sweep(j0, j1, i0, i1, scratch, {', '.join(array_names(kernel))}, c):",
        f"    p = {kernel.params.__name__}({constants})",
        f"    columns = (i1 - i0 + {width - 1}) // {width}",
        f"    tiles = ((j1 - j0 + {height - 1}) // {height}) * columns",
        f"    for tile in {'prange' if threaded else 'range'}(tiles):",
        f"        south = j0 + (tile // columns) * {height}",
        f"        west = i0 + (tile % columns) * {width}",
        f"        north = min(south + {height}, j1)",
        f"        east = min(west + {width}, i1)",
    ]
    if kernel.slots:
        thread = "thread()" if threaded else "0"
        size = scratch_size(kernel)
        lines += [
            f"        offset = {thread} * {size} - ((south - {reach}) * {pitch} + (west - {reach}))",
            "        w = window(scratch, offset)",
        ]
    lines += [f"        for row in range(south - {lead}, north):"]
    for n, stage in enumerate(kernel.stages):
        lines += [
            f"            j = row + {stage.north}",
            f"            if j >= south - {stage.south}:",
            f"                for i in range({_columns(stage, vector)}):",
            f"                    assume(j >= {reach - stage.south}); assume(i >= {reach - stage.west})",
            f"                    stage_{n}(j, i, {', '.join(arguments(stage.body))})",
        ]
    return "\n".join(lines) + "\n"


def _load(source: str, key: str) -> ModuleType:
    """Import generated source from the cache folder, beside which Numba keeps the compiled code."""
    name = f"esim_generated_{key}"
    if name not in sys.modules:
        path = cache_directory() / f"{name}.py"
        write_once(path, source)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]


_compiling = threading.Lock()


def compile_kernel(kernel: Kernel, threaded: bool, dtype: np.dtype) -> Any:
    """Numba dispatcher of the loop over tiles; machine code is kept on disk and found again by a second start."""
    source = tile_source(kernel, threaded, VECTOR_BYTES // dtype.itemsize)
    tuning = (TILE, PAD, SKEW, FLAGS, numba.__version__, sys.version)
    key = digest(source, linked_source(kernel), Path(__file__).read_text(), *tuning)
    module = _load(source, f"{kernel.name}_{key}")
    if not hasattr(module, "compiled"):
        stages = {f"stage_{n}": body for n, body in enumerate(_link_stages(kernel))}
        height, width = TILE
        window = make_window(kernel.slots, height + 2 * kernel.halo, width + PAD)
        tools = {"assume": assume, "window": window, "prange": numba.prange, "thread": numba.get_thread_id}
        vars(module).update(tools | stages | {kernel.params.__name__: kernel.params})
        options = {"parallel": True} if threaded else {"nogil": True}
        vars(module)["compiled"] = numba.njit(cache=True, **options, **FLAGS)(module.sweep)
    return module.compiled


def scratch_size(kernel: Kernel) -> int:
    """Values of scratch that one thread needs."""
    height, width = TILE
    return kernel.slots * ((height + 2 * kernel.halo) * (width + PAD) + SKEW) + PAD


class CpuBackend(HostMemory):
    """Bodies compiled by Numba, with a number of threads per rank."""

    name = "cpu"

    def __init__(self, dtype: np.dtype, threads: int = 1) -> None:
        super().__init__(dtype)
        self.threads = min(threads, numba.config.NUMBA_NUM_THREADS)
        if self.threads > 1:
            numba.set_num_threads(self.threads)

    def constants(self, params: tuple) -> np.ndarray:
        """The parameters as an array: Numba takes one argument faster than twenty."""
        return np.array(params, self.dtype)

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, np.ndarray]) -> Callable[[Any], None]:
        """Compile a kernel for its arrays and tie it to a box; the result runs it with given constants."""
        (j0, j1), (i0, i1) = box
        named = [arrays[name] for name in array_names(kernel)]
        scratch = np.zeros(max(1, self.threads * scratch_size(kernel)), self.dtype)
        constants = self.constants((0.0,) * len(kernel.params._fields))  # type: ignore[attr-defined]
        with _compiling:
            compiled = compile_kernel(kernel, self.threads > 1, self.dtype)
            compiled.compile(tuple(map(numba.typeof, (j0, j1, i0, i1, scratch, *named, constants))))

        def run(c: Any) -> None:
            compiled(j0, j1, i0, i1, scratch, *named, c)

        return run

    def describe(self) -> dict[str, Any]:
        """Threads and compiler."""
        layer = numba.threading_layer() if self.threads > 1 and _threads_started() else None
        return {"precision": self.dtype.name, "threads": self.threads, "threading_layer": layer}


def _threads_started() -> bool:
    try:
        numba.threading_layer()
    except ValueError:
        return False
    return True
