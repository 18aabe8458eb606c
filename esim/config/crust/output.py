"""What is written, where and how often?"""

import re
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from esim.config.cells import Range, check_range
from esim.config.limits import Interval
from esim.config.output import ONCE, OutputConfig, SnapshotsConfig
from esim.config.yaml.section import Section
from esim.config.yaml.suggest import shown
from esim.config.yaml.units import Length
from esim.variables.crust import (
    ETA,
    ETA_MAX,
    SHAKING_MEASURES,
    STATION_QUANTITIES,
    USUAL_MEASURES,
    VELOCITY,
)

Axis = Literal["x", "y", "depth"]
if TYPE_CHECKING:
    Velocity = str
    Quantity = str
    ShakingMeasure = str
    SurfaceQuantity = str
else:  # what the table of variables has
    Velocity = Literal[tuple(VELOCITY)]
    Quantity = Literal[tuple(STATION_QUANTITIES)]
    ShakingMeasure = Literal[(*SHAKING_MEASURES, *ETA_MAX)]
    SurfaceQuantity = Literal[(*VELOCITY, *ETA)]
NAME = "[A-Za-z0-9_-]{1,100}"
AXES: tuple[Axis, ...] = ("x", "y", "depth")


def _file_name(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise ValueError(
            f"{shown(name)} is not a name for a file; expected up to 100 letters, digits, - and _"
        )
    return name


FileName = Annotated[
    str, AfterValidator(_file_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME}$"})
]


class WavesConfig(SnapshotsConfig):
    """Snapshots of the particle velocity."""

    variables: Annotated[tuple[Velocity, ...], ONCE] = Field(
        default=tuple(VELOCITY),
        min_length=1,
        description="Velocity along x (vx) and y (vy) of the grid, and downwards (vz).",
    )


class SurfaceFieldsConfig(WavesConfig):
    """Snapshots at the surface, fields.nc."""

    variables: Annotated[tuple[SurfaceQuantity, ...], ONCE] = Field(
        default=tuple(VELOCITY),
        min_length=1,
        description="Velocity along x (vx) and y (vy) of the grid, and downwards (vz); with physics.gravity_surface "
        "also the elevation of the sea surface, upwards (eta).",
    )


class PlaneConfig(WavesConfig):
    """Snapshots on a plane through the grid, plane_NAME.nc."""

    name: FileName = Field(description="Unique name, part of the file name: letters, digits, - and _.")
    x: Length | None = Field(default=None, description="The plane of this x [m], or ...")
    y: Length | None = Field(default=None, description="The plane of this y [m], or ...")
    depth: Length | None = Field(default=None, description="The plane of this depth [m].")

    @model_validator(mode="after")
    def _one_axis(self) -> Self:
        given = [axis for axis in AXES if getattr(self, axis) is not None]
        if len(given) != 1:
            raise ValueError(f"needs one of x, y and depth; it has {' and '.join(given) or 'none'}")
        return self

    @property
    def axis(self) -> Axis:
        """The axis that the plane is perpendicular to."""
        return next(axis for axis in AXES if getattr(self, axis) is not None)

    @property
    def at(self) -> float:
        """Where on that axis the plane is [m]."""
        return float(getattr(self, self.axis))


class SeismogramsConfig(Section):
    """Time series at the stations, stations.nc."""

    every: Interval = Field(default=0.01, description="Simulated time [s] between samples.")
    variables: Annotated[tuple[Quantity, ...], ONCE] = Field(
        default=("velocity",),
        min_length=1,
        description="velocity, displacement, acceleration, strain, rotation (half the curl of the displacement, "
        "right-handed about east, north and up), rotation_rate and pressure, with all their components; with "
        "physics.gravity_surface also the elevation of the sea surface above the station (eta).",
    )
    axes: Literal["geographic", "grid"] = Field(
        default="geographic",
        description="Horizontal axes of the components: geographic (true east and north, where grid.origin is known) "
        "or grid (x and y).",
    )
    sac: bool = Field(default=False, description="Also write SAC files.")
    miniseed: bool = Field(default=False, description="Also write a miniSEED file.")


class ShakingMaximaConfig(Section):
    """Peak ground motion of the whole run, maxima.nc."""

    variables: Annotated[tuple[ShakingMeasure, ...], ONCE] = Field(
        default=USUAL_MEASURES,
        min_length=1,
        description="Peak ground velocity pgv, acceleration pga and displacement pgd, also of the horizontal vector, "
        "and on request of the components to true east and north and of the vertical one (pgv_east, pga_north ...); "
        "with physics.gravity_surface also the maximum elevation of the sea surface (eta_max).",
    )


class SurfaceDisplacementConfig(Section):
    """Displacement of the ground and the seafloor in time, surface_displacement.nc: a tsunami source."""

    every: Interval = Field(description="Simulated time [s] between records.")
    low_pass: bool = Field(
        default=False,
        description="Records are means over a window of 4 x every, without delay, which keep half of waves of that "
        "period and nothing of those of 2 x every; false: displacement at the time of the record.",
    )
    sea_surface: bool = Field(
        default=False,
        description="Also record the vertical displacement of the top of the sea, sea_uz; needs a sea.",
    )


class InjectionOutputConfig(Section):
    """Motion and stress on the faces of a box, injection.nc: a source for a smaller block around the same box."""

    x: Range = Field(description="West and east face [m] as [from, to]; moved to the nearest faces of cells.")
    y: Range = Field(description="South and north face [m] as [from, to].")
    depth: Length = Field(description="Depth [m] of the lower face; the box begins at the top of the grid.")
    every: Interval | None = Field(
        default=None,
        description="Simulated time [s] between records, at most a sixteenth of the shortest period; null: every time "
        "step.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_range("x", self.x)
        check_range("y", self.y)
        return self


class CrustFilesConfig(Section):
    """Which files are written of the crust, and what is in them."""

    stations: SeismogramsConfig = Field(
        default=SeismogramsConfig(), description="Time series at the stations."
    )
    fields: SurfaceFieldsConfig | None = Field(
        default=None, description="Snapshots at the surface; null: none."
    )
    planes: tuple[PlaneConfig, ...] = Field(default=(), description="Snapshots on planes through the grid.")
    maxima: ShakingMaximaConfig | None = Field(
        default=ShakingMaximaConfig(), description="Peak ground motion; null: none."
    )
    injection: InjectionOutputConfig | None = Field(
        default=None, description="Motion and stress on the faces of a box, for another run; null: none."
    )
    surface_displacement: SurfaceDisplacementConfig | None = Field(
        default=None, description="Displacement of the ground in time; null: none."
    )


class CrustOutputConfig(CrustFilesConfig, OutputConfig):
    """Files that the run writes."""
