"""Which cells does a gauge see, and what does it record?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from esim.backends.device_buffer import ROWS, DeviceBuffer
from esim.constants import SEA_DENSITY
from esim.grids.grid import Grid
from esim.ocean.forcing.air_pressure import pressure_at
from esim.ocean.model import Ocean
from esim.ocean.nesting.hierarchy import OceanLevel
from esim.ocean.water import water_of
from esim.variables.ocean import STATIONS

DRY_IS_ZERO = [  # else there is no value
    n for n, one in enumerate(STATIONS.values()) if not (one.wet_only or one.forced)
]


def bilinear_cells(grid: Grid, x: float, y: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (j, i), four each, around a point of the grid, and their bilinear weights."""
    j, i = grid.index(x, y)
    south, fj = _between(j, grid.ny, grid.periodic[0])
    west, fi = _between(i, grid.nx, grid.periodic[1])
    rows, columns = np.array([south, south, south + 1, south + 1]), np.array([west, west + 1, west, west + 1])
    weights = np.array([(1 - fj) * (1 - fi), (1 - fj) * fi, fj * (1 - fi), fj * fi])
    return rows, columns, weights


def _between(index: float, cells: int, periodic: bool) -> tuple[int, float]:
    """The cell before a fractional index along an axis, and how far it is from there to the next one, 0 to 1."""
    if periodic:
        first = int(np.floor(index)) % cells
        return first, (index - first) % cells
    # On the last cell centre, or by rounding beyond one of the outermost, there are two cells all the same.
    index = min(max(index, 0.0), cells - 1.0)
    first = min(int(np.floor(index)), cells - 2)
    return first, index - first


def finest_grid(grids: Sequence[Grid], x: float, y: float) -> int | None:
    """Number of the finest of the grids that contain a point, of equal ones the last; None where none does."""
    inside = [n for n, grid in enumerate(grids) if grid.contains(x, y)]
    return min(inside, key=lambda n: (grids[n].dx, -n)) if inside else None


