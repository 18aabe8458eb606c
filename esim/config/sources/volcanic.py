"""Which volcanic sources are there? Where they lie and how large they are, with the same keys in both engines.

The ocean takes them in an elastic half-space below a flat seafloor, the crust in its medium.
"""

from math import cos, pi, radians, sin
from typing import Literal, Self

from pydantic import Field, model_validator

from esim.config.limits import (
    ChamberPressure,
    FaultSize,
    InEarth,
    Patches,
    PoissonRatio,
    Rigidity,
    Slip,
)
from esim.config.point import PointConfig
from esim.config.yaml.section import KeyProblem, check_one
from esim.config.yaml.units import Angle, Number, ScalarMoment, Volume

KINDS = ("mogi", "sphere", "dyke", "sill", "clvd", "ring_fault")
FULL_CIRCLE = 360.0
LARGEST_CHAMBER = 0.8  # radius over depth, beyond which the displacement is wrong by a third
BELOW = "in the ocean below the seafloor, in the crust below depth 0 of the grid."


class VolcanicConfig(PointConfig):
    """Every volcanic source: its place, and the elastic moduli of the rock around it."""

    depth: InEarth = Field(description=f"Depth [m], {BELOW}")
    rigidity: Rigidity | None = Field(
        default=None,
        gt=0,
        description="Rigidity [Pa]; null: in the crust that of the medium there, in the ocean the default, where no "
        "displacement depends on it.",
    )
    poisson: PoissonRatio | None = Field(
        default=None,
        ge=0,
        lt=0.5,
        description="Poisson's ratio; null: in the crust that of the medium there, in the ocean 0.25.",
    )

    @property
    def shallowest(self) -> float:
        """Depth [m] of its uppermost point."""
        raise NotImplementedError


class MogiConfig(VolcanicConfig):
    """A point that expands alike in all directions, as a small chamber does (Mogi 1958)."""

    kind: Literal["mogi"] = Field(description="mogi: a point that expands.")
    volume_change: Volume = Field(
        description="Volume [m3] that the chamber gains, which is not that of the uplift; negative: it shrinks."
    )

    @model_validator(mode="after")
    def _acts(self) -> Self:
        _require_change(self, "volume_change")
        return self

    @property
    def shallowest(self) -> float:
        """Depth [m] of the point."""
        return self.depth


