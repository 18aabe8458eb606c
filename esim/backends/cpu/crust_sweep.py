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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.core import types as nbt

from esim.backends.compiled_code import KeptCallback, is_kept, kept
from esim.backends.cpu.compilation import Code, Compilation
from esim.backends.cpu.compiler import (
    FLAGS,
    UNCALLED,
    assume,
    call_plane,
    compiler_digest,
    link_stages,
    no_overlap,
    to_pointer,
)
from esim.backends.cpu.thread_pool import ThreadPool
from esim.backends.kernel_cache import load_module
from esim.backends.linker import CORNER, arguments, array_names, digest, linked_source
from esim.kernels.kernel import Kernel, Part

CACHE = 2.5e6  # bytes of arrays that a tile keeps between the two groups: about a second-level cache
HEIGHTS = (8, 64)  # minimum and maximum number of rows of a tile
# Of a loop over one plane: k, south, north, west, east, k0, j0, i0, and the table of its arrays.
PLANE = nbt.void(*[nbt.int64] * 8, nbt.CPointer(nbt.int64))  # type: ignore[attr-defined]


# Of `sweep`.
SWEEP = (nbt.int64[:, ::1], nbt.int64[::1], *[nbt.int64] * 6, nbt.boolean, nbt.int64, *[nbt.int64[::1]] * 2)


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


def plane_source(kernel: Kernel, arrays: "Sequence[ArrayKind]") -> str:
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


class ArrayKind(NamedTuple):
    """What the loop over one plane depends on of an array."""

    dtype: np.dtype
    ndim: int


class PlaneLoop(NamedTuple):
    """The loop over one plane of a kernel, for arrays of some kinds, as compilation.Loop; its code is an address."""

    kernel: Kernel
    arrays: tuple[ArrayKind, ...]

    @property
    def name(self) -> str:
        """Of the module that has it. Kernels of other layers may have the same bodies."""
        source = plane_source(self.kernel, self.arrays)
        key = digest(source, linked_source(self.kernel), compiler_digest())
        return f"{self.kernel.stages[0].body.__name__}_{key}"

    @property
    def cost(self) -> int:
        """Length of its text."""
        return len(linked_source(self.kernel))

    def is_kept(self) -> bool:
        """Whether its machine code is in this process or on disk."""
        return self._callback().is_kept()

    def compile(self) -> int:
        """Address of the compiled loop."""
        callback = self._callback()
        if callback.address is None:
            callback.compile()
        assert callback.address
        return callback.address

    def _callback(self) -> KeptCallback:
        kernel = self.kernel
        module = load_module(self.name, plane_source(kernel, self.arrays))
        if not hasattr(module, "compiled"):
            stages = link_stages(kernel)
            tools = {"assume": assume, "carray": numba.carray, "to_pointer": to_pointer}
            types = {array.dtype.name: array.dtype.type for array in self.arrays}
            vars(module).update(stages | tools | types | {kernel.params.__name__: kernel.params})
            vars(module)["plane"] = numba.njit(**no_overlap(), **FLAGS, **UNCALLED)(module.plane)
            vars(module)["compiled"] = KeptCallback(PLANE, module.enter, FLAGS)
        return module.compiled


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


class SweepLoop(NamedTuple):
    """The function `sweep`, as compilation.Loop."""

    cost: int = 0

    @property
    def name(self) -> str:
        """Of the module that has it."""
        return f"sweep_{digest(inspect.getsource(sweep), compiler_digest())}"

    def is_kept(self) -> bool:
        """Whether its machine code is in this process or on disk."""
        return is_kept(self._dispatcher(), SWEEP)

    def compile(self) -> Callable[..., None]:
        """The compiled function."""
        compiled = self._dispatcher()
        compiled.compile(SWEEP)
        return compiled

    def _dispatcher(self) -> Any:
        module = load_module(self.name, inspect.getsource(sweep))
        if not hasattr(module, "compiled"):
            vars(module)["call_plane"] = call_plane
            vars(module)["compiled"] = kept(numba.njit(nogil=True)(module.sweep))
        return module.compiled


def bind_sweep(
    pool: ThreadPool,
    compilation: Compilation,
    leading: Sequence[Part],
    trailing: Sequence[Part],
    lag: int,
    constants: np.ndarray,
) -> Callable[[], None]:
    """Tie the parts to their boxes and arrays; the result runs the leading group, then the other one."""
    leading, trailing = list(filter(is_busy, leading)), list(filter(is_busy, trailing))
    parts = [*leading, *trailing]
    if not parts:
        return lambda: None
    code = compilation.need(SweepLoop())
    given: list[list[Any]] = [
        [*(part.arrays[name] for name in kernel_arrays(part.kernel)), constants] for part in parts
    ]
    kinds = [tuple(ArrayKind(array.dtype, array.ndim) for array in mine) for mine in given]
    planes = [compilation.need(PlaneLoop(p.kernel, mine)) for p, mine in zip(parts, kinds, strict=True)]
    entries = np.zeros(len(planes), np.int64)
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

    def jobs(pieces: Sequence[tuple]) -> list[tuple]:
        return [(boxes, span, *numbers, len(leading), entries, places) for numbers in pieces]

    return Sweep(pool, code, planes, entries, jobs(strips), jobs(borders), (given, tables))


@dataclass
class Sweep:
    """A bound sweep; the compiled code knows addresses only, so what they point to is kept here."""

    pool: ThreadPool
    code: Code
    planes: list[Code]
    entries: np.ndarray
    strips: list[tuple]
    borders: list[tuple]
    kept: tuple[Any, ...]

    @cached_property
    def _jobs(self) -> tuple[list[partial[None]], list[partial[None]]]:
        self.entries[:] = [plane.get() for plane in self.planes]
        run = self.code.get()
        strips, borders = ([partial(run, *given) for given in part] for part in (self.strips, self.borders))
        return strips, borders

    def __call__(self) -> None:
        """Run all strips, then the borders between them."""
        strips, borders = self._jobs
        self.pool.do(strips)
        self.pool.do(borders)


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
