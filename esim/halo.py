"""How do block edges stay current? One packed message per neighbour and exchange, on buffers that live on."""

from typing import Any

import numpy as np

from esim.comm import Comm
from esim.decomposition import Block, Decomposition, Overlap

TAG = 100
Region = tuple[Any, slice, slice]


class HaloExchange:
    """Exchange of the halo cells of a state [var, j, i] or [var, k, j, i] with all neighbours.

    leading is the length of what comes before j and i: the number of variables, or that and the number of layers.

    Buffers and persistent requests are made once, so that a network card registers their memory once. start
    packs and sends, finish waits and unpacks; between the two the inner cells can be computed.
    Raises RuntimeError where an exchange is started twice or finished without a start.
    """

    def __init__(
        self, comm: Comm, decomposition: Decomposition, leading: int | tuple[int, ...], backend: Any
    ) -> None:
        self._backend = backend
        lead = (leading,) if isinstance(leading, int) else leading
        self._running = False
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
                message = _Message([_in_halo(o, mine) for o in incoming], incoming, lead, backend)
                message.request = comm.recv_init(message.buffer, other, TAG)
                self._receives.append(message)
            if outgoing:
                message = _Message([_inside(o, mine) for o in outgoing], outgoing, lead, backend)
                message.request = comm.send_init(message.buffer, other, TAG)
                self._sends.append(message)

    @property
    def bytes(self) -> int:
        """Bytes sent per exchange."""
        return sum(message.buffer.nbytes for message in self._sends)

    @property
    def alone(self) -> bool:
        """Whether there is no other rank to exchange with."""
        return not (self._sends or self._receives)

    def start(self, state: Any) -> None:
        """Pack and send the cells that neighbours need."""
        if self._running:
            raise RuntimeError("a halo exchange was started twice without being finished")
        self._running = True
        for message in self._receives:
            message.request.start()
        for message in self._sends:
            for region, piece in zip(message.regions, message.pieces, strict=True):
                self._backend.pack(state, region, piece)
        if self._sends:
            self._backend.synchronize()
        for message in self._sends:
            message.request.start()

    def finish(self, state: Any) -> None:
        """Wait for the neighbours' cells and put them into the halo."""
        if not self._running:
            raise RuntimeError("a halo exchange was finished without being started")
        for message in self._receives:
            message.request.wait()
            for region, piece in zip(message.regions, message.pieces, strict=True):
                self._backend.unpack(piece, state, region)
        for source, target in self._local:
            state[target] = state[source]
        for message in self._sends:
            message.request.wait()
        self._running = False

    def fill(self, state: Any) -> None:
        """Exchange without anything in between."""
        self.start(state)
        self.finish(state)


class _Message:
    """Buffer of the message to or from one neighbour, and its part for each region of the state."""

    request: Any

    def __init__(
        self, regions: list[Region], overlaps: list[Overlap], lead: tuple[int, ...], backend: Any
    ) -> None:
        self.regions = regions
        planes = int(np.prod(lead))
        self.buffer = backend.message_buffer(planes * sum(o.cells for o in overlaps))
        ends = np.cumsum([0, *(planes * o.cells for o in overlaps)])
        shapes = [(*lead, o.j1 - o.j0, o.i1 - o.i0) for o in overlaps]
        self.pieces = [self.buffer[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)]


def _inside(o: Overlap, mine: Block) -> Region:
    j, i = mine.halo - mine.j0, mine.halo - mine.i0
    return Ellipsis, slice(o.j0 + j, o.j1 + j), slice(o.i0 + i, o.i1 + i)


def _in_halo(o: Overlap, mine: Block) -> Region:
    j, i = mine.halo - mine.j0 + o.shift[0], mine.halo - mine.i0 + o.shift[1]
    return Ellipsis, slice(o.j0 + j, o.j1 + j), slice(o.i0 + i, o.i1 + i)
