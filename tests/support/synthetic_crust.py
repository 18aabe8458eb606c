"""A small output directory of a crust run with made-up waves, for tests of what comes after.

The waves are the far field of a double couple in a homogeneous space (Aki and Richards 2002, eq. 4.29), doubled
at the surface: P and S arrive when they should, and vanish where a strike-slip earthquake does not radiate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.io import cf
from esim.io.crust.seismograms import StationTable, write_seismograms
from esim.io.gridded.frame import Frame, Place, horizontal, section
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import MapVariable, slab_rows
from esim.io.provenance import run_record, write_record

START = datetime(2016, 4, 15, 16, 25, 5, tzinfo=UTC)
LAYERS = ({"top": 0.0, "vp": 6000.0, "vs": 3464.0, "rho": 2700.0},)


@dataclass(frozen=True)
class Quake:
    """A vertical strike-slip earthquake; lengths in m, x east, y north, z down. `strike` in degrees from north."""

    moment: float = 1e18
    depth: float = 8e3
    strike: float = 30.0
    length: float = 0.0
    width: float = 0.0
    pulse: float = 0.8  # s
    rupture: float = 2800.0  # m/s
    vp: float = 6000.0
    vs: float = 3464.0
    rho: float = 2700.0

    @property
    def along(self) -> np.ndarray:
        """The direction of the strike."""
        return np.array((np.sin(np.deg2rad(self.strike)), np.cos(np.deg2rad(self.strike)), 0.0))

    @property
    def tensor(self) -> np.ndarray:
        """The moment tensor of unit moment: slip along the strike on a vertical plane."""
        normal = np.array((self.along[1], -self.along[0], 0.0))
        return np.outer(self.along, normal) + np.outer(normal, self.along)

    @property
    def points(self) -> list[tuple[np.ndarray, float]]:
        """Places and onsets [s] of the parts of the fault."""
        count = 1 if self.length == 0 else 12
        steps = (np.arange(count) + 0.5) / count - 0.5
        middle = np.array((0.0, 0.0, self.depth))
        return [(middle + s * self.length * self.along, abs(s) * self.length / self.rupture) for s in steps]

    @property
    def outline(self) -> list[list[float]]:
        """Corners of the fault."""
        half, down = self.length / 2 * self.along, np.array((0, 0, self.width / 2))
        middle = np.array((0.0, 0.0, self.depth))
        corners = (-half - down, half - down, half + down, -half + down)
        return [list(map(float, middle + corner)) for corner in corners]

    def velocity(self, x: Any, y: Any, z: Any, time: Any) -> np.ndarray:
        """Velocity (3, ...) [m/s] at places [m] and times [s], broadcast against each other."""
        total: Any = 0.0
        x, y, z, time = np.broadcast_arrays(x, y, z, time)
        for place, onset in self.points:
            way = np.array((x - place[0], y - place[1], z - place[2]))
            distance = np.sqrt((way**2).sum(axis=0)) + 500.0
            way = way / distance
            pull = np.tensordot(self.tensor, way, 1)
            along = (way * pull).sum(axis=0) * way
            share = 2 * self.moment / len(self.points) / (4 * np.pi * self.rho * distance)
            total = total + share * along / self.vp**3 * self._pulse(time - onset - distance / self.vp)
            total = total + share * (pull - along) / self.vs**3 * self._pulse(
                time - onset - distance / self.vs
            )
        return np.asarray(total)

    def _pulse(self, time: Any) -> np.ndarray:
        """Second derivative of the moment: that of a Gaussian rate, which begins at about zero."""
        scaled = (time - 2 * self.pulse) / (self.pulse / 2)
        return -scaled * np.exp(-(scaled**2) / 2) / np.sqrt(2 * np.pi) / (self.pulse / 2) ** 2


@dataclass(frozen=True)
class Scene:
    """What a made-up run covers and writes."""

    quake: Quake = field(default_factory=Quake)
    half: float = 40e3  # m: the grid goes from -half to half
    spacing: float = 1e3
    bottom: float = 20e3
    duration: float = 24.0
    every: float = 0.05
    origin: tuple[float, float] | None = None
    stations: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    planes: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    layers: tuple[Mapping[str, float], ...] = LAYERS
    fields: bool = True
    maxima: bool = True
    frames: int = 13


def line(count: int, step: float = 4e3) -> dict[str, tuple[float, float]]:
    """Stations on a line from the epicentre."""
    return {f"S{n:02d}": (0.6 * step * n, 0.8 * step * n) for n in range(1, count + 1)}


def ring(count: int, distance: float = 20e3) -> dict[str, tuple[float, float]]:
    """Stations all equally far from the epicentre."""
    angles = 2 * np.pi * np.arange(count) / count
    return {f"R{n:02d}": (distance * np.cos(a), distance * np.sin(a)) for n, a in enumerate(angles)}


def write_run(folder: Path, scene: Scene) -> Path:
    """Writes run.json, and stations.nc, fields.nc, maxima.nc and the planes as far as the scene asks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    attributes = cf.global_attributes("a made-up earthquake", {})
    count = round(2 * scene.half / scene.spacing)
    flat = Grid("cartesian", -scene.half, -scene.half, scene.spacing, scene.spacing, count, count)
    grid = Grid3D(flat, round(scene.bottom / scene.spacing), scene.spacing)
    if scene.stations:
        _stations(folder, scene, attributes)
    if scene.fields:
        _snapshots(folder, "fields", scene, horizontal(flat, depth=0.0), attributes)
    for name, (axis, at) in scene.planes.items():
        plane = (
            horizontal(flat, depth=at) if axis == "depth" else section(grid, "x" if axis == "y" else "y", at)
        )
        _snapshots(folder, f"plane_{name}", scene, plane, attributes)
    if scene.maxima:
        _maxima(folder, scene, flat, attributes)
    write_record(folder / "run.json", record(scene))
    return folder


