"""What do the rows and columns of a grid do to the equations? Cell sizes, rotation, curvature, and mirrors at walls."""

import numpy as np

from esim.grids.grid import Grid
from esim.kernels.ocean.state import ROWS
from esim.parallel.decomposition import Block


def row_factors(grid: Grid, block: Block, rotation: float) -> np.ndarray:
    """Factors rows[k, j] of kernels.ocean.shallow_water.ROWS for the rows of a block with its halo, no absorption.

    rotation is what the Coriolis parameter is multiplied by.
    """
    first, last = block.j0 - block.halo, block.j1 + block.halo
    width, height = grid.cell_size(first, last)
    faces = grid.face_width(first, last + 1)
    area = width * height
    factors = np.empty((len(ROWS), last - first))
    factors[ROWS.per_dx] = 1 / width
    factors[ROWS.per_dy] = 1 / height
    factors[ROWS.north] = faces[1:] / area
    factors[ROWS.south] = faces[:-1] / area
    factors[ROWS.f] = grid.coriolis(first, last) * rotation
    factors[ROWS.curvature] = grid.curvature(first, last)
    factors[ROWS.drain_x] = width
    factors[ROWS.height] = height
    factors[ROWS.per_aspect] = height / width
    factors[ROWS.per_length] = np.divide(height, faces[:-1], out=np.zeros_like(area), where=faces[:-1] > 0)
    factors[ROWS.drain_north] = area / faces[1:]
    factors[ROWS.drain_south] = area / faces[:-1]
    factors[[ROWS.absorption, ROWS.absorption_south]] = 0
    _mirror_rows(factors, grid, block)
    return np.pad(factors, ((0, 0), (0, block.allocated[0] - factors.shape[1])), mode="edge")


def column_factors(grid: Grid, block: Block) -> np.ndarray:
    """Factors sides[k, 0, i] of a block with its halo: sign of the Earth's rotation, -1 beyond walls; no absorption."""
    h, last = block.halo, block.shape[1] + 2 * block.halo
    factors = np.ones((3, 1, block.allocated[1]))
    if grid.boundary[0] == "wall" and block.i0 == 0:
        factors[0, :, :h] = -1
    if grid.boundary[1] == "wall" and block.i1 == grid.nx:
        factors[0, :, last - h : last] = -1
    factors[1:] = 0
    return factors


def _mirror_rows(factors: np.ndarray, grid: Grid, block: Block) -> None:
    """Beyond walls in the south and north the Earth is mirrored too, so that no water passes through them.

    What turns with the Earth turns the other way there, and the south faces of cells are the north faces.
    """
    h, last = block.halo, block.shape[0] + 2 * block.halo
    swapped, sign = np.arange(len(ROWS)), np.ones((len(ROWS), 1))
    for north, south in ((ROWS.north, ROWS.south), (ROWS.drain_north, ROWS.drain_south)):
        swapped[[north, south]] = south, north
    sign[[ROWS.f, ROWS.curvature]] = -1
    if grid.boundary[2] == "wall" and block.j0 == 0:
        factors[:, :h] = sign * factors[swapped, h : 2 * h][:, ::-1]
    if grid.boundary[3] == "wall" and block.j1 == grid.ny:
        factors[:, last - h : last] = sign * factors[swapped, last - 2 * h : last - h][:, ::-1]
