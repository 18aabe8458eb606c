"""What in the configuration of a tsunami is valid but probably unintended?"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from esim.config.ocean.forcing import PulseConfig, RecordedPulseConfig
from esim.config.ocean.incident import IncidentNWaveConfig, IncidentSolitaryConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.station import GaugeConfig
from esim.config.stations.groups import unused
from esim.data import locate
from esim.errors import InputError
from esim.grids.grid import ABSORBING, SIDES, Grid
from esim.grids.nested_grid import NestedGrid
from esim.io.ocean.record import read_record
from esim.ocean.boundary import edge_cells, maximum_depth
from esim.ocean.forcing.pressure_file import PressureRecords
from esim.ocean.forcing.recorded_pulse import bell_width
from esim.ocean.nesting.grid_level import GridLevel
from esim.ocean.sources.initial_conditions import initial_water
from esim.sources.ocean import AnySource, InitialState
from esim.sources.ocean.incident import Incident
from esim.timestepping.schedule import count_steps

DIFFERENT = 1.25  # by which factor two depths may differ
CURRENT = 0.01  # m/s, mean speed through a side from which it is a current
NARROW = 1.25  # cells in the standard deviation of a pulse of air pressure, at least
MORE_STEPS = 1.1  # times as many that snapshots at exact times may take without a word
BREAKING = 0.8  # height of a solitary wave over the depth, above which it breaks


def check_files(
    records: Sequence[PressureRecords], waves: Sequence[Incident], duration: float
) -> Iterator[str]:
    """Sentences about files of pressure and of waves that hold only a part of the run's time."""
    for held in records:
        name, begin, end = held.variable.path.name, held.times[0], held.times[-1]
        if len(held.times) == 1:
            yield f"forcing: {name} has one record, whose pressure stays for the whole run"
            continue
        if end < duration:
            yield f"forcing: {name} ends at {end:g} s, before the run; its last pressure stays from then on"
        if begin > 0:
            yield f"forcing: {name} begins at {begin:g} s, after the start; its first pressure is there until then"
    for wave in waves:
        if wave.path is not None and wave.end < duration:
            yield (
                f"incident: {wave.path.name} ends at {wave.end:g} s, before the run; from then on no wave comes in "
                f"at the {wave.side} side, and waves leave through it"
            )
        if wave.begin > duration:
            yield (
                f"incident: the wave at the {wave.side} side begins at {wave.begin:g} s, after the end of the run at "
                f"{duration:g} s"
            )


def check_waves(cfg: TsunamiConfig, level: GridLevel) -> Iterator[str]:
    """Sentences about waves and pulses that come too late, or on another depth than that of the sea."""
    duration = cfg.time.duration
    for n, force in enumerate(cfg.forcing):
        if force.kind in ("circular_pulse", "plane_pulse") and force.start > duration:
            yield f"forcing.{n}.start: {force.start:g} s is after the end of the run at {duration:g} s"
        if force.kind != "pressure":
            yield from _narrow(f"forcing.{n}", force, level.grid)
    for n, wave in enumerate(cfg.incident):
        if not isinstance(wave, IncidentSolitaryConfig | IncidentNWaveConfig):
            continue
        name, moment = (
            ("crest", wave.crest) if isinstance(wave, IncidentSolitaryConfig) else ("middle", wave.middle)
        )
        if moment is not None and moment > duration:
            yield f"incident.{n}.{name}: {moment:g} s is after the end of the run at {duration:g} s"
        depth = maximum_depth(level.grid, level.media.elevation, wave.side)
        if not depth / DIFFERENT < wave.depth < depth * DIFFERENT:
            yield (
                f"incident.{n}.depth: {wave.depth:g} m sets the length of the wave, but the water at the {wave.side} "
                f"side is up to {depth:.4g} m deep"
            )
        yield from _breaking(f"incident.{n}", wave.height, wave.depth)
    for n, source in enumerate(cfg.source):
        if source.kind in ("solitary_wave", "n_wave"):
            yield from _breaking(f"source.{n}", source.height, source.depth)


def _narrow(key: str, force: PulseConfig | RecordedPulseConfig, grid: Grid) -> Iterator[str]:
    """A sentence about a pulse of air pressure that the cells of the whole grid do not carry."""
    recorded = isinstance(force, RecordedPulseConfig)
    width = bell_width(force) if isinstance(force, RecordedPulseConfig) else force.width
    cell = float(max(size.max() for size in grid.cell_size()))
    if width < NARROW * cell:
        yield (
            f"{key}.{'spacing' if recorded else 'width'}: {'its bells are' if recorded else 'the pulse is'} "
            f"{width / 1e3:.3g} km wide (standard deviation), less than {NARROW:g} cells of {cell / 1e3:.3g} km, which "
            "sample it too coarsely"
        )


def _breaking(key: str, height: float, depth: float) -> Iterator[str]:
    if height > BREAKING * depth:
        yield f"{key}.height: {height:g} m is {height / depth:.3g} of the depth; waves above {BREAKING} of it break"


def check_water(
    cfg: TsunamiConfig, levels: Sequence[GridLevel], sources: Sequence[AnySource]
) -> Iterator[str]:
    """Sentences about water that is not there, or not deep enough for what is asked for."""
    if levels[0].water.rate == 0:
        for source in sources:
            if isinstance(source, InitialState) and source.whole:
                yield f"source {source.name} leaves no water: eta is missing or below the ground everywhere"
    physics, deepest = cfg.physics, max(level.water.deepest for level in levels)
    if physics.dispersion != "none" and deepest <= physics.dispersion_depth:
        yield (
            f"physics.dispersion: no water is deeper than physics.dispersion_depth, {physics.dispersion_depth:g} m, so "
            f"there is no dispersion; the deepest is {deepest:.4g} m"
        )
    for level in levels[1:]:
        if level.water.deepest <= 0:
            yield (
                f"grid.nests: '{level.name}' has no sea, its lowest cell is {-level.water.deepest:.4g} m above the "
                "water; elevation is positive up"
            )


