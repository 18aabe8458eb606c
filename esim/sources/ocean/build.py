"""Which tsunami source does the configuration describe?"""

from dataclasses import replace
from datetime import datetime

import numpy as np

from esim.config.ocean.source import (
    FaultSourceConfig,
    LandslideConfig,
    NWaveConfig,
    OceanSourceConfig,
    OkadaConfig,
    SolitaryWaveConfig,
)
from esim.data import locate
from esim.errors import InputError
from esim.grids.projection import MapProjection
from esim.sources import bearing
from esim.sources.fault_doubts import doubts
from esim.sources.finite_fault import FiniteFault
from esim.sources.formats import csv_yaml
from esim.sources.ocean import deformation, landslide, state, wave
from esim.sources.ocean.fault_source import FaultSource
from esim.sources.ocean.hump import Hump
from esim.sources.ocean.landslide import Landslide
from esim.sources.ocean.source import AnySource
from esim.sources.ocean.triangle import require_cutde


def build(
    config: OceanSourceConfig,
    lonlat: bool,
    start: datetime | None = None,
    *,
    gravity: float = 9.81,
    sea_level: float = 0.0,
    crs: str | None = None,
) -> AnySource:
    """The source that one entry of `source:` in the configuration describes.

    lonlat says in which coordinates the grid is; start is the origin time of the run (UTC), with which dates
    in deformation files are compared; gravity [m/s2] and sea_level [m] are those of the run. Fault files are
    read here, large grids when their values are asked for. crs is the coordinate reference system of a Cartesian
    grid, by which faults in lon and lat are put on its plane. Raises InputError if a file is not usable or the
    positions are not in the coordinates of the grid.
    """
    match config.kind:
        case "finite_fault":
            fault = csv_yaml.read(locate(config.file), config.rigidity)
            return _fault_source(config.file.name, fault, config, lonlat, crs)
        case "okada":
            return _fault_source("okada", _listed(config), config, lonlat, crs)
        case "deformation":
            path = locate(config.file)
            return deformation.read(path, config.variable, lonlat, start, config.kajiura, config.horizontal)
        case "hump":
            _require_coordinates(config.lonlat, lonlat, "hump")
            x, y = config.position
            return Hump("hump", x, y, config.height, config.radius)
        case "landslide":
            return _landslide(config, lonlat)
        case "state":
            return state.read(locate(config.file), lonlat, config.time, sea_level)
        case "solitary_wave":
            return _wave(config, wave.solitary(config.height, config.depth), gravity)
        case "n_wave":
            shape = (config.height, config.depth, config.steepness, config.offset, config.leading)
            return _wave(config, wave.n_wave(*shape), gravity)


def _landslide(config: LandslideConfig, lonlat: bool) -> Landslide:
    motion = config.motion
    if motion.kind == "path":
        x, y, track = landslide.read_track(locate(motion.file), lonlat)
        direction = track.direction if config.direction is None else config.direction
        return _body(
            config, lonlat, (x, y), track.from_zero(), direction, config.start + float(track.times[0])
        )
    _require_coordinates(config.lonlat, lonlat, "landslide")
    direction = config.direction or 0.0  # which the configuration requires
    law = motion.model_dump(exclude={"kind"}, exclude_none=True)
    straight = landslide.StraightTrajectory(motion.kind, direction, **law)
    return _body(config, lonlat, config.position, straight, direction, config.start)


def _body(
    config: LandslideConfig,
    lonlat: bool,
    position: tuple[float, float],
    trajectory: landslide.Trajectory,
    direction: float,
    start: float,
) -> Landslide:
    return Landslide(
        config.kind,
        lonlat,
        *position,
        trajectory,
        direction,
        config.shape,
        config.thickness,
        config.length,
        config.width,
        start,
        config.in_bathymetry,
    )


def _wave(config: SolitaryWaveConfig | NWaveConfig, profile: wave.Profile, gravity: float) -> wave.Wave:
    return wave.Wave(
        config.kind,
        profile,
        config.x,
        config.y,
        config.direction,
        config.height,
        config.depth,
        config.velocity,
        gravity,
    )


def _listed(config: OkadaConfig) -> FiniteFault:
    """The faults written in the configuration itself."""
    common = {} if config.rigidity is None else {"rigidity": config.rigidity}
    entries = [
        csv_yaml.Entry(f"source okada, faults.{n}", fault.model_dump(exclude_none=True))
        for n, fault in enumerate(config.faults)
    ]
    return csv_yaml.assemble(csv_yaml.Entry("source okada", common), entries)


def _fault_source(
    name: str, fault: FiniteFault, config: FaultSourceConfig, lonlat: bool, crs: str | None
) -> FaultSource:
    if fault.lonlat and not lonlat and crs is not None:
        fault = _projected(name, fault, crs)
    _require_coordinates(fault.lonlat, lonlat, name)
    if fault.corners is not None:
        require_cutde(name)
    if config.instantaneous:
        fault = fault.instantaneous()
    return FaultSource(
        name,
        fault,
        fault.times(config.time_step),
        config.kajiura,
        config.horizontal_on_slope,
        displacement_cutoff=config.displacement_cutoff,
        remarks=(*fault.remarks, *doubts(name, fault)),
    )


def _projected(name: str, fault: FiniteFault, crs: str) -> FiniteFault:
    """A fault in lon and lat on the plane of a map, its strikes turned by the convergence of the meridians."""
    x, y, north = bearing.place(MapProjection(crs), fault.x, fault.y, f"source {name}")
    corners = fault.corners
    if corners is not None:
        there = MapProjection(crs).to_xy(corners[:, :, 0], corners[:, :, 1])
        corners = np.stack([*there, corners[:, :, 2]], axis=2)
    return replace(fault, lonlat=False, x=x, y=y, strike=np.mod(fault.strike + north, 360.0), corners=corners)


def _require_coordinates(given: bool, expected: bool, name: str) -> None:
    words = {True: "lon and lat", False: "x and y"}
    if given != expected:
        kind = "lonlat" if expected else "cartesian"
        more = "" if expected else ", or for faults the key grid.crs, such as EPSG:32654"
        raise InputError(
            f"source {name}: placed by {words[given]}, but the grid is {kind}; expected {words[expected]}{more}"
        )
