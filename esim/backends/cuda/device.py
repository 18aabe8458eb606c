"""Memory, streams, events and graphs of a GPU, and what stands in for one.

A stream is a stream: what is queued on it is done in order, beside what is on the other streams. CuPy has the memory,
Numba the kernels; both queue on CuPy's streams.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from esim.backends.devices import gpu_of, simulated
from esim.parallel.streams import EDGES, MAIN, Event, HostBuffer, MessageBuffer, SynchronousStreams

Launch = Callable[..., None]


class Device(Protocol):
    """What CudaBackend needs of a GPU. Arrays are those of xp, an array module like NumPy."""

    xp: Any
    name: str
    graphs: bool  # whether launches that follow each other are replayed as one graph

    def stream(self, name: str) -> Any:
        """Context in which calls queue on a stream."""

    def event(self) -> Event:
        """The end of what is queued on the current stream."""

    def synchronize(self) -> None:
        """Let the host wait for all streams."""

    def message_buffer(self, size: int, dtype: np.dtype, direct: bool) -> MessageBuffer:
        """A message of so many values; direct says that MPI takes those of the device."""

    def argument(self, array: Any) -> Any:
        """An array as a kernel takes it."""

    def launcher(self, dispatcher: Any, blocks: tuple[int, ...], threads: tuple[int, ...]) -> Launch:
        """A call that queues a kernel on the current stream."""

    def put(self, values: np.ndarray, array: Any) -> None:
        """Queue the copy of a few values from the host; they may change when the call returns."""

    def record(self, work: Callable[[], None]) -> Callable[[], None] | None:
        """What replays the launches that work() queues, without running them now; None where that cannot be done."""

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values, in float64."""

    def describe(self) -> dict[str, Any]:
        """The device, for the record of the run."""


def open_device(local_rank: int) -> Device:
    """The GPU of a rank of this node, or what stands in for it; raises MachineError where there is none."""
    if simulated():
        return SimulatedDevice()
    return CupyDevice(gpu_of(local_rank))


class SimulatedDevice(SynchronousStreams):
    """Numba's simulator: kernels are Python functions on NumPy arrays, done when their call returns."""

    name = "CUDA simulator"

    def __init__(self) -> None:
        self.xp: Any = np
        self.graphs = False

    def message_buffer(self, size: int, dtype: np.dtype, direct: bool) -> MessageBuffer:
        """A message in main memory."""
        return HostBuffer(size, dtype)

    def argument(self, array: np.ndarray) -> Any:
        """The simulator's view of an array."""
        from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

        return FakeCUDAArray(array)

    def launcher(self, dispatcher: Any, blocks: tuple[int, ...], threads: tuple[int, ...]) -> Launch:
        """A call that runs a kernel; the simulator's one keeps the blocks and threads that it was given last."""
        return lambda *given: dispatcher[blocks, threads](*given)

    def put(self, values: np.ndarray, array: np.ndarray) -> None:
        """Copy."""
        array[...] = values

    def record(self, work: Callable[[], None]) -> Callable[[], None] | None:
        """There are no graphs."""
        return None

    def square_sum(self, array: np.ndarray) -> float:
        """Sum of the squares of all values."""
        return float(np.square(array, dtype=np.float64).sum())

    def describe(self) -> dict[str, Any]:
        """Its name."""
        return {"device": self.name}


