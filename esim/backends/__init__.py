"""The backends that run kernels: numpy (the reference), cpu (Numba), cuda (Numba CUDA)."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from esim.errors import MachineError
from esim.kernels.kernel import Kernel, Part
from esim.parallel.decomposition import Box
from esim.parallel.streams import StreamBackend


class StepConstants(Protocol):
    """Constants of a kernel that are made once, so that a step makes none."""

    def fill(self, *values: float) -> Any:
        """Set the constants that vary, in the order of kernel.varying; bound kernels take the result, until the next.

        Values are rounded to the precision of the run. What has been launched keeps the values it was given.
        """


class Backend(StreamBackend, Protocol):
    """Arrays and kernels of one machine; arrays are its own, NumPy-like, index order [var, j, i]."""

    name: str
    dtype: np.dtype

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Array of zeros in the run's precision."""

    def from_host(self, array: np.ndarray) -> Any:
        """Copy of a NumPy array in the run's precision."""

    def index(self, numbers: np.ndarray) -> Any:
        """Whole numbers with which arrays are indexed."""

    def to_host(self, array: Any) -> np.ndarray:
        """NumPy copy or view of an array."""

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, Any]) -> Callable[[Any], None]:
        """Tie a kernel to a box and its arrays by name; the result takes constants."""

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: Any
    ) -> Callable[[], None]:
        """Tie parts of the crust to their boxes; the result runs the leading ones, then the trailing ones.

        A trailing part reads of what the leading ones write, and they of what it overwrites, no more than lag
        planes or rows away, so that the two may be swept together.
        """

    def finish_compiling(self) -> None:
        """Compile what is bound and has not been compiled yet: a launch that is called before compiles by itself."""

    def constants(self, params: tuple) -> Any:
        """Parameters of a kernel in the form that bound kernels take."""

    def step_constants(self, params: tuple) -> "StepConstants":
        """The same, made once: those that vary from step to step, kernel.varying, are filled in at each step."""

    def maximum(self, array: Any) -> float:
        """Largest value of an array; NaN if there is one."""

    def largest(self, array: Any) -> float:
        """Largest absolute value of an array; NaN if there is one."""

    def raise_to(self, array: Any, values: Any) -> None:
        """Set an array to values where these are larger, or NaN."""

    def finite(self, array: Any) -> bool:
        """Whether an array holds neither NaN nor infinity."""

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values; not finite if a value is not."""

    def sequence(self, launches: Sequence[Callable[..., None]]) -> Callable[..., None]:
        """Launches that always follow each other as one call, which a GPU replays; they take the same constants."""

    def synchronize(self) -> None:
        """Wait until everything launched is done."""

    def describe(self) -> dict[str, Any]:
        """What runs the kernels, for the record of the run."""


def select(
    name: str, precision: str, threads: int = 1, local_rank: int = 0, array_module: str = "numpy"
) -> Backend:
    """Make the backend of a rank; auto takes a GPU if there is one that can be used, else the CPU.

    array_module is whose arrays the numpy backend takes. Raises MachineError where the asked one cannot run here.
    """
    dtype = np.dtype(precision)
    if name == "auto":
        from esim.backends.devices import best

        name = best().name
    if name == "numpy":
        from esim.backends.array_module import open_module
        from esim.backends.numpy.backend import NumpyBackend

        return NumpyBackend(dtype, open_module(array_module, local_rank))
    if name == "cpu":
        from esim.backends.cpu.backend import CpuBackend

        return CpuBackend(dtype, threads)
    if name == "cuda":
        from esim.backends.cuda.backend import CudaBackend
        from esim.backends.cuda.device import open_device

        return CudaBackend(dtype, open_device(local_rank))
    raise MachineError(f"there is no backend '{name}'; expected auto, numpy, cpu or cuda")
