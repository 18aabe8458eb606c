"""Arrays in main memory, NumPy's or those of a module like it: what the numpy and the cpu backend share."""

from typing import Any

import numpy as np

from esim.backends.array_module import NUMPY, ArrayModule
from esim.backends.arrays import Arrays
from esim.parallel.comm import Comm
from esim.parallel.streams import HostBuffer, MessageBuffer, SynchronousStreams


class HostMemory(Arrays, SynchronousStreams):
    """Arrays of NumPy, in main memory, or of another array module, where that has them."""

    def __init__(self, dtype: np.dtype, module: ArrayModule = NUMPY) -> None:
        super().__init__(dtype, module.xp)
        self.module = module

    def from_host(self, array: np.ndarray) -> Any:
        """Copy of an array in the run's precision."""
        copy = np.array(array, self.dtype, order="C")
        return copy if self.module is NUMPY else self.xp.asarray(copy)

    def to_host(self, array: Any) -> np.ndarray:
        """The array itself, or a copy of it in main memory."""
        return self.module.to_host(array)

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values, in float64 over sums of planes; not finite if a value is not."""
        flat = array.reshape(-1, array.shape[-2] * array.shape[-1])
        with np.errstate(over="ignore", invalid="ignore"):
            return float(sum(float(self.xp.dot(plane, plane)) for plane in flat))

    def message_buffer(self, size: int, comm: Comm) -> MessageBuffer:
        """A message of so many values to or from a neighbour."""
        return HostBuffer(size, self.dtype) if self.module is NUMPY else _Fetched(self, size)

    def synchronize(self) -> None:
        """Wait until the array module has done what was called."""
        self.module.synchronize()

    def describe(self) -> dict[str, Any]:
        """Precision."""
        return {"precision": self.dtype.name}


class _Fetched(HostBuffer):
    """A message in main memory, packed where the array module has its arrays."""

    transport = "main memory"

    def __init__(self, backend: HostMemory, size: int) -> None:
        super().__init__(size, backend.dtype)
        self._backend, self.cells = backend, backend.zeros((size,))

    def pack(self) -> None:
        """Fetch the cells."""
        self.wire[...] = self._backend.to_host(self.cells)

    def unpack(self) -> None:
        """Bring what has come to the cells."""
        self.cells[...] = self._backend.xp.asarray(self.wire)