class Gauges:
    """The gauges of the whole run, each read from the finest grid around it that is computed."""

    def __init__(
        self,
        levels: Sequence[OceanLevel],
        positions: Sequence[tuple[float, float]],
        on_land: Collection[int] = (),
    ) -> None:
        """on_land are the numbers of those that see their own cell alone, in the finest grid: dry while that sleeps."""
        self.count = len(positions)
        self._first = levels[0].ocean.comm.rank == 0
        self._times: list[float] = []  # of samples that are yet to be fetched
        self._on_land = sorted(on_land)
        self._readers = []
        grids = [level.ocean.grid for level in levels]
        finest = {n: finest_grid(grids, *positions[n]) for n in on_land}
        for number, level in enumerate(levels):
            around = (n for n, at in enumerate(positions) if grids[number].contains(*at))
            inside = {n: positions[n] for n in around if finest.get(n, number) == number}
            self._readers.append((level, GaugeReader(level.ocean, level.motion.first_depth, inside, on_land)))
        # A finer grid has the last word.
        self._readers.sort(key=lambda reader: -reader[0].ocean.grid.dx)

    def sample(self, time: float) -> None:
        """Keep what the gauges see at a time [s], on the device."""
        for level, reader in self._readers:
            if level.active:
                reader.sample(len(self._times), time)
        self._times.append(time)

    @property
    def full(self) -> bool:
        """Whether there is no room for another sample: it is time to fetch those that are kept."""
        return len(self._times) == ROWS

    def fetch(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Times (samples,) and values (samples, variables, gauges) since the last time on rank 0, None elsewhere.

        Dry corners of a gauge do not count; where all are dry, depth and velocity are 0, surface, change of the
        depth and air pressure NaN. All ranks take part.
        """
        times, self._times = np.array(self._times), []
        values = np.full((times.size, len(STATIONS), self.count), np.nan)
        values[np.ix_(range(times.size), DRY_IS_ZERO, self._on_land)] = 0.0
        for _, reader in self._readers:
            for samples, gauges, piece in reader.fetch():
                values[np.ix_(samples, range(len(STATIONS)), gauges)] = piece
        return (times, values) if self._first else None


class GaugeReader:
    """Gauges on one grid; each is read by the rank that owns the cell to its south-west."""

    def __init__(
        self,
        ocean: Ocean,
        first_depth: np.ndarray,
        positions: Mapping[int, tuple[float, float]],
        on_land: Collection[int] = (),
    ) -> None:
        """Positions by the number of the gauge; those on land see their own cell alone.

        first_depth [m] (nj, ni) is that of the first water of the owned cells. All ranks take part.
        """
        self._ocean = ocean
        self._any = bool(positions)
        block, grid = ocean.block, ocean.grid
        offset = block.j0 - block.halo, block.i0 - block.halo
        self._mine, rows, columns, weights = [], [], [], []
        for n, (x, y) in positions.items():
            j, i, weight = bilinear_cells(grid, x, y)
            if block.owns(int(j[0]), int(i[0])):
                self._mine.append(n)
                rows.append(j)
                columns.append(i)
                weights.append(np.eye(4)[weight.argmax()] if n in on_land else weight)
        cells = [np.array(found, int).reshape(-1, 4) for found in (rows, columns)]
        index = ocean.backend.index
        self._cells = tuple(index(numbers - h) for numbers, h in zip(cells, offset, strict=True))
        self._numbers = cells[0], cells[1]  # of the grid
        self._weights = np.array(weights).reshape(-1, 4)
        # Bed and state in the cells around.
        self._batch = DeviceBuffer(ocean.backend, (1 + len(ocean.variables), len(self._mine), 4))
        self._samples: list[int] = []
        self._times: list[float] = []
        self._first_depth = self._around(first_depth) if self._any else np.zeros((0, 4))

    def _around(self, depth: np.ndarray) -> np.ndarray:
        """A depth (nj, ni) [m] of the owned cells in those around the gauges (gauges, 4), which others may own."""
        ocean = self._ocean
        (j0, j1), (i0, i1) = ocean.block.interior
        # As zeta over the bed, which the run's precision has exactly: a depth as such would be rounded.
        still = np.maximum(-ocean.own(ocean.bed)[0].astype(np.float64), 0.0)
        zeta = ocean.zeros(1)
        zeta[0, j0:j1, i0:i1] = ocean.backend.from_host(depth - still)
        ocean.exchange(1).fill(zeta)
        near, bed = (
            ocean.backend.to_host(array[0, *self._cells]).astype(np.float64) for array in (zeta, ocean.bed)
        )
        return np.asarray(near + np.maximum(-bed, 0.0))

    def sample(self, sample: int, time: float) -> None:
        """Keep the state around the gauges, on the device, as that of a sample at a time [s]."""
        self._samples.append(sample)
        self._times.append(time)
        row = self._batch.row()
        if self._mine:
            row[:1] = self._ocean.bed[:, *self._cells]
            row[1:] = self._ocean.plan.state()[:, *self._cells]

    def fetch(self) -> list[tuple[list[int], list[int], np.ndarray]]:
        """Numbers of samples and of gauges, and their values (samples, variables, gauges), of each rank, on rank 0."""
        read, samples, self._samples = self._batch.take(), self._samples, []
        times, self._times = np.array(self._times), []
        if not (samples and self._any):
            return []
        state = np.moveaxis(read[:, 1:], 1, 0)
        dry, names = self._ocean.physics.dry_depth, self._ocean.variables
        water = water_of(state, read[:, 0], dry, names, self._first_depth)
        if self._mine and self._ocean.forces is not None:
            pressure = pressure_at(self._ocean, *self._numbers, times)
            head = pressure / (SEA_DENSITY * self._ocean.physics.gravity)
            water = replace(water, air_pressure=pressure, air_head=head)
        weights = self._weights * water.wet
        total = weights.sum(-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mine = np.stack(
                [(one.compute(water) * weights).sum(-1) / total for one in STATIONS.values()], axis=1
            )
        mine[:, DRY_IS_ZERO] = np.where(total[:, None] > 0, mine[:, DRY_IS_ZERO], 0.0)
        return self._ocean.comm.gather((samples, self._mine, mine)) or []
