"""What starts the wave?"""

from math import radians, sin
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.paths import InputFile
from esim.config.point import Point
from esim.config.section import KeyProblem, Section, kind_of
from esim.config.units import Angle, Duration, Length, Pressure


class Deformed(Section):
    """What every source that moves the seafloor has."""

    kajiura: bool = Field(
        default=False, description="Smooth the uplift by Kajiura's filter: the water column damps detail."
    )


class Faulted(Deformed):
    """What every source made of faults has."""

    horizontal_on_slope: bool = Field(
        default=False, description="Add the uplift by horizontal motion of a sloping bottom."
    )
    instantaneous: bool = Field(
        default=False, description="Everything moves at the origin time, without rupture times."
    )
    time_step: Duration = Field(
        default=10.0, gt=0, description="Interval [s] at which the moving seafloor is computed."
    )
    rigidity: Pressure | None = Field(
        default=None, gt=0, description="Rigidity [Pa] for the seismic moment; null: default."
    )


class FiniteFault(Faulted):
    """Slip on many subfaults, from a file."""

    kind: Literal["finite_fault"] = Field(description="finite_fault: subfaults from a file.")
    file: InputFile = Field(description="Finite-fault file, relative to the configuration, or data:NAME.")


class Fault(Point):
    """A rectangular fault in an elastic half-space (Okada 1985)."""

    depth: Length = Field(ge=0, description="Depth [m] of the reference point.")
    length: Length = Field(gt=0, description="Length [m] along strike.")
    width: Length = Field(gt=0, description="Width [m] down dip.")
    strike: Angle = Field(ge=-360, le=360, description="Strike [degrees clockwise from north].")
    dip: Angle = Field(gt=0, le=90, description="Dip [degrees], to the right of the strike.")
    rake: Angle = Field(
        ge=-360, le=360, description="Rake [degrees], the direction of slip of the hanging wall."
    )
    slip: Length = Field(description="Slip [m].")
    opening: Length = Field(default=0.0, description="Opening [m], the tensile component.")
    rupture_time: Duration = Field(
        default=0.0, ge=0, description="Time [s] after the origin when slip starts."
    )
    rise_time: Duration = Field(default=0.0, ge=0, description="Time [s] over which it slips.")
    reference: Literal["top_center", "top_corner", "center"] = Field(
        default="top_center",
        description="The point whose position and depth are given: the middle of the top edge, its corner at "
        "the start of the strike direction, or the centre of the fault.",
    )

    @model_validator(mode="after")
    def _buried(self) -> Self:
        above = 0.5 * self.width * sin(radians(self.dip)) if self.reference == "center" else 0.0
        if self.depth - above < -1e-6 * self.width:
            text = f"too shallow: the top edge would be {above - self.depth:.6g} m above the ground"
            raise KeyProblem("depth", text)
        return self


class Okada(Faulted):
    """Slip on rectangular faults that are written in the configuration."""

    kind: Literal["okada"] = Field(description="okada: rectangular faults, listed here.")
    faults: tuple[Fault, ...] = Field(min_length=1, description="The faults.")


class Deformation(Deformed):
    """Vertical displacement of the seafloor [m] from a NetCDF file."""

    kind: Literal["deformation"] = Field(description="deformation: uplift from a file.")
    file: InputFile = Field(description="NetCDF file, relative to the configuration, or data:NAME.")
    variable: str | None = Field(default=None, description="Variable of the uplift; null: the only one.")


class Hump(Point):
    """A Gaussian hump of water at rest, eta = height * exp(-(r / radius)^2); the seafloor does not move."""

    kind: Literal["hump"] = Field(description="hump: a Gaussian hump of the water surface.")
    height: Length = Field(description="Height [m]; negative: a trough.")
    radius: Length = Field(gt=0, description="Distance [m] at which the height has fallen to 1/e.")


Source = Annotated[
    Annotated[FiniteFault, Tag("kind=finite_fault")]
    | Annotated[Okada, Tag("kind=okada")]
    | Annotated[Deformation, Tag("kind=deformation")]
    | Annotated[Hump, Tag("kind=hump")],
    Discriminator(kind_of),
]
