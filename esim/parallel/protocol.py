"""What can ranks tell each other? The few operations that esim needs, which every communicator has."""

from typing import Literal, Protocol, TypeVar

import numpy as np

T = TypeVar("T")


class Request(Protocol):
    """A message on a fixed buffer that is started again and again."""

    def start(self) -> None:
        """Begin the transfer."""

    def wait(self) -> None:
        """Return when the buffer may be used again."""


class Reduction(Protocol):
    """A maximum or a sum over all ranks that goes on while these compute; it is begun again and again.

    values are what this rank gives, to be filled in before each start.
    """

    values: np.ndarray

    def start(self) -> None:
        """Begin; every rank does so in the same order among all that ranks do together."""

    def wait(self) -> np.ndarray:
        """The result, the same on all ranks, until the next start."""


class Comm(Protocol):
    """The few operations that esim needs, in mpi4py's words where there are such."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    library: str | None  # version of the MPI library

    @property
    def direct(self) -> bool:
        """Whether messages may lie in the memory of a GPU."""

    def bcast(self, value: T, root: int = 0) -> T:
        """Value of the root on every rank."""

    def gather(self, value: T, root: int = 0) -> list[T] | None:
        """List of all values on the root, None elsewhere."""

    def allgather(self, value: T) -> list[T]:
        """List of all values on every rank."""

    def allreduce_max(self, value: float) -> float:
        """Largest value of all ranks; exact, so independent of their number."""

    def reduction(self, size: int, operation: Literal["max", "sum"]) -> Reduction:
        """A reduction of so many values that does not block; every rank makes it in the same order."""

    def barrier(self) -> None:
        """Wait for all ranks."""

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        """Send a contiguous array."""

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        """Receive into a contiguous array."""

    def has_message(self, source: int, tag: int) -> bool:
        """Whether a message has come that can be received."""

    def split(self, group: int) -> "Comm":
        """A communicator of the ranks that give the same group, in the same order. Collective."""

    def release(self) -> None:
        """Give back what `split` has made, once nothing is under way on it. Collective."""

    def send_init(self, buffer: np.ndarray, dest: int, tag: int) -> Request:
        """Persistent send."""

    def recv_init(self, buffer: np.ndarray, source: int, tag: int) -> Request:
        """Persistent receive."""

    def fault_barrier(self) -> None:
        """Wait for all ranks on a separate channel, independent of messages in progress."""

    def abort(self, code: int) -> None:
        """End all ranks now."""

    def close(self) -> None:
        """Give back what the library holds for persistent messages, and leave it: no message can follow."""
