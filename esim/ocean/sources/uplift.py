"""How does a part of a block rise between two times, step by step, and the water and the level of waves with it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.kernels.ocean import seafloor
from esim.ocean.model import Ocean
from esim.ocean.sources.displacement import paste
from esim.ocean.static_fields import pad_to_block
from esim.parallel.decomposition import Box

Cells = tuple[int, int, int, int]


@dataclass
class Uplift:
    """Rise of the bed and of the water surface between two times [s]; at once where they are the same."""

    begin: float
    end: float
    launches: tuple[Any, Any]  # on each of the two states
    level: Any | None = None  # on the level from which waves are measured, where that moves with the bed

    def fraction(self, begin: float, end: float) -> float:
        """Fraction of the rise that happens after `begin` and up to `end` [s]."""
        if self.begin == self.end:
            return float(begin < self.begin <= end)
        overlap = min(end, self.end) - max(begin, self.begin)
        return max(0.0, overlap) / (self.end - self.begin)

    def apply(self, ocean: Ocean, begin: float, end: float) -> None:
        """Let what happens of it after `begin` and up to `end` [s] happen to the current state."""
        if fraction := self.fraction(begin, end):
            real = ocean.backend.dtype.type
            given = seafloor.UpliftParams(real(fraction), real(0), real(ocean.physics.dry_depth))
            constants = ocean.backend.constants(given)
            if self.level is not None:
                self.level(constants)
            self.launches[ocean.plan.current](constants)


def bind_uplift(
    ocean: Ocean, begin: float, end: float, rise: Any, cells: Cells | None, moves_level: bool
) -> Uplift:
    """The uplift by rise[0] of the bed and rise[1] of the surface, on the device, of some cells of the grid."""
    moved = _reached(ocean, cells)
    first, second = (
        ocean.backend.bind(seafloor.UPLIFT_BED, moved, {"q": q, "bed": ocean.bed, "rise": rise})
        for q in ocean.plan.states
    )
    level = None
    if ocean.level is not None and moves_level:
        given = {"level": ocean.level, "bed": ocean.bed, "rise": rise}
        level = ocean.backend.bind(seafloor.UPLIFT_LEVEL, moved, given)
    return Uplift(begin, end, (first, second), level)


def on_block(ocean: Ocean, fields: Sequence[np.ndarray] | np.ndarray, box: Cells) -> Any:
    """Fields (nj, ni) on a box of cells of the grid as an array [n, j, i] of this rank's block, on the device."""
    array = ocean.backend.from_host(
        pad_to_block(np.stack([paste(ocean, field, box) for field in fields]), ocean.block)
    )
    if any(ocean.grid.periodic):
        ocean.exchange(len(fields)).fill(array)
    return array


def moved_cells(fields: Sequence[np.ndarray], box: Cells) -> Cells | None:
    """The cells of the grid, around all that fields (nj, ni) on a box of them move; None where they move none."""
    moved = np.any([field != 0 for field in fields], axis=0)
    rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
    if not rows.size:
        return None
    return (
        box[0] + int(rows[0]),
        box[0] + int(rows[-1]) + 1,
        box[2] + int(columns[0]),
        box[2] + int(columns[-1]) + 1,
    )


def _reached(ocean: Ocean, cells: Cells | None) -> Box:
    """Cells of the block's arrays that a rise may move: the same cells of the grid for any number of ranks."""
    block = ocean.block
    (j0, j1), (i0, i1) = block.extended
    if any(ocean.grid.periodic) or cells is None:
        return block.extended
    # Beyond walls the ghost cells mirror what is up to twice the halo away.
    wide = 2 * block.halo
    j, i = block.halo - block.j0, block.halo - block.i0
    south, north = cells[0] + j - wide, cells[1] + j + wide
    west, east = cells[2] + i - wide, cells[3] + i + wide
    first, last = min(max(south, j0), j1), max(min(north, j1), j0)
    left, right = min(max(west, i0), i1), max(min(east, i1), i0)
    return (first, max(first, last)), (left, max(left, right))
