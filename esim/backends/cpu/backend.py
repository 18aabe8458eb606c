"""Numba on CPU cores: tiles whose scratch stays in cache, vectors along i, threads over tiles."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numba
import numpy as np

from esim.backends.activity import STRIPE, ActivityMap, WorkCounter
from esim.backends.compiled_code import kept
from esim.backends.cpu.compiler import (
    COMPILER_SOURCES,
    FLAGS,
    UNCALLED,
    assume,
    link_stages,
    no_overlap,
)
from esim.backends.cpu.crust_sweep import ThreadPool, bind_sweep
from esim.backends.cpu.scratch import make_ring, prefetch
from esim.backends.host_memory import HostMemory
from esim.backends.kernel_cache import compiling, load_module
from esim.backends.linker import ROWS, SIDES, arguments, array_names, digest, linked_source
from esim.kernels.kernel import Kernel, Part, Stage, varying
from esim.parallel.decomposition import Box

TILE = (64, 92)  # rows, columns: a few rows of scratch of this width fit the first-level cache
PAD = 20  # columns of scratch beyond the tile: the halo, and room for the last vector
AHEAD = 4  # rows of the arrays that are asked for ahead of their use
VECTOR_BYTES = 64


@numba.njit(forceinline=True, **UNCALLED)
def at_rest(state, j0, j1, i0, i1):  # type: ignore[no-untyped-def]
    """Whether a state is zero all over a box. Compiled without fast-math, so that NaN counts as motion."""
    for k in range(state.shape[0]):
        for j in range(j0, j1):
            moving = False
            for i in range(i0, i1):
                assume(j >= 0)
                assume(i >= 0)
                moving |= state[k, j, i] != 0
            if moving:
                return False
    return True


@numba.njit(forceinline=True, **UNCALLED)
def clear(result, j0, j1, i0, i1):  # type: ignore[no-untyped-def]
    """Set a result to zero on a box."""
    for k in range(result.shape[0]):
        for j in range(j0, j1):
            for i in range(i0, i1):
                assume(j >= 0)
                assume(i >= 0)
                result[k, j, i] = 0


def _columns(stage: Stage, vector: int) -> str:
    """Range of columns of a stage. Where it writes scratch only, it runs on to fill its last vector."""
    first, width = f"west - {stage.west}", f"(east - west + {stage.west + stage.east})"
    if stage.exact:
        return f"{first}, east + {stage.east}"
    return f"{first}, {first} + ({width} + {vector - 1}) // {vector} * {vector}"


def _activity_names(kernel: Kernel) -> list[str]:
    """What a kernel that leaves water at rest alone takes beside its arrays: see `_skipping`."""
    return ["quiescent", "was_quiescent", "computed"] if kernel.at_rest else []


def _skipping(kernel: Kernel) -> list[str]:
    """Lines that shrink a tile to the part that may move, and leave it out where there is none.

    What is left out is set to zero, unless the result is known to be zero there still.
    """
    if not kernel.at_rest:
        return []
    states, result = kernel.at_rest
    reach = kernel.halo

    def resting(box: str) -> str:
        return " and ".join(f"at_rest({state}, {box})" for state in states)

    text = f"""
        first, last, left, right = south - {reach}, north + {reach}, west - {reach}, east + {reach}
        while first < last and {resting("first, first + 1, left, right")}:
            first += 1
        if first == last:
            if not was_quiescent[tile]:
                clear({result}, south, north, west, east)
            quiescent[tile] = True
            continue
        while {resting("last - 1, last, left, right")}:
            last -= 1
        while {resting(f"first, last, left, min(left + {STRIPE}, right)")}:
            left += {STRIPE}
        while {resting(f"first, last, max(right - {STRIPE}, left), right")}:
            right -= {STRIPE}
        first, last = max(first - {reach}, south), min(last + {reach}, north)
        left, right = max(left - {reach}, west), min(right + {reach}, east)
        clear({result}, south, first, west, east)
        clear({result}, last, north, west, east)
        clear({result}, first, last, west, left)
        clear({result}, first, last, right, east)
        south, north, west, east = first, last, left, right
        quiescent[tile], was_quiescent[tile] = False, False
        computed[tile] += (north - south) * (east - west)"""
    return text.splitlines()[1:]


def tile_source(kernel: Kernel, threaded: bool, vector: int) -> str:
    """Text of the loop over tiles, and of what is done with one of them.

    Within a tile the stages follow each other row by row, each as far ahead as its box reaches north, so that
    a row of scratch is used while it is in the first-level cache. Arguments are explicit: star-args cost 3x. The
    two are apart so that the inner one can be told that its arrays do not overlap, which parallel code cannot.
    """
    height, width = TILE
    thread = "thread()" if threaded else "0"
    names = ", ".join(array_names(kernel))
    lines = [
        *_cells_source(kernel, vector),
        f"def sweep(j0, j1, i0, i1, scratch, {', '.join(array_names(kernel) + _activity_names(kernel))}, c):",
        f"    columns = (i1 - i0 + {width - 1}) // {width}",
        f"    tiles = ((j1 - j0 + {height - 1}) // {height}) * columns",
        f"    for tile in {'prange' if threaded else 'range'}(tiles):",
        f"        south = j0 + (tile // columns) * {height}",
        f"        west = i0 + (tile % columns) * {width}",
        f"        north = min(south + {height}, j1)",
        f"        east = min(west + {width}, i1)",
    ]
    lines += _skipping(kernel)
    lines += [
        f"        cells(south, north, west, east, scratch, {thread} * {scratch_size(kernel)}, {names}, c)"
    ]
    return "\n".join(lines) + "\n"


def _cells_source(kernel: Kernel, vector: int) -> list[str]:
    """Lines of the function that computes the cells of a tile, with scratch from some place on."""
    reach = kernel.halo
    lead = max(stage.south + stage.north for stage in kernel.stages)
    constants = ", ".join(f"c[{n}]" for n in range(len(kernel.params._fields)))  # type: ignore[attr-defined]
    lines = [
        f"def cells(south, north, west, east, scratch, scratch_start, {', '.join(array_names(kernel))}, c):",
        f"    p = {kernel.params.__name__}({constants})",
    ]
    if kernel.slots:
        lines += [f"    w = ring(scratch, scratch_start + {reach} - west)"]
    lines += [f"    for row in range(south - {lead}, north):"]
    if kernel.slots:
        first = kernel.stages[0]
        for name in array_names(kernel):
            if name not in (ROWS, SIDES):
                ahead = AHEAD + (first.north if name in arguments(first.body) else 0)
                lines += [
                    f"        for k in range({name}.shape[0]):",
                    f"            for i in range(west - {reach}, east + {reach + 15}, 16):",
                    f"                prefetch({name}, k, row + {ahead}, i)",
                ]
    for n, stage in enumerate(kernel.stages):
        lines += [
            f"        j = row + {stage.north}",
            f"        if j >= south - {stage.south}:",
            f"            for i in range({_columns(stage, vector)}):",
            f"                assume(j >= {reach - stage.south}); assume(i >= {reach - stage.west})",
            f"                stage_{n}(j, i, {', '.join(arguments(stage.body))})",
        ]
    return lines


def compile_kernel(kernel: Kernel, threaded: bool, dtype: np.dtype) -> Any:
    """Numba dispatcher of the loop over tiles; machine code is kept on disk and found again by a second start."""
    source = tile_source(kernel, threaded, VECTOR_BYTES // dtype.itemsize)
    tuning = (TILE, PAD, AHEAD, FLAGS, numba.__version__, sys.version)
    own = [path.read_text() for path in COMPILER_SOURCES]
    key = digest(source, linked_source(kernel), *own, *tuning)
    module = load_module(f"{kernel.name}_{key}", source)
    if not hasattr(module, "compiled"):
        stages = {f"stage_{n}": body for n, body in enumerate(link_stages(kernel))}
        ring = make_ring(ring_rows(kernel), max(1, kernel.slots), TILE[1] + PAD)
        tools = {"assume": assume, "ring": ring, "prefetch": prefetch, "at_rest": at_rest, "clear": clear}
        tools |= {"prange": numba.prange, "thread": numba.get_thread_id}
        vars(module).update(tools | stages | {kernel.params.__name__: kernel.params})
        vars(module)["cells"] = numba.njit(**no_overlap(), **FLAGS, **UNCALLED)(module.cells)
        options = {"parallel": True} if threaded else {"nogil": True, **no_overlap()}
        vars(module)["compiled"] = kept(numba.njit(**options, **FLAGS)(module.sweep))
    return module.compiled


def _activity(kernel: Kernel, box: Box, arrays: dict[str, Any]) -> tuple[WorkCounter, list[np.ndarray]]:
    """The count of the work of a launch, and its arguments by `_activity_names`."""
    assert kernel.at_rest is not None
    states, result = kernel.at_rest
    (j0, j1), (i0, i1) = box
    tiles = max(0, -(-(j1 - j0) // TILE[0])) * max(0, -(-(i1 - i0) // TILE[1]))
    activity: ActivityMap = arrays.get("activity") or ActivityMap()
    flags = [
        activity.quiescent(arrays[name], box, lambda: np.zeros(tiles, np.bool_))
        for name in (states[0], result)
    ]
    computed = np.zeros(tiles, np.int64)
    return activity.count(box, computed, np.asarray), [*flags, computed]


def ring_rows(kernel: Kernel) -> int:
    """Rows of scratch that are in use at once: from one south of the last stage to that of the first."""
    needed = max(stage.north for stage in kernel.stages) + 2
    return 1 << (needed - 1).bit_length()


def scratch_size(kernel: Kernel) -> int:
    """Values of scratch that one thread needs."""
    return ring_rows(kernel) * kernel.slots * (TILE[1] + PAD) + PAD


class StepConstants:
    """Constants of a kernel as an array; launches take what it holds when they are made."""

    def __init__(self, params: tuple, dtype: np.dtype) -> None:
        names = params._fields  # type: ignore[attr-defined]
        self._array = np.array(params, dtype)
        self._places = [names.index(name) for name in varying(type(params))]

    def fill(self, *values: float) -> np.ndarray:
        """Set the constants that vary from step to step."""
        for place, value in zip(self._places, values, strict=True):
            self._array[place] = value
        return self._array


class _Counted:
    """A launch whose runs are counted."""

    def __init__(self, compiled: Any, given: tuple, count: WorkCounter) -> None:
        self._compiled, self._given, self._count = compiled, given, count

    def __call__(self, constants: np.ndarray) -> None:
        self._count.runs += 1
        self._compiled(*self._given, constants)


class CpuBackend(HostMemory):
    """Bodies compiled by Numba, with a number of threads per rank."""

    name = "cpu"

    def __init__(self, dtype: np.dtype, threads: int = 1) -> None:
        super().__init__(dtype)
        self.threads = min(threads, numba.config.NUMBA_NUM_THREADS)
        if self.threads > 1:
            numba.set_num_threads(self.threads)
        self._pool = ThreadPool(self.threads)

    def constants(self, params: tuple) -> np.ndarray:
        """The parameters as an array: Numba takes one argument faster than twenty."""
        return np.array(params, self.dtype)

    def step_constants(self, params: tuple) -> "StepConstants":
        """Constants that are made once, in which those that vary are filled in at each step."""
        return StepConstants(params, self.dtype)

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, np.ndarray]) -> Callable[[Any], None]:
        """Compile a kernel for its arrays and tie it to a box; the result runs it with given constants."""
        (j0, j1), (i0, i1) = box
        named = [arrays[name] for name in array_names(kernel)]
        count: WorkCounter | None = None
        if kernel.at_rest:
            count, more = _activity(kernel, box, arrays)
            named += more
        scratch = np.zeros(max(1, self.threads * scratch_size(kernel)), self.dtype)
        constants = self.constants((0.0,) * len(kernel.params._fields))  # type: ignore[attr-defined]
        with compiling(f"{kernel.name}_{self.dtype.name}"):
            compiled = compile_kernel(kernel, self.threads > 1, self.dtype)
            compiled.compile(tuple(map(numba.typeof, (j0, j1, i0, i1, scratch, *named, constants))))

        given = (j0, j1, i0, i1, scratch, *named)
        return partial(compiled, *given) if count is None else _Counted(compiled, given, count)

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: np.ndarray
    ) -> Callable[[], None]:
        """Compile parts for their arrays and boxes; the result runs the leading ones, then the trailing ones."""
        return bind_sweep(self._pool, leading, trailing, lag, constants)

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
