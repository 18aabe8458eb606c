"""How does a pulse of air pressure that runs over the water accelerate it? As -grad(p) / rho, in closed form."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.config.ocean.forcing import CircularPulseConfig, PlanePulseConfig
from esim.constants import EARTH_RADIUS, SEA_DENSITY
from esim.kernels.ocean import air_pressure
from esim.ocean.forces import Force
from esim.ocean.model import Ocean
from esim.ocean.static_fields import pad_to_block

WIDTHS = 4.0  # widths from the crest of a pulse to its edges
POWER = 8  # of the bell (1 - s^2)^8, whose standard deviation is its reach over four, to 3 %
PEAK = 1 / math.sqrt(2 * POWER - 1)  # where s (1 - s^2)^7 is largest
NORM = 1 / (PEAK * (1 - PEAK**2) ** (POWER - 1))


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

    def __init__(
        self,
        ocean: Ocean,
        config: CircularPulseConfig | PlanePulseConfig,
        copies: Sequence[tuple[float, float]] = ((1.0, 0.0),),
    ) -> None:
        """copies are factors of the pulse, and how much later [s] than it they come: all of them run."""
        self._ocean, self._config, self._copies = ocean, config, tuple(copies)
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

    def _passages(self, time: float) -> list[tuple[float, float, float]]:
        """(sense, crest, factor) of each passage of each copy that is over the block at a time [s]."""
        return [
            (*passage, factor)
            for factor, late in self._copies
            for passage in self._passages_of_one(time - late)
        ]

    def _passages_of_one(self, time: float) -> list[tuple[float, float]]:
        """(sense, crest) of each passage between the origin and its antipode that is over the block at a time [s]."""
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
        norm = 1.0 if self._config.shape == "bell" else NORM
        for sense, crest, factor in self._passages(time):
            values = (sense, crest, 1 / self._reach, 0, 1, 2 * POWER, 2 * POWER - 1, factor * norm)
            constants = ocean.backend.constants(air_pressure.PulseParams(*map(real, values)))
            self._launches[ocean.plan.current](constants)

    def pressure(self, time: float) -> np.ndarray:
        """The pressure [Pa] on the owned cells at a time [s], float64."""
        h = self._ocean.block.halo
        return self._pressure(self._way.distance, self._way.amplitude, time)[h:-h, h:-h]

    def pressure_at(self, rows: np.ndarray, columns: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The pressure [Pa] in cells at times [s], (times, *cells), float64; see `air_pressure.pressure_at`."""
        block = self._ocean.block
        cells = rows - block.j0 + block.halo, columns - block.i0 + block.halo
        distance, amplitude = self._way.distance[cells], self._way.amplitude[cells]
        found = [self._pressure(distance, amplitude, float(time)) for time in times]
        return np.array(found).reshape(len(times), *rows.shape)

    def _pressure(self, distance: np.ndarray, amplitude: np.ndarray, time: float) -> np.ndarray:
        """The pressure [Pa] where the distance [m] and the amplitude [Pa] are given."""
        total = np.zeros(distance.shape)
        for sense, crest, factor in self._passages(time):
            s = (sense * distance - crest) / self._reach
            inside = np.maximum(1 - s**2, 0.0)
            bell = self._config.shape == "bell"
            total += factor * amplitude * (inside**POWER if bell else NORM * s * inside ** (POWER - 1))
        return total
