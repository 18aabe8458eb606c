"""Which incident waves enter through a side of the grid? Their elevation there in time."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.config.limits import FLOW, WAVE
from esim.config.ocean.incident import (
    AnyIncidentConfig,
    IncidentNWaveConfig,
    IncidentSeriesConfig,
    IncidentSineConfig,
    IncidentSolitaryConfig,
    IncidentSteadyConfig,
)
from esim.config.yaml.units import TIME
from esim.data import locate
from esim.errors import InputError
from esim.sources.formats.units import METRE, METRE_PER_SECOND, SECOND

ROOM = 1e-4  # fraction of its height that a wave has at the side when the run begins
ALWAYS = math.inf
UNITS = {"eta": METRE, "u": METRE_PER_SECOND}


@dataclass(frozen=True)
class Incident:
    """A wave at a side: its elevation eta(t) [m], and its inward velocity u(t) [m/s] where that is known.

    t is the time of the run [s]. After `end` [s] and before `begin` nothing comes in. total says that eta is the
    surface at the side, with the waves that leave. along(t) [m/s] is the northward or eastward velocity along the side
    of water that flows in, where that is known, and current [m/s] the largest speed of what is no wave.
    """

    side: str
    eta: Callable[[float], float]
    u: Callable[[float], float] | None = None
    begin: float = -ALWAYS
    end: float = ALWAYS
    total: bool = False
    path: Path | None = None
    along: Callable[[float], float] | None = None
    current: float = 0.0

    def acts(self, time: float) -> bool:
        """Whether the wave is there at a time [s]."""
        return self.begin <= time <= self.end


def build(config: AnyIncidentConfig, gravity: float, dispersive: bool = False) -> Incident:
    """The wave that one entry of `incident:` describes; raises InputError if its file is not usable.

    In dispersive water a solitary wave keeps its shape, and has the velocity c eta / (d + eta) of that; else all
    waves have that of a long wave.
    """
    match config.kind:
        case "solitary":
            eta = _solitary(config, gravity)
            celerity = math.sqrt(gravity * (config.depth + config.height))
            speed = (lambda t: celerity * eta(t) / (config.depth + eta(t))) if dispersive else None
            return Incident(config.side, eta, speed, total=config.total)
        case "n_wave":
            return Incident(config.side, _n_wave(config, gravity), total=config.total)
        case "sine":
            last = ALWAYS if config.waves is None else config.start + config.waves * config.period
            return Incident(config.side, _sine(config), None, config.start, last, config.total)
        case "series":
            return _series(config)
        case "steady":
            return _steady(config)


def _solitary(config: IncidentSolitaryConfig, gravity: float) -> Callable[[float], float]:
    """First-order solitary wave (Boussinesq 1872) of height H on depth d, as it passes a point."""
    height, depth = config.height, config.depth
    rate = math.sqrt(0.75 * height / depth**3 * gravity * (depth + height))
    crest = math.acosh(1 / math.sqrt(ROOM)) / rate if config.crest is None else config.crest
    return lambda time: height * _sech2(rate * (time - crest))


def _n_wave(config: IncidentNWaveConfig, gravity: float) -> Callable[[float], float]:
    """Isosceles N-wave, Tadepalli & Synolakis (1994, Proc. R. Soc. A 445:99), eq. 2.3, on depth d."""
    height, depth = config.height, config.depth
    rate = 1.5 * math.sqrt(math.sqrt(0.75) * height / depth**3) * math.sqrt(gravity * depth)
    middle = 0.5 * math.log(6 * math.sqrt(3) / ROOM) / rate if config.middle is None else config.middle
    most = 1.5 * math.sqrt(3) * height * (1 if config.leading == "depression" else -1)
    return lambda time: most * _sech2(rate * (time - middle)) * math.tanh(rate * (time - middle))


def _sech2(x: float) -> float:
    return 0.0 if abs(x) > 300 else 1 / math.cosh(x) ** 2


def _sine(config: IncidentSineConfig) -> Callable[[float], float]:
    def eta(time: float) -> float:
        since = time - config.start
        grown = min(since / config.ramp, 1.0) if config.ramp else 1.0
        return float(config.amplitude * grown * math.sin(2 * math.pi * since / config.period))

    return eta


def _steady(config: IncidentSteadyConfig) -> Incident:
    """A current and a level outside; where total, the level alone is given."""
    across, along = (config.u, config.v) if config.side in ("west", "east") else (config.v, config.u)
    inward = across if config.side in ("west", "south") else -across

    def grown(value: float) -> Callable[[float], float]:
        return lambda time: value * (min(max(time, 0.0) / config.ramp, 1.0) if config.ramp else 1.0)

    return Incident(
        config.side,
        grown(config.level),
        None if config.total else grown(inward),
        total=config.total,
        along=None if config.total else grown(along),
        current=math.hypot(across, along),
    )


def _series(config: IncidentSeriesConfig) -> Incident:
    path = locate(config.file)
    time, eta, u = read(path)
    time = time + config.delay

    def at(values: np.ndarray) -> Callable[[float], float]:
        return lambda t: float(np.interp(t, time, values))

    speed = None if u is None else at(u)
    return Incident(config.side, at(eta), speed, float(time[0]), float(time[-1]), config.total, path)


def read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Times [s], elevations [m] and, if there, inward velocities [m/s] of a series; text or NetCDF (.nc).

    Raises InputError with the line if a value is missing or no number, or if times do not rise.
    """
    table = _read_netcdf(path) if path.suffix.lower() == ".nc" else _read_text(path)
    if table.shape[1] < 2:
        raise InputError(
            f"{path}: has {table.shape[1]} lines or records of numbers; expected at least two, each with time [s], eta "
            "[m] and, if known, u [m/s]"
        )
    if not np.isfinite(table).all():
        raise InputError(f"{path}: has no value at {table[0, np.argmin(np.isfinite(table).all(0))]:g} s")
    for row, (name, within) in zip(table, (("time", TIME.within), ("eta", WAVE), ("u", FLOW)), strict=False):
        if (beyond := np.flatnonzero((row < within.low) | (row > within.high))).size:
            value = float(row[beyond[0]])
            raise InputError(
                f"{path}: {name} is {value:g} at {table[0, beyond[0]]:g} s and {within.problem(value)}"
            )
    falls = np.flatnonzero(np.diff(table[0]) <= 0)
    if falls.size:
        before, after = table[0, falls[0] : falls[0] + 2]
        raise InputError(
            f"{path}: time goes from {before:g} to {after:g} s; times must rise from each to the next"
        )
    return table[0], table[1], table[2] if len(table) > 2 else None


