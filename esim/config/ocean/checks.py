"""Do the sections fit each other? Each function raises KeyProblem for the first thing that does not."""

from collections.abc import Iterator, Sequence

from esim.config.elevation import BathymetryConfig, BowlConfig
from esim.config.ocean.forcing import CircularPulseConfig, ForcingConfig, PulseConfig, RecordedPulseConfig
from esim.config.ocean.grid import OceanGridConfig
from esim.config.ocean.incident import AnyIncidentConfig
from esim.config.ocean.output import FieldsConfig
from esim.config.ocean.physics import OceanPhysics
from esim.config.ocean.run import COURANT, OceanStepConfig
from esim.config.ocean.source import (
    CrestedWaveConfig,
    HumpConfig,
    LandslideConfig,
    OceanSourceConfig,
    OkadaConfig,
    RandomSlipConfig,
)
from esim.config.ocean.station import GaugeConfig
from esim.config.ocean.volcanic import OceanVolcanicConfig
from esim.config.ocean.water import FirstWaterConfig
from esim.config.point import PointConfig
from esim.config.stations.groups import Listed, doubled_names
from esim.config.yaml.section import KeyProblem, KeyProblems
from esim.grids.grid import SIDES, Grid
from esim.variables.ocean import SNAPSHOTS

DEEP_REACH = 14  # cells that a step of the deep solver reads on each side
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


def check_solver(
    grid: OceanGridConfig, physics: OceanPhysics, water: FirstWaterConfig, run: OceanStepConfig
) -> None:
    """The Courant number is within the bound of the solver, and nothing asks the deep one for what it has not."""
    _, bound = COURANT[grid.solver]
    if run.cfl is not None and run.cfl > bound:
        raise KeyProblem(("run", "cfl"), f"{run.cfl:g} is too large; expected at most {bound:g}")
    if grid.solver != "deep":
        return
    advice = "leave it out, or take grid.solver: nonlinear"
    if "incident" in grid.boundary:
        raise KeyProblem(("grid", "boundary"), f"'incident' waves need grid.solver: nonlinear; {advice}")
    if any(kind == "open" and not width for kind, width in zip(grid.boundary, grid.layers, strict=True)):
        text = (
            "0 cells absorb nothing: the deep solver lets waves out through layers alone; expected at least 1"
        )
        raise KeyProblem(("grid", "open_cells"), text)
    for axis, cells in zip((0, 2), grid.cells, strict=True):
        if grid.boundary[axis] == "periodic" and cells < DEEP_REACH:
            text = (
                f"periodic sides {cells} cells apart are too near for the deep solver; expected {DEEP_REACH}"
            )
            raise KeyProblem(("grid", "boundary"), text)
    if physics.tracer is not None:
        raise KeyProblem(("physics", "tracer"), f"the deep solver carries no tracer; {advice}")
    if run.adaptive:
        text = "steps of the deep solver depend on the water at rest alone"
        raise KeyProblem(("run", "adaptive"), f"{text}; {advice}")
    if water != FirstWaterConfig():
        raise KeyProblem(("water",), f"the deep solver knows water at rest at sea level alone; {advice}")


def check_positions(grid: OceanGridConfig, sources: Sequence[OceanSourceConfig]) -> None:
    """Sources are in the coordinates of the grid, and all but faults inside it."""
    whole = grid.build()
    for place, name, point in _points(sources):
        _check_point(whole, place, name, point)
    for n, source in enumerate(sources):
        # What lies outside the grid moves the seafloor inside it, and in lon and lat it has a place on a map.
        for place, name, point in _buried(n, source):
            if not (point.lonlat and grid.kind == "cartesian" and grid.crs is not None):
                _check_coordinates(whole, place, name, point)


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


def check_forcing(
    grid: OceanGridConfig, forcing: Sequence[ForcingConfig], fields: FieldsConfig | None
) -> None:
    """Pulses of air pressure are in the coordinates of the grid; only a globe has an antipode; what is written acts."""
    for name in fields.variables if fields is not None and not forcing else ():
        if SNAPSHOTS[name].forced:
            raise KeyProblem(
                ("output", "fields", "variables"), f"'{name}' needs air pressure; forcing has none"
            )
    whole = grid.build()
    for n, force in enumerate(forcing):
        if isinstance(force, PulseConfig | RecordedPulseConfig):
            _check_coordinates(whole, ("forcing", n), "the pulse", force)
        if (
            isinstance(force, CircularPulseConfig | RecordedPulseConfig)
            and force.passes > 1
            and not whole.lonlat
        ):
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


def _buried(n: int, source: OceanSourceConfig) -> Iterator[tuple[Place, str, PointConfig]]:
    """The same of what lies in the rock."""
    if isinstance(source, OceanVolcanicConfig):
        yield ("source", n), source.kind, source
    if isinstance(source, RandomSlipConfig):
        yield ("source", n), "fault", source
    if isinstance(source, OkadaConfig):
        for m, fault in enumerate(source.faults):
            yield ("source", n, "faults", m), "fault", fault


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
