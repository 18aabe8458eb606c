"""What do the rows and columns of a grid do to the equations? Cell sizes, rotation, curvature, and mirrors at walls."""

import numpy as np

from esim.grids.grid import Grid
from esim.kernels.ocean.shallow_water import ROWS
from esim.parallel.decomposition import Block


def row_factors(grid: Grid, block: Block, coriolis: bool) -> np.ndarray:
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
    _mirror_rows(factors, grid, block)
    return np.pad(factors, ((0, 0), (0, block.allocated[0] - factors.shape[1])), mode="edge")


def column_signs(grid: Grid, block: Block) -> np.ndarray:
    """Sign [1, 1, i] of the Earth's rotation in each column of a block with its halo: -1 beyond walls."""
    h, last = block.halo, block.shape[1] + 2 * block.halo
    signs = np.ones((1, 1, block.allocated[1]))
    if grid.boundary[0] == "wall" and block.i0 == 0:
        signs[..., :h] = -1
    if grid.boundary[1] == "wall" and block.i1 == grid.nx:
        signs[..., last - h : last] = -1
    return signs


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


def sponge_rate(grid: Grid, block: Block, cells: int, crossing: float = 3.0) -> np.ndarray:
    """Rate [1/s] at which water relaxes to rest in the layers along sponge sides, on the block with its halo.

    It grows with the cube of the distance into the layer, and damps a long wave over 4000 m of water by exp(-crossing)
    on one way through it.
    """
    h = block.halo
    j = np.arange(block.j0 - h, block.j1 + h)
    i = np.arange(block.i0 - h, block.i1 + h)
    distance = {"west": i, "east": grid.nx - 1 - i, "south": j, "north": grid.ny - 1 - j}
    width, height = (size.mean() for size in grid.cell_size())
    total = np.zeros((j.size, i.size))
    for side, kind in zip(distance, grid.boundary, strict=True):
        if kind != "sponge":
            continue
        into = np.clip((cells - distance[side]) / cells, 0, 1)
        thickness = cells * (width if side in ("west", "east") else height)
        rate = 4 * crossing * np.sqrt(9.81 * 4000.0) / thickness * into**3
        total = np.maximum(total, rate[None, :] if side in ("west", "east") else rate[:, None])
    return total
