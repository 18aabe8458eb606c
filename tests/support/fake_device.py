"""A GPU for tests without one: what CupyDevice uses of CuPy and Numba, and an MPI that is as unkind as it may be.

Work that is queued on a stream is carried out when somebody waits for it, or at any other time at which a GPU might,
drawn by a seed: the order between streams is any that events allow. Memory holds NaN until it is written. Arrays
refuse to become NumPy's unless a call says so. So a wait that is missing gives wrong numbers, or an error.
"""

import contextlib
import operator
import queue
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest

from esim.backends import select
from esim.backends.cuda.backend import CudaBackend
from esim.backends.cuda.device import CupyDevice
from esim.backends.cuda.graph import Bound, no_launch
from esim.kernels.kernel import varying

HERE = threading.local()  # the GPU and the stream of each thread, as CuPy has them


class CUDARuntimeError(RuntimeError):
    """What CuPy raises."""


# ------------------------------------------------------------------ the machine


class Gpu:
    """Streams of one rank. A seed draws when the GPU works, and on which stream; without one it is always late."""

    def __init__(self, seed: int | None = None) -> None:
        self.draw = None if seed is None else random.Random(seed)
        self.haste = self.draw.choice((0.0, 0.3, 0.9)) if self.draw else 0.0
        self.streams: list[Stream] = []
        self.weights: list[float] = []
        self.log: list[tuple[str, ...]] = []  # calls of the host, in order

    def add(self, stream: "Stream") -> int:
        self.streams.append(stream)
        self.weights.append(self.draw.choice((0.02, 1.0, 5.0)) if self.draw else 1.0)
        return len(self.streams)

    def play(self) -> None:
        """The GPU works a little, if it likes."""
        while self.draw and self.draw.random() < self.haste and self._any():
            pass

    def reach(self, event: "Event") -> None:
        """The host waits until an event has come."""
        if any(stream.captured is not None for stream in self.streams):
            raise CUDARuntimeError(
                "cudaErrorStreamCaptureUnsupported: the host waits while a graph is recorded"
            )
        while not event.done:
            if self.draw:
                assert self._any(), "the streams wait for each other"
            else:
                self._only(event)
        self.play()

    def _any(self) -> bool:
        """One piece of work of some stream; False if none can go on."""
        able = [n for n, stream in enumerate(self.streams) if stream.able()]
        if able:
            assert self.draw
            (n,) = self.draw.choices(able, [self.weights[n] for n in able])
            self.streams[n].work()
        return bool(able)

    def _only(self, event: "Event") -> None:
        """One piece of the work that an event needs."""
        stream = event.stream
        while not stream.able():
            stream = stream.pending[0].event.stream
        stream.work()


class Work:
    """A piece of work: an event to wait for or to pass, or a function and the seconds that it takes."""

    def __init__(
        self,
        run: Callable[[], None] | None = None,
        event: Any = None,
        passes: bool = False,
        seconds: float = 0,
    ):
        self.run, self.event, self.passes, self.seconds = run, event, passes, seconds
        self.queued = time.perf_counter()


