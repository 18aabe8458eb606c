"""Which tsunami source does the configuration describe?"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from esim.config.ocean.source import (
    FaultSourceConfig,
    LandslideConfig,
    NWaveConfig,
    OceanSourceConfig,
    OkadaConfig,
    ScaledFaultConfig,
    SeafloorMotionConfig,
    SolitaryWaveConfig,
)
from esim.data import locate
from esim.errors import InputError
from esim.grids.projection import MapProjection
from esim.sources.fault_doubts import doubts
from esim.sources.finite_fault import FiniteFault
from esim.sources.formats import csv_yaml
from esim.sources.ocean import deformation, landslide, state, wave
from esim.sources.ocean.fault_source import FaultSource, projected, require_coordinates
from esim.sources.ocean.hump import Hump
from esim.sources.ocean.landslide import Landslide
from esim.sources.ocean.random_slip import random_fault
from esim.sources.ocean.recorded.file import read_motion
from esim.sources.ocean.recorded.frames import Frames, MotionGeometry
from esim.sources.ocean.recorded.motion import SeafloorMotionSource
from esim.sources.ocean.source import AnySource
from esim.sources.ocean.triangle import require_cutde
from esim.sources.ocean.volcanic import build as volcanic


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
        case "random_slip":
            return _fault_source("random_slip", random_fault(config), config, lonlat, crs)
        case "mogi" | "sphere" | "dyke" | "sill" | "clvd" | "ring_fault":
            return volcanic.build(config, lonlat, crs)
        case "deformation":
            path = locate(config.file)
            return deformation.read(path, config.variable, lonlat, start, config.kajiura, config.horizontal)
        case "seafloor_motion":
            return _recorded(config, lonlat, start, crs)
        case "hump":
            require_coordinates(config.lonlat, lonlat, "hump")
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


def _recorded(
    config: SeafloorMotionConfig, lonlat: bool, start: datetime | None, crs: str | None
) -> SeafloorMotionSource:
    """The motion in a file of a seismic run."""
    path = locate(config.file)
    found = read_motion(path)
    if config.at == "sea_surface" and not found.sea_surface:
        raise InputError(
            f"{path}: has no sea_uz, the motion of the sea surface, for source.at; expected a seismic run with a sea "
            "and output.surface_displacement.sea_surface: true"
        )
    remarks = []
    if found.start is not None and start is not None:
        if abs((found.start - start).total_seconds()) >= 1.0:  # what files count from has whole seconds
            raise InputError(
                f"{path}: its times count from {found.start:%Y-%m-%dT%H:%M:%SZ}, but time.start is "
                f"{start:%Y-%m-%dT%H:%M:%SZ}; expected the same origin time"
            )
    elif found.start is not None or start is not None:
        remarks.append(
            f"source {path.name}: only one of file and run has a date; both are taken to count from it"
        )
    if found.snapshots and not config.instantaneous:
        remarks.append(
            f"source {path.name}: its records are snapshots, {found.geometry.every:.4g} s apart, in which faster "
            "seismic waves show as slow ones; expected output.surface_displacement.low_pass: true in the seismic run"
        )
    open_frames = partial(found.open, config.at)
    return seafloor_motion(
        config, path.name, found.geometry, open_frames, lonlat, crs, file=path, remarks=tuple(remarks)
    )


def seafloor_motion(
    config: SeafloorMotionConfig,
    name: str,
    geometry: MotionGeometry,
    open_frames: Callable[[], Frames],
    lonlat: bool,
    crs: str | None = None,
    **more: Any,
) -> SeafloorMotionSource:
    """The motion whose frames come from `open_frames`, in a file or of a run at the same time; see `build`."""
    remarks = more.pop("remarks", ())
    if not lonlat and geometry.projection is not None and crs is None:
        remarks = (
            *remarks,
            f"source {name}: grid.crs is not given: x and y are taken to be those of the block of the crust",
        )
    return SeafloorMotionSource(
        name,
        geometry,
        open_frames,
        lonlat,
        at=config.at,
        instantaneous=config.instantaneous,
        kajiura=config.kajiura,
        horizontal_on_slope=config.horizontal_on_slope,
        taper=config.taper,
        map=MapProjection(crs)
        if crs is not None and not lonlat and geometry.projection is not None
        else None,
        remarks=remarks,
        **more,
    )


def _landslide(config: LandslideConfig, lonlat: bool) -> Landslide:
    motion = config.motion
    if motion.kind == "path":
        x, y, track = landslide.read_track(locate(motion.file), lonlat)
        direction = track.direction if config.direction is None else config.direction
        return _body(
            config, lonlat, (x, y), track.from_zero(), direction, config.start + float(track.times[0])
        )
    require_coordinates(config.lonlat, lonlat, "landslide")
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
        fault = projected(name, fault, crs)
    require_coordinates(fault.lonlat, lonlat, name)
    if fault.corners is not None:
        require_cutde(name)
    if config.instantaneous:
        fault = fault.instantaneous()
    source = FaultSource(
        name,
        fault,
        fault.times(config.time_step),
        config.kajiura,
        config.horizontal_on_slope,
        displacement_cutoff=config.displacement_cutoff,
        remarks=(*fault.remarks, *doubts(name, fault)),
    )
    magnitude = config.magnitude if isinstance(config, ScaledFaultConfig) else None
    return source if magnitude is None else source.scaled_to(magnitude)
