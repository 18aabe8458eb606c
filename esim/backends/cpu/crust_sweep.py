"""Numba on CPU cores for the crust: plane by plane, velocity ahead of stress, vectors along i, threads over rows.

Two groups of parts make a step. On a plane the leading group (velocity) runs `lag` planes ahead of the trailing one
(stress), in tiles of rows whose planes stay in the second-level cache in between: what one has written, and what
both read, comes from main memory once. Tiles follow each other northward, the trailing group `lag` rows behind, so
that nothing is overwritten that is still needed. Every cell sees the same operations in the same order as in two
separate sweeps, so the bits are the same. Threads share the rows; the rows around their borders come last.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import numba
import numpy as np

from esim.backends.cpu.compiler import COMPILER_SOURCES, FLAGS, assume, link_stages, no_overlap
from esim.backends.kernel_cache import compiling, load_module
from esim.backends.linker import CORNER, arguments, array_names, digest, linked_source
from esim.kernels.kernel import Kernel, Part

CACHE = 2.5e6  # bytes of arrays that a tile keeps between the two groups: about a second-level cache
HEIGHTS = (8, 64)  # least and greatest number of rows of a tile


def array_slots(parts: Sequence[Part]) -> tuple[list[Any], list[list[int]]]:
    """The distinct arrays of all parts, and for each part which of them its kernel takes, in order."""
    arrays: list[Any] = []
    slots = []
    for part in parts:
        mine = []
        for name in kernel_arrays(part.kernel):
            array = part.arrays[name]
            known = [n for n, other in enumerate(arrays) if _same(other, array)]
            if not known:
                arrays.append(array)
            mine.append(known[0] if known else len(arrays) - 1)
        slots.append(mine)
    return arrays, slots


def _same(a: Any, b: Any) -> bool:
    """Whether two arrays are the same piece of memory; those of no size are only the same if they are one."""
    if a is b:
        return True
    return a.size > 0 and a.ctypes.data == b.ctypes.data and a.shape == b.shape and a.strides == b.strides


def kernel_arrays(kernel: Kernel) -> list[str]:
    """Names of the arrays that a kernel of the crust takes, in order of first use."""
    return [name for name in array_names(kernel) if name not in CORNER]


def plane_name(kernel: Kernel) -> str:
    """Name of the loop over one plane of a kernel."""
    return f"plane_{kernel.name}" + (f"_{kernel.width}" if kernel.width else "")


def plane_source(kernel: Kernel) -> str:
    """Text of the loop over one plane of one part: row by row, body after body.

    A loop of constant width lets the compiler choose vectors that fit: half as long again in layers of ten cells.
    """
    arrays = ", ".join(kernel_arrays(kernel))
    constants = ", ".join(f"c[{n}]" for n in range(len(kernel.params._fields)))  # type: ignore[attr-defined]
    lines = [
        f"def {plane_name(kernel)}(k, south, north, west, east, k0, j0, i0, {arrays}, c):",
        f"    p = {kernel.params.__name__}({constants})",
    ]
    if kernel.width:
        lines += [
            f"    if east - west == {kernel.width}:",
            *_rows(kernel, f"west + {kernel.width}", " " * 8),
            "        return",
        ]
    return "\n".join([*lines, *_rows(kernel, "east", "    "), ""])


def _rows(kernel: Kernel, east: str, indent: str) -> list[str]:
    h = kernel.halo
    lines = [f"{indent}for j in range(south, north):"]
    for n, stage in enumerate(kernel.stages):
        names = arguments(stage.body)
        own = "; assume(k >= k0); assume(j >= j0); assume(i >= i0)" if CORNER[0] in names else ""
        lines += [
            f"{indent}    for i in range(west, {east}):",
            f"{indent}        assume(k >= {h}); assume(j >= {h}); assume(i >= {h}){own}",
            f"{indent}        {kernel.name}_{n}(k, j, i, {', '.join(names)})",
        ]
    return lines


def sweep_source(
    leading: Sequence[Part], trailing: Sequence[Part], slots: list[list[int]], count: int
) -> str:
    """Text of the loop over tiles and planes.

    boxes[n] is k0, k1, j0, j1, i0, i1 of part n and its corner, span the planes of all. Rows first..last-1 are cut
    into tiles; the trailing group keeps `behind` rows from the south end and `ahead` rows from the north end.
    """
    given = ", ".join(f"a{n}" for n in range(count))
    lines = [
        f"def sweep(boxes, span, first, last, height, lag, behind, ahead, lead, {given}, c):",
        "    top, bottom = span[0], span[1]",
        "    for south in range(first, last, height):",
        "        north = min(south + height, last)",
        "        begin = south - lag if south > first else first + behind",
        "        end = north - lag if north < last else last - ahead",
        "        for k in range(top, bottom + lag):",
        "            if lead:",
        "                pass",
        *_calls(leading, slots[: len(leading)], 0, "k", ("south", "north"), " " * 16),
    ]
    lines += ["            m = k - lag"]
    lines += _calls(trailing, slots[len(leading) :], len(leading), "m", ("begin", "end"), " " * 12)
    return "\n".join(lines) + "\n"


def _calls(
    parts: Sequence[Part], slots: list[list[int]], first: int, k: str, rows: tuple[str, str], indent: str
) -> list[str]:
    lines = []
    for n, (part, mine) in enumerate(zip(parts, slots, strict=True), start=first):
        between = f"max({rows[0]}, boxes[{n}, 2]), min({rows[1]}, boxes[{n}, 3])"
        given = ", ".join([*(f"boxes[{n}, {m}]" for m in range(4, 9)), *(f"a{slot}" for slot in mine)])
        lines += [
            f"{indent}if boxes[{n}, 0] <= {k} < boxes[{n}, 1]:",
            f"{indent}    {plane_name(part.kernel)}({k}, {between}, {given}, c)",
        ]
    return lines


def compile_sweep(
    leading: Sequence[Part], trailing: Sequence[Part], slots: list[list[int]], count: int
) -> Any:
    """Numba dispatcher of the sweep over some parts; machine code is kept on disk."""
    parts = [*leading, *trailing]
    kernels = {part.kernel.name: part.kernel for part in parts}
    planes = {plane_name(part.kernel): plane_source(part.kernel) for part in parts}
    source = sweep_source(leading, trailing, slots, count)
    own = [path.read_text() for path in COMPILER_SOURCES]
    key = digest(
        source, planes, *map(linked_source, kernels.values()), *own, FLAGS, numba.__version__, sys.version
    )
    module = load_module(f"sweep_{key}", "\n".join([*planes.values(), source]))
    if not hasattr(module, "compiled"):
        options: dict[str, Any] = {"nogil": True, **no_overlap(), **FLAGS}
        vars(module)["assume"] = assume
        for name, kernel in kernels.items():
            vars(module).update({f"{name}_{n}": body for n, body in enumerate(link_stages(kernel))})
            vars(module)[kernel.params.__name__] = kernel.params
        for name in planes:
            vars(module)[name] = numba.njit(**options)(getattr(module, name))
        vars(module)["compiled"] = numba.njit(cache=True, **options)(module.sweep)
    return module.compiled


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
    parts = [*leading, *trailing]
    if not parts:
        return lambda: None
    arrays, slots = array_slots(parts)
    with compiling(f"sweep_{digest(*(part.kernel.name for part in parts), constants.dtype.name)}"):
        sweep = compile_sweep(leading, trailing, slots, len(arrays))
        boxes = np.array([[*np.ravel(part.box), *corner(part)] for part in parts], np.int64)
        numbers = (0, 0, 1, 0, 0, 0, True)
        span = np.zeros(2, np.int64)
        sweep.compile(tuple(map(numba.typeof, (boxes, span, *numbers, *arrays, constants))))
    busy = boxes[busy_parts(boxes)]
    if not len(busy):
        return lambda: None
    span[:] = busy[:, 0].min(), busy[:, 1].max()
    first, last = int(busy[:, 2].min()), int(busy[:, 3].max())
    leads, trails = busy_parts(boxes[: len(leading)]), busy_parts(boxes[len(leading) :])
    both = bool(leads.any() and trails.any())
    lag = lag if both else 0
    threads = max(1, min(pool.size, (last - first) // max(4 * lag, 1)))
    cuts = [first + (last - first) * n // threads for n in range(threads + 1)]
    height = tile_height(arrays, lag) if both else last - first
    strips = []
    for n in range(threads):
        behind, ahead = (lag if n > 0 else 0), (lag if n < threads - 1 else 0)
        strips.append((cuts[n], cuts[n + 1], height, lag, behind, ahead, True))
    borders = [(cut - lag, cut + lag, 2 * lag, 0, 0, 0, False) for cut in cuts[1:-1]] if lag else []

    def jobs(pieces: Sequence[tuple]) -> list[Callable[[], None]]:
        return [partial(sweep, boxes, span, *numbers, *arrays, constants) for numbers in pieces]

    first_jobs, last_jobs = jobs(strips), jobs(borders)
    if len(first_jobs) == 1:
        return first_jobs[0]

    def run() -> None:
        pool.do(first_jobs)
        pool.do(last_jobs)

    return run


def busy_parts(boxes: np.ndarray) -> np.ndarray:
    """Which boxes hold any cell."""
    return (boxes[:, 0] < boxes[:, 1]) & (boxes[:, 2] < boxes[:, 3]) & (boxes[:, 4] < boxes[:, 5])


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
