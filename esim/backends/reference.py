"""NumPy: bodies on whole strips of rows. The reference that every other backend has to equal."""

from collections.abc import Callable
from typing import Any

import numpy as np

from esim.backends.host import HostMemory
from esim.backends.link import arguments, array_names
from esim.decomposition import Box
from esim.kernels.kernel import Kernel

STRIP_CELLS = 16384  # cells a strip, so that its temporaries stay in cache


class Span:
    """A range of indices that takes offsets like an index."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop

    def __add__(self, n: int) -> "Span":
        return Span(self.start + n, self.stop + n)

    def __sub__(self, n: int) -> "Span":
        return Span(self.start - n, self.stop - n)


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

        def run(p: Any) -> None:
            # Dry cells divide by zero in branches that are not taken.
            with np.errstate(all="ignore"):
                for south, north in strips:
                    views["w"] = View(scratch, south - reach, i0 - reach)
                    for stage in kernel.stages:
                        j = Span(south - stage.south, north + stage.north)
                        i = Span(i0 - stage.west, i1 + stage.east)
                        given = [p if name == "p" else views[name] for name in arguments(stage.body)]
                        stage.body(j, i, *given)

        return run
