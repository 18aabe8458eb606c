"""Which equations?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, Tag

from esim.config.paths import InputFile
from esim.config.section import Section
from esim.config.units import Acceleration, Length, Number, Speed
from esim.constants import GRAVITY


class ManningFile(Section):
    """Manning's coefficient [s/m^(1/3)] from a NetCDF file."""

    file: InputFile = Field(description="NetCDF file, relative to the configuration, or data:NAME.")
    variable: str | None = Field(default=None, description="Variable of the coefficient; null: the only one.")


def _number_or_file(value: Any) -> str:
    return "kind=file" if isinstance(value, Mapping | ManningFile) else "kind=number"


Coefficient = Annotated[Number, Field(ge=0, le=1)]
Manning = Annotated[
    Annotated[Coefficient, Tag("kind=number")] | Annotated[ManningFile, Tag("kind=file")],
    Discriminator(_number_or_file),
]


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class Physics(Section):
    """Terms and constants of the equations."""

    # None means "not given" and never leaves the loader: the whole configuration knows the kind of grid.
    coriolis: bool = Field(
        default=cast(bool, None),
        description="Coriolis force; without a word true on a lonlat grid and false on a cartesian one.",
        json_schema_extra=_without_default,
    )
    manning: Manning = Field(
        default=0.025, description="Manning's friction coefficient [s/m^(1/3)]: a number or a file."
    )
    dispersion: Literal["none"] = Field(
        default="none", description="Frequency dispersion; none: shallow-water equations."
    )
    dry_depth: Length = Field(
        default=1e-3, gt=0, le=1, description="Water shallower than this [m] does not move."
    )
    speed_cap: Speed = Field(
        default=50.0, gt=0, description="Faster flow [m/s] is slowed to this, and counted in the log."
    )
    gravity: Acceleration = Field(default=GRAVITY, gt=0, description="Acceleration of gravity [m/s2].")
    sea_level: Length = Field(default=0.0, description="Initial level of the water [m].")
