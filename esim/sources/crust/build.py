"""Which seismic source does the configuration describe?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np

from esim.config.crust.source import (
    CrustFiniteFaultConfig,
    CrustSourceConfig,
    DoubleCoupleConfig,
    PlaneWaveConfig,
)
from esim.config.crust.timed_source import PointSourceConfig, TimedSourceConfig
from esim.data import locate
from esim.errors import InputError
from esim.grids.axes import tensor_to_grid, vector_to_grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.sources import bearing
from esim.sources.crust import (
    events,
    finite_fault,
    incident_wave,
    injected,
    moment_tensor,
    srf,
    time_function,
    volcanic,
)
from esim.sources.crust.plane_wave import PlaneWave
from esim.sources.crust.point import PointSources, join
from esim.sources.crust.rates import Shifted
from esim.sources.crust.time_function import TimeFunction
from esim.sources.formats import csv_yaml

Source = PointSources | PlaneWave | injected.InjectedField
HalfSpace = Callable[[], tuple[float, float]]
Rigidity = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]


def build(
    config: CrustSourceConfig,
    grid: Grid3D,
    projection: Projection | None,
    start: datetime | None = None,
    rigidity: Rigidity | None = None,
    half_space: HalfSpace | None = None,
    ground: Height | None = None,
    rock: volcanic.Rock | None = None,
) -> Source:
    """The source that one entry of `source:` in the configuration describes; its times count from `start`.

    What is placed by lon and lat, moment tensors and forces included, has true east and north, which the projection
    turns to the axes of the grid; what is placed by x and y is in these. rigidity gives that of the medium
    [Pa] at x, y, depth [m], for finite faults that have none, half_space() vp and vs [m/s] of its lowest layer, for
    oblique plane waves, ground(x, y) the height [m] of the ground, positive up, for faults whose depths count from it,
    and rock the moduli and the ground, for volcanic sources and what opens. Raises InputError if a file is not usable
    or a source lies outside the grid.
    """
    if isinstance(config, PlaneWaveConfig) and config.wave_type is not None:
        if half_space is None:
            raise InputError("plane_wave: an oblique wave needs a medium that it comes from")
        return incident_wave.build(config, grid, *half_space())
    source = _build(config, grid, projection, start, rigidity, ground, rock)
    source.check(grid)
    return source


def _build(
    config: CrustSourceConfig,
    grid: Grid3D,
    projection: Projection | None,
    start: datetime | None,
    rigidity: Rigidity | None,
    ground: Height | None,
    rock: volcanic.Rock | None,
) -> Source:
    match config.kind:
        case "moment_tensor":
            tensor = np.array(config.moment_tensor, dtype=np.float64)
            return _point(config.kind, config, projection, moment=tensor)
        case "double_couple":
            return _double_couple(config, projection)
        case "explosion":
            return _point(config.kind, config, projection, moment=moment_tensor.explosion(config.moment))
        case "force":
            force = np.array(config.force, dtype=np.float64)
            return _point(config.kind, config, projection, force=force)
        case "mogi" | "sphere" | "dyke" | "sill" | "clvd" | "ring_fault":
            if rock is None:
                raise InputError(f"source {config.kind}: needs a medium that it lies in")
            rate = time_function.build(config.rate)
            return volcanic.build(config, grid, projection, rock, rate, _onset(config, rate))
        case "plane_wave":
            function = time_function.Peaked(time_function.build(config.rate))
            onset = _onset(config, function)
            assert config.depth is not None  # as the configuration has checked
            return PlaneWave(
                config.kind, config.polarisation, config.depth, config.amplitude, function, onset
            )
        case "injection":
            return injected.read_injection(locate(config.file))
        case "finite_fault":
            return _finite_fault(config, grid, projection, rigidity, ground, rock)
        case "event":
            found, remarks = events.sections(config, start)
            points = [
                _labelled(
                    f"event '{one.name}'",
                    _build(one.section, grid, projection, start, rigidity, ground, rock),
                )
                for one in found
            ]
            label = config.file.name if len(points) > 1 else f"{config.file.name} event '{found[0].name}'"
            source = join(label, points) if len(points) > 1 else points[0]
            begin = min(one.origin_time for one in found)
            return replace(source, name=label, remarks=remarks, origin_time=begin)


def _labelled(label: str, source: Source) -> PointSources:
    """A source of one point, which messages call so."""
    assert isinstance(source, PointSources)
    return replace(source, labels=[label])


def _point(
    kind: str,
    config: PointSourceConfig,
    projection: Projection | None,
    moment: np.ndarray | None = None,
    force: np.ndarray | None = None,
) -> PointSources:
    x, y, north = _place(kind, config, projection)
    function = time_function.build(config.rate)
    onset = np.array([_onset(config, function)])
    return PointSources(
        kind,
        np.array([x], dtype=np.float64),
        np.array([y], dtype=np.float64),
        np.array([config.depth], dtype=np.float64),
        np.zeros((1, 6)) if moment is None else tensor_to_grid(moment[None], north),
        np.zeros((1, 3)) if force is None else vector_to_grid(force[None], north),
        Shifted(function if force is None else time_function.Peaked(function), onset),
    )


def _onset(config: TimedSourceConfig, function: TimeFunction) -> float:
    """Time [s] at which a source begins."""
    return config.onset if config.centroid_time is None else config.centroid_time - function.centroid


def _place(kind: str, config: PointSourceConfig, projection: Projection | None) -> tuple[float, float, float]:
    """x, y [m] of a source, and true north there [degrees]."""
    if not config.lonlat:
        return *config.position, 0.0
    x, y, north = bearing.place(projection, *config.position, f"source {kind}")
    return float(x), float(y), float(north)


def _double_couple(config: DoubleCoupleConfig, projection: Projection | None) -> PointSources:
    tensor = moment_tensor.double_couple(config.strike, config.dip, config.rake)
    return _point(config.kind, config, projection, moment=config.scalar_moment * tensor)


def _finite_fault(
    config: CrustFiniteFaultConfig,
    grid: Grid3D,
    projection: Projection | None,
    rigidity: Rigidity | None,
    ground: Height | None,
    rock: volcanic.Rock | None,
) -> PointSources:
    path = locate(config.file)
    level = ground if config.draped else None
    of_medium = config.rigidity_from == "medium"
    if path.suffix.lower() == ".srf":
        rupture = srf.read(path)
        if of_medium:
            rupture = replace(rupture, rigidity=np.full(rupture.rigidity.shape, np.nan))
        if level is not None:
            x, y, _ = bearing.place(projection, rupture.lon, rupture.lat, str(path))
            rupture = replace(rupture, depth=rupture.depth - level(x, y))
        shape = config.slip_rate, config.rise_time
        return srf.sources(rupture, projection, config.rigidity, rigidity, config.onset, *shape)
    fault = csv_yaml.read(path, config.rigidity)
    return finite_fault.sources(
        path.name,
        fault,
        projection,
        config.point_spacing or max(grid.spacing),
        config.slip_rate,
        config.rise_time,
        None if fault.rigidity_given and not of_medium else rigidity,
        config.onset,
        level,
        None if rock is None else lambda x, y, depth: rock.moduli(x, y, depth)[1],
    )
