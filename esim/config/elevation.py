"""How high is the seafloor, or the ground? A file, or a simple shape."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section, kind_of
from esim.config.yaml.units import Angle, Length, Number


class ElevationFileConfig(Section):
    """Elevation [m], positive up, from a NetCDF file."""

    kind: Literal["file"] = Field(default="file", description="file: read from a file; need not be written.")
    file: InputFile = Field(description="NetCDF file, relative to the configuration, or data:NAME.")
    variable: str | None = Field(default=None, description="Variable of the elevation; null: the only one.")


class FlatConfig(Section):
    """The same depth everywhere."""

    kind: Literal["flat"] = Field(description="flat: the same depth everywhere.")
    depth: Length = Field(description="Depth [m], positive down.")


class SlopeConfig(Section):
    """A plane that rises in one direction."""

    kind: Literal["slope"] = Field(description="slope: a plane that rises in one direction.")
    depth: Length = Field(description="Depth [m], positive down, at the centre of the grid.")
    slope: Number = Field(description="Slope of the bottom [m/m].")
    direction: Angle = Field(description="Upslope direction [degrees clockwise from north].")


class BowlConfig(Section):
    """A paraboloid, elevation = depth * (r^2 / radius^2 - 1), r the distance from the centre."""

    kind: Literal["bowl"] = Field(description="bowl: a paraboloid, on a cartesian grid.")
    depth: Length = Field(gt=0, description="Depth [m] at the centre.")
    radius: Length = Field(gt=0, description="Distance [m] from the centre to the shoreline at sea level 0.")
    x: Length = Field(default=0.0, description="Centre towards east [m].")
    y: Length = Field(default=0.0, description="Centre towards north [m].")


def kind_or_file(value: Any) -> str:
    """The kind of a surface; one that names a file need not say that it is one."""
    named = isinstance(value, Mapping) and "file" in value and "kind" not in value
    return "kind=file" if named else kind_of(value)


ElevationConfig = Annotated[
    Annotated[ElevationFileConfig, Tag("kind=file")]
    | Annotated[FlatConfig, Tag("kind=flat")]
    | Annotated[SlopeConfig, Tag("kind=slope")]
    | Annotated[BowlConfig, Tag("kind=bowl")],
    Discriminator(kind_or_file),
]
