"""How does a metre of uplift of each cell of the seafloor lift the water? Squares of grid cells that move as one."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from esim.config.forecast.unknowns import UpliftConfig
from esim.errors import InputError
from esim.forecast.reciprocity import cell_area
from esim.forecast.uplift import UnitUplifts, surface_of
from esim.grids.grid import CellFunction, Grid
from esim.sources.geodesy import Box
from esim.sources.ocean.first_water import region_of
from esim.sources.ocean.kajiura import REACH

MOST = 20_000  # squares: the covariance of so many has 3 GB for each window


@dataclass(frozen=True, eq=False)
class RisingCells:
    """K squares of the seafloor: what they lift, centres (K, 2), corners (K, 4, 3) with depth [m], areas (K,) [m2].

    number (nj, ni) says on the box of uplifts which square a cell is in, -1 for none.
    """

    grid: Grid
    uplifts: UnitUplifts
    centres: np.ndarray
    outlines: np.ndarray
    area: np.ndarray
    number: np.ndarray

    def rise(self, x: float, y: float) -> np.ndarray:
        """Rise [m] of a point of the bed by 1 m of each square, (K,): 1 of the one it is in."""
        j, i = (round(one) for one in self.grid.index(x, y))
        j0, j1, i0, i1 = self.uplifts.box
        found = np.zeros(self.area.size)
        if j0 <= j < j1 and i0 <= i < i1 and self.number[j - j0, i - i0] >= 0:
            found[self.number[j - j0, i - i0]] = 1.0
        return found


def rising_cells(
    config: UpliftConfig, grid: Grid, elevation: CellFunction, dry: float, *, kajiura: bool
) -> RisingCells:
    """The squares of an area, without cells that have less water than dry [m] over a bed [m above the still water].

    Raises InputError for an area without water in the grid, and for more squares than can be found.
    """
    numbers = _numbers(config, grid, elevation, dry)
    box = _around(numbers >= 0, grid, elevation if kajiura else None)
    number = numbers[box[0] : box[1], box[2] : box[3]]
    count = int(number.max()) + 1
    bed = (number == np.arange(count)[:, None, None]).astype(np.float64)
    area = (bed * cell_area(grid, box)).sum(axis=(1, 2))
    depth = np.broadcast_to(-elevation(grid.x(*box[2:]), grid.y(*box[:2])), number.shape)
    sides = np.array([_sides(grid, box, one) for one in bed > 0])
    west, east, south, north = sides.T
    depths = np.array([depth[one].mean() for one in bed > 0])
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return RisingCells(
        grid,
        UnitUplifts(box, bed, surface_of(bed, grid, elevation, box, dry, kajiura=kajiura)),
        np.stack([0.5 * (west + east), 0.5 * (south + north)], axis=1),
        np.stack([np.stack([*corner, depths], axis=1) for corner in corners], axis=1),
        area,
        number,
    )


def _numbers(config: UpliftConfig, grid: Grid, elevation: CellFunction, dry: float) -> np.ndarray:
    """Which square each cell of the grid is in, counted from the south-west, -1 for none, (ny, nx)."""
    x, y = grid.x(), grid.y()
    region = region_of(config.area, "unknowns.area", grid.lonlat)
    inside = region.contains(x, y, grid.lonlat) & (-elevation(x, y) > dry)
    if not inside.any():
        raise InputError("unknowns.area: holds no water in the grid of base; expected an area of its sea")
    rows, columns = (np.arange(n) // config.cells for n in grid.shape)
    square = rows[:, None] * (columns[-1] + 1) + columns
    found = np.unique(square[inside])
    if found.size > MOST:
        raise InputError(
            f"unknowns.cells: {config.cells} makes {found.size:,} squares of the area; expected at most {MOST:,}, so "
            "larger ones"
        )
    return np.where(inside, np.searchsorted(found, square), -1)


def _around(moving: np.ndarray, grid: Grid, elevation: CellFunction | None) -> Box:
    """The box of cells that move, and around it as far as the filter spreads the water over a bed; None: no filter."""
    j, i = (np.flatnonzero(moving.any(axis=axis)) for axis in (1, 0))
    box = int(j[0]), int(j[-1]) + 1, int(i[0]), int(i[-1]) + 1
    if elevation is None:
        return box
    width, height = grid.cell_size(*box[:2])
    deepest = max(float(-elevation(grid.x(*box[2:]), grid.y(*box[:2])).min()), 0.0)
    across, along = (ceil(REACH * deepest / float(one.min())) for one in (width, height))
    return (
        max(box[0] - along, 0),
        min(box[1] + along, grid.ny),
        max(box[2] - across, 0),
        min(box[3] + across, grid.nx),
    )


def _sides(grid: Grid, box: Box, square: np.ndarray) -> tuple[float, float, float, float]:
    """West, east, south and north side of a square, as the grid has them."""
    j, i = (np.flatnonzero(square.any(axis=axis)) for axis in (1, 0))
    west, south = grid.x0 + (box[2] + i[0]) * grid.dx, grid.y0 + (box[0] + j[0]) * grid.dy
    return (
        float(west),
        float(west + (i[-1] - i[0] + 1) * grid.dx),
        float(south),
        float(south + (j[-1] - j[0] + 1) * grid.dy),
    )