class CupyDevice:
    """A GPU, with CuPy. Made on the thread that uses it: CuPy keeps the current device and stream by thread."""

    def __init__(self, number: int) -> None:
        import cupy
        from numba import cuda

        self.xp, self._cupy = cupy, cupy.cuda
        self.number, self.graphs = number, True
        cupy.cuda.Device(number).use()
        cuda.select_device(number)
        # Edges go first where both streams have work: neighbours wait for them.
        self._streams = {
            MAIN: cupy.cuda.Stream(non_blocking=True),
            EDGES: cupy.cuda.Stream(non_blocking=True, priority=-1),
        }
        self._numba = {name: cuda.external_stream(stream.ptr) for name, stream in self._streams.items()}
        self._current = MAIN
        self._streams[MAIN].use()
        self._squares = cupy.ReductionKernel(
            "T x", "float64 y", "(double)x * (double)x", "a + b", "y = a", "0", "esim_square_sum"
        )
        properties = cupy.cuda.runtime.getDeviceProperties(number)
        self.name = properties["name"].decode()
        self._properties = properties

    @contextmanager
    def stream(self, name: str) -> Iterator[None]:
        """Context in which calls queue on a stream."""
        before, self._current = self._current, name
        try:
            with self._streams[name]:
                yield
        finally:
            self._current = before

    def event(self) -> Event:
        """An event at the end of the current stream."""
        return _Event(self, self._streams[self._current].record(self._cupy.Event()))

    def wait_for(self, event: Any) -> None:
        """Let the current stream wait for an event."""
        self._streams[self._current].wait_event(event)

    def synchronize(self) -> None:
        """Let the host wait for all streams."""
        for stream in self._streams.values():
            stream.synchronize()

    def message_buffer(self, size: int, dtype: np.dtype, direct: bool) -> MessageBuffer:
        """A message of so many values: on the device if MPI takes it from there, else through pinned memory."""
        return _DirectBuffer(self, size, dtype) if direct else _StagedBuffer(self, size, dtype)

    def pinned(self, size: int, dtype: np.dtype) -> np.ndarray:
        """Host memory that the device and the network card both reach directly."""
        memory = self._cupy.alloc_pinned_memory(max(1, size) * dtype.itemsize)
        return np.frombuffer(memory, dtype, size)

    def argument(self, array: Any) -> Any:
        """An array as Numba takes it."""
        from numba import cuda

        return cuda.as_cuda_array(array, sync=False)

    def launcher(self, dispatcher: Any, blocks: tuple[int, ...], threads: tuple[int, ...]) -> Launch:
        """A call that queues a kernel on the current stream."""
        configured = {name: dispatcher[blocks, threads, stream] for name, stream in self._numba.items()}

        def launch(*given: Any) -> None:
            configured[self._current](*given)

        return launch

    def put(self, values: np.ndarray, array: Any) -> None:
        """Queue the copy of a few values; the driver takes them off ordinary memory before the call returns."""
        array.set(values, self._streams[self._current])

    def record(self, work: Callable[[], None]) -> Callable[[], None] | None:
        """What replays the launches that work() queues, as a CUDA graph; None where they cannot be captured."""
        if not self.graphs:
            return None
        stream = self._streams[self._current]
        stream.begin_capture()
        try:
            work()
        except Exception:
            self.graphs = False  # told by describe(); what cannot be captured is launched one by one
        try:
            graph = stream.end_capture()
        except self._cupy.runtime.CUDARuntimeError:
            self.graphs = False
        return graph.launch if self.graphs else None

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values, in one launch."""
        return float(self._squares(array))

    def describe(self) -> dict[str, Any]:
        """What the device is: name, number, PCI bus, memory, capability, driver; and whether steps are graphs."""
        runtime, properties = self._cupy.runtime, self._properties
        return {
            "device": self.name,
            "number": self.number,
            "bus": runtime.deviceGetPCIBusId(self.number),
            "memory_bytes": int(properties["totalGlobalMem"]),
            "compute_capability": f"{properties['major']}.{properties['minor']}",
            "driver": runtime.driverGetVersion(),
            "graphs": self.graphs,
        }


class _Event:
    """An event on a stream of a GPU."""

    def __init__(self, device: CupyDevice, event: Any) -> None:
        self._device, self.event = device, event

    def synchronize(self) -> None:
        """Let the host wait for it."""
        self.event.synchronize()

    def wait(self) -> None:
        """Let the current stream wait for it."""
        self._device.wait_for(self.event)

    def elapsed_since(self, earlier: "_Event") -> float:
        """Seconds on the device's clock, once it has passed both."""
        return self._device._cupy.get_elapsed_time(earlier.event, self.event) / 1e3


class _DirectBuffer:
    """A message in device memory."""

    transport = "device memory"

    def __init__(self, device: CupyDevice, size: int, dtype: np.dtype) -> None:
        self.cells = self.wire = device.xp.zeros(size, dtype)

    def pack(self) -> None:
        """MPI takes it where it is."""

    def unpack(self) -> None:
        """MPI has put it where it belongs."""


class _StagedBuffer:
    """A message in device memory with a copy in pinned host memory, which MPI takes."""

    transport = "pinned memory"

    def __init__(self, device: CupyDevice, size: int, dtype: np.dtype) -> None:
        self.cells, self.wire = device.xp.zeros(size, dtype), device.pinned(size, dtype)
        self._device = device

    def pack(self) -> None:
        """Queue the copy to the host."""
        self.cells.get(stream=self._stream(), out=self.wire, blocking=False)

    def unpack(self) -> None:
        """Queue the copy from the host."""
        self.cells.set(self.wire, self._stream())

    def _stream(self) -> Any:
        return self._device._streams[self._device._current]
