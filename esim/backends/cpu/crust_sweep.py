"""Numba on CPU cores for the crust: plane by plane, velocity ahead of stress, vectors along i, threads over rows.

Two groups of parts make a step. On a plane the leading group (velocity) runs `lag` planes ahead of the trailing one
(stress), in tiles of rows whose planes stay in the second-level cache in between: what one has written, and what
both read, comes from main memory once. Tiles follow each other northward, the trailing group `lag` rows behind, so
that nothing is overwritten that is still needed. Every cell sees the same operations in the same order as in two
separate sweeps, so the bits are the same. Threads share the rows; the rows around their borders come last.

The loop over one plane of each kernel is compiled by itself and called by its address, so that a kernel is compiled
once, whatever other parts a block has beside it.
"""

import inspect
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numba
import numpy as np
from numba.core import types as nbt

from esim.backends.compiled_code import kept, kept_callback
from esim.backends.cpu.compiler import (
    COMPILER_SOURCES,
    FLAGS,
    UNCALLED,
    assume,
    call_plane,
    link_stages,
    no_overlap,
    to_pointer,
)
from esim.backends.kernel_cache import compiling, load_module
from esim.backends.linker import CORNER, arguments, array_names, digest, linked_source
from esim.kernels.kernel import Kernel, Part

CACHE = 2.5e6  # bytes of arrays that a tile keeps between the two groups: about a second-level cache
HEIGHTS = (8, 64)  # minimum and maximum number of rows of a tile
# Of a loop over one plane: k, south, north, west, east, k0, j0, i0, and the table of its arrays.
PLANE = nbt.void(*[nbt.int64] * 8, nbt.CPointer(nbt.int64))  # type: ignore[attr-defined]


def distinct_arrays(parts: Sequence[Part]) -> list[Any]:
    """The arrays of all parts, each piece of memory once."""
    found: list[Any] = []
    for part in parts:
        for name in kernel_arrays(part.kernel):
            if not any(_same(known, part.arrays[name]) for known in found):
                found.append(part.arrays[name])
    return found


def _same(a: Any, b: Any) -> bool:
    """Whether two arrays are the same piece of memory; those of no size are only the same if they are one."""
    if a is b:
        return True
    return a.size > 0 and a.ctypes.data == b.ctypes.data and a.shape == b.shape and a.strides == b.strides


def kernel_arrays(kernel: Kernel) -> list[str]:
    """Names of the arrays that a kernel of the crust takes, in order of first use."""
    return [name for name in array_names(kernel) if name not in CORNER]


def plane_source(kernel: Kernel, arrays: Sequence[np.ndarray]) -> str:
    """Text of the loop over one plane of a kernel, and of the function that takes its arrays out of a table.

    A loop of constant width lets the compiler choose vectors that fit: half as long again in layers of ten cells.
    The two are apart so that the inner one can be told that its arrays do not overlap.
    """
    names = ", ".join([*kernel_arrays(kernel), "c"])
    constants = ", ".join(f"c[{n}]" for n in range(len(kernel.params._fields)))  # type: ignore[attr-defined]
    lines = [
        f"def plane(k, south, north, west, east, k0, j0, i0, {names}):",
        f"    p = {kernel.params.__name__}({constants})",
    ]
    if kernel.width:
        lines += [
            f"    if east - west == {kernel.width}:",
            *_rows(kernel, f"west + {kernel.width}", " " * 8),
            "        return",
        ]
    lines += [*_rows(kernel, "east", "    "), "def enter(k, south, north, west, east, k0, j0, i0, table):"]
    place, given = 0, []
    for array in arrays:
        shape = "".join(f"table[{place + 1 + axis}], " for axis in range(array.ndim))
        given.append(f"carray(to_pointer(table[{place}]), ({shape}), {array.dtype.name})")
        place += 1 + array.ndim
    return "\n".join([*lines, f"    plane(k, south, north, west, east, k0, j0, i0, {', '.join(given)})", ""])


