"""What do the rows and columns of a grid do to the equations? Cell sizes, rotation, curvature, and mirrors at walls."""

import math

import numpy as np

from esim.grids.grid import Grid
from esim.kernels.ocean.shallow_water import ROWS
from esim.parallel.decomposition import Block

RESIDUE = 1e-3  # of a wave, when it has gone through an absorbing layer and back
Layers = tuple[int, int, int, int]  # cells that absorb along the west, east, south and north side
NO_LAYERS: Layers = (0, 0, 0, 0)


def row_factors(grid: Grid, block: Block, coriolis: bool, layers: Layers = NO_LAYERS) -> np.ndarray:
    """Factors rows[k, j] of kernels.ocean.shallow_water.ROWS for the rows of a block with its halo."""
    first, last = block.j0 - block.halo, block.j1 + block.halo
    width, height = grid.cell_size(first, last)
    faces = grid.face_width(first, last + 1)
    area = width * height
    factors = np.empty((len(ROWS), last - first))
    factors[ROWS.per_dx] = 1 / width
    factors[ROWS.per_dy] = 1 / height
    factors[ROWS.north] = faces[1:] / area
    factors[ROWS.south] = faces[:-1] / area
    factors[ROWS.f] = grid.coriolis(first, last) * coriolis
    factors[ROWS.curvature] = grid.curvature(first, last)
    factors[ROWS.drain_x] = width
    factors[ROWS.drain_north] = area / faces[1:]
    factors[ROWS.drain_south] = area / faces[:-1]
    factors[ROWS.absorption] = absorption(grid.ny, first, last, layers[2:])
    _mirror_rows(factors, grid, block)
    return np.pad(factors, ((0, 0), (0, block.allocated[0] - factors.shape[1])), mode="edge")


def column_factors(grid: Grid, block: Block, layers: Layers = NO_LAYERS) -> np.ndarray:
    """Factors sides[k, 0, i] of a block with its halo: sign of the Earth's rotation, -1 beyond walls; absorption."""
    h, last = block.halo, block.shape[1] + 2 * block.halo
    factors = np.ones((2, 1, block.allocated[1]))
    if grid.boundary[0] == "wall" and block.i0 == 0:
        factors[0, :, :h] = -1
    if grid.boundary[1] == "wall" and block.i1 == grid.nx:
        factors[0, :, last - h : last] = -1
    factors[1] = 0
    factors[1, 0, :last] = absorption(grid.nx, block.i0 - h, block.i1 + h, layers[:2])
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


def absorption(count: int, first: int, last: int, layers: tuple[int, int]) -> np.ndarray:
    """How much of itself a long wave loses per cell, in cells first..last-1 of `count` between two sides.

    layers are how many cells absorb at the low and at the high end; the loss grows with the square of the distance
    into the layer, and adds up to RESIDUE on the way through it and back.
    """
    cells = np.arange(first, last)
    loss = np.zeros(cells.size)
    for width, distance in zip(layers, (cells, count - 1 - cells), strict=True):
        if width > 0:
            into = np.clip((width - 0.5 - distance) / width, 0, 1)
            loss = np.maximum(loss, 1.5 * math.log(1 / RESIDUE) / width * into**2)
    return loss


def in_layers(grid: Grid, layers: Layers, j: np.ndarray, i: np.ndarray) -> np.ndarray:
    """Whether cells of rows j and columns i of a grid absorb, bool (j, i)."""
    west, east, south, north = layers
    rows = (j < south) | (j >= grid.ny - north)
    columns = (i < west) | (i >= grid.nx - east)
    return np.asarray(rows[:, None] | columns[None, :])
