"""What backends on the host's own memory share: their arrays are NumPy arrays."""

from typing import Any

import numpy as np

from esim.backends.lanes import HostParcel, InOrder, Parcel
from esim.comm import Comm


class HostMemory(InOrder):
    """Arrays in main memory."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype

    def zeros(self, shape: tuple[int, ...]) -> np.ndarray:
        """Array of zeros in the run's precision."""
        return np.zeros(shape, self.dtype)

    def from_host(self, array: np.ndarray) -> np.ndarray:
        """Copy of an array in the run's precision."""
        return np.array(array, self.dtype, order="C")

    def index(self, numbers: np.ndarray) -> np.ndarray:
        """Whole numbers with which arrays are indexed."""
        return numbers

    def to_host(self, array: np.ndarray) -> np.ndarray:
        """The array itself."""
        return array

    def maximum(self, array: np.ndarray) -> float:
        """Largest value; NaN if there is one."""
        return float(array.max())

    def finite(self, array: np.ndarray) -> bool:
        """Whether all values are finite; a sum carries every NaN and infinity, and is the fastest look."""
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(array.sum(dtype=np.float64)))

    def square_sum(self, array: np.ndarray) -> float:
        """Sum of the squares of all values, in float64 over sums of planes; not finite if a value is not."""
        flat = array.reshape(-1, array.shape[-2] * array.shape[-1])
        with np.errstate(over="ignore", invalid="ignore"):
            return float(sum(float(np.vdot(plane, plane)) for plane in flat))

    def parcel(self, size: int, comm: Comm) -> Parcel:
        """A message of so many values to or from a neighbour."""
        return HostParcel(size, self.dtype)

    def describe(self) -> dict[str, Any]:
        """Name and precision."""
        return {"precision": self.dtype.name}
