"""Which sources radiate seismic waves?"""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.crust.time_function import TimeFunctionConfig, check_one
from esim.config.point import PointConfig
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section, kind_of
from esim.config.yaml.units import Angle, Duration, Force, Length, Number, Pressure, ScalarMoment, Speed


class TimedSourceConfig(Section):
    """Every source with one time function."""

    onset: Duration = Field(default=0.0, ge=0, description="Onset [s] after the origin time.")
    time_function: TimeFunctionConfig = Field(description="Source time function.")


class PointSourceConfig(PointConfig, TimedSourceConfig):
    """Every point source."""

    depth: Length = Field(description="Depth [m] below depth 0 of the grid, not below the ground.")


class MomentTensorConfig(PointSourceConfig):
    """Moment tensor in the axes of the grid: x east, y north, z down."""

    kind: Literal["moment_tensor"] = Field(description="moment_tensor: six components.")
    mxx: ScalarMoment = Field(default=0.0, description="Moment [N m], east-east.")
    myy: ScalarMoment = Field(default=0.0, description="Moment [N m], north-north.")
    mzz: ScalarMoment = Field(default=0.0, description="Moment [N m], down-down.")
    mxy: ScalarMoment = Field(default=0.0, description="Moment [N m], east-north.")
    mxz: ScalarMoment = Field(default=0.0, description="Moment [N m], east-down.")
    myz: ScalarMoment = Field(default=0.0, description="Moment [N m], north-down.")

    @model_validator(mode="after")
    def _acts(self) -> Self:
        if not any(self.moment_tensor):
            raise ValueError("needs at least one of mxx, myy, mzz, mxy, mxz, myz that is not 0")
        return self

    @property
    def moment_tensor(self) -> tuple[float, float, float, float, float, float]:
        """The moments (xx, yy, zz, xy, xz, yz) [N m]."""
        return self.mxx, self.myy, self.mzz, self.mxy, self.mxz, self.myz


class DoubleCoupleConfig(PointSourceConfig):
    """A double couple."""

    kind: Literal["double_couple"] = Field(description="double_couple: shear slip at a point.")
    strike: Angle = Field(ge=-360, le=360, description="Strike [degrees clockwise from north].")
    dip: Angle = Field(ge=0, le=90, description="Dip [degrees], to the right of the strike.")
    rake: Angle = Field(
        ge=-360, le=360, description="Rake [degrees], the direction of slip of the hanging wall."
    )
    magnitude: Number | None = Field(default=None, ge=-5, le=10, description="Moment magnitude.")
    moment: ScalarMoment | None = Field(
        default=None, gt=0, description="Seismic moment [N m], instead of magnitude."
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        check_one(self, "magnitude", "moment")
        return self

    @property
    def scalar_moment(self) -> float:
        """The moment [N m], from the magnitude as 10^(1.5 Mw + 9.1) if that is given."""
        return self.moment if self.moment is not None else 10 ** (1.5 * (self.magnitude or 0.0) + 9.1)


class ExplosionConfig(PointSourceConfig):
    """An isotropic moment."""

    kind: Literal["explosion"] = Field(description="explosion: an isotropic moment.")
    moment: ScalarMoment = Field(description="Moment mxx = myy = mzz [N m]; negative: an implosion.")


class SingleForceConfig(PointSourceConfig):
    """A force at a point."""

    kind: Literal["force"] = Field(description="force: a force at a point.")
    fx: Force = Field(default=0.0, description="Force [N] towards east.")
    fy: Force = Field(default=0.0, description="Force [N] towards north.")
    fz: Force = Field(default=0.0, description="Force [N] downwards.")

    @model_validator(mode="after")
    def _acts(self) -> Self:
        if not any(self.force):
            raise ValueError("needs at least one of fx, fy, fz that is not 0")
        return self

    @property
    def force(self) -> tuple[float, float, float]:
        """The force (x, y, z) [N]."""
        return self.fx, self.fy, self.fz


class PlaneWaveConfig(TimedSourceConfig):
    """A vertically incident plane wave from below."""

    kind: Literal["plane_wave"] = Field(description="plane_wave: vertically incident from below.")
    polarisation: Literal["x", "y", "z"] = Field(
        description="Polarisation: x (east) or y (north) is an S wave, z a P wave."
    )
    depth: Length = Field(description="Depth [m] of the plane where it is injected.")
    amplitude: Speed = Field(description="Peak particle velocity [m/s] of the incident wave.")


class CrustFiniteFaultConfig(Section):
    """Slip on many subfaults, from a file."""

    kind: Literal["finite_fault"] = Field(description="finite_fault: subfaults from a file.")
    file: InputFile = Field(
        description="Finite-fault file (.srf, .csv, .yaml, USGS .param, .fsp, Coulomb .inp), relative to the "
        "configuration, or data:NAME."
    )
    onset: Duration = Field(default=0.0, ge=0, description="Onset [s] after the origin time.")
    rigidity: Pressure | None = Field(
        default=None,
        gt=0,
        description="Rigidity [Pa] for the seismic moment; null: from the file, or from the medium.",
    )
    rise_time: Duration | None = Field(
        default=None, gt=0, description="Rise time [s] of subfaults without one in the file."
    )
    slip_rate: Literal["cosine", "triangle", "kupper", "yoffe"] = Field(
        default="cosine", description="Slip-rate function where the file has none."
    )
    point_spacing: Length | None = Field(
        default=None,
        gt=0,
        description="Largest spacing [m] of the point sources that represent a subfault; null: one cell.",
    )


CrustSourceConfig = Annotated[
    Annotated[MomentTensorConfig, Tag("kind=moment_tensor")]
    | Annotated[DoubleCoupleConfig, Tag("kind=double_couple")]
    | Annotated[ExplosionConfig, Tag("kind=explosion")]
    | Annotated[SingleForceConfig, Tag("kind=force")]
    | Annotated[PlaneWaveConfig, Tag("kind=plane_wave")]
    | Annotated[CrustFiniteFaultConfig, Tag("kind=finite_fault")],
    Discriminator(kind_of),
]
