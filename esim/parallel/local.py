"""How do threads of one process act as ranks, and what is one rank alone? For tests, notebooks and small runs."""

import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from esim.errors import MachineError
from esim.parallel.protocol import Comm, Reduction, Request, T

REDUCTIONS = -1  # the first of the tags that a LocalComm takes for its reductions, downwards


class _World:
    """What the ranks of a LocalComm share."""

    def __init__(self, size: int, timeout: float) -> None:
        self.size, self.timeout = size, timeout
        self.barrier = threading.Barrier(size)
        self.slots: list[Any] = [None] * size
        self.lock = threading.Lock()
        self.mail: dict[tuple[int, int, int], queue.Queue] = {}

    def box(self, source: int, dest: int, tag: int) -> queue.Queue:
        with self.lock:
            return self.mail.setdefault((source, dest, tag), queue.Queue())


class LocalComm:
    """Ranks as threads of one process, so that parallel logic is tested in plain pytest; one rank is serial."""

    def __init__(self, world: _World, rank: int) -> None:
        self._world, self.rank, self.size = world, rank, world.size
        self.local_rank, self.local_size = rank, world.size
        self.library: str | None = None
        self.direct = False
        self._reductions = 0

    def _wait(self) -> None:
        try:
            self._world.barrier.wait(self._world.timeout)
        except threading.BrokenBarrierError:
            raise MachineError(
                f"rank {self.rank}: another rank failed or never came to a collective"
            ) from None

    def allgather(self, value: T) -> list[T]:
        """List of all values on every rank."""
        self._world.slots[self.rank] = value
        self._wait()
        values = list(self._world.slots)
        self._wait()
        self._world.slots[self.rank] = None  # else it would be kept until the next one
        return values

    def bcast(self, value: T, root: int = 0) -> T:
        """Value of the root on every rank."""
        return self.allgather(value)[root]

    def gather(self, value: T, root: int = 0) -> list[T] | None:
        """List of all values on the root, None elsewhere."""
        values = self.allgather(value)
        return values if self.rank == root else None

    def allreduce_max(self, value: float) -> float:
        """Largest value of all ranks."""
        return max(self.allgather(value))

    def reduction(self, size: int, operation: Literal["max", "sum"]) -> Reduction:
        """A reduction of so many values that does not block."""
        self._reductions += 1
        return _LocalReduction(self, size, operation, REDUCTIONS - self._reductions)

    def barrier(self) -> None:
        """Wait for all ranks."""
        self._wait()

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        """Send a copy of an array."""
        self._world.box(self.rank, dest, tag).put(array.copy())

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        """Receive into an array; raises MachineError if nothing comes."""
        box, give_up = self._world.box(source, self.rank, tag), time.monotonic() + self._world.timeout
        while True:
            try:
                array[...] = box.get(timeout=0.1).reshape(array.shape)
                return
            except queue.Empty:
                if self._world.barrier.broken or time.monotonic() > give_up:
                    raise MachineError(
                        f"rank {self.rank}: no message from rank {source} with tag {tag}"
                    ) from None

    def has_message(self, source: int, tag: int) -> bool:
        """Whether a message has come; raises MachineError if none can come any more."""
        if self._world.barrier.broken:
            raise MachineError(f"rank {self.rank}: another rank failed")
        return not self._world.box(source, self.rank, tag).empty()

    def split(self, group: int) -> "LocalComm":
        """A communicator of the ranks of a group."""
        groups = self.allgather(group)
        members = [rank for rank, one in enumerate(groups) if one == group]
        first = members[0] == self.rank
        worlds = self.allgather(_World(len(members), self._world.timeout) if first else None)
        world = worlds[members[0]]
        assert world is not None  # made by the first member
        return LocalComm(world, members.index(self.rank))

    def release(self) -> None:
        """Nothing is held."""

    def send_init(self, buffer: np.ndarray, dest: int, tag: int) -> Request:
        """Persistent send."""
        return _LocalSend(self, buffer, dest, tag)

    def recv_init(self, buffer: np.ndarray, source: int, tag: int) -> Request:
        """Persistent receive."""
        return _LocalReceive(self, buffer, source, tag)

    def fault_barrier(self) -> None:
        """Wait for all ranks."""
        self._wait()

    def abort(self, code: int) -> None:
        """End the process."""
        os._exit(code)

    def close(self) -> None:
        """Nothing is held."""


class _LocalSend:
    def __init__(self, comm: LocalComm, buffer: np.ndarray, dest: int, tag: int) -> None:
        self.comm, self.buffer, self.dest, self.tag = comm, buffer, dest, tag

    def start(self) -> None:
        self.comm.send(self.buffer, self.dest, self.tag)

    def wait(self) -> None:
        pass


class _LocalReceive:
    def __init__(self, comm: LocalComm, buffer: np.ndarray, source: int, tag: int) -> None:
        self.comm, self.buffer, self.source, self.tag = comm, buffer, source, tag

    def start(self) -> None:
        pass

    def wait(self) -> None:
        self.comm.recv(self.buffer, self.source, self.tag)


class _LocalReduction:
    """Every rank sends its values to all; they are put together in the order of ranks."""

    def __init__(self, comm: LocalComm, size: int, operation: str, tag: int) -> None:
        self.values, self._result = np.zeros(size), np.zeros(size)
        self._comm, self._tag = comm, tag
        self._add = np.maximum if operation == "max" else np.add

    def start(self) -> None:
        for rank in range(self._comm.size):
            self._comm.send(self.values, rank, self._tag)

    def wait(self) -> np.ndarray:
        part = np.empty_like(self.values)
        for rank in range(self._comm.size):
            self._comm.recv(part, rank, self._tag)
            self._result[...] = part if rank == 0 else self._add(self._result, part)
        return self._result


def SerialComm() -> LocalComm:  # noqa: N802 - reads like the class it stands for
    """One rank alone."""
    return LocalComm(_World(1, timeout=5.0), 0)


def run_ranks(size: int, function: Callable[[Comm], T], timeout: float = 180.0) -> list[T]:
    """Run function(comm) on so many ranks as threads; returns the results in order, raises the first error."""
    world = _World(size, timeout)
    results: list[Any] = [None] * size
    errors: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            results[rank] = function(LocalComm(world, rank))
        except BaseException as error:
            errors.append(error)
            world.barrier.abort()

    threads = [threading.Thread(target=work, args=(rank,), name=f"rank-{rank}") for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
