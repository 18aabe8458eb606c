"""How do block edges stay current? One packed message per neighbour and exchange, on buffers that live on."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, Decomposition, Overlap
from esim.parallel.streams import EDGES, CompletedEvent, Event, MessageBuffer, StreamBackend

TAG = 100
Region = tuple[Any, slice, slice]


class HaloExchange:
    """Exchange of the halo cells of a state [var, j, i] or [var, k, j, i] with all neighbours.

    leading is the length of what comes before j and i: the number of variables, or that and the number of layers.

    Buffers and persistent requests are made once, so that a network card registers their memory once. start packs
    what neighbours need, progress is called when the work that does not need the halo is queued, finish unpacks what
    has come. Where work is done before its call returns, start also sends. A machine with streams packs and unpacks on
    one of its own, EDGES, and the host sends as soon as that has packed; the others go on meanwhile. `bytes` are sent
    in each of `exchanges`; `exposed_time` are the seconds from the end of the work in between to that of the exchange,
    `waiting` the processor seconds of this thread in MPI while messages were to come.
    Raises RuntimeError where an exchange is started twice or finished without a start.
    """

    def __init__(
        self, comm: Comm, decomposition: Decomposition, leading: int | tuple[int, ...], backend: StreamBackend
    ) -> None:
        self._backend = backend
        lead = (leading,) if isinstance(leading, int) else leading
        self._running = False
        self._packed: Event | None = None
        self._between: Event | None = None
        self._landed: Event | None = None
        self._last: tuple[Event, Event] | None = (
            None  # ends of what was in between and of the exchange, to be counted
        )
        self._exposed_time, self.exchanges, self.waiting = 0.0, 0, 0.0
        me, mine = comm.rank, decomposition.blocks[comm.rank]
        self._sends: list[_Message] = []
        self._receives: list[_Message] = []
        self._local: list[tuple[Region, Region]] = []
        for other in range(comm.size):
            incoming, outgoing = decomposition.needs(me, other), decomposition.needs(other, me)
            if other == me:
                self._local = [(_inside(o, mine), _in_halo(o, mine)) for o in incoming]
                continue
            if incoming:
                message = _Message([_in_halo(o, mine) for o in incoming], incoming, lead, backend, comm)
                message.request = comm.recv_init(message.buffer.wire, other, TAG)
                self._receives.append(message)
            if outgoing:
                message = _Message([_inside(o, mine) for o in outgoing], outgoing, lead, backend, comm)
                message.request = comm.send_init(message.buffer.wire, other, TAG)
                self._sends.append(message)
        # Whether there is no other rank to exchange with, and not even a periodic side of the rank's own block.
        self.has_no_neighbours = not (self._sends or self._receives)
        self.is_noop = self.has_no_neighbours and not self._local

    @property
    def bytes(self) -> int:
        """Bytes sent per exchange."""
        return sum(message.buffer.wire.nbytes for message in self._sends)

    @property
    def transports(self) -> set[str]:
        """Which memory MPI takes the messages from."""
        return {message.buffer.transport for message in self._sends}

    @property
    def exposed_time(self) -> float:
        """Seconds [s] that exchanges have taken beyond the work in between, on this rank."""
        self._count()
        return self._exposed_time

    def start(self, state: Any) -> None:
        """Pack the cells that neighbours need; they are sent if they are packed at once."""
        if self._running:
            raise RuntimeError("a halo exchange was started twice without being finished")
        self._running, self._between = True, None
        if self.has_no_neighbours:
            return
        for message in self._sends:
            message.pack(state)
        packed = self._backend.event()
        if isinstance(packed, CompletedEvent):
            self._send(packed)
        else:
            self._packed = packed

    def progress(self) -> None:
        """Send what is packed, now that all is queued that can be done meanwhile."""
        if self.has_no_neighbours:
            return
        self._between = self._backend.event()
        if self._packed is not None:
            self._send(self._packed)
        self._count()  # what is packed now has waited for that, so that there is nothing to wait for

    def _send(self, packed: Event) -> None:
        if self._landed is not None:
            self._landed.synchronize()  # what came last time has been taken off the buffers
        for message in self._receives:
            message.request.start()
        packed.synchronize()
        for message in self._sends:
            message.request.start()
        self._packed = None

    def finish(self, state: Any) -> None:
        """Wait for the neighbours' cells and put them into the halo."""
        if not self._running:
            raise RuntimeError("a halo exchange was finished without being started")
        if not self.has_no_neighbours:
            if self._between is None:
                self.progress()
            with self._backend.stream(EDGES):
                for message in self._receives:
                    self._wait(message)
                    message.unpack(state)
                self._landed = self._backend.event()
            self._landed.wait()
            if self._between is not None:
                self._last = self._between, self._landed
        for source, target in self._local:
            state[target] = state[source]
        for message in self._sends:
            self._wait(message)
        self._running = False
        self.exchanges += 1

    def _wait(self, message: "_Message") -> None:
        """Return when the buffer of a message may be used again."""
        begun = time.thread_time()
        message.request.wait()
        self.waiting += time.thread_time() - begun

    def _count(self) -> None:
        """Take up how long the last exchange has kept what follows waiting."""
        if self._last is None:
            return
        between, landed = self._last
        between.synchronize()
        landed.synchronize()
        self._exposed_time += max(0.0, landed.elapsed_since(between))
        self._last = None

    def fill(self, state: Any) -> None:
        """Exchange without anything in between."""
        if self.is_noop:
            self.exchanges += 1
            return
        if not self.has_no_neighbours:
            ready = self._backend.event()
            with self._backend.stream(EDGES):
                ready.wait()
                self.start(state)
        else:
            self.start(state)
        self.progress()
        self.finish(state)