class Stream:
    """A stream of CuPy."""

    def __init__(self, non_blocking: bool = False, priority: int = 0) -> None:
        assert non_blocking, "another stream would wait for all others"
        self.gpu: Gpu = HERE.gpu
        self.ptr = self.gpu.add(self)
        self.pending: deque[Work] = deque()
        self.captured: list[Work] | None = None
        self.clock = 0.0
        self.last: Event | None = None

    @property
    def name(self) -> str:
        return ("main", "edges")[self.ptr - 1]

    def use(self) -> None:
        HERE.streams = [self]

    def __enter__(self) -> "Stream":
        HERE.streams.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        HERE.streams.pop()

    def queue(self, work: Work) -> None:
        assert HERE.gpu is self.gpu, "a stream belongs to the thread that made it"
        if self.captured is not None:
            self.captured.append(work)
            return
        self.pending.append(work)
        self.gpu.play()

    def able(self) -> bool:
        """Whether there is work, and it need not wait."""
        if not self.pending:
            return False
        first = self.pending[0]
        return first.passes or first.event is None or first.event.done

    def work(self) -> None:
        work = self.pending.popleft()
        if work.event is None:
            assert work.run is not None
            work.run()
            self.clock = max(self.clock, work.queued) + work.seconds
        elif work.passes:
            self.clock = max(self.clock, work.queued)
            work.event.done, work.event.time = True, self.clock
        else:
            self.clock = max(self.clock, work.event.time)

    def record(self, event: "Event") -> "Event":
        assert event.stream is None, "an event is recorded once here"
        event.stream = self
        self.queue(Work(event=event, passes=True))
        return event

    def wait_event(self, event: "Event") -> None:
        self.gpu.log.append(("hold", self.name))
        if self.captured is not None:
            raise CUDARuntimeError(
                "cudaErrorStreamCaptureIsolation: a graph would wait for work outside of it"
            )
        self.queue(Work(event=event))

    def synchronize(self) -> None:
        event = Event()
        self.record(event)
        self.gpu.reach(event)

    def begin_capture(self) -> None:
        self.captured = []

    def end_capture(self) -> SimpleNamespace:
        captured, self.captured = self.captured, None
        assert captured is not None

        def launch() -> None:
            stream = current()
            stream.gpu.log.append(("graph", stream.name))
            for work in captured:
                stream.queue(Work(work.run, seconds=work.seconds))

        return SimpleNamespace(launch=launch)


class Event:
    """An event of CuPy."""

    def __init__(self) -> None:
        self.stream: Any = None
        self.done, self.time = False, 0.0

    def synchronize(self) -> None:
        if not self.done:
            self.stream.gpu.log.append(("wait", self.stream.name))
            self.stream.gpu.reach(self)


def elapsed(first: Event, last: Event) -> float:
    """Milliseconds between two events."""
    if not (first.done and last.done):
        raise CUDARuntimeError("cudaErrorNotReady: an event has not come yet")
    return (last.time - first.time) * 1e3


def current() -> Stream:
    """The stream on which this thread queues."""
    assert getattr(HERE, "streams", None), "a thread without a stream of its own works on the GPU"
    return HERE.streams[-1]


# ------------------------------------------------------------------ the array module


def raw(value: Any) -> Any:
    """Memory of an array, or the scalar that it is."""
    if isinstance(value, Array):
        return value.memory
    assert np.ndim(value) == 0, f"an array of the host, {np.shape(value)}, is given to the GPU without a copy"
    return value


