"""Arrays of a module like NumPy: what all backends do alike with them."""

from typing import Any

import numpy as np


class Arrays:
    """Arrays of a module xp, in the precision of the run."""

    def __init__(self, dtype: np.dtype, xp: Any) -> None:
        self.dtype, self.xp = dtype, xp

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Array of zeros."""
        return self.xp.zeros(shape, self.dtype)

    def index(self, numbers: np.ndarray) -> Any:
        """Whole numbers with which arrays are indexed."""
        return self.xp.asarray(numbers)

    def maximum(self, array: Any) -> float:
        """Largest value; NaN if there is one."""
        return float(array.max())

    def largest(self, array: Any) -> float:
        """Largest absolute value; NaN if there is one."""
        low, high = float(array.min()), float(array.max())
        return high if not high < -low else -low

    def raise_to(self, array: Any, values: Any) -> None:
        """Set an array to values where these are larger, or NaN."""
        self.xp.maximum(array, values, out=array)

    def finite(self, array: Any) -> bool:
        """Whether all values are finite; a sum carries every NaN and infinity, and is the fastest look."""
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(float(array.sum(dtype=np.float64))))

    def finish_compiling(self) -> None:
        """Nothing to do where kernels are compiled when they are bound, or not at all."""
