"""How does the motion of the crust reach an ocean that is computed at the same time, on other ranks?

The first rank of the crust sends each record as soon as it is complete, without waiting, and the first rank of the
ocean takes it when its clock needs it: a number first, -1 for the end, then the frame.
"""

import time
from collections.abc import Sequence

import numpy as np

from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block
from esim.parallel.protocol import Request
from esim.sources.ocean.recorded.frames import At, oriented
from esim.supervision.pulse import PULSE

NUMBER, FRAME = 7001, 7002  # tags
END = -1
NAP = 1e-3  # s between two looks for a message


class FrameSender:
    """An observer of the records of the crust, which sends them to a rank of the whole communicator.

    crust is the communicator of the ranks of the crust, blocks are their parts, shape (ny, nx) is that of all.
    """

    def __init__(
        self, whole: Comm, crust: Comm, blocks: Sequence[Block], shape: tuple[int, int], dest: int, at: At
    ) -> None:
        self._whole, self._crust, self._blocks = whole, crust, blocks
        self._shape, self._dest, self._at = shape, dest, at
        self._under_way: list[Request] = []

    def __call__(self, number: int, _: float, values: np.ndarray) -> None:
        """Send a record, of which this rank has a part (components, nj, ni). Collective among the crust's ranks."""
        parts = self._crust.gather(values)
        if parts is None:
            return
        record = np.empty((len(values), *self._shape), np.float32)
        for block, part in zip(self._blocks, parts, strict=True):
            record[:, block.j0 : block.j1, block.i0 : block.i1] = part
        self._send(np.array([number]), NUMBER)
        self._send(np.ascontiguousarray(oriented(record, self._at)), FRAME)

    def close(self) -> None:
        """Say that there are no more frames, and return when all have been taken."""
        if self._crust.rank == 0:
            self._send(np.array([END]), NUMBER)
            for request in self._under_way:
                request.wait()

    def _send(self, array: np.ndarray, tag: int) -> None:
        request = self._whole.send_init(array, self._dest, tag)  # which keeps the array
        request.start()
        self._under_way.append(request)


class ReceivedFrames:
    """Frames (components, ny, nx) that come from a rank of the whole communicator, on the first rank of the ocean."""

    def __init__(self, whole: Comm, source: int, shape: tuple[int, int, int]) -> None:
        self._whole, self._source = whole, source
        self._frame, self._number, self._ended = np.zeros(shape, np.float32), END, False

    def frame(self, k: int) -> np.ndarray | None:
        """Frame k, later than those asked for before; None where there is no such frame."""
        while self._number < k and self._take():
            pass
        return self._frame.copy() if self._number == k else None

    def last(self) -> tuple[int, np.ndarray]:
        """The last frame."""
        self.drain()
        return self._number, self._frame.copy()

    def drain(self) -> None:
        """Take all that is still to come."""
        while self._take():
            pass

    def _take(self) -> bool:
        """Wait for the next frame; whether there is one."""
        if self._ended:
            return False
        number = np.zeros(1, np.int64)
        self._receive(number, NUMBER)
        self._ended = int(number[0]) == END
        if not self._ended:
            self._receive(self._frame, FRAME)
            self._number = int(number[0])
        return not self._ended

    def _receive(self, array: np.ndarray, tag: int) -> None:
        """Wait for a message; the watchdog is told that this rank lives, as long as the crust computes."""
        while not self._whole.has_message(self._source, tag):
            PULSE.sign()
            time.sleep(NAP)
        self._whole.recv(array, self._source, tag)
