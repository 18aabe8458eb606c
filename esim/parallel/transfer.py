"""How do cells of one grid reach arrays of another one, whose blocks lie on other ranks? In one message per pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.parallel.comm import Comm
from esim.parallel.streams import Event, MessageBuffer, StreamBackend

TAG = 200


@dataclass(frozen=True)
class Region:
    """Some cells of arrays [var, j, i]: an index of the last two axes, and the shape that it gives."""

    index: tuple[Any, Any]
    shape: tuple[int, ...]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(np.prod(self.shape))

    def of(self, first: int, last: int) -> tuple:
        """The index of variables first..last-1 in these cells."""
        return slice(first, last), *self.index


class Transfer:
    """Copies regions of arrays of this rank into regions of others' arrays, and the other way round.

    planes says how many variables each of the arrays has that are copied together. outgoing has what every rank gets
    from here, incoming where what comes from every rank goes; the two ends of a message have as many cells, in the
    same order. Buffers and persistent requests live on.
    """

    def __init__(
        self,
        comm: Comm,
        backend: StreamBackend,
        planes: Sequence[int],
        outgoing: Mapping[int, Region],
        incoming: Mapping[int, Region],
    ) -> None:
        self._backend, self._planes = backend, tuple(planes)
        self._sends, self._receives = [], []
        self._local = None
        self._taken: Event | None = None
        for rank in range(comm.size):
            gives, takes = outgoing.get(rank), incoming.get(rank)
            if rank == comm.rank:
                if gives is not None and takes is not None and gives.cells:
                    self._local = (gives, takes)
                continue
            if takes is not None and takes.cells:
                message = _Message(takes, self._planes, backend, comm)
                message.request = comm.recv_init(message.buffer.wire, rank, TAG)
                self._receives.append(message)
            if gives is not None and gives.cells:
                message = _Message(gives, self._planes, backend, comm)
                message.request = comm.send_init(message.buffer.wire, rank, TAG)
                self._sends.append(message)

    def run(self, sources: Sequence[Any], targets: Sequence[Any]) -> None:
        """Copy from the source arrays of all ranks to the target arrays of all ranks."""
        if self._taken is not None:
            self._taken.synchronize()  # what came last time has been taken off the buffers
        for message in self._receives:
            message.request.start()
        for message in self._sends:
            for array, n, piece in zip(sources, self._planes, message.pieces, strict=True):
                piece[...] = array[message.region.of(0, n)]
            message.buffer.pack()
        if self._sends:
            self._backend.event().synchronize()
        for message in self._sends:
            message.request.start()
        if self._local is not None:
            gives, takes = self._local
            for source, target, n in zip(sources, targets, self._planes, strict=True):
                target[takes.of(0, n)] = source[gives.of(0, n)]
        for message in self._receives:
            message.request.wait()
            message.buffer.unpack()
            for array, n, piece in zip(targets, self._planes, message.pieces, strict=True):
                array[message.region.of(0, n)] = piece
        if self._receives:
            self._taken = self._backend.event()
        for message in self._sends:
            message.request.wait()


class _Message:
    """The message to or from one rank, and its part for each array."""

    request: Any

    def __init__(self, region: Region, planes: tuple[int, ...], backend: StreamBackend, comm: Comm) -> None:
        self.region = region
        self.buffer: MessageBuffer = backend.message_buffer(sum(planes) * region.cells, comm)
        ends = np.cumsum([0, *(n * region.cells for n in planes)])
        self.pieces = [
            self.buffer.cells[a:b].reshape(n, *region.shape)
            for a, b, n in zip(ends, ends[1:], planes, strict=False)
        ]
