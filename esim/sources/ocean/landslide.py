"""How does a landslide move? A body of fixed shape along a given trajectory, under water or into it."""

from dataclasses import dataclass
from math import acosh, atan2, cos, cosh, degrees, expm1, hypot, inf, log, pi, radians, sin, sqrt, tanh
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from esim.config.limits import LONGEST
from esim.config.yaml.units import ANGLE, LENGTH
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.formats.lines import opened
from esim.sources.ocean.fault_source import require_inside

Shape = Literal["sech", "sech2", "gaussian", "ellipse"]

TRUNCATION = 0.717  # of sech and sech2: the level at which the edge is cut (Enet and Grilli 2007)
GAUSSIAN_REACH = 3.0  # half-lengths at which a Gaussian body ends
VERTICES = 9  # sample points along each segment of a trajectory, for the box around it


class Trajectory(Protocol):
    """Where the body is: metres towards east and north of where it begins, at a time since its start [s]."""

    @property
    def end(self) -> float:
        """Time [s] at which it stops; infinite if it never does."""

    def at(self, time: float) -> tuple[float, float]:
        """Displacement (east, north) [m]; (0, 0) up to time 0."""

    def vertices(self, end: float) -> list[tuple[float, float]]:
        """Points (east, north) [m] between which the trajectory until `end` [s] is straight."""

    def speed(self, end: float) -> float:
        """Largest speed [m/s] until `end` [s]."""


@dataclass(frozen=True)
class StraightTrajectory:
    """Motion in one direction [degrees clockwise from north], by a law of motion.

    slide: s = s0 ln cosh(t / t0) with s0 = u^2 / a, t0 = u / a from the first acceleration a [m/s2] and the terminal
    velocity u [m/s] (Watts 1998; Grilli and Watts 1999), up to `distance` [m], where it stops. slump: s = d (1 -
    cos(pi t / T)) / 2, the half swing of a pendulum over the distance d in the time T (Grilli and Watts 2005). steady:
    s = u t up to `distance`.
    """

    law: Literal["slide", "slump", "steady"]
    direction: float
    distance: float = inf
    velocity: float = 0.0
    acceleration: float = 0.0
    duration: float = 0.0

    @property
    def end(self) -> float:
        """Time [s] at which it stops."""
        match self.law:
            case "slump":
                return self.duration
            case "steady":
                return self.distance / self.velocity
        scale = self.velocity**2 / self.acceleration
        s = self.distance / scale
        # acosh(exp(s)) without overflow.
        factor = s + log(1.0 + sqrt(max(0.0, -expm1(-2.0 * s)))) if s < inf else inf
        return self.velocity / self.acceleration * factor

    def travelled(self, time: float) -> float:
        """Distance [m] travelled since the start."""
        if time <= 0.0:
            return 0.0
        match self.law:
            case "slump":
                return 0.5 * self.distance * (1.0 - cos(pi * min(1.0, time / self.duration)))
            case "steady":
                return min(self.distance, self.velocity * time)
        t = self.acceleration * time / self.velocity
        ln_cosh = log(cosh(t)) if t < 20.0 else t - log(2.0)
        return min(self.distance, self.velocity**2 / self.acceleration * ln_cosh)

    def at(self, time: float) -> tuple[float, float]:
        """Displacement (east, north) [m]."""
        distance = self.travelled(time)
        return distance * sin(radians(self.direction)), distance * cos(radians(self.direction))

    def vertices(self, end: float) -> list[tuple[float, float]]:
        """Its two ends."""
        return [(0.0, 0.0), self.at(end)]

    def speed(self, end: float) -> float:
        """Largest speed [m/s] until `end` [s]."""
        match self.law:
            case "slump":
                return (
                    0.5
                    * pi
                    * self.distance
                    / self.duration
                    * sin(0.5 * pi * min(1.0, 2 * end / self.duration))
                )
            case "steady":
                return self.velocity
        return self.velocity * tanh(self.acceleration * min(end, self.end) / self.velocity)


