"""What backends share to which the host tells each call: their arrays are NumPy's, or those of a module like it."""

from typing import Any

import numpy as np

from esim.backends.lanes import HostParcel, InOrder, Parcel
from esim.backends.modules import NUMPY, ArrayModule
from esim.comm import Comm


class HostMemory(InOrder):
    """Arrays of NumPy, in main memory, or of another array module, where that has them."""

    def __init__(self, dtype: np.dtype, module: ArrayModule = NUMPY) -> None:
        self.dtype, self.module, self.xp = dtype, module, module.xp

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Array of zeros in the run's precision."""
        return self.xp.zeros(shape, self.dtype)

    def from_host(self, array: np.ndarray) -> Any:
        """Copy of an array in the run's precision."""
        copy = np.array(array, self.dtype, order="C")
        return copy if self.module is NUMPY else self.xp.asarray(copy)

    def index(self, numbers: np.ndarray) -> Any:
        """Whole numbers with which arrays are indexed."""
        return self.xp.asarray(numbers)

    def to_host(self, array: Any) -> np.ndarray:
        """The array itself, or a copy of it in main memory."""
        return self.module.to_host(array)

    def maximum(self, array: Any) -> float:
        """Largest value; NaN if there is one."""
        return float(array.max())

    def raise_to(self, array: Any, values: Any) -> None:
        """Set an array to values where these are larger, or NaN."""
        self.xp.maximum(array, values, out=array)

    def finite(self, array: Any) -> bool:
        """Whether all values are finite; a sum carries every NaN and infinity, and is the fastest look."""
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(float(array.sum(dtype=np.float64))))

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values, in float64 over sums of planes; not finite if a value is not."""
        flat = array.reshape(-1, array.shape[-2] * array.shape[-1])
        with np.errstate(over="ignore", invalid="ignore"):
            return float(sum(float(self.xp.dot(plane, plane)) for plane in flat))

    def parcel(self, size: int, comm: Comm) -> Parcel:
        """A message of so many values to or from a neighbour."""
        return HostParcel(size, self.dtype) if self.module is NUMPY else _Fetched(self, size)

    def synchronize(self) -> None:
        """Wait until the array module has done what was called."""
        self.module.synchronize()

    def describe(self) -> dict[str, Any]:
        """Precision."""
        return {"precision": self.dtype.name}


class _Fetched(HostParcel):
    """A message in main memory, packed where the array module has its arrays."""

    way = "main memory"

    def __init__(self, backend: HostMemory, size: int) -> None:
        super().__init__(size, backend.dtype)
        self._backend, self.cells = backend, backend.zeros((size,))

    def ship(self) -> None:
        """Fetch the cells."""
        self.wire[...] = self._backend.to_host(self.cells)

    def land(self) -> None:
        """Bring what has come to the cells."""
        self.cells[...] = self._backend.xp.asarray(self.wire)
