"""Where is the ground, or the seafloor? The shapes and files of the ocean, with water or without."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from esim.config.elevation import BowlConfig, ElevationFileConfig, FlatConfig, SlopeConfig, kind_or_file
from esim.config.yaml.section import Section


class TopographyConfigBase(Section):
    """What every topography has."""

    water: bool = Field(default=True, description="Fill depressions below depth 0 with sea water.")


class TopographyFileConfig(ElevationFileConfig, TopographyConfigBase):
    """Elevation [m] from a file, in metres, or in degrees where the grid has a projection."""


class FlatTopographyConfig(FlatConfig, TopographyConfigBase):
    """The same elevation everywhere."""


class SlopeTopographyConfig(SlopeConfig, TopographyConfigBase):
    """A plane that rises in one direction."""


class BowlTopographyConfig(BowlConfig, TopographyConfigBase):
    """A paraboloid, elevation = depth * (r^2 / radius^2 - 1), r the distance from the centre."""


TopographyConfig = Annotated[
    Annotated[TopographyFileConfig, Tag("kind=file")]
    | Annotated[FlatTopographyConfig, Tag("kind=flat")]
    | Annotated[SlopeTopographyConfig, Tag("kind=slope")]
    | Annotated[BowlTopographyConfig, Tag("kind=bowl")],
    Discriminator(kind_or_file),
]