def _rows(kernel: Kernel, east: str, indent: str) -> list[str]:
    h = kernel.halo
    lines = [f"{indent}for j in range(south, north):"]
    for n, stage in enumerate(kernel.stages):
        names = arguments(stage.body)
        own = "; assume(k >= k0); assume(j >= j0); assume(i >= i0)" if CORNER[0] in names else ""
        lines += [
            f"{indent}    for i in range(west, {east}):",
            f"{indent}        assume(k >= {h}); assume(j >= {h}); assume(i >= {h}){own}",
            f"{indent}        stage_{n}(k, j, i, {', '.join(names)})",
        ]
    return lines


def array_table(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Address and shape of each array, one after another, as `plane_source` reads them."""
    if not all(array.flags.c_contiguous for array in arrays):
        raise ValueError("kernels of the crust take contiguous arrays only")
    return np.array([number for array in arrays for number in (array.ctypes.data, *array.shape)], np.int64)


def compile_plane(kernel: Kernel, arrays: Sequence[np.ndarray]) -> int:
    """Address of the compiled loop over one plane of a kernel; machine code is kept on disk."""
    source = plane_source(kernel, arrays)
    key = digest(source, linked_source(kernel), _compiler())
    name = f"{kernel.stages[0].body.__name__}_{key}"  # kernels of other layers may have the same bodies
    module = load_module(name, source)
    with compiling(name):
        if not hasattr(module, "compiled"):
            stages = {f"stage_{n}": body for n, body in enumerate(link_stages(kernel))}
            tools = {"assume": assume, "carray": numba.carray, "to_pointer": to_pointer}
            types = {array.dtype.name: array.dtype.type for array in arrays}
            vars(module).update(stages | tools | types | {kernel.params.__name__: kernel.params})
            vars(module)["plane"] = numba.njit(**no_overlap(), **FLAGS, **UNCALLED)(module.plane)
            vars(module)["compiled"] = kept_callback(PLANE, module.enter, FLAGS)
    return module.compiled.address


@cache
def _compiler() -> str:
    """What compiled code depends on beside the kernels."""
    return digest(*(path.read_text() for path in COMPILER_SOURCES), FLAGS, numba.__version__, sys.version)


def sweep(boxes, span, first, last, height, lag, behind, ahead, lead, leading, entries, tables):  # type: ignore[no-untyped-def]
    """The loop of one thread over tiles and planes; entries are addresses of loops over one plane of each part.

    boxes[n] is k0, k1, j0, j1, i0, i1 of part n and its corner, span the planes of all. Rows first..last-1 are cut
    into tiles; the trailing group keeps `behind` rows from the south end and `ahead` rows from the north end. The
    first `leading` parts run where `lead` says so, the others always.
    """
    parts = len(boxes)
    for south in range(first, last, height):
        north = min(south + height, last)
        begin = south - lag if south > first else first + behind
        end = north - lag if north < last else last - ahead
        for k in range(span[0], span[1] + lag):
            for n in range(parts):
                trails = n >= leading
                m = k - lag if trails else k
                if (trails or lead) and boxes[n, 0] <= m < boxes[n, 1]:
                    j0 = max(begin if trails else south, boxes[n, 2])
                    j1 = min(end if trails else north, boxes[n, 3])
                    b = boxes[n]
                    call_plane(entries[n], m, j0, j1, b[4], b[5], b[6], b[7], b[8], tables[n])


@cache
def compile_sweep() -> Callable[..., None]:
    """The compiled `sweep`, kept on disk beside the kernels."""
    source = inspect.getsource(sweep)
    module = load_module(f"sweep_{digest(source, _compiler())}", source)
    with compiling("sweep"):
        vars(module)["call_plane"] = call_plane
        compiled = kept(numba.njit(nogil=True)(module.sweep))
        table, numbers = nbt.int64[:, ::1], [nbt.int64] * 6
        compiled.compile((table, nbt.int64[::1], *numbers, nbt.boolean, nbt.int64, *[nbt.int64[::1]] * 2))
    return compiled


class ThreadPool:
    """Threads that live as long as the backend; started when there is work for more than one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def do(self, jobs: Sequence[Callable[[], Any]]) -> None:
        """Do all jobs and return when they are done; an error in one is raised."""
        if len(jobs) <= 1:
            for job in jobs:
                job()
            return
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.size - 1, "esim-pool")
        others = [self._pool.submit(job) for job in jobs[1:]]
        jobs[0]()
        wait(others)
        for other in others:
            other.result()


