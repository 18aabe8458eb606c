"""Which seismic run and which tsunami run is a coupled run made of?"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from esim.config.annotations import sections_of
from esim.config.coupled.sections import CoupledSections
from esim.config.crust.output import CrustOutputConfig, SurfaceDisplacementConfig
from esim.config.crust.root import SeismicConfig
from esim.config.crust.run import CrustRunConfig
from esim.config.crust.source import CrustSourceConfig
from esim.config.ocean.output import OceanOutputConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.run import OceanRunConfig
from esim.config.ocean.source import SeafloorMotionConfig
from esim.config.output import OutputConfig
from esim.config.run import ResourcesConfig
from esim.config.scenario import SimulationConfig
from esim.config.yaml.section import KeyProblem, KeyProblems, Section
from esim.config.yaml.suggest import listed, shown

Key = tuple[str | int, ...]
C = TypeVar("C", bound=SimulationConfig)
USUAL_INTERVAL = 10.0  # s between records of the motion
CRUST, OCEAN = "crust", "ocean"  # folders of the output directory
MOTION = "surface_displacement"  # stem of the file in which the crust hands its motion to the ocean
OTHER_TIMES = (
    "centroid_time",
    "half_duration",
    "time_function",
)  # of volcanic sources in the crust, which a half-space has not
SHARED = (
    *OutputConfig.model_fields,
    *ResourcesConfig.model_fields,
)  # keys of output and run that both parts have


class DrivenBedConfig(SeafloorMotionConfig):
    """The motion of the crust of the same run: a file that the run makes, so that it is no input of it."""

    @property
    def files(self) -> tuple[Path, ...]:
        """No input files."""
        return ()


class DrivenTsunamiConfig(TsunamiConfig):
    """A tsunami whose bed the crust of the same run moves."""

    def restart_identity(self, sums: Mapping[Path, str]) -> dict[str, Any]:
        """As of every tsunami; where the motion lies does not count."""
        driven = {source.file: MOTION for source in self.source if isinstance(source, DrivenBedConfig)}
        return super().restart_identity({**sums, **driven})


def crust_run(config: CoupledSections) -> SeismicConfig:
    """The seismic run. Raises KeyProblems, at the keys of the coupled configuration.

    Without coupling.every, the interval between records is one that is to be replaced.
    """
    crust, method = config.crust, config.coupling.method
    motion = None
    if method != "okada":
        motion = SurfaceDisplacementConfig(
            every=config.coupling.every or USUAL_INTERVAL, low_pass=True, sea_surface=method == "surface"
        )
    if config.output.crust.surface_displacement is not None:
        text = "is written for the ocean already, as coupling.every says; leave it out"
        raise KeyProblem(("output", "crust", "surface_displacement"), text)
    values = {
        "scenario": "seismic",
        "title": config.title,
        "time": config.time.model_copy(update={"duration": crust.duration}),
        **_fields(crust, without=("duration",)),
        "source": config.source,
        "stations": config.stations.crust,
        "output": CrustOutputConfig.model_construct(
            **_shared(config.output, CRUST), **_fields(config.output.crust) | {MOTION: motion}
        ),
        "run": CrustRunConfig.model_construct(**_machine(config.run), **_fields(config.run.crust)),
    }
    return _checked(SeismicConfig, values, _crust_key)


def ocean_run(config: CoupledSections, motion: str = f"{MOTION}.nc") -> TsunamiConfig:
    """The tsunami run, with the name of the file of the motion. Raises KeyProblems, at the keys of the coupled
    configuration."""
    driven = _driving(config, motion)

    def key_of(key: Key) -> Key:
        return _ocean_key(key, len(driven))

    values = {
        "scenario": "tsunami",
        "title": config.title,
        "time": config.time,
        **_fields(config.ocean) | {"source": (*driven, *config.ocean.source)},
        "stations": config.stations.ocean,
        "output": OceanOutputConfig.model_construct(
            **_shared(config.output, OCEAN), **_fields(config.output.ocean)
        ),
        "run": OceanRunConfig.model_construct(**_machine(config.run), **_fields(config.run.ocean)),
    }
    return _checked(DrivenTsunamiConfig, values, key_of)


def _driving(config: CoupledSections, motion: str) -> tuple[Any, ...]:
    """The sources of the tsunami that the coupling makes."""
    coupling = config.coupling
    if coupling.method == "okada":
        return tuple(_in_half_space(n, source, config) for n, source in enumerate(config.source))
    surface = coupling.method == "surface"
    return (
        DrivenBedConfig.model_construct(
            kind="seafloor_motion",
            file=config.output.directory / CRUST / motion,
            at="sea_surface" if surface else "bed",
            instantaneous=coupling.method == "static",
            kajiura=coupling.kajiura,
            horizontal_on_slope=coupling.horizontal_on_slope and not surface,
            taper=coupling.taper,
        ),
    )


def _in_half_space(n: int, source: CrustSourceConfig, config: CoupledSections) -> Section:
    """The tsunami source with the keys of a source in the crust. Raises KeyProblem where there is none."""
    kinds, _ = sections_of(TsunamiConfig.model_fields["source"])
    ours, _ = sections_of(type(config).model_fields["source"])
    both = [kind for kind in ours if kind in kinds]
    if source.kind not in both:
        text = (
            f"{shown(source.kind)} cannot be computed in a uniform half-space; coupling.method okada takes "
            f"{listed(both)}"
        )
        raise KeyProblem(("source", n, "kind"), text)
    known = kinds[source.kind].model_fields
    if getattr(source, "onset", 0.0) and "onset" not in known:
        raise KeyProblem(("source", n, "onset"), "must be 0 with coupling.method okada")
    for key in OTHER_TIMES if "rise_time" in known else ():
        if getattr(source, key, None) is not None:
            text = "is not one of a half-space; coupling.method okada takes onset and rise_time"
            raise KeyProblem(("source", n, key), text)
    values = {
        key: value
        for key, value in _fields(source).items()
        if key in known and key in source.model_fields_set
    }
    for key in ("kajiura", "horizontal_on_slope"):
        if key in known:
            values[key] = getattr(config.coupling, key)
    try:
        return kinds[source.kind].model_validate(values)
    except ValidationError as error:
        raise _problems(error, lambda key: ("source", n, *key)) from None


def _fields(section: Section, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The values of a section, by key, as they are."""
    return {name: getattr(section, name) for name in type(section).model_fields if name not in without}