def check_snapshots(cfg: TsunamiConfig, dt: float) -> Iterator[str]:
    """A sentence about snapshots at whose times steps of dt [s] have to end that could be longer."""
    fields, duration = cfg.output.fields, cfg.time.duration
    if fields is None:
        return
    bound, free = (count_steps(dt, duration, every) for every in ([fields.every], []))
    if bound > MORE_STEPS * free:
        yield (
            f"output.fields.every: steps end at the times of snapshots, {fields.every:g} s apart, so that there are "
            f"{bound:,} of them where {free:,} would do; {dt * max(1, math.floor(fields.every / dt)):.4g} s, or much "
            "more, would cost none"
        )


def check_stations(cfg: TsunamiConfig) -> Iterator[str]:
    """Sentences about what files of stations say that is not used, and of records that end before the run or so.

    Raises InputError with a sentence for each record that cannot be read.
    """
    yield from unused(cfg.stations, GaugeConfig, cfg.grid.kind == "lonlat")
    problems, duration = [], cfg.time.duration
    for gauge in cfg.gauges:
        if gauge.observed is None:
            continue
        try:
            time, _ = read_record(locate(gauge.observed), cfg.time.start)
        except InputError as error:
            problems.append(f"stations: '{gauge.name}': {error}")
            continue
        if time[0] > duration or time[-1] < 0:
            yield (
                f"stations: '{gauge.name}': {gauge.observed.name} is from {time[0]:.6g} to {time[-1]:.6g} s after the "
                f"origin, outside the run, which is from 0 to {duration:g} s"
            )
    if problems:
        raise InputError("\n".join(problems))


def check_nests(grids: Sequence[NestedGrid]) -> Iterator[str]:
    """Sentences about nests that are larger than was asked for."""
    for nest in grids:
        if nest.parent is not None and nest.snapped:
            grid = nest.grid
            yield (
                f"grid.nests: '{nest.name}' is enlarged to whole cells of its parent '{nest.parent.name}': "
                f"{grid.x0:.6g} to {grid.x0 + grid.nx * grid.dx:.6g}, {grid.y0:.6g} to "
                f"{grid.y0 + grid.ny * grid.dy:.6g}"
            )


def check_sources(sources: Sequence[AnySource]) -> Iterator[str]:
    """What was noticed when sources were read."""
    for source in sources:
        yield from getattr(source, "remarks", ())


def check_layers(cfg: TsunamiConfig, grid: Grid, gauges: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """Sentences about gauges, positions by name, and nests in the layers along open sides, where waves are damped."""
    for name, position in gauges.items():
        if side := _damped(cfg, grid, *grid.index(*position)):
            yield (
                f"stations: gauge '{name}' lies in the absorbing layer of the {side} side, where waves are damped; "
                f"move the side away, or make grid.{_width(cfg, side)} smaller"
            )
    for nest in cfg.grid.tree()[1:]:
        if nest.parent is None or nest.parent.parent is not None:
            continue
        j0, j1, i0, i1 = nest.box
        if side := _damped(cfg, grid, j0, i0) or _damped(cfg, grid, j1 - 1, i1 - 1):
            yield (
                f"grid.nests: '{nest.name}' reaches into the absorbing layer of the {side} side, where the waves that "
                "come to it are damped"
            )


def _width(cfg: TsunamiConfig, side: str) -> str:
    return f"{cfg.grid.boundary[SIDES.index(side)]}_cells"


def _damped(cfg: TsunamiConfig, grid: Grid, j: float, i: float) -> str | None:
    """The side in whose layer a place lies, which is given in cells of the whole grid; None if in none."""
    inside = (i + 0.5, grid.nx - 0.5 - i, j + 0.5, grid.ny - 0.5 - j)
    for side, cells, distance in zip(SIDES, cfg.grid.layers, inside, strict=True):
        if distance < cells:
            return side
    return None


def check_currents(cfg: TsunamiConfig, level: GridLevel, states: Sequence[InitialState]) -> Iterator[str]:
    """Sentences about sides beyond which still water is assumed, and through which water flows as the run begins.

    A wave that leaves has the speed |eta| sqrt(g/h); what flows at more than twice that, on the whole, is a current.
    """
    grid, physics = level.grid, cfg.physics
    for side, kind in zip(SIDES, grid.boundary, strict=True):
        if not states or kind not in ABSORBING:
            continue
        x, y = edge_cells(grid, side)
        bed = level.media.elevation(x, y)
        zeta, *flow = initial_water(states, bed, x, y, grid.lonlat, physics.dry_depth)
        depth = np.maximum(zeta + np.maximum(-bed, 0.0), 0.0)
        wet = (depth > physics.dry_depth) & (bed < 0)
        if not wet.any():
            continue
        speed = np.abs(flow[0 if side in ("west", "east") else 1][wet] / depth[wet])
        wave = np.abs(zeta[wet]) * np.sqrt(physics.gravity / depth[wet])
        if speed.mean() > max(CURRENT, 2 * wave.mean()):
            yield (
                f"grid.boundary: water flows through the {side} side at {speed.mean():.3g} m/s as the run begins, but "
                f"beyond an {kind} side it is still; for a current that stays, make the side 'incident' with an "
                "incident of kind 'steady'"
            )
