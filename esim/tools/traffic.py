"""Which bytes does a step move between memory and processor? Counted from the bodies of its kernels.

Each value of a cell passes once into the caches, where it is read by one cell or by many, and once out, where it is
written. Scratch stays in cache. Caches of processors fetch what is written before they take the new value, also where
it was not read (write-allocate); GPUs write whole sectors and do not. Tables that do not spread over the grid, layers
at its sides and what neighbouring tiles read twice are not counted: it is the least that moves.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from esim.backends.linker import CORNER, arguments, array_names, has_layers
from esim.kernels.kernel import Kernel

CELL = 64  # index at which bodies are called, along each axis
Use = tuple[Kernel, Mapping[str, Any]]  # a kernel and its arrays by name


class Traffic(NamedTuple):
    """Bytes of a cell that a step reads, those that it writes, and of the latter those that it has not read."""

    read: int
    written: int
    written_only: int

    def moved(self, fetches: bool) -> int:
        """Bytes of a cell that pass between memory and processor; fetches says whether caches write-allocate."""
        return self.read + self.written + fetches * self.written_only


class _Recorder:
    """In place of an array: what a body reads and writes of it, by plane where it has any."""

    def __init__(self, value: Any, planes: bool = True, size: int = 0) -> None:
        self._value, self._planes, self.size = value, planes, size
        self.read: set[int] = set()
        self.written: set[int] = set()

    def _plane(self, index: tuple) -> int:
        return index[0] if self._planes else 0

    def __getitem__(self, index: tuple) -> Any:
        self.read.add(self._plane(index))
        return self._value

    def __setitem__(self, index: tuple, value: Any) -> None:
        self.written.add(self._plane(index))


def traffic(uses: Sequence[Use], cells: int, dtype: np.dtype) -> Traffic:
    """What one pass over so many cells moves with all its kernels, in which every value passes once.

    dtype is that of the constants. Kernels of the ocean have arrays [plane, j, i], those of the crust [k, j, i].
    """
    found: dict[tuple[str, int], _Recorder] = {}
    for kernel, arrays in uses:
        own = {
            name: found.setdefault(
                (name, id(arrays[name])), _recorder(kernel, name, arrays[name], cells, dtype)
            )
            for name in array_names(kernel)
            if name not in CORNER
        }
        _call(kernel, own, dtype)
    return Traffic(
        sum(len(one.read) * one.size for one in found.values()),
        sum(len(one.written) * one.size for one in found.values()),
        sum(len(one.written - one.read) * one.size for one in found.values()),
    )


def _recorder(kernel: Kernel, name: str, array: Any, cells: int, dtype: np.dtype) -> _Recorder:
    """For an array of a kernel: its values are of no size where it does not spread over the cells."""
    layers = has_layers(kernel)
    spread = math.prod(array.shape if layers else array.shape[1:]) >= cells
    value = np.uint16(1) if name in kernel.packed else dtype.type(1)
    return _Recorder(value, not layers, np.dtype(array.dtype).itemsize * spread)


def _call(kernel: Kernel, arrays: Mapping[str, _Recorder], dtype: np.dtype) -> None:
    """Call the bodies of a kernel for one cell."""
    one = dtype.type(1)
    constants = kernel.params(*[one] * len(kernel.params._fields))  # type: ignore[attr-defined]
    given = {"w": _Recorder(one), "p": constants, **dict.fromkeys(CORNER, 0), **arrays}
    cell = (CELL,) * (2 + has_layers(kernel))
    with np.errstate(all="ignore"):
        for stage in kernel.stages:
            stage.body(*cell, *(given[name] for name in arguments(stage.body)))