class SphereConfig(VolcanicConfig):
    """A spherical chamber under pressure, with the first correction for its size (McTigue 1987)."""

    kind: Literal["sphere"] = Field(description="sphere: a spherical chamber.")
    depth: InEarth = Field(description=f"Depth [m] of the centre, {BELOW}")
    radius: FaultSize = Field(
        gt=0, description=f"Radius [m], at most {LARGEST_CHAMBER:g} of the depth below the ground."
    )
    volume_change: Volume | None = Field(
        default=None,
        description="Volume [m3] that the chamber gains, pi radius^3 pressure / rigidity; negative: it shrinks.",
    )
    pressure: ChamberPressure | None = Field(
        default=None, description="Instead of volume_change: rise of the pressure [Pa] in the chamber."
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        check_one(self, "volume_change", "pressure")
        _require_change(self, "volume_change" if self.pressure is None else "pressure")
        return self

    @property
    def shallowest(self) -> float:
        """Depth [m] of the top of the chamber."""
        return self.depth - self.radius

    def gained(self, rigidity: float) -> float:
        """Volume [m3] that the chamber gains in rock of a rigidity [Pa]."""
        if self.volume_change is not None:
            return self.volume_change
        return pi * self.radius**3 * (self.pressure or 0.0) / rigidity


class CrackConfig(VolcanicConfig):
    """Every rectangular crack that magma opens (Okada 1985, tensile)."""

    depth: InEarth = Field(description=f"Depth [m] of the reference point, {BELOW}")
    length: FaultSize = Field(gt=0, description="Length [m] along strike.")
    width: FaultSize = Field(gt=0, description="Width [m] down dip.")
    opening: Slip | None = Field(default=None, description="Opening [m]; negative: it closes.")
    volume_change: Volume | None = Field(
        default=None, description="Instead of opening: volume [m3] that the crack gains; negative: it loses."
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        check_one(self, "opening", "volume_change")
        _require_change(self, "opening" if self.volume_change is None else "volume_change")
        return self

    @property
    def mean_opening(self) -> float:
        """The opening [m], from the volume if that is given."""
        if self.opening is not None:
            return self.opening
        return (self.volume_change or 0.0) / (self.length * self.width)


class DykeConfig(CrackConfig):
    """A dyke: a steep crack that magma opens."""

    kind: Literal["dyke"] = Field(description="dyke: a steep crack that opens.")
    strike: Angle = Field(ge=-360, le=360, description="Strike [degrees clockwise from north].")
    dip: Angle = Field(
        default=90.0, gt=0, le=90, description="Dip [degrees], to the right of the strike; 90: upright."
    )
    reference: Literal["top_center", "center"] = Field(
        default="top_center",
        description="The point whose position and depth are given: the middle of the top edge, or the centre.",
    )

    @property
    def shallowest(self) -> float:
        """Depth [m] of the top edge."""
        return self.depth - (0.5 * self.width * sin(radians(self.dip)) if self.reference == "center" else 0.0)


class SillConfig(CrackConfig):
    """A sill: a level, or gently dipping, crack that magma opens; position and depth are those of its centre."""

    kind: Literal["sill"] = Field(description="sill: a level crack that opens.")
    strike: Angle = Field(
        default=0.0,
        ge=-360,
        le=360,
        description="Direction [degrees clockwise from north] of the length, and strike where it dips.",
    )
    dip: Angle = Field(default=0.0, ge=0, le=90, description="Dip [degrees], to the right of the strike.")

    @property
    def reference(self) -> str:
        """The point whose position and depth are given."""
        return "center"

    @property
    def shallowest(self) -> float:
        """Depth [m] of its upper edge."""
        return self.depth - 0.5 * self.width * sin(radians(self.dip))


class ClvdConfig(VolcanicConfig):
    """A compensated linear vector dipole at a point: strain along an axis, and half of it back across."""

    kind: Literal["clvd"] = Field(description="clvd: a compensated linear vector dipole.")
    magnitude: Number | None = Field(default=None, ge=-5, le=10, description="Moment magnitude.")
    moment: ScalarMoment | None = Field(
        default=None,
        gt=0,
        description="Instead of magnitude: scalar moment sqrt(sum M_ij^2 / 2) [N m]; that along the axis is 1.155 "
        "of it.",
    )
    axis: Literal["tension", "pressure"] = Field(
        description="What acts along the axis: tension (if upright, the ground above rises) or pressure (it sinks)."
    )
    plunge: Angle = Field(
        default=90.0,
        ge=0,
        le=90,
        description="Plunge [degrees] of the axis below the horizontal; 90: vertical.",
    )
    azimuth: Angle = Field(
        default=0.0,
        ge=-360,
        le=360,
        description="Direction [degrees clockwise from north] in which the axis plunges.",
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        check_one(self, "magnitude", "moment")
        return self

    @property
    def scalar_moment(self) -> float:
        """The moment [N m], from the magnitude as 10^(1.5 Mw + 9.1) if that is given."""
        return self.moment if self.moment is not None else 10 ** (1.5 * (self.magnitude or 0.0) + 9.1)

    @property
    def shallowest(self) -> float:
        """Depth [m] of the point."""
        return self.depth


class RingFaultConfig(VolcanicConfig):
    """A ring fault of plane patches around a caldera, along which the block inside sinks or rises."""

    kind: Literal["ring_fault"] = Field(description="ring_fault: slip on a ring around a caldera.")
    depth: InEarth = Field(description=f"Depth [m] of the upper edge, {BELOW}")
    radius: FaultSize = Field(gt=0, description="Radius [m] of the upper edge.")
    width: FaultSize = Field(gt=0, description="Width [m] of the ring down dip.")
    dip: Angle = Field(default=90.0, gt=0, le=90, description="Dip [degrees]; 90: upright.")
    dip_direction: Literal["inward", "outward"] = Field(
        default="inward",
        description="Towards which side it dips: inward, the ring narrows downwards, or outward, it widens.",
    )
    slip: Slip = Field(
        description="Dip slip [m], with a hinge the largest; positive: the block inside sinks, negative: it rises."
    )
    arc: tuple[Angle, Angle] = Field(
        default=(0.0, FULL_CIRCLE),
        description="From and to which direction [degrees clockwise from north, seen from the centre] the ring goes.",
    )
    hinge: Angle | None = Field(
        default=None,
        ge=-360,
        le=360,
        description="Direction [degrees clockwise from north] of the hinge of a trapdoor, where slip is 0; it grows "
        "with the distance from there to the opposite side; null: slip is the same all around.",
    )
    piston: bool = Field(
        default=False,
        description="The block goes down as a whole into the chamber at the lower edge, whose roof comes down with it: "
        "a level crack there closes, or opens if it rises.",
    )
    patches: Patches = Field(default=32, ge=3, description="Plane patches that the ring is made of.")

    @model_validator(mode="after")
    def _closes(self) -> Self:
        _require_change(self, "slip")
        first, last = self.arc
        if not 0 < last - first <= FULL_CIRCLE:
            text = f"goes from {first:g} to {last:g} degrees; expected to be larger than from, by 360 at most"
            raise KeyProblem("arc", text)
        if self.piston and not self.whole:
            raise KeyProblem("piston", "needs a whole ring; expected arc to be left out")
        if self.lower_radius <= 0:
            text = f"{self.width:.6g} m at a dip of {self.dip:g} degrees reach the centre of a ring that dips inward"
            raise KeyProblem("width", f"{text}; expected less")
        return self

    @property
    def whole(self) -> bool:
        """Whether the ring goes all around."""
        return self.arc[1] - self.arc[0] == FULL_CIRCLE

    @property
    def lower_radius(self) -> float:
        """Radius [m] of the lower edge."""
        across = 0.0 if self.dip == 90 else self.width * cos(radians(self.dip))
        return self.radius - across if self.dip_direction == "inward" else self.radius + across

    @property
    def shallowest(self) -> float:
        """Depth [m] of the upper edge."""
        return self.depth


def _require_change(section: VolcanicConfig, key: str) -> None:
    """Raises KeyProblem where nothing changes."""
    if getattr(section, key) == 0:
        raise KeyProblem(key, "is 0, so that nothing moves; expected a number above or below 0")