def halo_record(comm: Comm, exchanges: Sequence[HaloExchange]) -> dict[str, Any]:
    """What exchanges have cost each rank: messages' memory, bytes sent [B], seconds [s] beyond the work in between."""
    transports = sorted({transport for exchange in exchanges for transport in exchange.transports})
    sent = sum(exchange.bytes * exchange.exchanges for exchange in exchanges)
    pieces = comm.allgather((transports, sent, sum(exchange.exposed_time for exchange in exchanges)))
    return {
        "transport": sorted({transport for piece in pieces for transport in piece[0]}),
        "bytes_sent": [piece[1] for piece in pieces],
        "exposed_s": [piece[2] for piece in pieces],
    }


class _Message:
    """The message to or from one neighbour, and its part for each region of the state."""

    request: Any

    def __init__(
        self,
        regions: list[Region],
        overlaps: list[Overlap],
        lead: tuple[int, ...],
        backend: StreamBackend,
        comm: Comm,
    ) -> None:
        planes = int(np.prod(lead))
        self.buffer: MessageBuffer = backend.message_buffer(planes * sum(o.cells for o in overlaps), comm)
        ends = np.cumsum([0, *(planes * o.cells for o in overlaps)])
        shapes = [(*lead, o.j1 - o.j0, o.i1 - o.i0) for o in overlaps]
        pieces = [self.buffer.cells[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)]
        self._parts = list(zip(regions, pieces, strict=True))

    def pack(self, state: Any) -> None:
        """Queue the copy of the regions of a state onto the wire."""
        for region, piece in self._parts:
            piece[...] = state[region]
        self.buffer.pack()

    def unpack(self, state: Any) -> None:
        """Queue the copy from the wire into the regions of a state."""
        self.buffer.unpack()
        for region, piece in self._parts:
            state[region] = piece


def _inside(o: Overlap, mine: Block) -> Region:
    j, i = mine.halo - mine.j0, mine.halo - mine.i0
    return Ellipsis, slice(o.j0 + j, o.j1 + j), slice(o.i0 + i, o.i1 + i)


def _in_halo(o: Overlap, mine: Block) -> Region:
    j, i = mine.halo - mine.j0 + o.shift[0], mine.halo - mine.i0 + o.shift[1]
    return Ellipsis, slice(o.j0 + j, o.j1 + j), slice(o.i0 + i, o.i1 + i)