def record(scene: Scene) -> dict[str, Any]:
    """The content of run.json."""
    quake, half = scene.quake, scene.half
    origin = None if scene.origin is None else dict(zip(("lon", "lat"), scene.origin, strict=True))
    planes = [
        {"name": name, "x": None, "y": None, "depth": None, axis: at}
        for name, (axis, at) in scene.planes.items()
    ]
    configuration = {
        "scenario": "seismic",
        "title": "a made-up earthquake",
        "time": {"start": START if origin else None, "duration": scene.duration},
        "grid": {
            "kind": "cartesian", "x": [-half, half], "y": [-half, half], "depth": [0.0, scene.bottom],
            "spacing": [scene.spacing] * 3, "origin": origin,
            "boundary": {"kind": "cpml", "cells": 2, "x": None, "y": None, "bottom": None},
        },
        "medium": {"kind": "layers", "layers": list(scene.layers)},
        "source": [{"kind": "double_couple", "onset": 0.0}],
        "output": {"planes": planes},
    }  # fmt: skip
    source = {"name": "mainshock", "x": 0.0, "y": 0.0, "depth": quake.depth, "moment": quake.moment}
    source["magnitude"] = (np.log10(quake.moment) - 9.1) / 1.5
    if quake.length:
        source["outline"] = quake.outline
    return run_record(configuration, started=START, ended=START, sources=[source], frequency_resolved=1.25)


def _stations(folder: Path, scene: Scene, attributes: Mapping[str, str]) -> None:
    time = np.arange(0, scene.duration + scene.every / 2, scene.every)
    x, y = np.array(list(scene.stations.values())).T
    values = scene.quake.velocity(x[:, None], y[:, None], 0.0, time)
    series = dict(zip(("vx", "vy", "vz"), values, strict=True))
    places = StationTable(list(scene.stations), x, y, 0 * x)
    write_seismograms(folder, places, time, series, attributes, START if scene.origin else None)


def _snapshots(folder: Path, stem: str, scene: Scene, frame: Frame, attributes: Mapping[str, str]) -> None:
    rows, columns = np.meshgrid(frame.rows.values, frame.columns.values, indexing="ij")
    places = {coordinate.name: coordinate.values for coordinate in frame.auxiliary}
    places |= {frame.rows.name: rows, frame.columns.name: columns}
    start = START if scene.origin else None
    file = SnapshotFile(folder, frame, ("vx", "vy", "vz"), attributes, stem=stem, static=None, start=start)
    for step, time in enumerate(np.linspace(0, scene.duration, scene.frames)):
        file.append(time, step)
        values = scene.quake.velocity(places["x"], places["y"], places["depth"], time)
        for name, part in zip(("vx", "vy", "vz"), values, strict=True):
            _slabs(file, frame, name, part)
    file.close()


def _maxima(folder: Path, scene: Scene, grid: Grid, attributes: Mapping[str, str]) -> None:
    y, x = np.meshgrid(grid.y(), grid.x(), indexing="ij")
    step = scene.quake.pulse / 4
    largest = {name: np.zeros(x.shape) for name in ("pgv_horizontal", "pga_horizontal")}
    before = np.zeros((3, *x.shape))
    for time in np.arange(0, scene.duration, step):
        now = scene.quake.velocity(x, y, 0.0, time)
        for name, values in (("pgv_horizontal", now), ("pga_horizontal", (now - before) / step)):
            np.maximum(largest[name], np.hypot(values[0], values[1]), out=largest[name])
        before = now
    file = MaximaFile(folder, grid, attributes, variables=[MapVariable(name) for name in largest])
    file.open()
    for name, values in largest.items():
        _slabs(file, grid, name, values)
    file.close()


def _slabs(file: SnapshotFile | MaximaFile, place: Place, name: str, values: np.ndarray) -> None:
    for first in range(0, len(values), rows := slab_rows(place)):
        file.slab(name, first, values[first : first + rows])
