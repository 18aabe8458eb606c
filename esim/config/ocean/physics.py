"""Which equations?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, Tag

from esim.config.limits import FlowSpeed, Gravity, Level, Simulated, WaterDepth
from esim.config.ocean.tracer import TracerConfig
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section
from esim.config.yaml.units import Length, Number
from esim.constants import GRAVITY


class ManningFileConfig(Section):
    """Manning's coefficient [s/m^(1/3)] from a file: NetCDF, GeoTIFF, ESRI ASCII, columns x y n."""

    file: InputFile = Field(
        description="File in any format of bathymetry.file, relative to the configuration, or data:NAME."
    )
    variable: str | None = Field(default=None, description="Variable of the coefficient; null: the only one.")


def _number_or_file(value: Any) -> str:
    return "kind=file" if isinstance(value, Mapping | ManningFileConfig) else "kind=number"


Coefficient = Annotated[Number, Field(ge=0, le=1)]
Manning = Annotated[
    Annotated[Coefficient, Tag("kind=number")] | Annotated[ManningFileConfig, Tag("kind=file")],
    Discriminator(_number_or_file),
]


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class OceanPhysics(Section):
    """Terms and constants of the equations."""

    # None means "not given" and never leaves the loader: the whole configuration knows the kind of grid.
    coriolis: bool = Field(
        default=cast(bool, None),
        description="Coriolis force; default: true on lonlat grids, false on cartesian ones.",
        json_schema_extra=_without_default,
    )
    coriolis_reversed: bool = Field(
        default=False,
        description="Coriolis force of an Earth that turns the other way. By reciprocity the wave at a station after a "
        "motion elsewhere is that there after one at the station, on such an Earth.",
    )
    manning: Manning = Field(
        default=0.025, description="Manning's friction coefficient [s/m^(1/3)]: a number or a file."
    )
    dispersion: Literal["none", "serre"] = Field(
        default="none",
        description="serre: frequency dispersion by the Serre-Green-Naghdi equations; none: shallow-water "
        "equations.",
    )
    dispersion_alpha: Number = Field(
        default=1.159,
        ge=1,
        le=1.5,
        description="Parameter of the improved dispersion relation: with 1.159 phase speeds are within 1 % up to "
        "kh = 3; 1 gives the original equations, with their solitary waves.",
    )
    dispersion_depth: WaterDepth = Field(
        default=10.0, gt=0, description="No dispersion where the still-water depth is less than this [m]."
    )
    dispersion_tolerance: Number = Field(
        default=0.1,
        ge=1e-6,
        le=0.3,
        description="Reduction of the error of the pressure, extrapolated from two time steps, in each step: sets the "
        "number of sweeps.",
    )
    seawater_compressibility: bool = Field(
        default=False,
        description="Density that increases with depth as sea water is compressed: long waves are 0.4 % slower over "
        "4 km; false: constant density.",
    )
    self_attraction_loading: bool = Field(
        default=False,
        description="Self-attraction and elastic loading of the Earth by the wave: waves of some hundred km are 0.3 to "
        "1 % slower, with a small leading trough; false: a rigid Earth.",
    )
    loading_interval: Simulated = Field(
        default=40.0,
        gt=0,
        description="Interval [s] between computations of self_attraction_loading; extrapolated in between.",
    )
    tracer: TracerConfig | None = Field(
        default=None,
        description="Passive tracer that the water carries; output.fields.variables may name it; null: none.",
    )
    dry_depth: Length = Field(
        default=1e-3, gt=0, le=1, description="Water shallower than this [m] is treated as dry."
    )
    speed_cap: FlowSpeed = Field(
        default=50.0,
        gt=0,
        description="Upper limit of the flow speed [m/s]; cells that reach it are reported.",
    )
    gravity: Gravity = Field(default=GRAVITY, gt=0, description="Acceleration of gravity [m/s2].")
    sea_level: Level = Field(default=0.0, description="Initial still-water level [m].")

    @property
    def rotation(self) -> float:
        """What the Coriolis parameter is multiplied by: 1, -1 of an Earth that turns the other way, 0 without."""
        return 0.0 if not self.coriolis else -1.0 if self.coriolis_reversed else 1.0