class Array:
    """An array of CuPy, as far as esim uses it."""

    __array_ufunc__ = None  # NumPy's scalars leave operators to it
    __hash__ = object.__hash__

    def __init__(self, memory: np.ndarray) -> None:
        self.memory = memory

    def __array__(self, *given: object, **more: object) -> np.ndarray:
        raise TypeError("implicit conversion to a NumPy array is not allowed; use asnumpy")

    def __getattr__(self, name: str) -> Any:
        if name not in ("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides", "flags"):
            raise AttributeError(name)
        return getattr(self.memory, name)

    def __len__(self) -> int:
        return len(self.memory)

    def __iter__(self) -> Iterator["Array"]:
        return (self[n] for n in range(len(self)))

    def __getitem__(self, key: Any) -> "Array":
        keys = key if isinstance(key, tuple) else (key,)
        if any(isinstance(k, Array) for k in keys):
            read = tuple(raw(k) if isinstance(k, Array) else k for k in keys)
            first = tuple(np.zeros(k.shape, int) if isinstance(k, Array) else k for k in keys)
            return computed(lambda: self.memory[read], self.memory[first])
        for k in keys:
            assert not isinstance(k, np.ndarray | list), "an index in main memory"
        return Array(self.memory[keys if Ellipsis in keys else (*keys, Ellipsis)])

    def __setitem__(self, key: Any, value: Any) -> None:
        keys = key if isinstance(key, tuple) else (key,)
        keys = tuple(raw(k) if isinstance(k, Array) else k for k in keys)
        given = raw(value)
        # CuPy copies between arrays that share memory as if there were no other
        queued(lambda: operator.setitem(self.memory, keys, given))

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        """Copy to the host; without blocking only to pinned memory, and when its turn has come."""
        stream = stream or current()
        if out is None:
            out = np.full(self.memory.shape, poison(self.memory.dtype))
        assert blocking or pinned(out), "memory of the host that is not pinned"
        stream.queue(Work(lambda: np.copyto(out, self.memory)))
        if blocking:
            stream.gpu.log.append(("fetch", stream.name))
            stream.synchronize()
        return out

    def set(self, values: np.ndarray, stream: Any = None) -> None:
        """Copy from the host: from pinned memory when its turn has come."""
        assert values.shape == self.memory.shape and values.dtype == self.memory.dtype
        given = values if pinned(values) else values.copy()
        (stream or current()).queue(Work(lambda: np.copyto(self.memory, given)))

    def reshape(self, *shape: Any) -> "Array":
        view = self.memory.reshape(*shape)
        assert np.shares_memory(view, self.memory) or not view.size, "a copy"
        return Array(view)

    def transpose(self, *axes: int) -> "Array":
        return Array(self.memory.transpose(*axes))

    def copy(self) -> "Array":
        return computed(lambda: self.memory, self.memory)

    def astype(self, dtype: Any) -> "Array":
        return computed(lambda: self.memory.astype(dtype), np.empty(self.memory.shape, dtype))

    def take(self, indices: "Array") -> "Array":
        read = raw(indices)
        return computed(lambda: self.memory.take(read), np.empty(indices.shape, self.memory.dtype))

    def reduced(self, name: str, *axis: Any, **given: Any) -> "Array":
        reduce = getattr(self.memory, name)
        with np.errstate(all="ignore"):
            return computed(lambda: reduce(*axis, **given), reduce(*axis, **given))

    def max(self, *axis: Any, **given: Any) -> "Array":
        return self.reduced("max", *axis, **given)

    def sum(self, *axis: Any, **given: Any) -> "Array":
        return self.reduced("sum", *axis, **given)

    def __neg__(self) -> "Array":
        return computed(lambda: -self.memory, self.memory)

    def __float__(self) -> float:
        return float(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __bool__(self) -> bool:
        return bool(self.get())


def _operators() -> None:
    def two(function: Callable, turned: bool = False) -> Callable:
        def call(self: Array, other: Any) -> Array:
            pair = (raw(other), self.memory) if turned else (self.memory, raw(other))
            return computed(lambda: function(*pair), function(*pair))

        return call

    def onto(function: Callable) -> Callable:
        def call(self: Array, other: Any) -> Array:
            given = raw(other)
            queued(lambda: np.copyto(self.memory, function(self.memory, given), casting="same_kind"))
            return self

        return call

    for name in ("add", "sub", "mul", "truediv", "pow"):
        function = getattr(operator, name)
        setattr(Array, f"__{name}__", two(function))
        setattr(Array, f"__r{name}__", two(function, turned=True))
        setattr(Array, f"__i{name}__", onto(function))
    for name in ("lt", "le", "gt", "ge"):
        setattr(Array, f"__{name}__", two(getattr(operator, name)))


_operators()


def queued(run: Callable[[], Any], seconds: float = 0.0) -> None:
    """Queue work on the current stream."""

    def quietly() -> None:
        with np.errstate(all="ignore"):
            run()

    current().queue(Work(quietly, seconds=seconds))


def computed(run: Callable[[], Any], like: Any) -> Array:
    """An array of the shape and type of another, of what is computed when its turn has come."""
    memory = np.full(np.shape(like), poison(np.asarray(like).dtype))
    queued(lambda: np.copyto(memory, run()))
    return Array(memory)


def poison(dtype: Any) -> np.generic:
    """What memory holds that nobody has written."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.bool_(True)
    return dtype.type(np.nan if dtype.kind == "f" else np.iinfo(dtype).max - 12)


PINNED: dict[int, np.ndarray] = {}  # by address


def alloc_pinned_memory(size: int) -> np.ndarray:
    memory = np.full(size, 255, np.uint8)  # not a number
    PINNED[memory.ctypes.data] = memory
    return memory


def pinned(array: np.ndarray) -> bool:
    """Whether an array lies in pinned memory."""
    at = array.ctypes.data
    return any(first <= at < first + memory.nbytes for first, memory in tuple(PINNED.items()))


def asnumpy(array: Any) -> np.ndarray:
    return array.get() if isinstance(array, Array) else np.asarray(array)


def zeros(shape: Any, dtype: Any = float) -> Array:
    return computed(lambda: 0, np.empty(shape, dtype))


def array(values: Any, dtype: Any = None) -> Array:
    if isinstance(values, Array):
        return values.copy() if dtype is None else values.astype(dtype)
    given = np.array(values, dtype)
    return computed(lambda: given, given)


def maximum(a: Any, b: Any, out: Any = None) -> Array:
    one, other = raw(a), raw(b)
    if out is None:
        return computed(lambda: np.maximum(one, other), np.maximum(one, other))
    queued(lambda: np.maximum(one, other, out=out.memory))
    return out


class ReductionKernel:
    """The one that esim has: a sum of squares."""

    def __init__(self, *text: str) -> None:
        assert text[2] == "(double)x * (double)x"

    def __call__(self, given: Array) -> Array:
        memory = given.memory
        return computed(lambda: np.square(memory, dtype=np.float64).sum(), np.float64(0))


PROPERTIES = {"name": b"a GPU for tests", "totalGlobalMem": 2**34, "major": 9, "minor": 0}
CUPY = SimpleNamespace(
    zeros=zeros,
    array=array,
    asarray=array,
    asnumpy=asnumpy,
    maximum=maximum,
    ReductionKernel=ReductionKernel,
    ndarray=Array,
    cuda=SimpleNamespace(
        Device=lambda number: SimpleNamespace(use=lambda: None),
        Stream=Stream,
        Event=Event,
        alloc_pinned_memory=alloc_pinned_memory,
        get_elapsed_time=elapsed,
        runtime=SimpleNamespace(
            getDeviceProperties=lambda number: PROPERTIES,
            driverGetVersion=lambda: 13000,
            deviceGetPCIBusId=lambda number: f"0000:{number:02X}:00.0",
            CUDARuntimeError=CUDARuntimeError,
        ),
    ),
)
CUDA = SimpleNamespace(
    select_device=lambda number: None,
    external_stream=lambda pointer: HERE.gpu.streams[pointer - 1],
    as_cuda_array=lambda given, sync: given,
)


class Kernel:
    """A compiled kernel: queues a function on a stream, which takes some seconds of the GPU's clock."""

    def __init__(self, function: Callable[..., None], name: str, seconds: float = 0.0) -> None:
        self.function, self.name, self.seconds = function, name, seconds

    def __getitem__(self, configuration: tuple) -> Callable[..., None]:
        stream: Stream = configuration[2]

        def launch(*given: Any) -> None:
            stream.gpu.log.append(("launch", stream.name, self.name))

            def run() -> None:
                with np.errstate(all="ignore"):
                    self.function(*given)

            stream.queue(Work(run, seconds=self.seconds))

        return launch


# ------------------------------------------------------------------ the backend on it


class Backend(CudaBackend):
    """CudaBackend, whose kernels are those of the numpy backend: queued, and carried out when their turn has come."""

    def __init__(self, dtype: str, seed: int | None = None, seconds: float = 0.0) -> None:
        HERE.gpu = Gpu(seed)
        super().__init__(np.dtype(dtype), CupyDevice(0))
        self._reference: Any = select("numpy", dtype)
        self._seconds = seconds
        self.log = HERE.gpu.log

    def bind(self, kernel: Any, box: Any, arrays: dict[str, Any]) -> Callable[[Any], None]:
        if any(first >= last for first, last in box):
            return no_launch
        run = self._reference.bind(kernel, box, memories(arrays))
        return Bound(self._launcher(run, kernel.name), ())

    def _bind_part(self, part: Any, constants: Any) -> Callable[[], None]:
        def run(p: Any) -> None:
            kept.setdefault("sweep", self._reference.bind_sweep([one], [], 0, p))()

        one = part._replace(arrays=memories(part.arrays))
        kept: dict[str, Callable[[], None]] = {}
        launch = Bound(self._launcher(run, part.kernel.name), ())
        return lambda: launch(constants)

    def _launcher(self, run: Callable[[Any], None], name: str) -> Callable[..., None]:
        def function(fixed: Any, now: Any = None) -> None:
            run(
                fixed
                if now is None
                else fixed._replace(**dict(zip(varying(type(fixed)), now.memory, strict=True)))
            )

        return self.device.launcher(Kernel(function, name, self._seconds), (1,), (1,))


def memories(arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays of the host that a kernel of the numpy backend may work on, when its turn has come."""
    return {name: value.memory if isinstance(value, Array) else value for name, value in arrays.items()}


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """CuPy and numba.cuda are those for tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cupy", CUPY)
        patch.setattr(numba, "cuda", CUDA, raising=False)
        yield
    PINNED.clear()


# ------------------------------------------------------------------ MPI


class Mpi:
    """A comm whose persistent messages are as those of MPI may be.

    What is sent is read when the send is started, or at any time until the receiver has it; a buffer that is given
    to a receive holds NaN until the message has come. Memory of the GPU ends the process of an MPI that is not
    `direct`. Messages are `late` [s].
    """

    def __init__(
        self, comm: Any, direct: bool = False, seed: int | None = None, late: float = 0.0, log: Any = None
    ):
        self._comm, self.direct, self._late = comm, direct, late
        self._draw = random.Random(seed)
        self.log: list[tuple[str, ...]] = [] if log is None else log
        self.given: list[type] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._comm, name)

    def _take(self, buffer: Any) -> np.ndarray:
        self.given.append(type(buffer))
        assert self.direct or not isinstance(buffer, Array), (
            "MPI reads memory of the GPU, and ends the process"
        )
        return buffer.memory if isinstance(buffer, Array) else buffer

    def send_init(self, buffer: Any, dest: int, tag: int) -> "Send":
        return Send(self, self._take(buffer), self._comm._world.box(self._comm.rank, dest, tag))

    def recv_init(self, buffer: Any, source: int, tag: int) -> "Receive":
        return Receive(self, self._take(buffer), self._comm._world.box(source, self._comm.rank, tag))


class Letter:
    """A message on its way: a copy, or the sender's memory until it is taken."""

    def __init__(self, values: np.ndarray, due: float) -> None:
        self.values, self.due, self.taken = values, due, threading.Event()


class Send:
    def __init__(self, mpi: Mpi, memory: np.ndarray, box: queue.Queue) -> None:
        self._mpi, self._memory, self._box = mpi, memory, box
        self._letter: Letter | None = None

    def start(self) -> None:
        self._mpi.log.append(("send",))
        held = self._mpi._draw.random() < 0.5
        self._letter = Letter(
            self._memory if held else self._memory.copy(), time.perf_counter() + self._mpi._late
        )
        if not held:
            self._letter.taken.set()
        self._box.put(self._letter)

    def wait(self) -> None:
        assert self._letter is not None, "a send is waited for that was not started"
        assert self._letter.taken.wait(20), "nobody takes the message"


class Receive:
    def __init__(self, mpi: Mpi, memory: np.ndarray, box: queue.Queue) -> None:
        self._mpi, self._memory, self._box, self._started = mpi, memory, box, False

    def start(self) -> None:
        self._started = True
        self._memory[...] = poison(self._memory.dtype)

    def wait(self) -> None:
        self._mpi.log.append(("receive",))
        assert self._started, "a receive is waited for that was not started"
        self._started = False
        letter: Letter = self._box.get(timeout=20)
        time.sleep(max(0.0, letter.due - time.perf_counter()))
        self._memory[...] = letter.values
        letter.taken.set()
