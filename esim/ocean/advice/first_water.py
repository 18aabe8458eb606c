"""Does the water of the first state stand where it can stay? Pools that the sea does not reach, water that runs off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.grids.components import number_components
from esim.grids.grid import Grid
from esim.media.ocean.structures import SOUTH, WEST
from esim.ocean.nesting.grid_level import GridLevel
from esim.ocean.sources.initial_conditions import initial_water
from esim.ocean.structures import Structures
from esim.sources.ocean import InitialState

MOST_CELLS = 4_000_000  # of a grid that is looked through
FEWEST_CELLS = 9  # of a pool that is worth a word
DEEPEST_POOL = 200.0  # m; deeper ones are seas


@dataclass(frozen=True)
class _Map:
    """The first water of a grid: its bed and surface (the ground where dry) [m above the still sea], (ny, nx).

    crests [m above the still sea] are those of structures between rows (ny - 1, nx) and columns (ny, nx - 1), -inf
    where there is none.
    """

    grid: Grid
    bed: np.ndarray
    surface: np.ndarray
    wet: np.ndarray
    crests: tuple[np.ndarray, np.ndarray]

    def place(self, j: int, i: int) -> str:
        """Where a cell is."""
        x, y = self.grid.x(i, i + 1)[0], self.grid.y(j, j + 1)[0]
        return f"{self.grid.dims[1]} {x:.6g}, {self.grid.dims[0]} {y:.6g}"


def require_water(deepest: float, states: Sequence[InitialState]) -> None:
    """Raises InputError where neither the sea, deepest [m] at its deepest, nor a state has any water."""
    if deepest <= 0 and not any(state.whole for state in states):
        raise InputError(
            f"bathymetry: there is no water on this grid, whose lowest cell is {-deepest:.1f} m above it; elevation is "
            "positive up"
        )


def check_first_water(cfg: TsunamiConfig, level: GridLevel, states: Sequence[InitialState]) -> list[str]:
    """Sentences about the water of a grid, before waves and sources; none of very large grids."""
    grid, dry = level.grid, cfg.physics.dry_depth
    if grid.nx * grid.ny > MOST_CELLS:
        return []
    whole = [state for state in states if state.whole]
    x, y = grid.x(), grid.y()
    bed = level.media.elevation(x, y)
    zeta = initial_water(whole, bed, x, y, grid.lonlat, dry)[0]
    wet = zeta + np.maximum(-bed, 0.0) > dry
    found = _Map(grid, bed, zeta + np.maximum(bed, 0.0), wet, _crests(grid, level.structures))
    return list(_running_off(found, dry) if whole else _pools(found))


def _crests(grid: Grid, structures: Structures | None) -> tuple[np.ndarray, np.ndarray]:
    """Crests of structures between rows and between columns of a grid."""
    rows, columns = np.full((grid.ny - 1, grid.nx), -np.inf), np.full((grid.ny, grid.nx - 1), -np.inf)
    if structures is not None:
        faces = structures.faces
        inside = (faces.i >= 0) & (faces.i < grid.nx) & (faces.j >= 0) & (faces.j < grid.ny)
        south = inside & (faces.axis == SOUTH) & (faces.j > 0)
        west = inside & (faces.axis == WEST) & (faces.i > 0)
        rows[faces.j[south] - 1, faces.i[south]] = faces.crest[south]
        columns[faces.j[west], faces.i[west] - 1] = faces.crest[west]
    return rows, columns


def _running_off(found: _Map, dry: float) -> Iterator[str]:
    """Water that stands above dry ground or other water beside it."""
    worst, count, place = 0.0, 0, ""
    surface, wet = found.surface, found.wet
    pairs = (
        (surface[:-1], surface[1:], wet[:-1], wet[1:], found.crests[0]),
        (surface[:, :-1], surface[:, 1:], wet[:, :-1], wet[:, 1:], found.crests[1]),
    )
    for here, there, wet_here, wet_there, crest in pairs:
        fall = np.abs(here - there)
        upper = np.where(here > there, wet_here, wet_there)
        runs = upper & (fall > dry) & (np.maximum(here, there) > crest)
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
    wet = found.wet
    north = wet[:-1] & wet[1:] & (found.crests[0] < 0)
    east = wet[:, :-1] & wet[:, 1:] & (found.crests[1] < 0)
    numbers, count = number_components(wet, north, east)
    if count < 2:
        return
    cells = np.bincount(numbers.ravel(), minlength=count + 1)
    edges = zip(found.grid.boundary, (numbers[:, 0], numbers[:, -1], numbers[0], numbers[-1]), strict=True)
    beyond = [np.unique(edge) for kind, edge in edges if kind != "wall"]
    sea = {int(n) for edge in beyond for n in edge} | {int(numbers.ravel()[found.bed.argmin()])}
    lowest = np.full(count + 1, np.inf)
    np.minimum.at(lowest, numbers, found.bed)
    pools = [
        n
        for n in range(1, count + 1)
        if n not in sea and cells[n] >= FEWEST_CELLS and lowest[n] > -DEEPEST_POOL
    ]
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
