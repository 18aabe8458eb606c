"""Which volcanic source does the configuration of a tsunami describe?"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from esim.config.ocean.volcanic import (
    OceanClvdConfig,
    OceanDykeConfig,
    OceanMogiConfig,
    OceanRingFaultConfig,
    OceanSillConfig,
    OceanSphereConfig,
)
from esim.grids.axes import tensor_to_grid
from esim.grids.projection import MapProjection
from esim.sources import bearing, volcanic
from esim.sources.finite_fault import FiniteFault, moment_magnitude
from esim.sources.ocean.fault_source import FaultSource, projected, require_coordinates
from esim.sources.ocean.volcanic import half_space
from esim.sources.ocean.volcanic.buried_point import BuriedPoint, Field

Point = OceanMogiConfig | OceanSphereConfig | OceanClvdConfig
Planes = OceanDykeConfig | OceanSillConfig | OceanRingFaultConfig


def build(config: Point | Planes, lonlat: bool, crs: str | None) -> BuriedPoint | FaultSource:
    """The volcanic source of a section, on a grid in lon and lat or on a plane, of which crs says where it lies.

    Raises InputError where its position is not in the coordinates of the grid.
    """
    times = config.onset, config.rise_time
    match config:
        case OceanDykeConfig() | OceanSillConfig():
            smallest = min(config.length, max(config.width, config.shallowest))
            return _planes(config, volcanic.crack(config, *times), lonlat, crs, smallest)
        case OceanRingFaultConfig():
            return _planes(config, volcanic.ring(config, *times), lonlat, crs, config.radius)
        case _:
            return _point(config, lonlat, crs)


def _planes(
    config: Planes, fault: FiniteFault, lonlat: bool, crs: str | None, smallest: float
) -> FaultSource:
    """A source of planes; its displacement grows linearly, so that first and last are all that is needed."""
    if fault.lonlat and not lonlat and crs is not None:
        fault = projected(config.kind, fault, crs)
    require_coordinates(fault.lonlat, lonlat, config.kind)
    return FaultSource(
        config.kind,
        fault,
        fault.times(max(config.rise_time, 1.0)),
        config.kajiura,
        config.horizontal_on_slope,
        smallest=smallest,
    )


def _point(config: Point, lonlat: bool, crs: str | None) -> BuriedPoint:
    x, y, north = *config.position, 0.0
    in_degrees = config.lonlat
    if in_degrees and not lonlat and crs is not None:
        x, y, north = map(float, bearing.place(MapProjection(crs), x, y, f"source {config.kind}"))
        in_degrees = False
    require_coordinates(in_degrees, lonlat, config.kind)
    moment = config.scalar_moment if isinstance(config, OceanClvdConfig) else None
    return BuriedPoint(
        config.kind,
        lonlat,
        x,
        y,
        config.depth,
        _field(config, north),
        config.onset,
        config.rise_time,
        config.radius if isinstance(config, OceanSphereConfig) else 0.0,
        config.kajiura,
        config.horizontal_on_slope,
        moment,
        None if moment is None else moment_magnitude(moment),
        remarks=tuple(_remarks(config)),
    )


def _field(config: Point, north: float) -> Field:
    """The closed form; true north is that direction on the plane of the grid [degrees]."""
    rock: dict[str, Any] = {"depth": config.depth, "poisson": config.poisson_ratio}
    match config:
        case OceanMogiConfig():
            return partial(half_space.mogi, volume_change=config.volume_change, **rock)
        case OceanSphereConfig():
            gained = config.gained(config.rigidity or np.nan)  # which a pressure requires
            return partial(half_space.mctigue, radius=config.radius, volume_change=gained, **rock)
        case OceanClvdConfig():
            assert config.rigidity is not None  # by the configuration
            potency = tensor_to_grid(volcanic.clvd(config) / config.rigidity, north)
            return partial(half_space.moment_tensor, potency=potency, **rock)


def _remarks(config: Point) -> Iterator[str]:
    if isinstance(config, OceanSphereConfig):
        yield from volcanic.sphere_remarks("sphere", config.radius, config.depth)
