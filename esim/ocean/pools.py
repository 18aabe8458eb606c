"""Does the water of the first state stand where it can stay? Pools that the sea does not reach, water that runs off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.ocean.sources.initial_conditions import initial_water
from esim.sources.ocean import InitialState

MOST_CELLS = 4_000_000  # of a grid that is looked through
FEWEST_CELLS = 9  # of a pool that is worth a word


@dataclass(frozen=True)
class _Map:
    """The first water of a grid: its bed and surface (the ground where dry) [m above the still sea], (ny, nx)."""

    grid: Grid
    bed: np.ndarray
    surface: np.ndarray
    wet: np.ndarray

    def place(self, j: int, i: int) -> str:
        """Where a cell is."""
        x, y = self.grid.x(i, i + 1)[0], self.grid.y(j, j + 1)[0]
        return f"{self.grid.dims[1]} {x:.6g}, {self.grid.dims[0]} {y:.6g}"


def check_first_water(
    grid: Grid, elevation: CellFunction, states: Sequence[InitialState], dry: float
) -> Iterator[str]:
    """Sentences about the water of a grid, before waves and sources; none of very large grids.

    elevation is the bed [m above the still sea]; dry [m] the depth from which water flows.
    """
    if grid.nx * grid.ny > MOST_CELLS:
        return
    whole = [state for state in states if state.whole]
    x, y = grid.x(), grid.y()
    bed = elevation(x, y)
    zeta = initial_water(whole, bed, x, y, grid.lonlat, dry)[0]
    found = _Map(grid, bed, zeta + np.maximum(bed, 0.0), zeta + np.maximum(-bed, 0.0) > dry)
    if whole:
        yield from _running_off(found, dry)
    else:
        yield from _pools(found)


def _running_off(found: _Map, dry: float) -> Iterator[str]:
    """Water that stands above dry ground or other water beside it."""
    worst, count, place = 0.0, 0, ""
    for axis in (0, 1):
        low, high = (slice(None, -1), slice(1, None))
        here, there = (
            ((low, slice(None)), (high, slice(None)))
            if axis == 0
            else ((slice(None), low), (slice(None), high))
        )
        fall = np.abs(found.surface[here] - found.surface[there])
        upper_is_here = found.surface[here] > found.surface[there]
        runs = np.where(upper_is_here, found.wet[here], found.wet[there]) & (fall > dry)
        count += int(runs.sum())
        largest = float(fall.max(initial=0.0, where=runs))
        if largest > worst:
            worst = largest
            j, i = np.unravel_index(np.argmax(np.where(runs, fall, 0.0)), fall.shape)
            place = found.place(int(j), int(i))
    if count:
        yield (
            f"the first water is not at rest: between {count} pairs of cells it stands above dry ground or water "
            f"beside it, by up to {worst:.3g} m at {place}; is a dike missing, or thinner than a cell?"
        )


def _pools(found: _Map) -> Iterator[str]:
    """Water below sea level that is not joined to the sea: to the deepest cell, or through a side without a wall."""
    from scipy.ndimage import label

    numbers, count = label(found.wet)
    if count < 2:
        return
    cells = np.bincount(numbers.ravel(), minlength=count + 1)
    edges = zip(found.grid.boundary, (numbers[:, 0], numbers[:, -1], numbers[0], numbers[-1]), strict=True)
    beyond = [np.unique(edge) for kind, edge in edges if kind != "wall"]
    sea = {int(n) for edge in beyond for n in edge} | {int(numbers.ravel()[found.bed.argmin()])}
    pools = [n for n in range(1, count + 1) if n not in sea and cells[n] >= FEWEST_CELLS]
    if not pools:
        return
    largest = max(pools, key=lambda n: cells[n])
    width, height = found.grid.cell_size()
    rows, columns = np.nonzero(numbers == largest)
    area = float((width * height)[rows].sum()) / 1e6
    deepest = float(-found.bed[rows, columns].min())
    middle = rows.size // 2
    place = found.place(int(rows[middle]), int(columns[middle]))
    yield (
        f"{len(pools)} pool{'s' * (len(pools) > 1)} below sea level not joined to the sea, the largest of {area:.3g} "
        f"km2 at {place}, to {deepest:.3g} m deep: filled to sea level at first; water.dry keeps land dry, water.lakes "
        "gives lakes their level"
    )
