"""How do maps of all ranks reach a file? Gathered in slabs, and handed to the writer thread of the first rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from esim.io.gather import gather_slabs
from esim.io.gridded.frame import Frame
from esim.io.gridded.writer import slab_rows
from esim.io.writer import Writer
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block


class SlabFile(Protocol):
    """A file of maps."""

    def slab(self, name: str, first: int, values: np.ndarray) -> None:
        """Write rows first.. (rows, columns) of a variable."""


@dataclass(frozen=True)
class GridWriter:
    """The writer of a run with its ranks; dtype is that of maps in files, f4 or f8."""

    comm: Comm
    writer: Writer
    dtype: str

    def put(
        self, file: SlabFile, name: str, local: np.ndarray, frame: Frame, blocks: Sequence[Block]
    ) -> None:
        """Write a map, of which each rank has a block; all ranks call it together."""
        mine = blocks[self.comm.rank]
        slabs = gather_slabs(self.comm, blocks, mine, np.ascontiguousarray(local), slab_rows(frame))
        for first, slab in slabs:
            self.writer.put(file.slab, name, first, slab)
