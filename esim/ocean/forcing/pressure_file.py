"""How does air pressure from a file accelerate the water? As -grad(p) / rho, linear between its times."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from esim.config.ocean.forcing import PressureFileConfig
from esim.constants import SEA_DENSITY
from esim.data import locate
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io.gridded import reader
from esim.io.gridded.expected import Expected
from esim.kernels.ocean import air_pressure
from esim.ocean.forces import Force
from esim.ocean.model import Ocean
from esim.ocean.static_fields import pad_to_block
from esim.parallel.comm import Comm

PASCAL = ("Pa", "pascal", "pascals", "N m-2", "N/m2", "N m**-2")
HECTOPASCAL = ("hPa", "mbar", "millibar", "millibars", "mb")
CELLS_AT_ONCE = 4_000_000  # whose pressure is read and checked at once
LARGEST = 1e6  # Pa, ten atmospheres


def describe_records(config: PressureFileConfig, grid: Grid, start: datetime | None) -> "PressureRecords":
    """What a pressure file holds, without its values; raises InputError if it is not usable on a grid."""
    path = locate(str(config.file))
    spacing = (grid.dx, grid.dy)
    found = reader.check_cover(path, config.variable, grid.x(), grid.y(), grid.lonlat, spacing=spacing)
    if not found.units:
        raise InputError(
            f"{path}: variable {found.name} has no units; give it the attribute units = 'Pa', or 'hPa' if it is in that"
        )
    if found.units not in PASCAL + HECTOPASCAL:
        raise InputError(
            f"{path}: variable {found.name} is in '{found.units}', expected air pressure in Pa or hPa"
        )
    if found.records is None:
        raise InputError(f"{path}: variable {found.name} has no times, expected the dimensions (time, y, x)")
    times, date = reader.read_times(path, found.name, grid.lonlat)
    if date is not None and start is not None:
        times = times + (date - start).total_seconds()
    return PressureRecords(config, grid, found, times, 100.0 if found.units in HECTOPASCAL else 1.0)


@dataclass(frozen=True, eq=False)
class PressureRecords:
    """Air pressure from a file at its times [s]; before the first and after the last it stays."""

    config: PressureFileConfig
    grid: Grid
    variable: reader.GriddedVariable
    times: np.ndarray
    unit: float

    def read(self, record: int, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
        """Pressure [Pa] of a record on cells of the grid, float64 (nj, ni)."""
        grid = self.grid
        x, y = grid.x(*columns), grid.y(*rows)
        where = self.variable.path, self.variable.name
        limits = Expected((-LARGEST / self.unit, LARGEST / self.unit))
        field = reader.read_field(
            *where, x, y, grid.lonlat, spacing=(grid.dx, grid.dy), record=record, expected=limits
        )
        return self.unit * field

    def between(self, time: float) -> tuple[int, int, float]:
        """The records before and after a time [s], and the weight of the later one."""
        times = self.times
        if len(times) == 1:
            return 0, 0, 0.0
        late = int(np.clip(np.searchsorted(times, time, side="right"), 1, len(times) - 1))
        weight = (time - times[late - 1]) / (times[late] - times[late - 1])
        return late - 1, late, float(np.clip(weight, 0.0, 1.0))


def check_values(records: PressureRecords, comm: Comm, duration: float) -> None:
    """Raises InputError, on all ranks, if a cell has no value at a time that a run of a duration [s] needs.

    Each rank looks at some of the records.
    """
    grid = records.grid
    rows = max(1, CELLS_AT_ONCE // grid.nx)
    needed = range(records.between(0.0)[0], records.between(duration)[1] + 1)
    problem = None
    for record in needed[comm.rank :: comm.size]:
        try:
            for first in range(0, grid.ny, rows):
                records.read(record, (first, min(first + rows, grid.ny)), (0, grid.nx))
        except InputError as error:
            problem = record, f"{error} (record of {records.times[record]:g} s)"
            break
    problems = [found for found in comm.allgather(problem) if found is not None]
    if problems:
        raise InputError(min(problems)[1])


class PressureField(Force):
    """The acceleration of the water under pressure from a file; two records are on the device. See `Force`."""

    def __init__(self, ocean: Ocean, records: PressureRecords) -> None:
        self._ocean, self._records = ocean, records
        backend, block = ocean.backend, ocean.block
        self._slots = [backend.zeros((2, *block.allocated)) for _ in range(2)]
        self._held: list[int | None] = [None, None]
        self._near: dict[
            tuple[int, bytes], np.ndarray
        ] = {}  # pressures in cells of gauges, by record and cells
        # Records of even number go to the first slot, the others to the second: each is read once.
        self._launches = {
            (now, early): backend.bind(
                air_pressure.INTERPOLATE_IN_TIME,
                block.interior,
                {"acceleration": acceleration, "early": self._slots[early], "late": self._slots[1 - early]},
            )
            for now, acceleration in enumerate(ocean.accelerations)
            for early in (0, 1)
        }

    def add(self, acceleration: Any, time: float) -> None:
        """Add -grad(p) / rho at a time [s] to acceleration[2, j, i] on the owned cells."""
        ocean = self._ocean
        early, late, weight = self._records.between(time)
        for record in (early, late):
            if self._held[record % 2] != record:
                self._slots[record % 2][...] = ocean.backend.from_host(self._acceleration(record))
                self._held[record % 2] = record
        real = ocean.backend.dtype.type
        constants = air_pressure.BlendParams(real(1 - weight), real(weight))
        self._launches[ocean.plan.current, early % 2](ocean.backend.constants(constants))

    def _acceleration(self, record: int) -> np.ndarray:
        """-grad(p) / rho [m/s2] of a record on the block, by central differences, one-sided at the grid's edges."""
        grid, block = self._ocean.grid, self._ocean.block
        if not block.cells:  # a rank may have no cell of a nest
            return np.zeros((2, *block.allocated))
        rows = max(block.j0 - 1, 0), min(block.j1 + 1, grid.ny)
        columns = max(block.i0 - 1, 0), min(block.i1 + 1, grid.nx)
        p = self._records.read(record, rows, columns)
        pads = (
            (rows[0] - block.j0 + 1, block.j1 + 1 - rows[1]),
            (columns[0] - block.i0 + 1, block.i1 + 1 - columns[1]),
        )
        p = np.pad(p, pads, mode="edge")
        width, height = grid.cell_size(block.j0, block.j1)
        i, j = np.arange(block.i0, block.i1), np.arange(block.j0, block.j1)
        steps_x = 2.0 - (i == 0) - (i == grid.nx - 1)
        steps_y = 2.0 - (j == 0) - (j == grid.ny - 1)
        along_x = (p[1:-1, 2:] - p[1:-1, :-2]) / (steps_x[None, :] * width[:, None])
        along_y = (p[2:, 1:-1] - p[:-2, 1:-1]) / (steps_y * height)[:, None]
        h = block.halo
        return pad_to_block(
            np.pad(-np.stack([along_x, along_y]) / SEA_DENSITY, ((0, 0), (h, h), (h, h))), block
        )

    def pressure(self, time: float) -> np.ndarray:
        """The pressure [Pa] above the reference on the owned cells at a time [s], float64."""
        block, early, late, weight = self._ocean.block, *self._records.between(time)
        window = (block.j0, block.j1), (block.i0, block.i1)
        first, last = self._records.read(early, *window), self._records.read(late, *window)
        return (1 - weight) * first + weight * last - self._records.config.reference

    def pressure_at(self, rows: np.ndarray, columns: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The pressure [Pa] above the reference in cells at times [s], (times, *cells), float64.

        See `air_pressure.pressure_at`. The two records used last stay in memory.
        """
        cells = rows % self._ocean.grid.ny, columns % self._ocean.grid.nx
        found = np.empty((len(times), *rows.shape))
        for n, time in enumerate(times):
            early, late, weight = self._records.between(float(time))
            first, last = (self._record_at(record, *cells) for record in (early, late))
            found[n] = (1 - weight) * first + weight * last - self._records.config.reference
        return found

    def _record_at(self, record: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The pressure [Pa] of a record in cells of the grid."""
        key = record, rows.tobytes() + columns.tobytes()
        if key not in self._near:
            self._near = {held: values for held, values in self._near.items() if held[0] >= record - 1}
            j0, i0 = int(rows.min()), int(columns.min())
            window = (j0, int(rows.max()) + 1), (i0, int(columns.max()) + 1)
            self._near[key] = self._records.read(record, *window)[rows - j0, columns - i0]
        return self._near[key]
