"""Which configuration computes the seismic waves of an earthquake at stations? The block, its cells, the duration."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.config.crust.station import ReceiverConfig, ReceiverFileConfig
from esim.config.stations.groups import list_items
from esim.config.yaml.section import KeyProblems
from esim.config.yaml.suggest import hint
from esim.config.yaml.units import TIME
from esim.draft.block import ABSORBING, POINTS, ROOM, Block, Places, fitting_block, rounded
from esim.draft.cost import COMPILING, crust_time
from esim.draft.earthquake import Earthquake
from esim.draft.extent import Choice, distance, positive
from esim.draft.text import (
    Checked,
    comment,
    comments,
    cost_words,
    date,
    duration,
    heading,
    quoted,
    relative,
    write,
    write_checked,
)
from esim.errors import InputError
from esim.grids.projection import Projection
from esim.media.crust.models import model_file
from esim.media.crust.models.profile import Profile
from esim.sources.scaling import RELATIONS, likely_setting, moment_of

MODELS = Path(__file__).parents[1] / "configs" / "models"
SLOW_LAYER = 3e3  # m of the uppermost rock, in which surface waves travel
SURFACE_WAVES = 0.9  # of vs
FLAT_EARTH = 500e3  # m, beyond which the curvature of the Earth counts
SAMPLES = 10  # of a seismogram, per shortest period
HOUR = 3600.0  # s


@dataclass(frozen=True)
class Wanted:
    """What the user asks for: a model by name or file, stations, the highest frequency [Hz], and more where given."""

    model: str
    stations: Path
    fmax: float
    duration: str | None = None
    within: float | None = None
    event_file: Path | None = None
    event: str | None = None


@dataclass(frozen=True)
class Draft:
    """All choices of a configuration; model, source and stations as the YAML has them."""

    quake: Earthquake
    places: Places
    block: Block
    duration: Choice
    model: str
    attenuates: bool
    source: str
    stations: str
    remarks: tuple[str, ...]
    target: Path


def draft_seismic(quake: Earthquake, wanted: Wanted, target: Path) -> list[str]:
    """Writes the configuration of seismic waves to `target`, checked; returns what is to be said of it.

    Raises InputError for a model or stations that cannot be used.
    """
    draft = _choose(quake, wanted, target)
    checked = write_checked(target, lambda checked: _text(draft, checked))
    return [*draft.remarks, _cost(checked), *_patience(checked, draft.block.frequency)]


def _choose(quake: Earthquake, wanted: Wanted, target: Path) -> Draft:
    if not (math.isfinite(wanted.fmax) and wanted.fmax > 0):
        raise InputError(f"--fmax is {wanted.fmax:g}; expected a frequency above 0 Hz, such as 1")
    model, profile = _model(wanted.model)
    stations = _stations(quake, wanted)
    places = _places(quake, stations)
    attenuates = bool(np.isfinite(profile.values[3:]).any())
    block, remarks = fitting_block(quake, places, profile, wanted.fmax, attenuates)
    return Draft(
        quake,
        places,
        block,
        _duration(quake, places, profile, wanted.duration),
        _copied(model, target),
        attenuates,
        _source(quake, wanted, target),
        _stations_yaml(stations, wanted, target),
        (*quake.remarks, *_why_plane(quake, wanted), *remarks, *_doubts(quake, places)),
        target,
    )


def _model(name: str) -> tuple[Path, Profile]:
    """The file of a model and what is in it."""
    known = {path.stem: path for path in sorted(MODELS.glob("*.txt"))}
    path = known.get(name, Path(name))
    if not path.is_file():
        raise InputError(f"--model {name}: neither a file nor a model of esim, {hint(name, known)}")
    if path.suffix == ".nc":
        raise InputError(f"--model {name}: is a gridded model; expected a 1-D model, a text file of layers")
    return path, model_file.read(path)


def _copied(model: Path, target: Path) -> str:
    """The path of the model as the YAML names it; a model of esim is copied beside the YAML."""
    if model.parent != MODELS:
        return relative(model, target)
    copy = target.parent / "models" / model.name
    if copy.exists() and copy.read_bytes() != model.read_bytes():
        raise InputError(
            f"{copy}: is there already with other content; move it away, or name it with --model {copy}"
        )
    write(copy, model.read_text(encoding="utf-8"))
    return quoted(f"models/{model.name}")


def _stations(quake: Earthquake, wanted: Wanted) -> list[ReceiverConfig]:
    """The stations of the file that are wanted; InputError where there are none."""
    if not wanted.stations.is_file():
        raise InputError(f"{wanted.stations}: no such file")
    try:
        listed = list_items((ReceiverFileConfig(file=wanted.stations),), ReceiverConfig, True)
    except KeyProblems as error:
        raise InputError(str(error)) from None
    found = [one.station for one in listed]
    if not all(station.lonlat for station in found):
        raise InputError(f"{wanted.stations}: expected stations with longitude and latitude, not x and y")
    if wanted.within is None:
        return found
    distances = [distance(quake.lon, quake.lat, *station.position) for station in found]
    near = [station for station, way in zip(found, distances, strict=True) if way <= 1e3 * wanted.within]
    if not near:
        raise InputError(
            f"--within {wanted.within:g}: no station of {wanted.stations.name} is as near; the nearest one is "
            f"{min(distances) / 1e3:.0f} km away"
        )
    return near


def _places(quake: Earthquake, stations: Sequence[ReceiverConfig]) -> Places:
    """Source and stations on the plane of a grid whose origin is between them."""
    lonlat = np.array([station.position for station in stations])
    lonlat[:, 0] -= 360.0 * np.round((lonlat[:, 0] - quake.lon) / 360.0)
    around = np.vstack([lonlat, [[quake.lon, quake.lat]]])
    lon, lat = (round(float(0.5 * (a.min() + a.max())), 2) for a in around.T)
    plane = np.column_stack(Projection(lon, lat).to_xy(around[:, 0], around[:, 1]))
    distances = np.array([distance(quake.lon, quake.lat, *point) for point in lonlat])
    return Places((lon, lat), tuple(station.name for station in stations), plane[:-1], plane[-1], distances)


def _stations_yaml(stations: Sequence[ReceiverConfig], wanted: Wanted, target: Path) -> str:
    """The key stations: the file, or those of it that are near."""
    if wanted.within is None:
        return f"stations: {{file: {relative(wanted.stations, target)}}}\n"
    lines = [f"stations:    # of {wanted.stations.name}, within {wanted.within:g} km\n"]
    for station in stations:
        values = {name: getattr(station, name) for name in station.model_fields_set}
        values["name"] = quoted(station.name)
        lines.append(f"  - {{{', '.join(f'{name}: {value}' for name, value in values.items())}}}\n")
    return "".join(lines)


def _duration(quake: Earthquake, places: Places, profile: Profile, asked: str | None) -> Choice:
    if asked is not None:
        return Choice(positive("--duration", asked, TIME), "as asked for")
    depths = np.linspace(0.0, SLOW_LAYER, 31)
    zeros = np.zeros_like(depths)
    vs = profile.at(zeros, zeros, depths)[1]
    speed = SURFACE_WAVES / float(np.mean(1 / vs[vs > 0]))
    way = math.hypot(float(places.distances.max()), quake.depth)
    rupture = 4 * _half_duration(quake)
    why = (
        f"surface waves of {speed / 1e3:.2g} km/s need {way / speed:.0f} s to the farthest station, {way / 1e3:.0f} km "
        f"away; the source and what follows, {rupture + 10:.0f} s"
    )
    return Choice(10.0 * math.ceil((way / speed + rupture + 10.0) / 10.0), why)


def _half_duration(quake: Earthquake) -> float:
    """Half duration [s]: that of the file, or 1.05e-8 M0^(1/3), M0 in dyn cm (Ekström et al. 2012)."""
    if quake.half_duration is not None:
        return quake.half_duration
    return float(1.05e-8 * (1e7 * moment_of(quake.magnitude)) ** (1 / 3))


def _doubts(quake: Earthquake, places: Places) -> list[str]:
    found = []
    length, _ = RELATIONS[likely_setting(quake.depth, *quake.plane[1:])[0]].dimensions(quake.magnitude)
    near = int(np.count_nonzero(places.distances < length))
    if near:
        found.append(
            f"a point source stands for a rupture about {length / 1e3:.0f} km long: for stations nearer than that, "
            f"{near} of {places.distances.size}, a finite fault is needed"
        )
    if places.distances.max() > FLAT_EARTH:
        found.append(
            f"the farthest station is {places.distances.max() / 1e3:.0f} km away: the grid is plane, and the Earth is "
            "round"
        )
    return found


def _text(draft: Draft, checked: Checked | None) -> str:
    """The YAML file; once it is checked, also what it takes."""
    quake, places, block, name = draft.quake, draft.places, draft.block, draft.target.stem
    start = f"  start: {date(quake.origin)}\n" if quake.origin else ""
    sides = {"x": block.x, "y": block.y, "depth": (0.0, block.depth)}
    extents = "".join(f"  {side}: [{low:.10g} m, {high:.10g} m]\n" for side, (low, high) in sides.items())
    wavelengths = float(places.distances.max()) * block.frequency / block.slowest
    sampling = rounded(1 / (SAMPLES * block.frequency))
    return (
        heading(quake.title, "seismic waves", draft.target)
        + (comment(f"{_cost(checked)}.") if checked else "")
        + comments(draft.remarks)
        + f"scenario: seismic\ntitle: {quoted(quake.title)}\ntime:\n{start}"
        + comment(draft.duration.why, 2)
        + f"  duration: {duration(draft.duration.value)}\n"
        + "grid:\n  kind: cartesian\n"
        + f"  origin: {{lon: {places.origin[0]:g}, lat: {places.origin[1]:g}}}    # between source and stations\n"
        + comment(
            f"source, {len(places.names)} stations, and around them {ABSORBING} cells that absorb waves and {ROOM} "
            f"more; as deep as {block.why_deep}",
            2,
        )
        + extents
        + comment(
            f"{POINTS:g} cells per wavelength of the slowest waves, {block.slowest:.0f} m/s, at {block.frequency:g} Hz",
            2,
        )
        + f"  spacing: {block.spacing:g} m\n  boundary: {{kind: cpml, cells: {ABSORBING}}}\n"
        + f"medium: {{kind: model, file: {draft.model}}}\n"
        + "# topography: {file: dem.tif}    flat without it; with it, grid.depth begins above the highest peak\n"
        + f"physics:\n  order: {block.order}    # {wavelengths:.0f} wavelengths to the farthest station\n"
        + f"  attenuation: {'coarse' if draft.attenuates else 'none'}\n  max_frequency: {block.frequency:g} Hz\n"
        + f"source:\n{draft.source}"
        + draft.stations
        + f"output:\n  directory: out/{name}\n"
        + f"  stations: {{every: {sampling:g} s, variables: [velocity]}}    # sac: true also writes SAC files\n"
        + f"  fields: {{every: {rounded(max(draft.duration.value / 60, sampling)):g} s}}\n  maxima: {{}}\n"
    )


def _why_plane(quake: Earthquake, wanted: Wanted) -> tuple[str, ...]:
    """How the plane was chosen, where one is needed: not for the moment tensor of a file."""
    return quake.why_plane if wanted.event_file is None else ()


def _source(quake: Earthquake, wanted: Wanted, target: Path) -> str:
    """The lines of YAML of the source: the file where there is one, else a double couple."""
    half = _half_duration(quake)
    assumed = "  # 1.05e-8 M0^(1/3), Ekström et al. (2012)" if quake.half_duration is None else ""
    if wanted.event_file is not None:
        event = f"    event: {quoted(wanted.event)}\n" if wanted.event is not None else ""
        added = f"    half_duration: {half:.3g} s{assumed}\n" if assumed else ""
        return f"  - kind: event\n    file: {relative(wanted.event_file, target)}\n{event}{added}"
    plane = quake.plane
    return (
        f"  - kind: double_couple\n    lon: {quake.lon:.8g}\n    lat: {quake.lat:.8g}\n"
        f"    depth: {quake.depth / 1e3:g} km\n"
        f"    strike: {plane.strike:g}\n    dip: {plane.dip:g}\n    rake: {plane.rake:g}\n"
        f"    magnitude: {quake.magnitude:g}\n    half_duration: {half:.3g} s{assumed}\n"
    )


def _cost(checked: Checked) -> str:
    """What the run takes on this machine."""
    setup = checked.setup
    nz, ny, nx = setup.grid.shape  # type: ignore[attr-defined]
    steps = setup.discretisation.steps  # type: ignore[attr-defined]
    plan = f"{nx} x {ny} x {nz} cells, {steps:,} steps of {setup.dt:.3g} s"
    return cost_words(setup, plan, _seconds(checked), COMPILING["crust"])


def _seconds(checked: Checked) -> float:
    """Wall-clock time of the run [s], on CPU cores."""
    discretisation = checked.setup.discretisation  # type: ignore[attr-defined]
    cells, threads = checked.setup.grid.cells, checked.setup.threads  # type: ignore[attr-defined]
    attenuates = discretisation.attenuation is not None
    return checked.seconds + crust_time(cells, discretisation.steps, threads, attenuates)


def _patience(checked: Checked, frequency: float) -> list[str]:
    """At which frequency [Hz] a long run would take an hour: time grows with its fourth power."""
    seconds = _seconds(checked)
    if checked.setup.device.backend != "cpu" or seconds <= HOUR:
        return []
    return [f"with --fmax {rounded(frequency * (HOUR / seconds) ** 0.25):g} it would take about an hour"]