def bind_sweep(
    pool: ThreadPool, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: np.ndarray
) -> Callable[[], None]:
    """Compile the parts and tie them to their boxes and arrays; the result runs the leading group, then the other."""
    leading, trailing = list(filter(is_busy, leading)), list(filter(is_busy, trailing))
    parts = [*leading, *trailing]
    if not parts:
        return lambda: None
    run = compile_sweep()
    given: list[list[Any]] = [
        [*(part.arrays[name] for name in kernel_arrays(part.kernel)), constants] for part in parts
    ]
    entries = np.array(
        [compile_plane(p.kernel, mine) for p, mine in zip(parts, given, strict=True)], np.int64
    )
    tables = [array_table(mine) for mine in given]
    places = np.array([table.ctypes.data for table in tables], np.int64)
    boxes = np.array([[*np.ravel(part.box), *corner(part)] for part in parts], np.int64)
    span = np.array([boxes[:, 0].min(), boxes[:, 1].max()], np.int64)
    first, last = int(boxes[:, 2].min()), int(boxes[:, 3].max())
    both = bool(leading and trailing)
    lag = lag if both else 0
    threads = max(1, min(pool.size, (last - first) // max(4 * lag, 1)))
    cuts = [first + (last - first) * n // threads for n in range(threads + 1)]
    height = tile_height(distinct_arrays(parts), lag) if both else last - first
    strips = []
    for n in range(threads):
        behind, ahead = (lag if n > 0 else 0), (lag if n < threads - 1 else 0)
        strips.append((cuts[n], cuts[n + 1], height, lag, behind, ahead, True))
    borders = [(cut - lag, cut + lag, 2 * lag, 0, 0, 0, False) for cut in cuts[1:-1]] if lag else []

    def jobs(pieces: Sequence[tuple]) -> list[Callable[[], None]]:
        return [partial(run, boxes, span, *numbers, len(leading), entries, places) for numbers in pieces]

    return Sweep(pool, jobs(strips), jobs(borders), (given, tables))


@dataclass(frozen=True)
class Sweep:
    """A bound sweep; the compiled code knows addresses only, so what they point to is kept here."""

    pool: ThreadPool
    strips: list[Callable[[], None]]
    borders: list[Callable[[], None]]
    kept: tuple[Any, ...]

    def __call__(self) -> None:
        """Run all strips, then the borders between them."""
        self.pool.do(self.strips)
        self.pool.do(self.borders)


def is_busy(part: Part) -> bool:
    """Whether the box of a part holds any cell."""
    return all(first < last for first, last in part.box)


def corner(part: Part) -> tuple[int, int, int]:
    """Cell of the block at which a part's own arrays begin."""
    k0, j0, i0 = (int(part.arrays.get(name, 0)) for name in CORNER)  # type: ignore[call-overload]
    return k0, j0, i0


def tile_height(arrays: Sequence[np.ndarray], lag: int) -> int:
    """Rows of a tile whose planes, from the first that trails to the last that leads, stay in the cache."""
    whole = max(array.size for array in arrays)
    rows = [array.strides[-2] for array in arrays if array.ndim == 3 and array.size == whole]
    height = int(CACHE / (sum(rows) * (2 * lag + 2))) - 2 * lag
    return min(max(height, HEIGHTS[0]), HEIGHTS[1])
