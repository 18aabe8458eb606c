"""In which order is queued work done? Here in the order of the calls; a GPU has streams that run side by side."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from esim.parallel.comm import Comm

MAIN, EDGES = "main", "edges"  # streams of a machine: the second one for what neighbours wait for
HERE: AbstractContextManager[None] = nullcontext()


class Event(Protocol):
    """A position in a stream, after everything issued to it so far."""

    def synchronize(self) -> None:
        """Let the host wait until the machine has come here."""

    def wait(self) -> None:
        """Let what is queued on the current stream from now on wait until the machine has come here."""

    def elapsed_since(self, earlier: Any) -> float:
        """Seconds from another event to this one, both of which the machine has passed; negative if it came later."""


class MessageBuffer(Protocol):
    """What goes to or comes from a neighbour: cells, where the machine packs it, and wire, as MPI takes it."""

    cells: Any
    wire: Any
    transport: str  # where MPI takes it from

    def pack(self) -> None:
        """Queue the copy from the cells to the wire."""

    def unpack(self) -> None:
        """Queue the copy from the wire to the cells."""


class StreamBackend(Protocol):
    """What an exchange of messages needs of a backend."""

    def stream(self, name: str) -> AbstractContextManager[None]:
        """Context in which calls queue on one of the streams MAIN and EDGES; outside they do on MAIN."""

    def event(self) -> Event:
        """The end of what is queued on the current stream."""

    def message_buffer(self, size: int, comm: Comm) -> MessageBuffer:
        """A message of so many values to or from a neighbour, where the ranks' comm can take it."""


@dataclass
class CompletedEvent:
    """An event where everything is done when its call returns: a time."""

    time: float

    def synchronize(self) -> None:
        """It is done."""

    def wait(self) -> None:
        """It is done."""

    def elapsed_since(self, earlier: "CompletedEvent") -> float:
        """Seconds from an earlier instant."""
        return self.time - earlier.time


class HostBuffer:
    """A message in main memory: packed where MPI takes it, on a page boundary, as network cards like it."""

    transport = "main memory"

    def __init__(self, size: int, dtype: np.dtype) -> None:
        raw = np.zeros(size * dtype.itemsize + 4096, np.uint8)
        start = -raw.ctypes.data % 4096
        self.cells = self.wire = raw[start : start + size * dtype.itemsize].view(dtype)

    def pack(self) -> None:
        """It is on the wire."""

    def unpack(self) -> None:
        """It is in the cells."""


class SynchronousStreams:
    """A machine that does what is called before the call returns."""

    def stream(self, name: str) -> AbstractContextManager[None]:
        """There is one stream."""
        return HERE

    def event(self) -> Event:
        """The present time."""
        return CompletedEvent(time.perf_counter())

    def sequence(self, launches: Sequence[Callable[..., None]]) -> Callable[..., None]:
        """The launches one after the other."""
        if len(launches) == 1:
            return launches[0]

        def run(*given: Any) -> None:
            for launch in launches:
                launch(*given)

        return run

    def synchronize(self) -> None:
        """Nothing runs behind the host's back."""
