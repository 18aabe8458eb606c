"""Where is the water watched, and for which places is a forecast wanted?"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from esim.config.limits import Moments
from esim.config.stations.groups import ONE_OR_LIST, doubled_names, kind_of_item, list_items
from esim.config.stations.station import StationConfig, StationFileConfig, StationSettings
from esim.config.yaml.section import KeyProblem, KeyProblems
from esim.config.yaml.units import Length, Number


class ModelSettings(StationSettings):
    """How the operator sees a place, and how well."""

    hump: Number = Field(
        default=2.0,
        ge=1,
        le=20,
        description="Radius, at which its height is 1/e, of the hump from which its run starts, in cells of the "
        "shorter side; the surface is the mean over it.",
    )
    relative: Number | None = Field(
        default=None,
        ge=0,
        le=2,
        description="Error of the model there, in place of noise.relative; null: that.",
    )


class SensorSettings(ModelSettings):
    """What a file may say for all its sensors."""

    kind: Literal["surface", "pressure"] = Field(
        default="surface",
        description="surface: elevation of the surface, as a tide gauge or a GPS buoy sees it; pressure: depth of the "
        "water [m], as a pressure gauge on the seafloor does.",
    )
    moves_with_bed: bool = Field(
        default=True,
        description="Whether a pressure gauge rises and sinks with the seafloor, so that it does not see an uplift of "
        "bed and water together; not used of kind surface.",
    )
    after: Moments = Field(
        default=0.0, description="Time [s] since the origin before which records hold seismic waves."
    )


class SensorConfig(StationConfig, SensorSettings):
    """An instrument whose record is used."""


class SensorFileConfig(StationFileConfig, SensorSettings):
    """Sensors of a file, and settings for all of them."""


class SensorListConfig(SensorSettings):
    """Sensors, and settings for all of them."""

    list: tuple[SensorConfig, ...] = Field(
        min_length=1, description="Sensors with the settings beside this key."
    )


class TargetSettings(ModelSettings):
    """What a file may say for all its targets."""

    snap_distance: Length | None = Field(
        default=None,
        gt=0,
        description="Farthest [m] that a target on land is moved to the nearest water; null: five cells.",
    )


class TargetConfig(StationConfig, TargetSettings):
    """A place for which waves are forecast: the surface of the water there, or nearest to there."""


class TargetFileConfig(StationFileConfig, TargetSettings):
    """Targets of a file, and settings for all of them."""


class TargetListConfig(TargetSettings):
    """Targets, and settings for all of them."""

    list: tuple[TargetConfig, ...] = Field(
        min_length=1, description="Targets with the settings beside this key."
    )


Sensors = Annotated[
    tuple[
        Annotated[
            Annotated[SensorConfig, Tag("kind=station")]
            | Annotated[SensorFileConfig, Tag("kind=file")]
            | Annotated[SensorListConfig, Tag("kind=list")],
            Discriminator(kind_of_item),
        ],
        ...,
    ],
    *ONE_OR_LIST,
]
Targets = Annotated[
    tuple[
        Annotated[
            Annotated[TargetConfig, Tag("kind=station")]
            | Annotated[TargetFileConfig, Tag("kind=file")]
            | Annotated[TargetListConfig, Tag("kind=list")],
            Discriminator(kind_of_item),
        ],
        ...,
    ],
    *ONE_OR_LIST,
]


def list_sensors(items: Sequence[Any]) -> tuple[SensorConfig, ...]:
    """All sensors, those of files included; raises KeyProblems."""
    return _listed("sensors", items, SensorConfig)


def list_targets(items: Sequence[Any]) -> tuple[TargetConfig, ...]:
    """All targets, those of files included; raises KeyProblems."""
    return _listed("targets", items, TargetConfig)


def _listed(key: str, items: Sequence[Any], make: type[Any]) -> tuple[Any, ...]:
    try:
        found = list_items(items, make, lonlat=True)
        if problems := list(doubled_names(found)):
            raise KeyProblems(problems)
    except KeyProblems as error:
        raise KeyProblems(
            [KeyProblem((key, *problem.key[1:]), str(problem)) for problem in error.problems]
        ) from None
    return tuple(one.station for one in found)
