"""How far do sources displace the cells of a grid, and which part of it has this rank?"""

from collections.abc import Sequence

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.io.remembered import REMEMBERED
from esim.ocean.model import Ocean
from esim.ocean.static_fields import extend_to_halo
from esim.parallel.comm import Comm
from esim.parallel.decomposition import common
from esim.parallel.threads import on_threads
from esim.sources.ocean import Source
from esim.sources.ocean.fault_source import FaultSource


def displacement(
    comm: Comm, grid: Grid, source: Source, box: tuple, elevation: CellFunction, threads: int = 1
) -> np.ndarray:
    """Displacement [m] of a source on a box of cells, float64 (K, nj, ni), the same on all ranks.

    That of a fault is to be multiplied by its factor.
    Each rank computes some of the rows, those of a fault on so many threads; a value does not depend on which.
    """
    j0, j1, i0, i1 = box
    cuts = [j0 + (j1 - j0) * n // comm.size for n in range(comm.size + 1)]
    first, last = cuts[comm.rank], cuts[comm.rank + 1]
    slopes = slope(grid, elevation, (first, last, i0, i1)) if source.horizontal_on_slope else (None, None)
    x, y = grid.x(i0, i1), grid.y(first, last)

    def compute(rows: slice) -> np.ndarray:
        inclined = (None if one is None else one[rows] for one in slopes)
        if isinstance(source, FaultSource):
            return source.unscaled_displacement(x, y[rows], grid.lonlat, *inclined)
        return source.displacement(x, y[rows], grid.lonlat, *inclined)

    def all_rows() -> np.ndarray:
        parts = threads if isinstance(source, FaultSource) else 1  # others may read files
        edges = [y.size * n // parts for n in range(parts + 1)]
        pieces = on_threads(compute, [slice(*ends) for ends in zip(edges, edges[1:], strict=False)], threads)
        return np.concatenate(pieces, axis=1)

    if not isinstance(source, FaultSource):
        return np.concatenate(comm.allgather(all_rows()), axis=1)
    # Of runs with the same fault in the same sea, all but its magnitude, it is the same.
    own = REMEMBERED.of((source.pattern, source.times, x, y, grid.lonlat, slopes), all_rows)
    return np.concatenate(comm.allgather(own), axis=1)


def cut(
    wide: Grid, grid: Grid, box: tuple, fields: Sequence[np.ndarray]
) -> tuple[tuple[int, int, int, int], list[np.ndarray]]:
    """The part of a box of cells of a wider grid that lies in a grid, and of fields (..., nj, ni) on it."""
    south, west = round((grid.y0 - wide.y0) / grid.dy), round((grid.x0 - wide.x0) / grid.dx)
    j0, j1, i0, i1 = box[0] - south, box[1] - south, box[2] - west, box[3] - west
    rows, columns = common((j0, j1), (0, grid.ny)), common((i0, i1), (0, grid.nx))
    inside = (slice(rows[0] - j0, rows[1] - j0), slice(columns[0] - i0, columns[1] - i0))
    return (*rows, *columns), [field[..., *inside] for field in fields]


def largest(field: np.ndarray) -> float:
    """The largest displacement [m], up or down."""
    return float(np.abs(field).max(initial=0.0))


def truncated(field: np.ndarray, fraction: float, maximum: float) -> np.ndarray:
    """Weight (nj, ni) of a displacement (K, nj, ni): 0 where below a fraction of the maximum, 1 from twice that."""
    size = np.abs(field).max(axis=0)
    ramp = np.clip(size / max(fraction * maximum, 1e-300) - 1.0, 0.0, 1.0)
    return ramp * ramp * (3.0 - 2.0 * ramp)


def slope(grid: Grid, elevation: CellFunction, box: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the bed towards east and north on a box of cells, by central differences."""
    j0, j1, i0, i1 = box
    south, north, west, east = max(j0 - 1, 0), min(j1 + 1, grid.ny), max(i0 - 1, 0), min(i1 + 1, grid.nx)
    bed = elevation(grid.x(west, east), grid.y(south, north))
    # At the edge of the grid the last difference is one-sided.
    bed = np.pad(bed, ((south - j0 + 1, j1 + 1 - north), (west - i0 + 1, i1 + 1 - east)), mode="edge")
    width, height = grid.cell_size(j0, j1)
    steps_x = 2.0 - (np.arange(i0, i1) == 0) - (np.arange(i0, i1) == grid.nx - 1)
    steps_y = 2.0 - (np.arange(j0, j1) == 0) - (np.arange(j0, j1) == grid.ny - 1)
    along_x = (bed[1:-1, 2:] - bed[1:-1, :-2]) / (steps_x[None, :] * width[:, None])
    along_y = (bed[2:, 1:-1] - bed[:-2, 1:-1]) / (steps_y * height)[:, None]
    return along_x, along_y


def paste(ocean: Ocean, field: np.ndarray, box: tuple) -> np.ndarray:
    """A field on a box of cells, zero elsewhere, as seen by this rank's block with its halo (nj, ni)."""
    grid, block = ocean.grid, ocean.block
    h = block.halo
    j0, j1, i0, i1 = box
    rows = max(block.j0 - h, 0), min(block.j1 + h, grid.ny)
    columns = max(block.i0 - h, 0), min(block.i1 + h, grid.nx)
    inside = np.zeros((rows[1] - rows[0], columns[1] - columns[0]))
    (south, north), (west, east) = common(rows, (j0, j1)), common(columns, (i0, i1))
    if south < north and west < east:
        there = slice(south - rows[0], north - rows[0]), slice(west - columns[0], east - columns[0])
        inside[there] = field[south - j0 : north - j0, west - i0 : east - i0]
    return extend_to_halo(inside, grid, block)


def own_cells(ocean: Ocean, field: np.ndarray, box: tuple) -> np.ndarray:
    """A field on a box of cells, zero elsewhere, on the owned cells (nj, ni)."""
    (j0, j1), (i0, i1) = ocean.block.interior
    return paste(ocean, field, box)[j0:j1, i0:i1]