@dataclass(frozen=True, eq=False)
class TrackTrajectory:
    """A path through positions east, north [m] of the first one at times [s], increasing, (n,), straight between."""

    times: np.ndarray
    east: np.ndarray
    north: np.ndarray

    @property
    def end(self) -> float:
        """Time [s] at which it stops."""
        return float(self.times[-1])

    @property
    def direction(self) -> float:
        """Direction from the first to the last position [degrees clockwise from north]."""
        return degrees(atan2(self.east[-1], self.north[-1]))

    def from_zero(self) -> "TrackTrajectory":
        """The same path, starting at time 0."""
        return TrackTrajectory(self.times - self.times[0], self.east, self.north)

    def at(self, time: float) -> tuple[float, float]:
        """Displacement (east, north) [m]."""
        return float(np.interp(time, self.times, self.east)), float(np.interp(time, self.times, self.north))

    def vertices(self, end: float) -> list[tuple[float, float]]:
        """The positions until `end`."""
        last = min(end, self.end)
        return [self.at(time) for time in (*self.times[self.times < last], last)]

    def speed(self, end: float) -> float:
        """Largest speed [m/s] until `end` [s]."""
        steps = np.hypot(np.diff(self.east), np.diff(self.north)) / np.diff(self.times)
        return float(steps[self.times[:-1] < end].max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Landslide:
    """A body of a shape, thickness [m], length along its direction and width across it [m].

    x, y: initial position of its centre, degrees if lonlat, else m; width None: unlimited. It starts at `start` [s].
    in_bathymetry: the bathymetry includes it at its initial position. Lengths are whole extents: of the ellipse and,
    cut at 0.717, of sech and sech2 (Enet and Grilli 2007); a Gaussian has decayed to 1/e there and ends at three
    times them.
    """

    name: str
    lonlat: bool
    x: float
    y: float
    trajectory: Trajectory
    direction: float
    shape: Shape
    thickness: float
    length: float
    width: float | None
    start: float = 0.0
    in_bathymetry: bool = False
    target: Literal["bed"] = "bed"

    @property
    def end(self) -> float:
        """Time [s] at which it stops; infinite if it never does."""
        return self.start + self.trajectory.end

    @property
    def reach(self) -> float:
        """Distance [m] from its middle beyond which there is nothing of it."""
        cut = GAUSSIAN_REACH if self.shape == "gaussian" else 1.0
        return inf if self.width is None else cut * 0.5 * hypot(self.length, self.width)

    def check(self, grid: Grid) -> None:
        """Raises InputError if it begins outside the grid."""
        require_inside(grid, self.x, self.y, f"{self.name}: the centre of the landslide")

    def frame(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances [m] along and across its direction of cells x (nx,), y (ny,) from where it starts, (ny, nx)."""
        east, north = geodesy.local(x, y, self.x, self.y, self.lonlat)
        s, c = sin(radians(self.direction)), cos(radians(self.direction))
        return east * s + north * c, east * c - north * s

    def body(self, along: np.ndarray, across: np.ndarray, time: float) -> np.ndarray:
        """Its thickness [m] at a time [s] after the origin, at places in its frame."""
        east, north = self.trajectory.at(time - self.start)
        s, c = sin(radians(self.direction)), cos(radians(self.direction))
        a = (along - (east * s + north * c)) / (0.5 * self.length)
        b = np.zeros_like(a) if self.width is None else (across - (east * c - north * s)) / (0.5 * self.width)
        return self.thickness * _profile(self.shape, a, b)

    def still(self, begin: float, end: float) -> bool:
        """Whether it is in the same place at two times [s]."""
        return self.trajectory.at(begin - self.start) == self.trajectory.at(end - self.start)

    def run_out(self, end: float) -> float:
        """Run-out distance [m] at a time [s] from its initial position."""
        return hypot(*self.trajectory.at(end - self.start))

    def box(self, grid: Grid, time: float) -> geodesy.Box:
        """Cells (j0, j1, i0, i1) in which it is at a time [s]."""
        return self._around(grid, *self.trajectory.at(time - self.start))

    def region(self, grid: Grid, end: float) -> geodesy.Box:
        """Cells in which it comes until a time [s]."""
        places = self.trajectory.vertices(max(0.0, end - self.start))
        boxes = [self._around(grid, *places[0])]
        for (e0, n0), (e1, n1) in zip(places, places[1:], strict=False):
            fractions = np.linspace(0.0, 1.0, VERTICES)
            boxes += [self._around(grid, e0 + f * (e1 - e0), n0 + f * (n1 - n0)) for f in fractions]
        return geodesy.union(boxes)

    def _around(self, grid: Grid, east: float, north: float) -> geodesy.Box:
        if self.reach == inf:
            return 0, grid.ny, 0, grid.nx
        x, y = geodesy.travel(self.x, self.y, east, north, self.lonlat)
        return geodesy.box(grid, x, y, self.reach)


def _profile(shape: Shape, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Thickness as a fraction of the largest one, a and b in half-lengths along and across."""
    match shape:
        case "ellipse":
            return np.sqrt(np.maximum(0.0, 1.0 - a * a - b * b))
        case "gaussian":
            floor = np.exp(-(GAUSSIAN_REACH**2))
            return np.maximum(0.0, np.exp(-np.minimum(a * a + b * b, GAUSSIAN_REACH**2)) - floor) / (
                1.0 - floor
            )
    power = 2 if shape == "sech2" else 1
    k = acosh(TRUNCATION ** (-1.0 / power))
    inside = (np.abs(a) < 1.0) & (np.abs(b) < 1.0)
    high = 1.0 / (np.cosh(k * np.clip(a, -1, 1)) * np.cosh(k * np.clip(b, -1, 1))) ** power
    return np.where(inside, np.maximum(0.0, high - TRUNCATION), 0.0) / (1.0 - TRUNCATION)


def read_track(path: Path, lonlat: bool) -> tuple[float, float, TrackTrajectory]:
    """The initial position and the path in a CSV file with the columns time, lon, lat or time, x, y.

    Lines that begin with # are comments. Raises InputError with the line where the file is not as it should be.
    """
    names = ["time", "lon", "lat"] if lonlat else ["time", "x", "y"]
    within, expected = (ANGLE if lonlat else LENGTH).within, ", ".join(names)
    rows: list[list[float]] = []
    with opened(path) as lines:
        header = [cell.strip() for cell in lines.next(f"the names of the columns {expected}").split(",")]
        if sorted(header) != sorted(names):
            raise InputError(f"{lines.where}: the columns are {', '.join(header)}, expected {expected}")
        while (line := lines.optional()) is not None:
            cells = line.split(",")
            if len(cells) != 3:
                raise InputError(f"{lines.where}: has {len(cells)} values, expected 3: {', '.join(header)}")
            row = dict(zip(header, (lines.number_of(cell, expected) for cell in cells), strict=True))
            if rows and row["time"] <= rows[-1][0]:
                raise InputError(f"{lines.where}: the times must rise from each line to the next")
            if not 0 <= row["time"] <= LONGEST:
                raise InputError(
                    f"{lines.where}: the time is {row['time']:g} s, expected 0 or later, and at most a year"
                )
            for name in names[1:]:
                if problem := within.problem(row[name]):
                    raise InputError(f"{lines.where}: {name} is {row[name]:g} and {problem}")
            rows.append([row[name] for name in names])
    if len(rows) < 2:
        raise InputError(f"{path}: has {len(rows)} places, expected two or more, {expected} in each line")
    times, x, y = np.array(rows).T
    places = [geodesy.local(x[n : n + 1], y[n : n + 1], x[0], y[0], lonlat) for n in range(len(x))]
    east, north = np.array(places).reshape(len(x), 2).T
    if not (east.any() or north.any()):
        raise InputError(f"{path}: all places are the same, so nothing moves")
    return float(x[0]), float(y[0]), TrackTrajectory(times, east, north)