def _shared(output: OutputConfig, folder: str) -> dict[str, Any]:
    """What both parts have of the output, in a folder of their own."""
    found = {name: getattr(output, name) for name in OutputConfig.model_fields}
    return found | {"directory": output.directory / folder}


def _machine(run: ResourcesConfig) -> dict[str, Any]:
    return {name: getattr(run, name) for name in ResourcesConfig.model_fields}


def _checked(model: type[C], values: Mapping[str, Any], key_of: Callable[[Key], Key]) -> C:
    """The configuration of a part. Raises KeyProblems, each at the key that key_of gives."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _problems(error, key_of) from None


def _problems(error: ValidationError, key_of: Callable[[Key], Key]) -> KeyProblems:
    """The problems of a part, each at the key that key_of gives."""
    problems = []
    for problem in error.errors(include_url=False):
        place = tuple(part for part in problem["loc"] if not str(part).startswith("kind="))
        cause = problem.get("ctx", {}).get("error")
        for one in getattr(cause, "problems", (cause,)):
            key = (*place, *getattr(one, "key", ()))
            problems.append(KeyProblem(key_of(key), str(one) if one is not None else problem["msg"]))
    return KeyProblems(problems)


def _crust_key(key: Key) -> Key:
    """Where a key of the seismic run stands in the coupled configuration."""
    if key == ("time", "duration"):
        return CRUST, "duration"
    return _key(key, CRUST)


def _ocean_key(key: Key, driven: int) -> Key:
    """Where a key of the tsunami run, the first sources of which the coupling drives, stands in the coupled one."""
    if key[:1] == ("source",) and len(key) > 1:
        number = int(key[1])
        return ("coupling",) if number < driven else (OCEAN, "source", number - driven, *key[2:])
    return _key(key, OCEAN)


def _key(key: Key, part: str) -> Key:
    match key:
        case ("time" | "title" | "source", *_):
            return key
        case ("stations", *rest):
            return "stations", part, *rest
        case ("output" | "run" as section, name, *_) if name in SHARED:
            return key
        case ("output" | "run" as section, *rest):
            return section, part, *rest
        case _:
            return part, *key
