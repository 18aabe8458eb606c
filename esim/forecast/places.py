"""Where on the grid are sensors and targets? Sensors in the water, targets in the water that is nearest to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from esim.config.forecast.stations import SensorConfig, TargetConfig
from esim.config.yaml.suggest import several
from esim.errors import InputError
from esim.ocean.output.gauge_places import FARTHER, SNAP_CELLS, FirstWater
from esim.sources.ocean.fault_source import require_inside


@dataclass(frozen=True)
class Place:
    """A named position as the grid counts, moved [m] from the one that was given, and the depth [m] of its cell.

    coastal: one of the eight cells around that is land. hump is the radius of its hump in cells, relative the error of
    the model there, None where it is that of all.
    """

    name: str
    x: float
    y: float
    moved: float
    depth: float
    coastal: bool
    hump: float
    relative: float | None


def place_sensors(sensors: Sequence[SensorConfig], water: FirstWater) -> list[Place]:
    """The places of sensors; those outside the grid that are to be skipped have none. Raises InputError."""
    found = []
    for sensor in sensors:
        if _skipped(sensor, water):
            continue
        place = _given(f"sensor '{sensor.name}'", sensor, water)
        if place.depth <= 0:
            near = water.nearest(place.x, place.y, FARTHER * SNAP_CELLS * _cell(water, place.y))
            more = (
                f"; the nearest water is {near[0] / 1000:.3g} km away, at {near[1]:.7g}, {near[2]:.7g}"
                if near
                else ""
            )
            raise InputError(f"sensor '{sensor.name}' lies on land on the grid of base{more}")
        found.append(place)
    if not found:
        raise InputError(
            f"sensors: {several([one.name for one in sensors])} lie outside the grid; expected one inside"
        )
    return found


def place_targets(targets: Sequence[TargetConfig], water: FirstWater) -> list[Place]:
    """The places of targets, those on land moved to the middle of the nearest wet cell. Raises InputError."""
    found = []
    for target in targets:
        if _skipped(target, water):
            continue
        place = _given(f"target '{target.name}'", target, water)
        if place.depth <= 0:
            reach = target.snap_distance or SNAP_CELLS * _cell(water, place.y)
            near = water.nearest(place.x, place.y, reach)
            if near is None:
                raise InputError(
                    f"target '{target.name}': no water within {reach / 1000:.3g} km; set its snap_distance, or move it"
                )
            place = _place(target, near[1], near[2], near[0], water)
        found.append(place)
    if not found:
        raise InputError(
            f"targets: {several([one.name for one in targets])} lie outside the grid; expected one inside"
        )
    return found


def _given(what: str, station: SensorConfig | TargetConfig, water: FirstWater) -> Place:
    """The place that was given; InputError where it is not in the coordinates of the grid, or outside."""
    if station.lonlat != water.grid.lonlat:
        wanted = "lon and lat" if water.grid.lonlat else "x and y"
        raise InputError(f"{what} is not placed by {wanted}, as the grid of base is")
    x, y = station.position
    require_inside(water.grid, x, y, what)
    return _place(station, x, y, 0.0, water)


def _place(
    station: SensorConfig | TargetConfig, x: float, y: float, moved: float, water: FirstWater
) -> Place:
    return Place(station.name, x, y, moved, *_cell_of(water, x, y), station.hump, station.relative)


def _skipped(station: SensorConfig | TargetConfig, water: FirstWater) -> bool:
    inside = station.lonlat != water.grid.lonlat or water.grid.contains(*station.position)
    return station.outside == "skip" and not inside


def _cell_of(water: FirstWater, x: float, y: float) -> tuple[float, bool]:
    """Depth of the water [m] in the cell of a point, zero on land, and whether land is beside it."""
    j, i = (round(one) for one in water.grid.index(x, y))
    bed, wet = water.look((j, j + 1, i, i + 1))
    south, west = max(j - 1, 0), max(i - 1, 0)
    around = water.look((south, min(j + 2, water.grid.ny), west, min(i + 2, water.grid.nx)))[1]
    return float(-bed[0, 0]) if wet[0, 0] else 0.0, not bool(around.all())


def _cell(water: FirstWater, y: float) -> float:
    """The longer side of a cell [m] in the row of y."""
    row = min(max(round(water.grid.index(water.grid.x0, y)[0]), 0), water.grid.ny - 1)
    width, height = water.grid.cell_size(row, row + 1)
    return float(max(width[0], height[0]))
