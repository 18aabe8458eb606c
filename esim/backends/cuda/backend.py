"""Numba CUDA on a GPU, or on Numba's simulator."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from esim.backends.cuda.jit import compile_kernel
from esim.backends.cuda.tile import tile_shape, tile_source
from esim.backends.cuda.volume import BLOCK, part_source
from esim.backends.devices import gpu_count, simulated
from esim.backends.link import array_names
from esim.backends.rest import Count, Rest
from esim.decomposition import Box
from esim.errors import MachineError
from esim.kernels.kernel import Kernel, Part


def _busy(part: Part) -> bool:
    return all(first < last for first, last in part.box)


class CudaBackend:
    """Bodies as CUDA threads on CuPy arrays; the simulator takes NumPy arrays in their place."""

    name = "cuda"

    def __init__(self, dtype: np.dtype, local_rank: int = 0) -> None:
        self.dtype = dtype
        self.xp: Any = np
        if simulated():
            return
        count = gpu_count()
        if not count:
            raise MachineError(
                "run.backend: cuda needs an NVIDIA GPU and its driver, and none was found; use cpu or numpy"
            )
        try:
            import cupy
        except ImportError as error:
            raise MachineError(f"run.backend: cuda needs CuPy ({error}); pip install 'esim[cuda]'") from None
        self.xp = cupy
        cupy.cuda.Device(local_rank % count).use()

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Array of zeros on the device, in the run's precision."""
        return self.xp.zeros(shape, self.dtype)

    def from_host(self, array: np.ndarray) -> Any:
        """Copy of a NumPy array on the device, in the run's precision."""
        return self.xp.array(np.ascontiguousarray(array), dtype=self.dtype)

    def index(self, numbers: np.ndarray) -> Any:
        """Whole numbers with which arrays are indexed, on the device."""
        return self.xp.asarray(numbers)

    def to_host(self, array: Any) -> np.ndarray:
        """Copy of a device array on the host."""
        return array if self.xp is np else self.xp.asnumpy(array)

    def maximum(self, array: Any) -> float:
        """Largest value; NaN if there is one."""
        return float(array.max())

    def finite(self, array: Any) -> bool:
        """Whether all values are finite; a sum carries every NaN and infinity."""
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(float(array.sum(dtype=np.float64))))

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values; not finite if a value is not."""
        flat = array.reshape(-1, array.shape[-2] * array.shape[-1])
        return float(sum(float(self.xp.vdot(plane, plane)) for plane in flat))

    def message_buffer(self, size: int) -> np.ndarray:
        """Pinned host memory, which the device and the network card both reach directly."""
        if self.xp is np:
            return np.zeros(size, self.dtype)
        memory = self.xp.cuda.alloc_pinned_memory(max(1, size) * self.dtype.itemsize)
        return np.frombuffer(memory, self.dtype, size)

    def pack(self, array: Any, region: tuple[slice, ...], buffer: np.ndarray) -> None:
        """Copy a region of a device array into a host buffer."""
        buffer[...] = self.to_host(array[region])

    def unpack(self, buffer: np.ndarray, array: Any, region: tuple[slice, ...]) -> None:
        """Copy a host buffer into a region of a device array."""
        array[region] = self.xp.asarray(buffer)

    def synchronize(self) -> None:
        """Wait for the device."""
        if self.xp is not np:
            self.xp.cuda.get_current_stream().synchronize()

    def constants(self, params: tuple) -> tuple:
        """The parameters as they are: they travel with the launch."""
        return params

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, Any]) -> Callable[[Any], None]:
        """Compile a kernel and tie it to a box and its arrays; the result launches it with given parameters."""
        (j0, j1), (i0, i1) = box
        height, width = tile_shape(kernel, self.dtype.itemsize)
        blocks = -(-(i1 - i0) // width), -(-(j1 - j0) // height)
        named = [self._argument(arrays[name]) for name in array_names(kernel)]
        source = tile_source(kernel, (height, width), self.dtype)
        launcher = compile_kernel(kernel, source, self.dtype)[blocks, (width, height)]
        counted: Callable = lambda run: run  # noqa: E731
        if kernel.at_rest:
            count, more = self._rest(kernel, box, arrays, max(0, blocks[0]) * max(0, blocks[1]))
            counted, named = count.counted, named + more

        def run(p: Any) -> None:
            if blocks[0] > 0 and blocks[1] > 0:
                launcher(j0, j1, i0, i1, *named, p)

        return counted(run)

    def _rest(self, kernel: Kernel, box: Box, arrays: dict[str, Any], blocks: int) -> tuple[Count, list[Any]]:
        """The count of the work of a launch, and its arguments by `_rest_names`."""
        assert kernel.at_rest is not None
        states, result = kernel.at_rest
        rest: Rest = arrays.get("rest") or Rest()
        both = (arrays[states[0]], arrays[result])
        flags = [rest.still(array, box, lambda: self.xp.zeros(blocks, bool)) for array in both]
        computed = self.xp.zeros(blocks, np.int64)
        return rest.count(box, computed, self.to_host), [
            self._argument(array) for array in (*flags, computed)
        ]

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: tuple
    ) -> Callable[[], None]:
        """Compile parts and tie them to their boxes and arrays; the result launches them in turn."""
        launches = [self._bind_part(part, constants) for part in (*leading, *trailing) if _busy(part)]

        def run() -> None:
            for launch in launches:
                launch()

        return run

    def _bind_part(self, part: Part, p: tuple) -> Callable[[], None]:
        (k0, k1), (j0, j1), (i0, i1) = part.box
        width, height, depth = BLOCK
        blocks = -(-(i1 - i0) // width), -(-(j1 - j0) // height), -(-(k1 - k0) // depth)
        given = [
            value if isinstance(value := part.arrays[name], int) else self._argument(value)
            for name in array_names(part.kernel)
        ]
        launcher = compile_kernel(part.kernel, part_source(part.kernel), self.dtype)[blocks, BLOCK]
        return lambda: launcher(k0, k1, j0, j1, i0, i1, *given, p)

    def _argument(self, array: Any) -> Any:
        from numba import cuda

        if self.xp is np:
            from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

            return FakeCUDAArray(array)
        return cuda.as_cuda_array(array)

    def describe(self) -> dict[str, Any]:
        """Name of the device."""
        if self.xp is np:
            return {"precision": self.dtype.name, "device": "CUDA simulator"}
        properties = self.xp.cuda.runtime.getDeviceProperties(self.xp.cuda.runtime.getDevice())
        return {"precision": self.dtype.name, "device": properties["name"].decode()}
