"""Which sources does a run have? Built, checked against the medium, low-passed to what the grid resolves, recorded."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.config.crust.source import CrustSourceConfig
from esim.config.yaml.suggest import gathered
from esim.crust.discretisation import Discretisation
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import place_source
from esim.crust.sources.incident import check_incident, half_space
from esim.crust.sources.injected import check_injected
from esim.crust.sources.rock import GroundRock
from esim.errors import InputError
from esim.grids.projection import Projection
from esim.io.crust.waveforms import Event
from esim.media.crust.medium import VS
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.sources.crust import InjectedField, PlaneWave, PointSources, build, low_pass
from esim.sources.crust.incident_wave import IncidentWave
from esim.sources.crust.lowpass import GAIN, begin_filtered

CrustSource = PointSources | PlaneWave | InjectedField
# Share of the energy of a source above the highest frequency of the run, from which it is low-passed.
ENERGY_FRACTION = 0.02
VISIBLE = (
    0.005  # share of the peak of a rate: the far field, its slope, then has about a hundredth of its own peak
)
SAMPLES = 4001  # of a rate, between its first and last time
ROUNDING = 1e-9  # of the largest moment
UNRELEASED = 0.01  # share of the moment after the end of the run, from which there is a warning
Warn = Callable[[str], None]


def build_sources(
    config: SeismicConfig,
    ground: Ground,
    projection: Projection | None,
    comm: Comm,
    warn: Warn,
) -> list[CrustSource]:
    """The sources of a configuration.

    Raises InputError, on all ranks, for the first one that cannot be where or when it is.
    """
    sources: list[CrustSource] = []
    late: list[tuple[str, str]] = []
    end = config.time.duration
    for n, section in enumerate(config.source):

        def make(section: CrustSourceConfig = section) -> CrustSource:
            return build(
                section,
                ground.grid,
                projection,
                config.time.start,
                ground.medium.rigidity,
                lambda: half_space(config, ground),
                None if ground.medium.terrain is None else ground.medium.terrain.height_at,
                GroundRock(ground),
            )

        try:
            source = root_first(comm, make)
            for text in _check_incident(config, source, ground):
                warn(text)
            source = _placed(f"source.{n}", source, ground)
        except InputError as error:
            raise InputError(f"source.{n}: {error}") from None
        late += [(f"source.{n}", text) for text in _check_time(f"source.{n}", source, end)]
        sources.append(source)
    many = f"last beyond the end of the run at {end:g} s, and moment that is released after it is not in it"
    for text in gathered(late, many):
        warn(text)
    return sources


def limit_sources(
    config: SeismicConfig, sources: Sequence[CrustSource], discretisation: Discretisation, warn: Warn
) -> list[CrustSource]:
    """The sources, each with the corner of a low-pass if it sends more than the grid resolves, with a warning.

    They are filtered when a run is prepared, by `filter_sources`: that takes its time where they are many.
    """
    frequency, wide = discretisation.frequency, [s.highest_frequency(ENERGY_FRACTION) for s in sources]
    found = [(n, highest) for n, highest in enumerate(wide) if highest > frequency]
    if config.physics.low_pass:
        does = (
            f"low-passed at {frequency:.3g} Hz, which this grid resolves with "
            f"{discretisation.points_per_wavelength:.3g} points per wavelength, without delay (zero phase)"
        )
        one, many = f"it is {does}", f"they are {does}"
    else:
        one = many = f"this grid resolves {frequency:.3g} Hz, and higher frequencies are unresolved"
    texts = [(f"source.{n}", f"sends waves {_up_to(highest)}; {one}") for n, highest in found]
    for text in gathered(texts, f"send waves {_up_to(max(wide, default=0.0))}; {many}"):
        warn(text)
    if not config.physics.low_pass:
        return list(sources)
    return [
        replace(source, low_pass=frequency) if highest > frequency else source
        for source, highest in zip(sources, wide, strict=True)
    ]


def _up_to(frequency: float) -> str:
    return f"up to {frequency:.3g} Hz" if math.isfinite(frequency) else "at all frequencies"


def filter_sources(sources: Sequence[CrustSource], dt: float) -> list[CrustSource]:
    """The sources of a run with steps of dt [s], those with a corner low-passed there."""
    return [
        source
        if source.low_pass is None or isinstance(source, InjectedField)
        else low_pass(source, source.low_pass, dt)
        for source in sources
    ]


def first_onset(sources: Sequence[CrustSource]) -> float:
    """Time [s] at which the first of some sources begins; infinite where there are none."""
    return min(
        (s.onset if isinstance(s, InjectedField) else s.begin for s in sources),
        default=math.inf,
    )


def first_motion(sources: Sequence[CrustSource], dt: float) -> float:
    """The same when they are filtered."""
    begins = [
        source.begin
        if source.low_pass is None or isinstance(source, InjectedField)
        else begin_filtered(source, source.low_pass, dt)
        for source in sources
    ]
    return min(begins, default=math.inf)


def _check_time(key: str, source: CrustSource, end: float) -> Iterator[str]:
    """Raises InputError for a source that begins after the end of the run [s]; says what is released after it."""
    if source.begin >= end and math.isfinite(source.begin):
        raise InputError(
            f"{key}: {source.name} begins at {source.begin:g} s, and the run ends at {end:g} s; expected an earlier "
            "onset, or a longer time.duration"
        )
    if isinstance(source, PointSources) and (part := source.released(end)) < 1 - UNRELEASED:
        yield (
            f"{source.name} lasts until {source.end:.4g} s: {100 * (1 - part):.2g} % of its moment is released "
            f"after the end of the run at {end:g} s, and is not in it"
        )


def _check_incident(config: SeismicConfig, source: CrustSource, ground: Ground) -> Iterator[str]:
    """Warnings of a source that enters on a box; InputError where it cannot."""
    if isinstance(source, InjectedField):
        yield from check_injected(config, source, ground)
    elif isinstance(source, IncidentWave):
        check_incident(config, source, ground)


def _placed(key: str, source: CrustSource, ground: Ground) -> CrustSource:
    """A source in its place: points just above the ground are put on it.

    Raises InputError for one in the air, a shear source in a fluid, or a plane wave that sides would bend.
    """
    if isinstance(source, IncidentWave | InjectedField):
        return source
    if isinstance(source, PlaneWave):
        if not all(ground.grid.horizontal.periodic):
            raise InputError(
                "a plane wave needs grid.boundary.x and grid.boundary.y 'periodic', or it would be bent at the sides "
                "of the block; for absorbing sides, give wave_type and incidence in place of polarisation"
            )
        return source
    shears = _shears(source)
    placed = place_source(ground, key, source, shears)
    asked = np.flatnonzero(shears & ground.survey.fluid_rock)
    if asked.size:
        vs = ground.medium.rock.at(placed.x[asked], placed.y[asked], placed.depth[asked])[VS]
        for n in asked[vs <= 0][:1]:
            raise InputError(f"{placed.where(int(n))} is in a fluid, where only an explosion can be")
    return placed


def _shears(source: PointSources) -> np.ndarray:
    """Which points (n,) of a source have more than the same moment in all directions."""
    shear = source.moment.copy()
    shear[:, :3] -= source.moment[:, :3].mean(1, keepdims=True)
    return np.abs(shear).max(1) > 1e-9 * np.abs(source.moment).max(1)


def origin(source: PointSources) -> tuple[float, float, float]:
    """x, y, depth [m] where a source begins: its point that is active first, and of those the strongest."""
    first = _first_point(source)
    return float(source.x[first]), float(source.y[first]), float(source.depth[first])


def _first_point(source: PointSources) -> int:
    size = np.abs(source.moment).sum(1) + np.abs(source.force).sum(1)
    return int(np.lexsort((-size, source.rates.first))[0])


def strongest_event(
    config: SeismicConfig, sources: Sequence[CrustSource], projection: Projection | None
) -> Event | None:
    """The strongest source, for the headers of seismograms; None where there are only plane waves."""
    points = [(n, s) for n, s in enumerate(sources) if isinstance(s, PointSources) and s.x.size]
    if not points:
        return None
    n, strongest = max(points, key=lambda item: item[1].total_moment)
    x, y, depth = origin(strongest)
    lon, lat = (None, None) if projection is None else map(float, projection.to_lonlat(x, y))
    onset = strongest.origin_time if strongest.origin_time is not None else config.source[n].onset
    return Event(x, y, depth, lon, lat, strongest.magnitude, onset, strongest.low_pass)


def source_record(source: CrustSource) -> dict[str, Any]:
    """What run.json has of a source: where it begins [m], its moment [N m] and magnitude, the outline of a fault.

    low_pass is the corner frequency [Hz] of the filter that its rates pass, None for none; pulse_begins [s] is when
    the first motion can be seen (see VISIBLE), isotropic whether it sends out no S waves.
    """
    record: dict[str, Any] = {"name": source.name, "x": None, "y": None, "depth": None}
    record["low_pass"] = source.low_pass
    if isinstance(source, IncidentWave):
        names = ("x", "y", "depth", "slowness", "incidence")
        record |= {name: getattr(source, name) for name in names} | {"wave_type": source.phase}
    if isinstance(source, InjectedField):
        return record | {"depth": 0.0, "moment": None, "magnitude": None, "box": list(source.box)}
    if isinstance(source, PlaneWave):
        return record | {"depth": source.depth, "moment": None, "magnitude": None}
    record |= zip(("x", "y", "depth"), origin(source), strict=True)
    record |= {"moment": source.total_moment or None, "magnitude": source.magnitude}
    record |= {"pulse_begins": _pulse_begins(source), "isotropic": _is_isotropic(source)}
    if source.outlines:
        return record | {"outline": [outline.tolist() for outline in source.outlines]}
    return record | ({"outline": _outline(source)} if source.x.size > 3 else {})


def low_pass_record(sources: Sequence[CrustSource]) -> dict[str, Any] | None:
    """What run.json has of the low-pass that sources have passed, with its corner [Hz]; None for none."""
    corners = {source.low_pass for source in sources if source.low_pass is not None}
    return {"filter": GAIN, "corner": max(corners)} if corners else None


def low_pass_text(sources: Sequence[CrustSource]) -> str:
    """The same as a sentence, for files; empty where no source has passed one."""
    record = low_pass_record(sources)
    if record is None:
        return ""
    return f"sources are low-passed: {record['filter']}, f0 = {record['corner']:.6g} Hz; nothing is delayed"


def _pulse_begins(source: PointSources) -> float:
    """When the rate of the point where a source begins reaches a part VISIBLE of its peak [s]."""
    first = _first_point(source)
    times = np.linspace(source.rates.first[first], source.rates.last[first], SAMPLES)
    rate = np.abs(source.rates.at(times[:, None], np.array([first]))[:, 0])
    return float(times[np.argmax(rate >= VISIBLE * rate.max())])


def _is_isotropic(source: PointSources) -> bool:
    """Whether all points are explosions or implosions."""
    normal, shear = source.moment[:, :3], source.moment[:, 3:]
    size = np.abs(source.moment).max()
    return bool(
        size > 0
        and np.ptp(normal, axis=1).max() <= ROUNDING * size
        and np.abs(shear).max() <= ROUNDING * size
    )


def _outline(source: PointSources) -> list[list[float]]:
    """Corners [x, y, depth] of the rectangle around the points of a fault, in its own plane."""
    points = np.stack([source.x, source.y, source.depth], axis=1)
    middle = points.mean(0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    along = (points - middle) @ axes[:2].T
    (a0, b0), (a1, b1) = along.min(0), along.max(0)
    corners = np.array([(a0, b0), (a1, b0), (a1, b1), (a0, b1)]) @ axes[:2] + middle
    return [[float(value) for value in corner] for corner in corners]
