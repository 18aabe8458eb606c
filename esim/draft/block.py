"""Which block of the crust holds source and stations, in cells that carry the waves, and fits into the memory?"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.config.run import RunConfig
from esim.config.yaml.suggest import several
from esim.draft.earthquake import Earthquake
from esim.draft.text import memory_words
from esim.drivers.memory_limits import available_memory
from esim.drivers.resources import CONTEXT, select_device
from esim.errors import InputError
from esim.media.crust.models.profile import Profile
from esim.parallel.comm import SerialComm

POINTS = 5.0  # cells per shortest wavelength, the default of physics.points_per_wavelength
ABSORBING, ROOM = 10, 5  # cells of the absorbing layers, and between them and source and stations
LONG_WAY = 20.0  # wavelengths, from which differences of eighth order keep waves in time
BELOW = 5e3  # m of rock below the source
DIVING = 0.25  # depth over distance that waves between source and station reach at most
MANTLE = 4200.0  # m/s: vs below the Moho
MOHO_DISTANCE = 100e3  # m, from which waves along the Moho come first
CELL_BYTES = {False: 60.0, True: 100.0}  # of memory per cell, without and with attenuation
SHARE = 0.8  # of the memory that a run may take
LOWEST = 0.01  # of the frequency that is wanted, below which none is looked for


@dataclass(frozen=True)
class Places:
    """Source and stations on the plane of the grid [m]: positions (n, 2) and distances (n,) from the epicentre."""

    origin: tuple[float, float]
    names: tuple[str, ...]
    stations: np.ndarray
    source: np.ndarray
    distances: np.ndarray

    def nearest(self, count: int) -> "Places":
        """The same with the nearest stations only."""
        kept = np.argsort(self.distances, kind="stable")[:count]
        names = tuple(self.names[n] for n in kept)
        return Places(self.origin, names, self.stations[kept], self.source, self.distances[kept])


@dataclass(frozen=True)
class Block:
    """The grid: sides [m] on whole cells, size of the cells [m], order of the differences, and the frequency [Hz]."""

    x: tuple[float, float]
    y: tuple[float, float]
    depth: float
    spacing: float
    order: int
    frequency: float
    slowest: float
    why_deep: str

    @property
    def cells(self) -> int:
        """Number of cells."""
        volume = (self.x[1] - self.x[0]) * (self.y[1] - self.y[0]) * self.depth
        return round(volume / self.spacing**3)


def fitting_block(
    quake: Earthquake, places: Places, profile: Profile, frequency: float, attenuates: bool
) -> tuple[Block, list[str]]:
    """The block for a frequency, or for the highest one that fits into the memory here, and what is said of that."""
    allowed = SHARE * _memory() / CELL_BYTES[attenuates]
    wanted = _block(quake, places, profile, frequency)
    if wanted.cells <= allowed:
        return wanted, []
    found = wanted
    while found.cells > allowed:
        if found.frequency < LOWEST * frequency:
            raise InputError(
                f"{memory_words(_memory())} of free memory hold no block around source and stations"
            )
        found = _block(quake, places, profile, 0.97 * found.frequency)
    found = _block(quake, places, profile, rounded(found.frequency))
    text = (
        f"{frequency:g} Hz needs {wanted.cells:,} cells, {memory_words(wanted.cells * CELL_BYTES[attenuates])}, more "
        f"than {memory_words(SHARE * _memory())} here: computed up to {found.frequency:g} Hz"
    )
    return found, [text + _nearer(quake, places, profile, frequency, allowed)]


def _nearer(quake: Earthquake, places: Places, profile: Profile, frequency: float, allowed: float) -> str:
    """Which stations would fit at the frequency that is wanted."""
    fits = [
        n
        for n in range(1, len(places.names))
        if _block(quake, places.nearest(n), profile, frequency).cells <= allowed
    ]
    if not fits:
        return "; no station would fit with that"
    some = places.nearest(fits[-1])
    reach = math.ceil(some.distances.max() / 1e3)
    count = f"{len(some.names)} of {len(places.names)} stations"
    return f"; with --within {reach} it would fit, for {count}: {several(some.names)}"


def _memory() -> float:
    """Memory [bytes] of this machine, or of its GPU, that is free."""
    gpu = select_device(RunConfig(), SerialComm()).gpu
    return float(gpu.free - CONTEXT) if gpu else available_memory()


def _block(quake: Earthquake, places: Places, profile: Profile, frequency: float) -> Block:
    vp, vs = profile.values[:2]
    slowest = float(np.where(vs > 0, vs, vp).min())
    spacing = rounded(slowest / (POINTS * frequency))
    room = (ABSORBING + ROOM) * spacing
    points = np.vstack([places.stations, places.source])
    x, y = (
        (math.floor((a.min() - room) / spacing) * spacing, math.ceil((a.max() + room) / spacing) * spacing)
        for a in points.T
    )
    farthest = float(places.distances.max())
    deep, why = _deepest(quake, profile, farthest)
    bottom = math.ceil((deep + room) / spacing) * spacing
    lowest = float(profile.depths[-1])
    if profile.linear and bottom > lowest:
        bottom = math.floor(lowest / spacing) * spacing
        why = f"the end of the model; {why}"
    if quake.depth > bottom - room:
        raise InputError(
            f"the earthquake is {quake.depth / 1e3:.0f} km deep, and {Path(profile.name).name} ends at "
            f"{lowest / 1e3:.0f} km, too near for {ABSORBING + ROOM} cells of {spacing / 1e3:g} km below it; expected "
            "a deeper model, or a higher --fmax"
        )
    order = 8 if farthest * frequency / slowest > LONG_WAY else 4
    return Block(x, y, bottom, spacing, order, frequency, slowest, why)


def _deepest(quake: Earthquake, profile: Profile, farthest: float) -> tuple[float, str]:
    """How deep the block must be [m] without its absorbing layer, and why."""
    found = {
        "the source and 5 km below it": quake.depth + BELOW,
        f"a quarter of the {farthest / 1e3:.0f} km to the farthest station, as deep as waves dive": DIVING
        * farthest,
    }
    mantle = profile.depths[profile.values[1] >= MANTLE]
    if farthest > MOHO_DISTANCE and mantle.size:
        found["the Moho, along which the first waves come, and 5 km below it"] = float(mantle[0]) + BELOW
    why = max(found, key=lambda name: found[name])
    return found[why], why


def rounded(value: float) -> float:
    """A value with two digits, rounded down."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.floor(value / unit * (1 + 1e-9)) * unit, 10)
