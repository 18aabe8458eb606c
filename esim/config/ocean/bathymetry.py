"""Which seafloor? A file, or a simple shape."""

from typing import Annotated

from pydantic import Discriminator, Tag

from esim.config.surface import BowlConfig, ElevationFileConfig, FlatConfig, SlopeConfig, kind_or_file

BathymetryConfig = Annotated[
    Annotated[ElevationFileConfig, Tag("kind=file")]
    | Annotated[FlatConfig, Tag("kind=flat")]
    | Annotated[SlopeConfig, Tag("kind=slope")]
    | Annotated[BowlConfig, Tag("kind=bowl")],
    Discriminator(kind_or_file),
]
