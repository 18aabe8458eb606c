"""Into which shards is a map cut, and which rank writes each? Every shard is one file with one writer.

Shards are as large as the blocks of the ranks, and start where these start, up to a few cells: all shards of a Zarr
array have the same shape, and blocks do not. A shard belongs to the rank that has most of it; the others send it their
few cells. So nothing is gathered, no file has two writers, and a store may be continued by any number of ranks.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from esim.parallel.decomposition import Block, common

if TYPE_CHECKING:
    from esim.parallel.comm import Comm

TAG = 1101
CHUNK = 256  # cells along each side of a compressed chunk, about: as in NetCDF files
SMALLEST = 1 << 20  # bytes of a shard before compression: below, small files cost more than they share out
LARGEST = 1 << 25  # and above, the shards that wait for the disk take too much memory
CHOICES = 4  # numbers of chunks along a shard that are tried, for one that divides it evenly


@dataclass(frozen=True)
class Layout:
    """Shape of a map, of its shards and of the chunks in them, each (rows, columns)."""

    shape: tuple[int, int]
    shard: tuple[int, int]
    chunk: tuple[int, int]

    @property
    def counts(self) -> tuple[int, int]:
        """Number of shards along each side."""
        return -(-self.shape[0] // self.shard[0]), -(-self.shape[1] // self.shard[1])

    def boxes(self) -> list[Block]:
        """The cells of each shard, cut off at the edges of the map, in the order of rows."""
        rows, columns = ([(n * side, min((n + 1) * side, length)) for n in range(count)]
                         for side, length, count in zip(self.shard, self.shape, self.counts, strict=True))  # fmt: skip
        return [Block(*j, *i, halo=0) for j, i in product(rows, columns)]


def lay_out(shape: tuple[int, int], blocks: Sequence[Block], itemsize: int) -> Layout:
    """Shards as large as the blocks of the ranks, merged below SMALLEST and divided above LARGEST bytes."""
    strips = Counter(block.i0 for block in blocks if block.cells)
    parts = [max(strips.values(), default=1), max(len(strips), 1)]

    def sides() -> list[int]:
        return [-(-length // count) for length, count in zip(shape, parts, strict=True)]

    while max(parts) > 1 and itemsize * np.prod(sides()) < SMALLEST:
        axis = min((0, 1), key=lambda n: (parts[n] == 1, sides()[n]))
        parts[axis] = -(-parts[axis] // 2)
    while itemsize * np.prod(sides()) > LARGEST:
        parts[int(np.argmax(sides()))] *= 2
    (rows, chunk_rows), (columns, chunk_columns) = map(_divide, sides())
    return Layout(shape, (rows, columns), (chunk_rows, chunk_columns))


def _divide(side: int) -> tuple[int, int]:
    """Cells along a shard at least as long as `side`, and along one of its chunks: as few more cells as possible."""
    fewest = -(-side // CHUNK)
    count = min(range(fewest, fewest + CHOICES), key=lambda n: (-(-side // n) * n, n))
    chunk = -(-side // count)
    return chunk * count, chunk


@dataclass(frozen=True)
class _Part:
    """What one rank has of a shard."""

    rank: int
    rows: tuple[int, int]
    columns: tuple[int, int]

    def of(self, array: np.ndarray, box: Block) -> np.ndarray:
        """The cells of this part in an array that has the cells of a box."""
        rows, columns = (slice(a - first, b - first)
                         for (a, b), first in ((self.rows, box.j0), (self.columns, box.i0)))  # fmt: skip
        return array[rows, columns]


@dataclass(frozen=True)
class _Shard:
    box: Block
    owner: int
    parts: tuple[_Part, ...]


@dataclass(frozen=True)
class ShardExchange:
    """Brings the cells of each shard to the rank that writes it; blocks are those of all ranks, in rank order."""

    comm: "Comm"
    layout: Layout
    blocks: Sequence[Block]

    @cached_property
    def _shards(self) -> list[_Shard]:
        """Those in which this rank has a part, first the shared ones.

        All ranks come to the shared ones in the same order, so none waits for one that waits for it; and they come to
        them first, so none waits for a neighbour's disk.
        """
        found = [shard for box in self.layout.boxes() if (shard := self._shared_out(box))]
        return sorted(found, key=lambda shard: len(shard.parts) == 1)

    def _shared_out(self, box: Block) -> _Shard | None:
        parts = []
        for rank in self._near(box):
            block = self.blocks[rank]
            rows = common((block.j0, block.j1), (box.j0, box.j1))
            columns = common((block.i0, block.i1), (box.i0, box.i1))
            parts.append(_Part(rank, rows, columns))
        if self.comm.rank not in [part.rank for part in parts]:
            return None
        size = {
            part.rank: (part.rows[1] - part.rows[0]) * (part.columns[1] - part.columns[0]) for part in parts
        }
        return _Shard(box, max(size, key=lambda rank: (size[rank], -rank)), tuple(parts))

    def _near(self, box: Block) -> list[int]:
        """The ranks whose blocks have cells of a box."""
        j0, j1, i0, i1 = self._edges
        meet = (j0 < box.j1) & (j1 > box.j0) & (i0 < box.i1) & (i1 > box.i0) & (j1 > j0) & (i1 > i0)
        return [int(rank) for rank in np.flatnonzero(meet)]

    @cached_property
    def _edges(self) -> np.ndarray:
        return np.array([(block.j0, block.j1, block.i0, block.i1) for block in self.blocks]).T

    def collect(self, local: np.ndarray) -> Iterator[tuple[Block, np.ndarray]]:
        """Box and fresh array of each shard that this rank writes of a map, of which it has the cells `local`.

        Collective: every rank runs through the result.
        """
        rank, mine = self.comm.rank, self.blocks[self.comm.rank]
        if local.shape != mine.shape:
            raise ValueError(f"local map has shape {local.shape}, but its block owns {mine}")
        for shard in self._shards:
            own = next(part for part in shard.parts if part.rank == rank)
            if shard.owner != rank:
                self.comm.send(np.ascontiguousarray(own.of(local, mine)), shard.owner, TAG)
                continue
            values = np.empty(shard.box.shape, local.dtype)
            own.of(values, shard.box)[...] = own.of(local, mine)
            for part in shard.parts:
                if part.rank != rank:
                    there = part.of(values, shard.box)
                    piece = np.empty(there.shape, local.dtype)
                    self.comm.recv(piece, part.rank, TAG)
                    there[...] = piece
            yield shard.box, values
