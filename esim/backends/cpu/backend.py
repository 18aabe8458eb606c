"""Numba on CPU cores: tiles whose scratch stays in cache, vectors along i, threads over tiles."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core import types as nbt

from esim.backends.activity import STRIPE, ActivityMap, WorkCounter
from esim.backends.compiled_code import is_kept, kept
from esim.backends.cpu.compilation import Compilation, processes_for
from esim.backends.cpu.compiler import (
    EXACT,
    FLAGS,
    UNCALLED,
    assume,
    compiler_digest,
    link_stages,
    no_overlap,
    take_number,
)
from esim.backends.cpu.crust_sweep import bind_sweep
from esim.backends.cpu.launch import Launch, threads_for
from esim.backends.cpu.scratch import make_ring, prefetch
from esim.backends.cpu.startup import skip_linear_algebra
from esim.backends.cpu.thread_pool import ThreadPool
from esim.backends.host_memory import HostMemory
from esim.backends.kernel_cache import load_module
from esim.backends.linker import ROWS, SIDES, arguments, array_names, digest, linked_source
from esim.kernels.kernel import Kernel, Part, Stage, varying
from esim.parallel.decomposition import Box

# Rows, and columns with those beyond the box: a few rows of scratch of this width fit the first-level cache.
TILE = (64, 96)
# Tiles of a kernel that reads more cells than this beyond a box overlap so much that larger ones are faster.
FAR_REACHING = 4
LARGE_TILE = (128, 400)
MAKING = threading.Lock()
VECTOR_ROOM = 16  # columns that the longest vector takes
AHEAD = 4  # rows of the arrays that are asked for ahead of their use
VECTOR_BYTES = 64


@numba.njit(forceinline=True, **EXACT, **UNCALLED)
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


def tile_source(kernel: Kernel, vector: int) -> str:
    """Text of the loop of one thread over the tiles that it takes, and of what is done with one of them.

    Within a tile the stages follow each other row by row, each as far ahead as its box reaches north, so that
    a row of scratch is used while it is in the first-level cache. Arguments are explicit: star-args cost 3x. The
    two are apart so that the inner one can be told that its arrays do not overlap.
    """
    height, width = tile_of(kernel)
    names = ", ".join(array_names(kernel))
    given = ", ".join(array_names(kernel) + _activity_names(kernel))
    lines = [
        *_cells_source(kernel, vector),
        f"def sweep(thread, counter, j0, j1, i0, i1, scratch, {given}, c):",
        f"    columns = (i1 - i0 + {width - 1}) // {width}",
        f"    lines = (j1 - j0 + {height - 1}) // {height}",
        *_tile_size(kernel, vector),
        "    while True:",
        "        tile = take_number(counter)",
        "        if tile >= lines * columns:",
        "            break",
        "        south = j0 + (tile // columns) * height",
        "        west = i0 + (tile % columns) * width",
        "        north = min(south + height, j1)",
        "        east = min(west + width, i1)",
    ]
    lines += _skipping(kernel)
    lines += [
        f"        cells(south, north, west, east, scratch, thread * {scratch_size(kernel)}, {names}, c)"
    ]
    return "\n".join(lines) + "\n"


def _tile_size(kernel: Kernel, vector: int) -> list[str]:
    """Lines that find the size of tiles: equal, and whole vectors with their halo, as a narrow one costs as much."""
    reach = 2 * kernel.halo
    return [
        f"    width = (i1 - i0 + columns - 1) // max(columns, 1) + {reach}",
        f"    width = (width + {vector - 1}) // {vector} * {vector} - {reach}",
        "    height = (j1 - j0 + lines - 1) // max(lines, 1)",
    ]


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
    lines += [f"    marks_{n} = 0" for n, stage in enumerate(kernel.stages) if stage.mark]
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
            *("            " + line for line in _row_source(kernel, n, vector)),
        ]
    return lines


def _row_source(kernel: Kernel, n: int, vector: int) -> list[str]:
    """Lines that compute stage n on row j, by its plain body where the rows it looks at are without marks."""
    stage = kernel.stages[n]
    if stage.mark and stage.plain and stage.plain.body is None:
        raise ValueError(f"kernel {kernel.name}: stage {n} marks, so its plain body cannot be none")

    def loop(name: str, body: Callable) -> list[str]:
        lines = [
            f"for i in range({_columns(stage, vector)}):",
            f"    assume(j >= {kernel.halo - stage.south}); assume(i >= {kernel.halo - stage.west})",
            f"    {name}(j, i, {', '.join(arguments(body))})",
        ]
        if stage.mark is None:
            return lines
        # What runs on beyond the box to fill a vector has no say.
        given = ", ".join(arguments(stage.mark))
        return [*lines, f"    marked |= mark_{n}(j, i, {given}) & (i < east + {stage.east})"]

    lines = loop(f"stage_{n}", stage.body)
    if stage.plain is not None:
        body, marks = stage.plain.body, _marks_seen(kernel, n)
        lines = [f"if {marks}:", *("    " + line for line in lines)]
        if body is not None:
            lines += ["else:", *("    " + line for line in loop(f"plain_{n}", body))]
    if stage.mark is not None:
        lines = ["marked = False", *lines, f"marks_{n} = (marks_{n} << 1) | marked"]
    return lines


def _marks_seen(kernel: Kernel, n: int) -> str:
    """The marks of the rows that decide whether stage n is plain: bit k of marks_m is row j_m - k of stage m."""
    stage = kernel.stages[n]
    assert stage.plain is not None
    m = max((m for m in range(n) if kernel.stages[m].mark), default=None)
    ahead = kernel.stages[m].north - stage.north - stage.plain.north if m is not None else -1
    if m is None or ahead < 0 or kernel.stages[m].south < stage.south + stage.plain.south:
        raise ValueError(f"kernel {kernel.name}: no stage marks all rows by which stage {n} is plain")
    return f"marks_{m} & {(2 << stage.plain.south + stage.plain.north) - 1 << ahead}"


class TileLoop(NamedTuple):
    """The loop over tiles of a kernel, for arrays of some types, as compilation.Loop."""

    kernel: Kernel
    dtype: np.dtype
    types: tuple

    @property
    def name(self) -> str:
        """Of the module that has it, and of its types."""
        return f"{module_name(self.kernel, self.dtype)}_{digest(*self.types)[:8]}"

    @property
    def cost(self) -> int:
        """Length of its text."""
        return len(linked_source(self.kernel))

    def is_kept(self) -> bool:
        """Whether its machine code is in this process or on disk."""
        return is_kept(compile_kernel(self.kernel, self.dtype), self.types)

    def compile(self) -> Any:
        """The dispatcher, compiled for the types."""
        compiled = compile_kernel(self.kernel, self.dtype)
        compiled.compile(self.types)
        return compiled


def module_name(kernel: Kernel, dtype: np.dtype) -> str:
    """Name of the module of the loop over tiles, with a key of all that its code depends on."""
    source = tile_source(kernel, VECTOR_BYTES // dtype.itemsize)
    tuning = tile_of(kernel), VECTOR_ROOM, AHEAD
    return f"{kernel.name}_{digest(source, linked_source(kernel), compiler_digest(), *tuning)}"


def compile_kernel(kernel: Kernel, dtype: np.dtype) -> Any:
    """Numba dispatcher of the loop over tiles; machine code is kept on disk and found again by a second start."""
    source = tile_source(kernel, VECTOR_BYTES // dtype.itemsize)
    module = load_module(module_name(kernel, dtype), source)
    with MAKING:  # ranks may be threads
        if not hasattr(module, "compiled"):
            _make(module, kernel)
    return module.compiled


def _make(module: Any, kernel: Kernel) -> None:
    """Give a module what its text needs, and its functions their dispatchers."""
    stages = link_stages(kernel)
    ring = make_ring(ring_rows(kernel), max(1, kernel.slots), pitch(kernel))
    tools = {"assume": assume, "ring": ring, "prefetch": prefetch, "at_rest": at_rest, "clear": clear}
    tools["take_number"] = take_number
    vars(module).update(tools | stages | {kernel.params.__name__: kernel.params})
    vars(module)["cells"] = numba.njit(**no_overlap(), **FLAGS, **UNCALLED)(module.cells)
    vars(module)["compiled"] = kept(numba.njit(nogil=True, **no_overlap(), **FLAGS)(module.sweep))


def signature(*arrays: np.ndarray) -> tuple:
    """Numba types of the arguments of a loop over tiles: a thread, the counter of tiles, a box, these arrays."""
    return (nbt.int64, nbt.int64[::1], *[nbt.int64] * 4, *map(numba.typeof, arrays))


def _activity(kernel: Kernel, box: Box, arrays: dict[str, Any]) -> tuple[WorkCounter, list[np.ndarray]]:
    """The count of the work of a launch, and its arguments by `_activity_names`."""
    assert kernel.at_rest is not None
    states, result = kernel.at_rest
    tiles = _tiles(kernel, box)
    activity: ActivityMap = arrays.get("activity") or ActivityMap()
    flags = [
        activity.quiescent(arrays[name], box, lambda: np.zeros(tiles, np.bool_))
        for name in (states[0], result)
    ]
    computed = np.zeros(tiles, np.int64)
    return activity.count(box, computed, np.asarray), [*flags, computed]


def _tiles(kernel: Kernel, box: Box) -> int:
    (j0, j1), (i0, i1) = box
    height, width = tile_of(kernel)
    return max(0, -(-(j1 - j0) // height)) * max(0, -(-(i1 - i0) // width))


def ring_rows(kernel: Kernel) -> int:
    """Rows of scratch that are in use at once: from one south of the last stage to that of the first."""
    needed = max(stage.north for stage in kernel.stages) + 2
    return 1 << (needed - 1).bit_length()


def tile_of(kernel: Kernel) -> tuple[int, int]:
    """Rows and columns of the largest tiles of a kernel."""
    height, width = LARGE_TILE if kernel.halo > FAR_REACHING else TILE
    return height, width - 2 * kernel.halo


def pitch(kernel: Kernel) -> int:
    """Columns of a row of scratch: whole vectors, else a compiler that fears for loads takes shorter ones."""
    _, width = tile_of(kernel)
    # A stage that begins within the halo may run on beyond it to fill its last vector.
    ends = (
        kernel.halo - stage.west + whole_vectors(width + stage.west + stage.east) for stage in kernel.stages
    )
    return whole_vectors(max(ends))


def whole_vectors(columns: int) -> int:
    """The next number of columns that the longest vectors fill."""
    return -(-columns // VECTOR_ROOM) * VECTOR_ROOM


def scratch_size(kernel: Kernel) -> int:
    """Values of scratch that one thread needs."""
    return ring_rows(kernel) * kernel.slots * pitch(kernel) + VECTOR_ROOM


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


class CpuBackend(HostMemory):
    """Bodies compiled by Numba, with a number of threads per rank."""

    name = "cpu"

    def __init__(self, dtype: np.dtype, threads: int = 1) -> None:
        super().__init__(dtype)
        skip_linear_algebra()
        self.threads = min(threads, numba.config.NUMBA_NUM_THREADS)
        self._pool = ThreadPool(self.threads)
        self._compilation = Compilation(processes_for(self.threads))

    def constants(self, params: tuple) -> np.ndarray:
        """The parameters as an array: Numba takes one argument faster than twenty."""
        return np.array(params, self.dtype)

    def step_constants(self, params: tuple) -> "StepConstants":
        """Constants that are made once, in which those that vary are filled in at each step."""
        return StepConstants(params, self.dtype)

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, np.ndarray]) -> Callable[[Any], None]:
        """Tie a kernel to its arrays and a box; the result runs it with given constants, compiled when it is needed."""
        (j0, j1), (i0, i1) = box
        named = [arrays[name] for name in array_names(kernel)]
        count: WorkCounter | None = None
        if kernel.at_rest:
            count, more = _activity(kernel, box, arrays)
            named += more
        threads = threads_for((j1 - j0) * (i1 - i0) * len(kernel.stages), _tiles(kernel, box), self.threads)
        scratch = np.zeros(max(1, threads * scratch_size(kernel)), self.dtype)
        constants = self.constants((0.0,) * len(kernel.params._fields))  # type: ignore[attr-defined]
        code = self._compilation.need(TileLoop(kernel, self.dtype, signature(scratch, *named, constants)))
        return Launch(self._pool, code, threads, (j0, j1, i0, i1, scratch, *named), count)

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: np.ndarray
    ) -> Callable[[], None]:
        """Compile parts for their arrays and boxes; the result runs the leading ones, then the trailing ones."""
        return bind_sweep(self._pool, self._compilation, leading, trailing, lag, constants)

    def finish_compiling(self) -> None:
        """Compile what was bound, if it was not found on disk; helpers have begun."""
        self._compilation.finish()

    def describe(self) -> dict[str, Any]:
        """Precision and threads."""
        return {"precision": self.dtype.name, "threads": self.threads}
