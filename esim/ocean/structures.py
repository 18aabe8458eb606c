"""How do structures come onto the faces of a block, and how high do they stand over its bed?"""

from dataclasses import dataclass

import numpy as np

from esim.grids.grid import Grid
from esim.kernels.ocean.structures import PLANES
from esim.media.ocean.structures import SOUTH, WEST, Faces, Segments, crossed
from esim.parallel.decomposition import Block


@dataclass(frozen=True)
class Ghosts:
    """Ghost cells of a block of a nest, in its arrays, that its parent fills; ratio is that of their sizes."""

    rows: np.ndarray
    columns: np.ndarray
    ratio: int


@dataclass(frozen=True)
class Structures:
    """The structures of a grid: the pieces of lines that have been placed, and the faces on which they stand."""

    pieces: Segments
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

    def close_ghosts(self, found: np.ndarray, grid: Grid, block: Block, ghosts: Ghosts) -> None:
        """Close all faces of ghost cells of a nest, in what `on_block` has found, that a line parts from their source.

        Their water is that of a cell of the parent, whose centre may lie on the other side.
        """
        j, i = ghosts.rows, ghosts.columns
        own = np.stack([i + block.i0, j + block.j0], axis=1) - block.halo
        source = own // ghosts.ratio * ghosts.ratio + 0.5 * (ghosts.ratio - 1)
        places = [[grid.x0, grid.y0] + (at + 0.5) * [grid.dx, grid.dy] for at in (own, source)]
        crest = crossed(self.pieces, *places)
        for n in np.flatnonzero(np.isfinite(crest)):
            for axis, row, column in (
                (WEST, j[n], i[n]),
                (WEST, j[n], i[n] + 1),
                (SOUTH, j[n], i[n]),
                (SOUTH, j[n] + 1, i[n]),
            ):
                if (
                    row < found.shape[2]
                    and column < found.shape[3]
                    and crest[n] > found[0, axis, row, column]
                ):
                    found[:, axis, row, column] = crest[n], 1.0

    def part_of_parent(self, grid: Grid, block: Block, ratio: int, weights: np.ndarray) -> np.ndarray:
        """Which cells of a block of a nest lie on the side of their parent's centre, (nj, ni): zero for others.

        For the former one over the fraction of the parent's cell that they are; weights (nj,) is that of single cells.
        """
        part, faces = np.ones(block.shape), self.faces
        within = np.where(faces.axis == WEST, faces.i, faces.j) % ratio > 0
        j, i = faces.j // ratio - block.j0 // ratio, faces.i // ratio - block.i0 // ratio
        within &= (j >= 0) & (j < block.shape[0] // ratio) & (i >= 0) & (i < block.shape[1] // ratio)
        for row, column in np.unique(np.stack([j, i])[:, within], axis=1).T * ratio:
            rows, columns = slice(row, row + ratio), slice(column, column + ratio)
            counted = self._beside_centre(grid, ratio, row + block.j0, column + block.i0)
            part[rows, columns] = counted / (weights[rows, None] * counted).sum()
        return part

    def _beside_centre(self, grid: Grid, ratio: int, row: int, column: int) -> np.ndarray:
        """Which of the cells of a parent's cell, from a row and a column on, can be reached from its centre."""
        j, i = np.mgrid[row : row + ratio, column : column + ratio]
        west, south = self.faces.has(WEST, j, i), self.faces.has(SOUTH, j, i)
        reached, todo = np.zeros((ratio, ratio)), [self._at_centre(grid, ratio, row, column)]
        while todo:
            a, b = todo.pop()
            if reached[a, b]:
                continue
            reached[a, b] = 1.0
            todo += [(a, b - 1)] * (b > 0 and not west[a, b])
            todo += [(a, b + 1)] * (b + 1 < ratio and not west[a, min(b + 1, ratio - 1)])
            todo += [(a - 1, b)] * (a > 0 and not south[a, b])
            todo += [(a + 1, b)] * (a + 1 < ratio and not south[min(a + 1, ratio - 1), b])
        return reached

    def _at_centre(self, grid: Grid, ratio: int, row: int, column: int) -> tuple[int, int]:
        """The cell at the centre of a parent's cell, or one of the four around it that no line parts from it."""
        near = [(a, b) for a in {(ratio - 1) // 2, ratio // 2} for b in {(ratio - 1) // 2, ratio // 2}]
        if len(near) == 1:
            return near[0]
        origin, size = np.array([grid.x0, grid.y0]), np.array([grid.dx, grid.dy])
        places = origin + (np.array([(column + b, row + a) for a, b in near]) + 0.5) * size
        middle = origin + (np.array([column, row]) + 0.5 * ratio) * size
        free = np.isneginf(crossed(self.pieces, places, np.broadcast_to(middle, places.shape)))
        return near[int(free.argmax())]


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
