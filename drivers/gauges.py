"""Which cells does a gauge see, and what does it record?"""

from collections.abc import Sequence

import numpy as np

from esim.drivers.ocean import Formula, Ocean, derive
from esim.errors import InputError
from esim.grid import Grid

VARIABLES = ("eta", "depth", "u", "v")


def corners(grid: Grid, x: float, y: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (j, i), four each, around a point of the grid, and their bilinear weights."""
    j, i = grid.index(x, y)
    south, west = int(np.floor(j)), int(np.floor(i))
    # On the last cell centre the cell to the south-west still has a neighbour.
    south = min(max(south, 0), grid.ny - 2) if not grid.periodic[0] else south % grid.ny
    west = min(max(west, 0), grid.nx - 2) if not grid.periodic[1] else west % grid.nx
    fj, fi = (j - south) % grid.ny, (i - west) % grid.nx
    rows, columns = np.array([south, south, south + 1, south + 1]), np.array([west, west + 1, west, west + 1])
    weights = np.array([(1 - fj) * (1 - fi), (1 - fj) * fi, fj * (1 - fi), fj * fi])
    return rows, columns, weights


def check_gauges(
    grid: Grid,
    names: Sequence[str],
    positions: Sequence[tuple[float, float]],
    elevation: Formula,
) -> None:
    """Raises InputError, naming the gauge, for one outside the grid or on land."""
    for n, (name, (x, y)) in enumerate(zip(names, positions, strict=True)):
        if not grid.contains(x, y):
            raise InputError(f"stations.{n}: gauge '{name}' at ({x:g}, {y:g}) lies outside the grid")
        rows, columns, weights = corners(grid, x, y)
        nearest = int(weights.argmax())
        j, i = rows[nearest] % grid.ny, columns[nearest] % grid.nx
        height = float(elevation(grid.x(i, i + 1), grid.y(j, j + 1))[0, 0])
        if height >= 0:
            raise InputError(
                f"stations.{n}: gauge '{name}' at ({x:g}, {y:g}) is on land, {height:.1f} m above the water"
                + _nearest_water(grid, elevation, j, i)
            )


def _nearest_water(grid: Grid, elevation: Formula, j: int, i: int, reach: int = 20) -> str:
    """End of a sentence that names the nearest wet cell."""
    j0, j1 = max(j - reach, 0), min(j + reach + 1, grid.ny)
    i0, i1 = max(i - reach, 0), min(i + reach + 1, grid.nx)
    x, y = grid.x(i0, i1), grid.y(j0, j1)
    wet = np.argwhere(elevation(x, y) < 0)
    if not len(wet):
        return ", and there is no water near it"
    best = wet[((wet - [j - j0, i - i0]) ** 2).sum(1).argmin()]
    return f"; the nearest water is at ({x[best[1]]:.4g}, {y[best[0]]:.4g})"


class Gauges:
    """The gauges of the whole run; each is recorded by the rank that owns the cell to its south-west."""

    def __init__(self, ocean: Ocean, positions: Sequence[tuple[float, float]]) -> None:
        self._ocean = ocean
        self.count = len(positions)
        block, grid = ocean.block, ocean.grid
        self._mine, rows, columns, weights = [], [], [], []
        for n, (x, y) in enumerate(positions):
            j, i, weight = corners(grid, x, y)
            if block.owns(int(j[0]), int(i[0])):
                self._mine.append(n)
                rows.append(j - block.j0 + block.halo)
                columns.append(i - block.i0 + block.halo)
                weights.append(weight)
        self._cells = (np.array(rows, int).reshape(-1, 4), np.array(columns, int).reshape(-1, 4))
        self._weights = np.array(weights).reshape(-1, 4)

    def read(self) -> np.ndarray | None:
        """Values (variables, gauges) on rank 0, None elsewhere; dry corners do not count, NaN if all are dry."""
        ocean = self._ocean
        state = ocean.backend.to_host(ocean.plan.state()[:, *self._cells])
        bed = ocean.backend.to_host(ocean.bed[0, *self._cells])
        water = derive(state, bed, ocean.physics.dry_depth)
        weights = self._weights * water["wet"]
        total = weights.sum(1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mine = np.stack([(water[name] * weights).sum(1) / total for name in ("eta", "h", "u", "v")])
        return self._collect(mine)

    def _collect(self, mine: np.ndarray) -> np.ndarray | None:
        pieces = self._ocean.comm.gather((self._mine, mine))
        if pieces is None:
            return None
        values = np.full((len(VARIABLES), self.count), np.nan)
        for gauges, piece in pieces:
            values[:, gauges] = piece
        return values
