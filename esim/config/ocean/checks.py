"""Do the sections fit each other? Each function raises KeyProblem for the first thing that does not."""

from collections.abc import Iterator, Sequence

from esim.config.elevation import BathymetryConfig, BowlConfig
from esim.config.ocean.forcing import CircularPulseConfig, ForcingConfig, PulseConfig
from esim.config.ocean.grid import OceanGridConfig
from esim.config.ocean.incident import AnyIncidentConfig
from esim.config.ocean.output import FieldsConfig
from esim.config.ocean.physics import OceanPhysics
from esim.config.ocean.source import (
    CrestedWaveConfig,
    HumpConfig,
    LandslideConfig,
    OceanSourceConfig,
    OkadaConfig,
)
from esim.config.ocean.station import GaugeConfig
from esim.config.point import PointConfig
from esim.config.stations.groups import Listed, doubled_names
from esim.config.yaml.section import KeyProblem, KeyProblems
from esim.grids.grid import SIDES, Grid
from esim.variables.ocean import SNAPSHOTS

Place = tuple[str | int, ...]
Problem = tuple[str, str] | None  # the key that is wrong and a sentence


def check_coordinates(
    grid: OceanGridConfig,
    bathymetry: BathymetryConfig,
    sources: Sequence[OceanSourceConfig],
    physics: OceanPhysics,
) -> None:
    """What is possible on a cartesian grid only, and what it needs for Coriolis."""
    cartesian = grid.kind == "cartesian"
    first = bathymetry[0] if isinstance(bathymetry, tuple) else bathymetry
    if isinstance(first, BowlConfig) and not cartesian:
        place = ("bathymetry", 0, "kind") if isinstance(bathymetry, tuple) else ("bathymetry", "kind")
        raise KeyProblem(place, "'bowl' is measured in metres and needs grid.kind 'cartesian'")
    for n, source in enumerate(sources):
        if isinstance(source, CrestedWaveConfig) and not cartesian:
            text = f"'{source.kind}' has straight crests and needs grid.kind 'cartesian'"
            raise KeyProblem(("source", n, "kind"), text)
    if cartesian and physics.coriolis and "latitude" not in grid.model_fields_set:
        raise KeyProblem(("physics", "coriolis"), "true on a cartesian grid needs grid.latitude")


def check_incident(grid: OceanGridConfig, waves: Sequence[AnyIncidentConfig]) -> None:
    """Every incident side has one wave, and every wave such a side."""
    kinds = dict(zip(SIDES, grid.boundary, strict=True))
    seen: dict[str, int] = {}
    for n, wave in enumerate(waves):
        if kinds[wave.side] != "incident":
            text = f"grid.boundary of side '{wave.side}' is '{kinds[wave.side]}'; expected 'incident'"
            raise KeyProblem(("incident", n, "side"), text)
        if wave.side in seen:
            text = f"'{wave.side}' has a wave already, incident.{seen[wave.side]}; expected one for each side"
            raise KeyProblem(("incident", n, "side"), text)
        seen[wave.side] = n
    for side, kind in kinds.items():
        if kind == "incident" and side not in seen:
            raise KeyProblem("incident", f"has no wave for side '{side}', whose grid.boundary is 'incident'")


def check_positions(grid: OceanGridConfig, sources: Sequence[OceanSourceConfig]) -> None:
    """Sources are in the coordinates of the grid, and all but faults inside it."""
    whole = grid.build()
    for place, name, point in _points(sources):
        _check_point(whole, place, name, point)
    for n, source in enumerate(sources):
        # A fault outside the grid moves the seafloor inside it, and one in lon and lat has a place on a map.
        for m, fault in enumerate(source.faults if isinstance(source, OkadaConfig) else ()):
            if not (fault.lonlat and grid.kind == "cartesian" and grid.crs is not None):
                _check_coordinates(whole, ("source", n, "faults", m), "fault", fault)


def check_gauges(grid: Grid, gauges: Sequence[Listed[GaugeConfig]]) -> None:
    """Gauges are in the coordinates of the grid, inside it, and have names of their own; all that are not, at once."""
    found = list(doubled_names(gauges))
    for one in gauges:
        problem = _problem(grid, f"station '{one.station.name}'", one.station)
        if problem is not None:
            found.append(one.problem(*problem))
    if found:
        raise KeyProblems(found)


