"""The cuda backend: kernels on the streams of a GPU, or of Numba's simulator."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from esim.backends.activity import ActivityMap, WorkCounter
from esim.backends.arrays import Arrays
from esim.backends.cuda import codegen
from esim.backends.cuda.device import Device
from esim.backends.cuda.graph import Bound, Constants, Replay, Varying, no_launch
from esim.backends.cuda.jit import check_arrays, compile_kernel
from esim.backends.cuda.thread_per_cell import ThreadPerCell
from esim.backends.devices import generates_code
from esim.backends.linker import array_names
from esim.kernels.kernel import Kernel, Part, varying
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Box
from esim.parallel.streams import Event, MessageBuffer


def _busy(part: Part) -> bool:
    return all(first < last for first, last in part.box)


class CudaBackend(Arrays):
    """Bodies as CUDA threads, on the arrays and streams of a device."""

    name = "cuda"

    def __init__(self, dtype: np.dtype, device: Device) -> None:
        super().__init__(dtype, device.xp)
        self.device = device
        self._varying: dict[type, Varying] = {}
        self._plain = None if generates_code() else ThreadPerCell(device, dtype)

    def from_host(self, array: np.ndarray) -> Any:
        """Copy of a NumPy array on the device, in the run's precision."""
        return self.xp.array(np.ascontiguousarray(array, self.dtype))

    def to_host(self, array: Any) -> np.ndarray:
        """Copy of a device array on the host."""
        return array if self.xp is np else self.xp.asnumpy(array)

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values; not finite if a value is not."""
        return self.device.square_sum(array)

    def message_buffer(self, size: int, comm: Comm) -> MessageBuffer:
        """A message of so many values to or from a neighbour: on the device where MPI takes it from there."""
        return self.device.message_buffer(size, self.dtype, comm.direct)

    def stream(self, name: str) -> Any:
        """Context in which calls queue on a stream."""
        return self.device.stream(name)

    def event(self) -> Event:
        """The end of what is queued on the current stream."""
        return self.device.event()

    def sequence(self, launches: Sequence[Callable[..., None]]) -> Callable[..., None]:
        """Launches that always follow each other, as one call: a graph from the third time on."""
        return Replay(self.device, launches)

    def synchronize(self) -> None:
        """Wait for the device."""
        self.device.synchronize()

    def constants(self, params: Any) -> Constants:
        """The parameters: by value with each launch, but for those that vary from step to step."""
        kind = type(params)
        if varying(kind) and kind not in self._varying:
            self._varying[kind] = Varying(self.device, kind, self.dtype)
        return Constants(params, self._varying.get(kind))

    def step_constants(self, params: Any) -> Constants:
        """Constants that are made once, in which those that vary are filled in at each step."""
        return self.constants(params)

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, Any]) -> Callable[[Any], None]:
        """Compile a kernel and tie it to a box and its arrays; the result queues it with given constants."""
        if any(first >= last for first, last in box):
            return no_launch
        if self._plain is not None:
            return self._plain.bind(kernel, box, arrays)
        codegen.check(kernel, arrays)
        text = codegen.kernel_text(kernel, self.dtype)
        shape, compiled = codegen.launch_shape(kernel, box, text), compile_kernel(kernel, text, self.dtype)
        named = [self.device.argument(arrays[name]) for name in array_names(kernel)]
        count = None
        if kernel.at_rest:
            count, more = self._activity(kernel, box, arrays, shape.blocks[0] * shape.blocks[1])
            named += more
        launch = self.device.launcher(compiled, shape.blocks, shape.threads)
        return Bound(launch, (*shape.numbers, *named), count)

    def _activity(
        self, kernel: Kernel, box: Box, arrays: dict[str, Any], blocks: int
    ) -> tuple[WorkCounter, list[Any]]:
        """The count of the work of a launch, and its arguments by codegen.ACTIVITY."""
        assert kernel.at_rest is not None
        states, result = kernel.at_rest
        activity: ActivityMap = arrays.get("activity") or ActivityMap()
        both = (arrays[states[0]], arrays[result])
        flags = [activity.quiescent(array, box, lambda: self.xp.zeros(blocks, bool)) for array in both]
        computed = self.xp.zeros(blocks, np.int64)
        return activity.count(box, computed, self.to_host), [
            self.device.argument(array) for array in (*flags, computed)
        ]

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: Constants
    ) -> Callable[[], None]:
        """Compile parts and tie them to their boxes and arrays; the result queues them in turn."""
        launches = [self._bind_part(part, constants) for part in (*leading, *trailing) if _busy(part)]

        def run() -> None:
            for launch in launches:
                launch()

        return run

    def _bind_part(self, part: Part, constants: Constants) -> Callable[[], None]:
        kernel = part.kernel
        if self._plain is not None:
            return partial(self._plain.bind(kernel, part.box, part.arrays), constants)
        check_arrays(kernel, part.arrays)
        text = codegen.kernel_text(kernel, self.dtype)
        shape, compiled = (
            codegen.launch_shape(kernel, part.box, text),
            compile_kernel(kernel, text, self.dtype),
        )
        given = [
            value if isinstance(value := part.arrays[name], int) else self.device.argument(value)
            for name in array_names(kernel)
        ]
        launch = self.device.launcher(compiled, shape.blocks, shape.threads)
        return partial(Bound(launch, (*shape.numbers, *given)), constants)

    def describe(self) -> dict[str, Any]:
        """Precision, how kernels are made, and device."""
        kernels = "generated" if self._plain is None else "one thread per cell"
        return {"precision": self.dtype.name, "kernels": kernels, **self.device.describe()}
