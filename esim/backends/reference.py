"""NumPy: bodies on whole strips of rows. The reference that every other backend has to equal."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from esim.backends.host import HostMemory
from esim.backends.link import arguments, array_names
from esim.backends.rest import Rest
from esim.decomposition import Box
from esim.kernels.kernel import Kernel, Part

STRIP_CELLS = 16384  # cells a strip, so that its temporaries stay in cache


class Span:
    """A range of indices that takes offsets like an index."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __add__(self, n: int) -> "Span":
        return Span(self.start + n, self.stop + n)

    def __sub__(self, n: int) -> "Span":
        return Span(self.start - n, self.stop - n)

    def __and__(self, one: int) -> "Parity":
        return Parity(self)

    @property
    def slice(self) -> slice:
        """The range as NumPy takes it."""
        return slice(self.start, self.stop)


class View:
    """An array indexed by spans; j, i may start elsewhere than at the array's first cell."""

    def __init__(self, array: np.ndarray, j: int = 0, i: int = 0) -> None:
        self.array, self.j, self.i = array, j, i

    def _slices(self, index: tuple) -> tuple:
        var, j, *i = index
        if isinstance(j, int):  # sides[k, 0, i]
            return var, slice(j, j + 1), slice(i[0].start - self.i, i[0].stop - self.i)
        rows = slice(j.start - self.j, j.stop - self.j)
        # rows[k, j] has no i: it becomes a column that spreads over it.
        return (var, rows, slice(i[0].start - self.i, i[0].stop - self.i)) if i else (var, rows, None)

    def __getitem__(self, index: tuple) -> np.ndarray:
        return self.array[self._slices(index)]

    def __setitem__(self, index: tuple, value: np.ndarray) -> None:
        self.array[self._slices(index)] = value


class Parity:
    """Whether each index of a range is odd: 0 or 1."""

    def __init__(self, span: Span) -> None:
        self.values = np.arange(span.start, span.stop) & 1


class Field:
    """An array of the crust indexed by spans, whole numbers and parities; whole numbers keep their axis."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def _plain(self, index: tuple) -> tuple:
        leading = index[: len(index) - 3]
        if any(isinstance(n, Parity) for n in index):
            return *leading, *np.ix_(*(_numbers(n) for n in index[len(leading) :]))
        return *leading, *(slice(n, n + 1) if isinstance(n, int) else n.slice for n in index[len(leading) :])

    def __getitem__(self, index: tuple) -> np.ndarray:
        return self.array[self._plain(index)]

    def __setitem__(self, index: tuple, value: np.ndarray) -> None:
        self.array[self._plain(index)] = value


def _numbers(index: Span | Parity) -> np.ndarray:
    return index.values if isinstance(index, Parity) else np.arange(index.start, index.stop)


class NumpyBackend(HostMemory):
    """Bodies as NumPy expressions on strips of rows."""

    name = "numpy"

    def constants(self, params: tuple) -> tuple:
        """The parameters as they are: NumPy takes them by name."""
        return params

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, Any]) -> Callable[[Any], None]:
        """Tie a kernel to a box and its arrays; the result runs it with given parameters."""
        (j0, j1), (i0, i1) = box
        height = max(1, STRIP_CELLS // max(1, i1 - i0))
        strips = [(j, min(j + height, j1)) for j in range(j0, j1, height)] if i1 > i0 else []
        reach = kernel.halo
        shape = (kernel.slots, min(height, max(j1 - j0, 1)) + 2 * reach, i1 - i0 + 2 * reach)
        scratch = np.zeros(shape, self.dtype)
        views = {name: View(arrays[name]) for name in array_names(kernel)}
        shrink, counted = _skipping(kernel, box, arrays, len(strips))

        def run(p: Any) -> None:
            # Dry cells divide by zero in branches that are not taken.
            with np.errstate(all="ignore"):
                for n, strip in enumerate(strips):
                    (south, north), (west, east) = shrink(n, (strip, (i0, i1)))
                    if south == north:
                        continue
                    views["w"] = View(scratch, south - reach, west - reach)
                    for stage in kernel.stages:
                        j = Span(south - stage.south, north + stage.north)
                        i = Span(west - stage.west, east + stage.east)
                        given = [p if name == "p" else views[name] for name in arguments(stage.body)]
                        stage.body(j, i, *given)

        return counted(run)

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: tuple
    ) -> Callable[[], None]:
        """Tie parts to their boxes and arrays; the result runs the leading ones, then the trailing ones."""
        runs = [_bind_part(part, constants) for part in (*leading, *trailing)]

        def run() -> None:
            with np.errstate(all="ignore"):  # what is not taken of a choice may divide by zero
                for one in runs:
                    one()

        return run


def _skipping(
    kernel: Kernel, box: Box, arrays: dict[str, Any], strips: int
) -> tuple[Callable[[int, Box], Box], Callable]:
    """What shrinks strip n to the part that may move and clears the rest of it, and what counts a launch."""
    if not kernel.at_rest:
        return lambda n, strip: strip, lambda run: run
    states, result = ([arrays[name] for name in names] for names in (kernel.at_rest[0], kernel.at_rest[1:]))
    rest: Rest = arrays.get("rest") or Rest()
    still, was_still = (rest.still(a, box, lambda: np.zeros(strips, bool)) for a in (states[0], *result))
    computed = np.zeros(strips, np.int64)
    reach = kernel.halo

    def shrink(n: int, strip: Box) -> Box:
        (south, north), (west, east) = strip
        around = ..., slice(south - reach, north + reach), slice(west - reach, east + reach)
        moving = np.logical_or.reduce([state[around].any(axis=0) for state in states])
        still[n] = not moving.any()
        if still[n]:
            if not was_still[n]:
                result[0][:, south:north, west:east] = 0
            return (south, south), (west, east)
        was_still[n] = False
        j, i = np.flatnonzero(moving.any(axis=1)), np.flatnonzero(moving.any(axis=0))
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

    return shrink, rest.count(box, computed, np.asarray).counted


def _bind_part(part: Part, p: tuple) -> Callable[[], None]:
    """A part plane by plane, in strips of rows whose temporaries stay in cache."""
    (k0, k1), (j0, j1), (i0, i1) = part.box
    fields = {n: Field(a) if isinstance(a, np.ndarray) else a for n, a in part.arrays.items()} | {"p": p}
    calls = [(stage.body, [fields[n] for n in arguments(stage.body)]) for stage in part.kernel.stages]
    height = max(1, STRIP_CELLS // max(1, i1 - i0))
    strips = [(j, min(j + height, j1)) for j in range(j0, j1, height)] if i1 > i0 else []

    def run() -> None:
        for k in range(k0, k1):
            for south, north in strips:
                for body, given in calls:
                    body(Span(k, k + 1), Span(south, north), Span(i0, i1), *given)

    return run
