"""How high is the seafloor, or the ground? A file, or a simple shape."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, field_validator

from esim.config.limits import Level, Slope, WaterDepth
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, kind_of
from esim.config.yaml.units import Angle, Length, Number


def _several(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


class ElevationFileConfig(Section):
    """Elevation [m] from a file: NetCDF, GeoTIFF, ESRI ASCII, GeoClaw topography, or columns x y z."""

    kind: Literal["file"] = Field(default="file", description="file: read from a file; need not be written.")
    file: InputFile = Field(
        description="NetCDF, GeoTIFF, ESRI ASCII (.asc), GeoClaw topography (types 1 to 3) or columns x y z, relative "
        "to the configuration, or data:NAME."
    )
    variable: str | None = Field(
        default=None, description="Variable (band_2 of a GeoTIFF with several bands); null: the only one."
    )
    positive: Literal["up", "down"] | None = Field(
        default=None, description="down: the file holds depths; up: elevations; null: as the file says."
    )
    missing: Annotated[tuple[Number, ...], BeforeValidator(_several)] = Field(
        default=(),
        description="Value, or list of values, that marks missing ones beside those the file declares.",
    )
    range: tuple[Length, Length] | None = Field(
        default=None,
        description="Lowest and highest possible elevation [m], positive up; all within it are real. null: -11100 to "
        "9000, and cliffs and values of -9999 that cannot be real are refused.",
    )
    datum_shift: Level = Field(default=0.0, description="Added to the elevation [m], as between two datums.")

    @field_validator("range")
    @classmethod
    def _rising(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ValueError(f"[{value[0]:g}, {value[1]:g}] does not rise; expected [lowest, highest]")
        return value


class FlatConfig(Section):
    """The same depth everywhere."""

    kind: Literal["flat"] = Field(description="flat: the same depth everywhere.")
    depth: Level = Field(description="Depth [m], positive down.")


class SlopeConfig(Section):
    """A plane that rises in one direction."""

    kind: Literal["slope"] = Field(description="slope: a plane that rises in one direction.")
    depth: Level = Field(description="Depth [m], positive down, at the centre of the grid.")
    slope: Slope = Field(description="Slope of the bottom [m/m].")
    direction: Angle = Field(description="Upslope direction [degrees clockwise from north].")


class BowlConfig(Section):
    """A paraboloid, elevation = depth * (r^2 / radius^2 - 1), r the distance from the centre."""

    kind: Literal["bowl"] = Field(description="bowl: a paraboloid, on a cartesian grid.")
    depth: WaterDepth = Field(gt=0, description="Depth [m] at the centre.")
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


class ElevationLayerConfig(ElevationFileConfig):
    """Elevation [m] from a file that lies on those listed before it: where it has a value, it counts."""

    blend: Length | None = Field(
        default=None,
        ge=0,
        description="Width [m] over which it goes over to what was listed before, from its edge and gaps inwards; 0: "
        "none; null: 3 nodes of the file below it, or 3 cells if these are larger, and at most 30 cells.",
    )


LayerConfig = Annotated[
    Annotated[ElevationLayerConfig, Tag("kind=file")]
    | Annotated[FlatConfig, Tag("kind=flat")]
    | Annotated[SlopeConfig, Tag("kind=slope")]
    | Annotated[BowlConfig, Tag("kind=bowl")],
    Discriminator(kind_or_file),
]


def _in_order(layers: tuple[LayerConfig, ...]) -> tuple[LayerConfig, ...]:
    """Shapes cover everything, so that only the first may be one; nothing lies below it."""
    for n, layer in enumerate(layers):
        if n > 0 and layer.kind != "file":
            raise KeyProblem(
                (n, "kind"), f"'{layer.kind}' would cover all that is listed before it; list it first"
            )
        if n == 0 and layer.kind == "file" and layer.blend is not None:
            raise KeyProblem((n, "blend"), "nothing is listed before the first one; leave this key out")
    return layers


def _one_or_list(value: Any) -> str:
    return "kind=list" if isinstance(value, list | tuple) else "kind=one"


Layers = Annotated[tuple[LayerConfig, ...], Field(min_length=1), AfterValidator(_in_order)]
BathymetryConfig = Annotated[
    Annotated[ElevationConfig, Tag("kind=one")] | Annotated[Layers, Tag("kind=list")],
    Discriminator(_one_or_list),
]
