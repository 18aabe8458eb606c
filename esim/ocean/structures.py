"""How do structures come onto the faces of a block, and how high do they stand over its bed?"""

from dataclasses import dataclass

import numpy as np

from esim.grids.grid import Grid
from esim.kernels.ocean.structures import PLANES
from esim.media.ocean.structures import SOUTH, WEST, Faces, Line, crossed
from esim.parallel.decomposition import Block


@dataclass(frozen=True)
class Structures:
    """The structures of a grid: lines that have been placed, and the faces on which they stand."""

    lines: tuple[Line, ...]
    faces: Faces

    def on_block(self, block: Block) -> np.ndarray:
        """Crest [m above the still water] and relative length (2, 2, nj, ni) at the west and south faces of a block.

        The halo is included; where no structure stands the crest is minus infinity.
        """
        nj, ni = (n + 2 * block.halo for n in block.shape)
        found = np.zeros((2, 2, nj, ni))
        found[0] = -np.inf
        j, i = self.faces.j - block.j0 + block.halo, self.faces.i - block.i0 + block.halo
        here = (j >= 0) & (j < nj) & (i >= 0) & (i < ni)
        for value, plane in zip((self.faces.crest, self.faces.length), found, strict=True):
            plane[self.faces.axis[here], j[here], i[here]] = value[here]
        return found

    def close_ghosts(
        self, found: np.ndarray, grid: Grid, block: Block, ghosts: np.ndarray, sources: np.ndarray
    ) -> None:
        """Close the faces of ghost cells (2, n) of a block that lie beyond a line from where their water comes.

        sources (n, 2) are the centres of the cells of the parent that they are filled from; found is of `on_block`.
        """
        j, i = ghosts
        x = grid.x0 + (i + block.i0 - block.halo + 0.5) * grid.dx
        y = grid.y0 + (j + block.j0 - block.halo + 0.5) * grid.dy
        crest = crossed(self.lines, np.stack([x, y], axis=1), sources)
        for n in np.flatnonzero(np.isfinite(crest)):
            for axis, row, column in (
                (WEST, j[n], i[n]),
                (WEST, j[n], i[n] + 1),
                (SOUTH, j[n], i[n]),
                (SOUTH, j[n] + 1, i[n]),
            ):
                if row < found.shape[2] and column < found.shape[3] and crest[n] > found[0, axis, row, column]:
                    found[:, axis, row, column] = crest[n], 1.0


def over_bed(found: np.ndarray, bed: np.ndarray, allocated: tuple[int, int]) -> np.ndarray:
    """Planes [k, j, i] of kernels.ocean.structures from what `on_block` gives, over a bed (nj, ni) with its halo."""
    planes = np.zeros((len(PLANES), *allocated))
    nj, ni = bed.shape
    ground = np.full((2, nj, ni), np.inf)
    ground[WEST, :, 1:] = np.maximum(bed[:, :-1], bed[:, 1:])
    ground[SOUTH, 1:] = np.maximum(bed[:-1], bed[1:])
    rise = np.maximum(found[0] - ground, 0.0)
    planes[[PLANES.rise_x, PLANES.rise_y], :nj, :ni] = rise
    planes[[PLANES.length_x, PLANES.length_y], :nj, :ni] = np.where(rise > 0, found[1] ** 2, 0.0)
    return planes
