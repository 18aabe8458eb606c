"""NumPy: bodies on whole strips of rows. The reference that every other backend has to equal.

Any array module that is used like NumPy does (see esim.backends.array_module): bodies then work on its
arrays with its functions, on strips as long as it likes them.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from types import SimpleNamespace
from typing import Any

import numpy as np

from esim.backends.activity import ActivityMap, WorkCounter
from esim.backends.array_module import NUMPY, ArrayModule
from esim.backends.host_memory import HostMemory
from esim.backends.linker import arguments, array_names, link
from esim.kernels.kernel import Kernel, Part, varying
from esim.parallel.decomposition import Box


class Span:
    """A range of indices that takes offsets like an index."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        self.slice = slice(start, stop)  # as NumPy takes it

    def __add__(self, n: int) -> "Span":
        return Span(self.start + n, self.stop + n)

    def __sub__(self, n: int) -> "Span":
        return Span(self.start - n, self.stop - n)

    def __and__(self, one: int) -> "Parity":
        return Parity(self)


class View:
    """An array of the ocean indexed by spans, or by a whole number, which keeps its axis, as in sides[k, 0, i]."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def _slices(self, index: tuple) -> tuple:
        if len(index) == 2:  # rows[k, j] has no i: it becomes a column that spreads over it
            return index[0], index[1].slice, None
        var, j, i = index
        return var, _slice(j), i.slice

    def __getitem__(self, index: tuple) -> Any:
        return self.array[self._slices(index)]

    def __setitem__(self, index: tuple, value: Any) -> None:
        self.array[self._slices(index)] = value


class Scratch(View):
    """An array that starts at cell j, i of the grid."""

    def __init__(self, array: Any, j: int, i: int) -> None:
        super().__init__(array)
        self.j, self.i = j, i

    def _slices(self, index: tuple) -> tuple:
        var, j, i = index
        return var, slice(j.start - self.j, j.stop - self.j), slice(i.start - self.i, i.stop - self.i)


class Parity:
    """Whether each index of a range is odd: 0 or 1."""

    slice = slice(None)

    def __init__(self, span: Span) -> None:
        self.first, self.count = span.start & 1, span.stop - span.start


class Field:
    """An array of the crust indexed by spans and whole numbers, which keep their axis, and by parities to read."""

    def __init__(self, array: Any, xp: Any) -> None:
        self.array, self._xp = array, xp
        self._numbers: dict[tuple[int, int], Any] = {}

    def _slices(self, index: tuple) -> tuple:
        *leading, k, j, i = index
        return *leading, _slice(k), _slice(j), _slice(i)

    def __getitem__(self, index: tuple) -> Any:
        *leading, k, j, i = index
        # Nearly all that bodies read; on small arrays they spend more time here than in arithmetic.
        if type(k) is type(j) is type(i) is Span:
            return self.array[(*leading, k.slice, j.slice, i.slice)]
        found = self.array[self._slices(index)]
        for axis in (-3, -2, -1):
            if isinstance(index[axis], Parity):
                found = found.take(self._odd(index[axis]), axis=axis)
        return found

    def __setitem__(self, index: tuple, value: Any) -> None:
        self.array[self._slices(index)] = value

    def _odd(self, parity: Parity) -> Any:
        """The numbers 0 and 1 by turns, where the array is."""
        key = parity.first, parity.count
        if key not in self._numbers:
            numbers = np.arange(parity.first, parity.first + parity.count) & 1
            self._numbers[key] = self._xp.asarray(numbers)
        return self._numbers[key]


def _slice(index: int | Span | Parity) -> slice:
    return slice(index, index + 1) if isinstance(index, int) else index.slice


class StepConstants:
    """Constants of a kernel by name; launches take what they are when these are made."""

    def __init__(self, params: tuple, dtype: np.dtype) -> None:
        self._names, self._real = varying(type(params)), dtype.type
        self._params = SimpleNamespace(**params._asdict())  # type: ignore[attr-defined]

    def fill(self, *values: float) -> SimpleNamespace:
        """Set the constants that vary from step to step."""
        for name, value in zip(self._names, values, strict=True):
            setattr(self._params, name, self._real(value))
        return self._params


class NumpyBackend(HostMemory):
    """Bodies as expressions of NumPy, or of an array module like it, on strips of rows."""

    name = "numpy"

    def __init__(self, dtype: np.dtype, module: ArrayModule = NUMPY) -> None:
        super().__init__(dtype, module)
        self._linked: dict[Callable, Callable] = {}
        self._scratch = self.zeros((0,))

    def constants(self, params: tuple) -> tuple:
        """The parameters as they are: NumPy takes them by name."""
        return params

    def step_constants(self, params: tuple) -> "StepConstants":
        """Constants that are made once, in which those that vary are filled in at each step."""
        return StepConstants(params, self.dtype)

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, Any]) -> Callable[[Any], None]:
        """Tie a kernel to a box and its arrays; the result runs it with given parameters."""
        (j0, j1), (i0, i1) = box
        height = max(1, self.module.strip // max(1, i1 - i0))
        strips = [(j, min(j + height, j1)) for j in range(j0, j1, height)] if i1 > i0 else []
        reach = kernel.halo
        shape = (kernel.slots, min(height, max(j1 - j0, 1)) + 2 * reach, max(i1 - i0, 0) + 2 * reach)
        self._make_room(int(np.prod(shape)))
        views = {name: View(arrays[name]) for name in array_names(kernel)}
        stages = [(stage, self._body(stage.body), arguments(stage.body)) for stage in kernel.stages]
        shrink, count = self._skipping(kernel, box, arrays, len(strips))

        def run(p: Any) -> None:
            count.runs += 1
            scratch = self._scratch[: int(np.prod(shape))].reshape(shape)
            # Dry cells divide by zero in branches that are not taken.
            with np.errstate(all="ignore"):
                for n, strip in enumerate(strips):
                    (south, north), (west, east) = shrink(n, (strip, (i0, i1)))
                    if south == north:
                        continue
                    views["w"] = Scratch(scratch, south - reach, west - reach)
                    for stage, body, names in stages:
                        j = Span(south - stage.south, north + stage.north)
                        i = Span(west - stage.west, east + stage.east)
                        body(j, i, *(p if name == "p" else views[name] for name in names))

        return run

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: tuple
    ) -> Callable[[], None]:
        """Tie parts to their boxes and arrays; the result runs the leading ones, then the trailing ones."""
        runs = [self._bind_part(part, constants) for part in (*leading, *trailing)]

        def run() -> None:
            with np.errstate(all="ignore"):  # what is not taken of a choice may divide by zero
                for one in runs:
                    one()

        return run

    def describe(self) -> dict[str, Any]:
        """Precision, and the array module if it is not NumPy."""
        return super().describe() | ({} if self.module is NUMPY else self.module.describe())

    def _body(self, body: Callable) -> Callable:
        """A body that calls the functions of the array module."""
        if body not in self._linked:
            self._linked[body] = link(body, lambda function: function, self.module.scalars())
        return self._linked[body]

    def _make_room(self, size: int) -> None:
        """Make scratch for so many values; launches follow each other, so that one piece serves all."""
        if self._scratch.size < size:
            self._scratch = self.zeros((size,))

    def _bind_part(self, part: Part, p: tuple) -> Callable[[], None]:
        """A part in strips of rows, or of planes where these are small."""
        (k0, k1), (j0, j1), (i0, i1) = part.box
        fields: dict[str, Any] = {
            name: array if isinstance(array, int | np.integer) else Field(array, self.xp)
            for name, array in part.arrays.items()
        }
        fields["p"] = p
        calls = [
            (self._body(stage.body), [fields[name] for name in arguments(stage.body)])
            for stage in part.kernel.stages
        ]
        length = max(1, i1 - i0)
        height = max(1, self.module.strip // length)
        depth = max(1, self.module.strip // (length * max(1, j1 - j0)))
        strips = [
            ((k, min(k + depth, k1)), (j, min(j + height, j1)))
            for k in range(k0, k1, depth)
            for j in range(j0, j1, height)
            if i1 > i0
        ]

        def run() -> None:
            for planes, rows in strips:
                for body, given in calls:
                    body(Span(*planes), Span(*rows), Span(i0, i1), *given)

        return run

    def _skipping(
        self, kernel: Kernel, box: Box, arrays: dict[str, Any], strips: int
    ) -> tuple[Callable[[int, Box], Box], WorkCounter]:
        """What shrinks strip n to the part that may move and clears the rest of it, and what counts launches."""
        computed = np.zeros(strips, np.int64)
        if not kernel.at_rest:
            return lambda n, strip: strip, WorkCounter(0, computed, np.asarray)
        states, result = (
            [arrays[name] for name in names] for names in (kernel.at_rest[0], kernel.at_rest[1:])
        )
        activity: ActivityMap = arrays.get("activity") or ActivityMap()
        quiescent, was_quiescent = (
            activity.quiescent(a, box, lambda: np.zeros(strips, bool)) for a in (states[0], *result)
        )
        reach = kernel.halo

        def shrink(n: int, strip: Box) -> Box:
            (south, north), (west, east) = strip
            around = ..., slice(south - reach, north + reach), slice(west - reach, east + reach)
            moving = reduce(operator.or_, (state[around].any(axis=0) for state in states))
            rows, columns = self.to_host(moving.any(axis=1)), self.to_host(moving.any(axis=0))
            quiescent[n] = not rows.any()
            if quiescent[n]:
                if not was_quiescent[n]:
                    result[0][:, south:north, west:east] = 0
                return (south, south), (west, east)
            was_quiescent[n] = False
            j, i = np.flatnonzero(rows), np.flatnonzero(columns)
            # Cells that see one that moves; indices count from `reach` cells outside the strip.
            j0, j1 = max(south + j[0] - 2 * reach, south), min(south + j[-1] + 1, north)
            i0, i1 = max(west + i[0] - 2 * reach, west), min(west + i[-1] + 1, east)
            for outside in (
                (south, j0, west, east),
                (j1, north, west, east),
                (j0, j1, west, i0),
                (j0, j1, i1, east),
            ):
                result[0][:, outside[0] : outside[1], outside[2] : outside[3]] = 0
            computed[n] += (j1 - j0) * (i1 - i0)
            return (j0, j1), (i0, i1)

        return shrink, activity.count(box, computed, np.asarray)