def check_tracer(grid: OceanGridConfig, physics: OceanPhysics, fields: FieldsConfig | None) -> None:
    """Patches of tracer are in the grid, which has no nests; what is written is there to be written."""
    for name in fields.variables if fields is not None else ():
        if SNAPSHOTS[name].needs and getattr(physics, SNAPSHOTS[name].needs) is None:
            raise KeyProblem(
                ("output", "fields", "variables"),
                f"'{name}' needs physics.{SNAPSHOTS[name].needs}, which is null",
            )
    if physics.tracer is None:
        return
    if grid.nests:
        raise KeyProblem(("physics", "tracer"), "is not carried into nests yet; leave grid.nests out")
    for n, patch in enumerate(physics.tracer.initial):
        _check_point(grid.build(), ("physics", "tracer", "initial", n), "the patch", patch)


def check_pulses(grid: OceanGridConfig, forcing: Sequence[ForcingConfig]) -> None:
    """Pulses of air pressure are in the coordinates of the grid; only a globe has an antipode."""
    whole = grid.build()
    for n, force in enumerate(forcing):
        if isinstance(force, PulseConfig):
            _check_coordinates(whole, ("forcing", n), "the pulse", force)
        if isinstance(force, CircularPulseConfig) and force.passes > 1 and not whole.lonlat:
            raise KeyProblem(
                ("forcing", n, "passes"), "a plane has no antipode; expected 1 on a cartesian grid"
            )


def _points(sources: Sequence[OceanSourceConfig]) -> Iterator[tuple[Place, str, PointConfig]]:
    """Every position: its key, what it is called in a sentence, and itself."""
    for n, source in enumerate(sources):
        if isinstance(source, HumpConfig):
            yield ("source", n), "hump", source
        if isinstance(source, LandslideConfig) and source.motion.kind != "path":
            yield ("source", n), "landslide", source


def _check_coordinates(grid: Grid, place: Place, name: str, point: PointConfig) -> None:
    _require(place, _wrong_coordinates(grid, name, point))


def _check_point(grid: Grid, place: Place, name: str, point: PointConfig) -> None:
    _require(place, _problem(grid, name, point))


def _require(place: Place, problem: Problem) -> None:
    if problem is not None:
        raise KeyProblem((*place, problem[0]), problem[1])


def _problem(grid: Grid, name: str, point: PointConfig) -> Problem:
    """What is wrong with a position, if it is not one in the grid."""
    return _wrong_coordinates(grid, name, point) or _outside(grid, name, point)


def _wrong_coordinates(grid: Grid, name: str, point: PointConfig) -> Problem:
    if point.lonlat == grid.lonlat:
        return None
    keys = _keys(point)
    wanted = "lon and lat in degrees" if grid.lonlat else "x and y in metres"
    return keys[0], (
        f"{name} is given by {keys[0]} and {keys[1]}, but grid.kind is '{grid.kind}'; expected {wanted}"
    )


def _outside(grid: Grid, name: str, point: PointConfig) -> Problem:
    if grid.contains(*point.position):
        return None
    keys, (x, y) = _keys(point), point.position
    return keys[0], f"{name} at {keys[0]} {x:.9g}, {keys[1]} {y:.9g} is outside {_box(grid, keys)}"


def _keys(point: PointConfig) -> tuple[str, str]:
    return ("lon", "lat") if point.lonlat else ("x", "y")


def _box(grid: Grid, keys: tuple[str, str]) -> str:
    """The box of the outermost cell centres, within which values can be interpolated."""
    west, east = grid.x0 + 0.5 * grid.dx, grid.x0 + (grid.nx - 0.5) * grid.dx
    south, north = grid.y0 + 0.5 * grid.dy, grid.y0 + (grid.ny - 0.5) * grid.dy
    return f"the grid, whose cell centres span {keys[0]} {west:.9g}..{east:.9g}, {keys[1]} {south:.9g}..{north:.9g}"
