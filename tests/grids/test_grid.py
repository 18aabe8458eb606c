"""A point on an outermost cell centre is in the grid, whatever rounding makes of its coordinates."""

import numpy as np
import pytest

from esim.grids.grid import Grid
from esim.ocean.output.gauges import bilinear_cells

PERIODIC = ("periodic", "periodic", "open", "open")
GRIDS = {
    "thirds": Grid("cartesian", 0.1, -0.7, 1 / 3, 0.1, 33, 71),
    "arc-minutes": Grid("lonlat", 139.7, 33.3, 1 / 60, 1 / 60, 427, 311),
    "arc-seconds": Grid("lonlat", 141.0001, 37.9, 1 / 3600, 1 / 3600, 5000, 5000),
    "across the dateline": Grid("lonlat", 170.3, -20.1, 0.1, 0.1, 211, 203),
    "in metres": Grid("cartesian", 512345.1, 4123456.7, 0.7, 0.7, 1234, 998),
}


def corners(grid: Grid) -> list[tuple[float, float, int, int]]:
    """Positions of the outermost cell centres as a user finds them, and the cells j, i that they belong to."""
    east, north = grid.x0 + grid.nx * grid.dx, grid.y0 + grid.ny * grid.dy
    xs = [(float(grid.x()[n]), n) for n in (0, grid.nx - 1)] + [(east - grid.dx / 2, grid.nx - 1)]
    ys = [(float(grid.y()[n]), n) for n in (0, grid.ny - 1)] + [(north - grid.dy / 2, grid.ny - 1)]
    rounded = [(float(f"{x:.12g}"), i) for x, i in xs], [(float(f"{y:.12g}"), j) for y, j in ys]
    turned = [(x - 360, i) for x, i in xs] if grid.lonlat else []
    return [(x, y, j, i) for x, i in xs + rounded[0] + turned for y, j in ys + rounded[1]]


@pytest.mark.parametrize("name", GRIDS)
def test_the_outermost_cell_centres_are_in_the_grid_and_have_the_value_of_their_cell(name: str) -> None:
    grid = GRIDS[name]
    for x, y, j, i in corners(grid):
        assert grid.contains(x, y), (x, y)
        rows, columns, weights = bilinear_cells(grid, x, y)
        assert rows.min() >= 0 and rows.max() < grid.ny and columns.min() >= 0 and columns.max() < grid.nx
        assert weights.min() >= 0 and weights.sum() == pytest.approx(1)
        value = weights @ (1000.0 * rows + columns)
        assert value == pytest.approx(1000.0 * j + i, abs=1e-2)


@pytest.mark.parametrize("name", GRIDS)
def test_beyond_them_is_outside(name: str) -> None:
    grid = GRIDS[name]
    x, y = float(grid.x()[5]), float(grid.y()[5])
    for off in (1e-3, 0.4, 3.0):
        assert not grid.contains(float(grid.x()[0]) - off * grid.dx, y)
        assert not grid.contains(float(grid.x()[-1]) + off * grid.dx, y)
        assert not grid.contains(x, float(grid.y()[0]) - off * grid.dy)
        assert not grid.contains(x, float(grid.y()[-1]) + off * grid.dy)


@pytest.mark.parametrize("west", [-180.0, 0.0, 20.0, 0.05])
def test_a_grid_around_the_globe_closes_on_itself(west: float) -> None:
    grid = Grid("lonlat", west, -60.0, 0.1, 0.1, 3600, 1200, PERIODIC)
    middle = float(grid.y()[600])
    for lon, i in (
        (float(grid.x()[0]), 0),
        (float(grid.x()[-1]), 3599),
        (west, 3599.5),
        (west + 360, 3599.5),
    ):
        for turned in (lon - 360, lon, lon + 360):
            assert grid.contains(turned, middle)
            rows, columns, weights = bilinear_cells(grid, turned, middle)
            assert weights.min() >= 0 and columns[0] in (3598, 3599, 0)
            # Columns count on beyond the seam: 3600 is the first one again.
            assert (weights @ columns) % 3600 == pytest.approx(i, abs=1e-6) or np.isclose(
                weights @ columns, i + 3600
            )
    assert not grid.contains(west + 1, float(grid.y()[-1]) + 0.04)
    assert grid.contains(west + 1, float(grid.y()[-1])) and grid.contains(west + 1, float(grid.y()[0]))
