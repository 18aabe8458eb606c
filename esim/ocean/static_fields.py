"""How does a field that does not change, the bed say, come onto a block and its halo?"""

from typing import Any

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.ocean.domain import Domain
from esim.parallel.decomposition import Block


def static_field(domain: Domain, formula: CellFunction) -> Any:
    """A static field [1, j, i] on the block with its halo: mirrored beyond walls, continued beyond open sides."""
    grid, block = domain.grid, domain.block
    (ny, nx), h = grid.shape, block.halo
    j0, j1 = max(block.j0 - h, 0), min(block.j1 + h, ny)
    i0, i1 = max(block.i0 - h, 0), min(block.i1 + h, nx)
    inside = formula(grid.x(i0, i1), grid.y(j0, j1))
    array = domain.backend.from_host(pad_to_block(extend_to_halo(inside, grid, block), block))
    if any(grid.periodic):
        domain.exchange(1).fill(array)
    return array


def extend_to_halo(inside: np.ndarray, grid: Grid, block: Block) -> np.ndarray:
    """A field (..., j, i) on the part of the block with halo that lies in the grid, extended to the whole halo."""
    (ny, nx), h = grid.shape, block.halo
    west, east = h - (block.i0 - max(block.i0 - h, 0)), h - (min(block.i1 + h, nx) - block.i1)
    south, north = h - (block.j0 - max(block.j0 - h, 0)), h - (min(block.j1 + h, ny) - block.j1)
    field = inside
    for side, (axis, width) in enumerate(
        ((-1, (west, 0)), (-1, (0, east)), (-2, (south, 0)), (-2, (0, north)))
    ):
        pads = [(0, 0)] * field.ndim
        pads[axis] = width
        field = np.pad(field, pads, mode="symmetric" if grid.boundary[side] == "wall" else "edge")
    return field


def pad_to_block(field: np.ndarray, block: Block) -> np.ndarray:
    """A field (..., j, i) on the block with halo, as an array of the allocated shape [var, j, i]."""
    field = field.reshape(-1, *field.shape[-2:])
    array = np.zeros((field.shape[0], *block.allocated))
    array[:, : field.shape[1], : field.shape[2]] = field
    return array


def sea_mask(domain: Domain, bed: Any, dry: float) -> Any:
    """One in cells [1, j, i] of the block and its halo with more water at rest than dry [m].

    Zero beyond all sides but periodic ones.
    """
    block, (ny, nx), h = domain.block, domain.grid.shape, domain.block.halo
    j, i = np.arange(block.j0 - h, block.j1 + h), np.arange(block.i0 - h, block.i1 + h)
    periodic_x, periodic_y = domain.grid.periodic[::-1]
    closed_x = ((i < 0) | (i >= nx)) & (not periodic_x)
    closed_y = ((j < 0) | (j >= ny)) & (not periodic_y)
    ground = domain.backend.to_host(bed)[0, : j.size, : i.size]
    sea = (-ground > dry) & ~closed_y[:, None] & ~closed_x
    return domain.backend.from_host(pad_to_block(sea.astype(np.float64), block))
