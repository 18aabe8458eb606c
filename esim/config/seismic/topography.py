"""Where is the ground, or the seafloor? The shapes and files of the ocean, with water or without."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from esim.config.bathymetry import BathymetryFile, Bowl, Flat, Slope, kind_or_file
from esim.config.section import Section


class Watered(Section):
    """What every topography has."""

    water: bool = Field(default=True, description="Fill what lies below depth 0 with sea water.")


class TopographyFile(BathymetryFile, Watered):
    """Elevation [m], positive up, from a NetCDF file."""


class FlatTopography(Flat, Watered):
    """The same elevation everywhere."""


class SlopeTopography(Slope, Watered):
    """A plane that rises in one direction."""


class BowlTopography(Bowl, Watered):
    """A paraboloid, elevation = depth * (r^2 / radius^2 - 1), r the distance from the centre."""


Topography = Annotated[
    Annotated[TopographyFile, Tag("kind=file")]
    | Annotated[FlatTopography, Tag("kind=flat")]
    | Annotated[SlopeTopography, Tag("kind=slope")]
    | Annotated[BowlTopography, Tag("kind=bowl")],
    Discriminator(kind_or_file),
]
