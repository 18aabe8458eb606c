"""How does air pressure acceleration the water? As -grad(p) / rho, from pulses that run and from files."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from esim.config.ocean.forcing import CircularPulseConfig, PlanePulseConfig, PressureFileConfig
from esim.constants import EARTH_RADIUS, SEA_DENSITY
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

WIDTHS = 4.0  # widths from the crest of a pulse to its edges
POWER = 8  # of the bell (1 - s^2)^8, whose standard deviation is its reach over four, to 3 %
PEAK = 1 / math.sqrt(2 * POWER - 1)  # where s (1 - s^2)^7 is largest
NORM = 1 / (PEAK * (1 - PEAK**2) ** (POWER - 1))
PASCAL = ("Pa", "pascal", "pascals", "N m-2", "N/m2", "N m**-2")
CELLS_AT_ONCE = 4_000_000  # whose pressure is read and checked at once
LARGEST = 1e6  # Pa, ten atmospheres
HECTOPASCAL = ("hPa", "mbar", "millibar", "millibars", "mb")


@dataclass(frozen=True)
class PulseGeometry:
    """How far points are from the origin of a pulse [m], the derivatives of that, and the pulse's amplitude [Pa].

    All are arrays (ny, nx); the derivatives are towards east and north, those of the amplitude in Pa/m.
    """

    distance: np.ndarray
    east: np.ndarray
    north: np.ndarray
    amplitude: np.ndarray
    amplitude_east: np.ndarray
    amplitude_north: np.ndarray


def circular_geometry(config: CircularPulseConfig, x: np.ndarray, y: np.ndarray) -> PulseGeometry:
    """The way of a pulse that spreads in circles to cells x (nx,), y (ny,), on the sphere or on the plane."""
    x0, y0 = config.position
    floor = config.width  # the amplitude does not grow any more within
    if not config.lonlat:
        east, north = np.meshgrid(x - x0, y - y0)
        distance = np.hypot(east, north)
        away = np.maximum(distance, 1e-9)
        amplitude = config.amplitude * np.sqrt(config.distance / np.maximum(distance, floor))
        falls = np.where(distance > floor, -amplitude / (2 * away), 0.0)
        return PulseGeometry(
            distance, east / away, north / away, amplitude, falls * east / away, falls * north / away
        )
    turn, lat, lat0 = np.deg2rad(x - x0)[None, :], np.deg2rad(y)[:, None], np.deg2rad(y0)
    haversine = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin(turn / 2) ** 2
    angle = 2 * np.arcsin(np.minimum(np.sqrt(haversine), 1.0))
    sine = np.sin(angle)
    away = np.maximum(sine, 1e-12)
    east = np.cos(lat0) * np.sin(turn) / away
    north = (np.sin(lat) * np.cos(lat0) * np.cos(turn) - np.cos(lat) * np.sin(lat0)) / away
    least = math.sin(min(floor / EARTH_RADIUS, math.pi / 2))
    given = abs(math.sin(config.distance / EARTH_RADIUS))
    amplitude = config.amplitude * np.sqrt(given / np.maximum(sine, least))
    falls = np.where(sine > least, -amplitude * np.cos(angle) / (2 * away * EARTH_RADIUS), 0.0)
    return PulseGeometry(EARTH_RADIUS * angle, east, north, amplitude, falls * east, falls * north)


def plane_geometry(config: PlanePulseConfig, x: np.ndarray, y: np.ndarray) -> PulseGeometry:
    """The way of a pulse with straight fronts; a lonlat grid is seen as a plane that touches at the origin."""
    x0, y0 = config.position
    angle = math.radians(config.direction)
    if config.lonlat:
        x = x0 + (x - x0 + 180.0) % 360.0 - 180.0
        degree = math.radians(1.0) * EARTH_RADIUS
        shrink = math.cos(math.radians(y0))
        east, north = np.meshgrid((x - x0) * degree * shrink, (y - y0) * degree)
        stretch = (shrink / np.cos(np.deg2rad(y)))[:, None]
    else:
        east, north = np.meshgrid(x - x0, y - y0)
        stretch = np.ones((y.size, 1))
    sine, cosine = math.sin(angle), math.cos(angle)
    whole = np.ones_like(east)
    amplitude, falls = config.amplitude * whole, 0.0 * whole
    if config.breadth is not None:
        across = (east * cosine - north * sine) / (WIDTHS * config.breadth)
        inside = np.maximum(1 - across**2, 0.0)
        amplitude = config.amplitude * inside**POWER
        falls = -2 * POWER * config.amplitude * across * inside ** (POWER - 1) / (WIDTHS * config.breadth)
    return PulseGeometry(
        east * sine + north * cosine,
        sine * stretch * whole,
        cosine * whole,
        amplitude,
        falls * cosine * stretch,
        -falls * sine,
    )


class PressurePulse(Force):
    """The acceleration of the water under a pulse of air pressure; see `Force`."""

    def __init__(self, ocean: Ocean, config: CircularPulseConfig | PlanePulseConfig) -> None:
        self._ocean, self._config = ocean, config
        block, backend = ocean.block, ocean.backend
        h = block.halo
        x = ocean.grid.x(block.i0 - h, block.i1 + h)
        y = ocean.grid.y(block.j0 - h, block.j1 + h)
        self._way = way = self._find_way(x, y)
        self._reach = WIDTHS * config.width
        along = way.amplitude / (self._reach * SEA_DENSITY)
        parts = [
            way.distance,
            along * way.east,
            along * way.north,
            way.amplitude_east / SEA_DENSITY,
            way.amplitude_north / SEA_DENSITY,
        ]
        array = backend.from_host(pad_to_block(np.stack(parts), block))
        self._nearest, self._farthest = float(way.distance.min()), float(way.distance.max())
        self._kernel = air_pressure.BELL if config.shape == "bell" else air_pressure.N_WAVE
        self._launches = tuple(
            backend.bind(self._kernel, block.interior, {"acceleration": acceleration, "pulse": array})
            for acceleration in ocean.accelerations
        )

    def _find_way(self, x: np.ndarray, y: np.ndarray) -> PulseGeometry:
        if isinstance(self._config, CircularPulseConfig):
            return circular_geometry(self._config, x, y)
        return plane_geometry(self._config, x, y)

    def _passages(self, time: float) -> list[tuple[float, float]]:
        """(sense, crest) of each passage between the origin and its antipode that is under way at a time [s]."""
        config = self._config
        run = config.speed * (time - config.start) - self._reach
        if run + self._reach < 0:
            return []
        passages = [(1.0, run)]
        if isinstance(config, CircularPulseConfig) and config.lonlat:
            half = math.pi * EARTH_RADIUS
            for n in range(1, config.passes):
                turns = 2 * half * ((n + 1) // 2)
                passages.append((-1.0, run - turns) if n % 2 else (1.0, run - turns))
        return [passage for passage in passages if self._meets(*passage)]

    def _meets(self, sense: float, crest: float) -> bool:
        """Whether a passage is over the block."""
        low, high = sorted((sense * self._nearest, sense * self._farthest))
        return crest - self._reach < high and crest + self._reach > low

    def add(self, acceleration: Any, time: float) -> None:
        """Add -grad(p) / rho at a time [s] to acceleration[2, j, i] on the owned cells."""
        ocean = self._ocean
        real = ocean.backend.dtype.type
        for sense, crest in self._passages(time):
            values = (sense, crest, 1 / self._reach, 0, 1, 2 * POWER, 2 * POWER - 1, NORM)
            constants = ocean.backend.constants(air_pressure.PulseParams(*map(real, values)))
            self._launches[ocean.plan.current](constants)

    def pressure(self, time: float) -> np.ndarray:
        """The pressure [Pa] on the owned cells at a time [s], float64."""
        h = self._ocean.block.halo
        way = self._way
        total = np.zeros(way.distance.shape)
        for sense, crest in self._passages(time):
            s = (sense * way.distance - crest) / self._reach
            inside = np.maximum(1 - s**2, 0.0)
            bell = self._config.shape == "bell"
            total += way.amplitude * (inside**POWER if bell else NORM * s * inside ** (POWER - 1))
        return total[h:-h, h:-h]


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


def inverse_barometer(ocean: Ocean, force: PressurePulse | PressureField, time: float = 0.0) -> None:
    """Lower the surface of the sea by p / (rho g), where there is that much water: the inverse barometer."""
    (j0, j1), (i0, i1) = ocean.block.interior
    state = ocean.own(ocean.plan.state())[0].astype(np.float64)
    bed = ocean.own(ocean.bed)[0].astype(np.float64)
    lower = force.pressure(time) / (SEA_DENSITY * ocean.physics.gravity)
    wet = (bed < 0) & (state - bed > ocean.physics.dry_depth)
    zeta = np.where(wet, np.maximum(state - lower, np.minimum(bed, 0.0)), state)
    ocean.plan.state()[0, j0:j1, i0:i1] = ocean.backend.from_host(zeta)
