"""How is a distributed field gathered on rank 0? In slabs of rows, so that it is never whole in memory."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from esim.parallel.decomposition import Block

if TYPE_CHECKING:
    from esim.parallel.comm import Comm

TAG = 1100
Slab = tuple[int, np.ndarray]


def gather_slabs(
    comm: "Comm", blocks: Sequence[Block], mine: Block, local: np.ndarray, rows: int
) -> Iterator[Slab]:
    """Slabs (first row, fresh array of up to `rows` x nx) of a global field on rank 0, and none elsewhere.

    Collective: every rank calls it with its own cells `local` (nj, ni), halo left out, and runs through the
    result; `blocks` are the blocks of all ranks in rank order. Messages between two ranks are sent and
    received in the same order, slab by slab, and rank 0 only receives, so it cannot deadlock; a rank waits
    until rank 0 has come to its rows, so rank 0 holds one slab and one piece.
    """
    if local.shape != (mine.j1 - mine.j0, mine.i1 - mine.i0):
        raise ValueError(f"local field has shape {local.shape}, but its block owns {mine}")
    if comm.rank == 0:
        return _collect(comm, blocks, local, rows)
    _contribute(comm, blocks, mine, local, rows)
    return iter(())


def _contribute(comm: "Comm", blocks: Sequence[Block], mine: Block, local: np.ndarray, rows: int) -> None:
    for first, last in _slabs(blocks, rows):
        low, high = max(first, mine.j0), min(last, mine.j1)
        if low < high:
            comm.send(np.ascontiguousarray(local[low - mine.j0 : high - mine.j0]), 0, TAG)


def _collect(comm: "Comm", blocks: Sequence[Block], local: np.ndarray, rows: int) -> Iterator[Slab]:
    width = max(block.i1 for block in blocks)
    for first, last in _slabs(blocks, rows):
        slab = np.empty((last - first, width), local.dtype)
        for rank, block in enumerate(blocks):
            low, high = max(first, block.j0), min(last, block.j1)
            if low < high:
                piece = slab[low - first : high - first, block.i0 : block.i1]
                piece[...] = _piece(comm, rank, local[low - block.j0 : high - block.j0], piece)
        yield first, slab


def _piece(comm: "Comm", rank: int, own: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The rows of one rank: rank 0 has its own at hand, the others send theirs."""
    if rank == 0:
        return own
    received = np.empty(like.shape, like.dtype)
    comm.recv(received, rank, TAG)
    return received


def _slabs(blocks: Sequence[Block], rows: int) -> Iterator[tuple[int, int]]:
    height = max(block.j1 for block in blocks)
    return ((first, min(first + rows, height)) for first in range(0, height, rows))


def section_blocks(
    blocks: Sequence[Block], layers: int, *, row: int | None = None, column: int | None = None
) -> list[Block]:
    """What each rank owns of a vertical plane, as blocks [depth, along] for `gather_slabs`.

    The plane is the row j of cells, or the column i, of the grid that `blocks` cut, over all its layers; a rank
    that it does not cross owns the empty block, and hands over an array of shape (0, 0).
    """
    if row is not None:
        crossed = [(b.j0 <= row < b.j1, b.i0, b.i1) for b in blocks]
    elif column is not None:
        crossed = [(b.i0 <= column < b.i1, b.j0, b.j1) for b in blocks]
    else:
        raise ValueError("a vertical plane needs a row or a column")
    return [Block(0, layers, first, last) if here else Block(0, 0, 0, 0) for here, first, last in crossed]