def _read_text(path: Path) -> np.ndarray:
    """The columns of a text file; what comes before the first line of numbers names them."""
    rows: list[list[float]] = []
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})") from None
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].replace(",", " ").replace(";", " ").split()
        if not words:
            continue
        try:
            row = [float(word) for word in words]
        except ValueError:
            if not rows:
                _check_heading(path, number, line)
                continue
            raise InputError(
                f"{path} line {number}: '{line.strip()[:40]}' is not time, eta and perhaps u"
            ) from None
        if len(row) not in (2, 3) or (rows and len(row) != len(rows[0])):
            expected = len(rows[0]) if rows else "two or three"
            raise InputError(
                f"{path} line {number}: has {len(row)} numbers; expected {expected}: time [s], eta [m] and, if known, "
                "u [m/s]"
            )
        rows.append(row)
    return np.array(rows).T if rows else np.zeros((2, 0))


def _check_heading(path: Path, number: int, line: str) -> None:
    """Raises InputError if a heading has a unit in brackets that is neither s nor m nor m/s."""
    for unit in re.findall(r"[\[(]([^\])]*)[\])]", line):
        if unit.strip().lower() not in (*SECOND[1:], *METRE[1:], *METRE_PER_SECOND[1:]):
            raise InputError(
                f"{path} line {number}: the heading has the unit '{unit}'; expected time in s, eta in m and u in m/s"
            )


def _read_netcdf(path: Path) -> np.ndarray:
    from esim.io.gridded.reader import opened, time_units

    with opened(path) as data:
        names = [name for name in ("eta", "u") if name in data.variables]
        if "eta" not in names or data["eta"].ndim != 1:
            found = ", ".join(data.variables)
            raise InputError(
                f"{path}: expected a variable eta(time) [m], and u(time) [m/s] if known; it has {found}"
            )
        axis = data["eta"].dimensions[0]
        if axis not in data.variables:
            raise InputError(f"{path}: the dimension {axis} of eta has no variable with its times")
        seconds, _ = time_units(path, str(getattr(data[axis], "units", "s")))
        for name in names:
            unit = str(getattr(data[name], "units", ""))
            if unit.strip().lower() not in UNITS[name]:
                raise InputError(f"{path}: {name} is in '{unit}'; expected eta in m and u in m/s")
        columns = [data[name][:].astype(np.float64) for name in (axis, *names)]
    table = np.stack([np.ma.filled(column, np.nan) for column in columns])
    table[0] *= seconds
    return table
