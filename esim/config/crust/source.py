"""Which sources radiate seismic waves?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, TypeAdapter, ValidationError, model_validator

from esim.config.crust.time_function import TimeFunctionConfig
from esim.config.crust.timed_source import PointSourceConfig, TimedSourceConfig
from esim.config.crust.volcanic import (
    CrustClvdConfig,
    CrustDykeConfig,
    CrustMogiConfig,
    CrustRingFaultConfig,
    CrustSillConfig,
    CrustSphereConfig,
)
from esim.config.limits import InEarth, Moments, ParticleVelocity, Rigidity, RiseTime
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, check_one, kind_of
from esim.config.yaml.units import (
    Angle,
    Force,
    Length,
    Number,
    ScalarMoment,
    Slowness,
)
from esim.errors import InputError

EAST_NORTH_DOWN = ("mxx", "myy", "mzz", "mxy", "mxz", "myz")
UP_SOUTH_EAST = ("mpp", "mtt", "mrr", "mtp", "mrp", "mrt")  # the same six
SIGNS = (1, 1, 1, -1, -1, 1)  # south over north, up over down: of the latter six as the former


class MomentTensorConfig(PointSourceConfig):
    """Moment tensor by six components: x east, y north, z down, or r up, t south, p east (Global CMT).

    East and north are the true ones for a place by lon and lat, and the axes of the grid for one by x and y.
    """

    kind: Literal["moment_tensor"] = Field(description="moment_tensor: six components.")
    mxx: ScalarMoment | None = Field(default=None, description="Moment [N m], east-east; null: 0.")
    myy: ScalarMoment | None = Field(default=None, description="Moment [N m], north-north; null: 0.")
    mzz: ScalarMoment | None = Field(default=None, description="Moment [N m], down-down; null: 0.")
    mxy: ScalarMoment | None = Field(default=None, description="Moment [N m], east-north; null: 0.")
    mxz: ScalarMoment | None = Field(default=None, description="Moment [N m], east-down; null: 0.")
    myz: ScalarMoment | None = Field(default=None, description="Moment [N m], north-down; null: 0.")
    mrr: ScalarMoment | None = Field(default=None, description="Instead: moment [N m], up-up; null: 0.")
    mtt: ScalarMoment | None = Field(default=None, description="Moment [N m], south-south; null: 0.")
    mpp: ScalarMoment | None = Field(default=None, description="Moment [N m], east-east; null: 0.")
    mrt: ScalarMoment | None = Field(default=None, description="Moment [N m], up-south; null: 0.")
    mrp: ScalarMoment | None = Field(default=None, description="Moment [N m], up-east; null: 0.")
    mtp: ScalarMoment | None = Field(default=None, description="Moment [N m], south-east; null: 0.")

    @model_validator(mode="after")
    def _acts(self) -> Self:
        here, there = self._given(EAST_NORTH_DOWN), self._given(UP_SOUTH_EAST)
        if here and there:
            text = f"{here[0]} (x east, y north, z down) and {there[0]} (r up, t south, p east) are of two conventions"
            raise KeyProblem(there[0], f"{text}; give all components in one of them")
        if not any(self.moment_tensor):
            raise ValueError(
                "needs at least one of mxx, myy, mzz, mxy, mxz, myz that is not 0, or of mrr, mtt, mpp, mrt, mrp, mtp"
            )
        return self

    def _given(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]

    @property
    def moment_tensor(self) -> tuple[float, ...]:
        """The moments (xx, yy, zz, xy, xz, yz) [N m], x east, y north, z down."""
        if not self._given(UP_SOUTH_EAST):
            return tuple(getattr(self, name) or 0.0 for name in EAST_NORTH_DOWN)
        return tuple(
            sign * (getattr(self, name) or 0.0) for name, sign in zip(UP_SOUTH_EAST, SIGNS, strict=True)
        )


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
    """A force at a point; east and north are the true ones by lon and lat, and the axes of the grid by x and y."""

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
    """A plane wave from below: vertical between periodic sides, or oblique, entering on a box inside the sides."""

    kind: Literal["plane_wave"] = Field(description="plane_wave: incident from below.")
    polarisation: Literal["x", "y", "z"] | None = Field(
        default=None,
        description="Of a vertical wave between periodic sides: polarisation along x or y of the grid: an S wave; "
        "along z: a P wave.",
    )
    wave_type: Literal["P", "SV", "SH"] | None = Field(
        default=None,
        description="Of an oblique wave, between absorbing sides: P (positive along its way), SV (positive along its "
        "azimuth, and down) or SH (positive to the right of its azimuth).",
    )
    incidence: Angle | None = Field(
        default=None,
        ge=0,
        le=85,
        description="Angle of its way from the vertical [degrees], in the lowest layer.",
    )
    slowness: Slowness | None = Field(
        default=None,
        ge=0,
        description="Instead of incidence: horizontal slowness [s/m], such as '0.06 s/km'.",
    )
    azimuth: Angle | None = Field(
        default=None,
        ge=-360,
        le=360,
        description="Direction in which it goes [degrees clockwise from y of the grid].",
    )
    back_azimuth: Angle | None = Field(
        default=None,
        ge=-360,
        le=360,
        description="Instead of azimuth: direction from which it comes [degrees].",
    )
    x: Length | None = Field(
        default=None,
        description="Reference point of an oblique wave, which it passes at onset; null: the middle.",
    )
    y: Length | None = Field(default=None, description="The same along y [m].")
    depth: InEarth | None = Field(
        default=None,
        description="Depth [m] of the plane where it is injected, or of the reference point of an oblique wave, in the "
        "lowest layer; null, of an oblique wave: the bottom of the grid.",
    )
    amplitude: ParticleVelocity = Field(description="Peak particle velocity [m/s] of the incident wave.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        check_one(self, "polarisation", "wave_type")
        if self.polarisation is not None:
            self._vertical()
        else:
            check_one(self, "incidence", "slowness")
            check_one(self, "azimuth", "back_azimuth")
        return self

    def _vertical(self) -> None:
        for name in ("incidence", "slowness", "azimuth", "back_azimuth", "x", "y"):
            if getattr(self, name) is not None:
                raise KeyProblem(
                    name, "is of an oblique wave; expected wave_type P, SV or SH in place of polarisation"
                )
        if self.depth is None:
            raise KeyProblem("depth", "is missing; a vertical wave needs the depth where it is injected")

    @property
    def propagation_azimuth(self) -> float:
        """Direction in which an oblique wave goes [degrees clockwise from y of the grid]."""
        return self.azimuth if self.azimuth is not None else (self.back_azimuth or 0.0) + 180.0


class CrustFiniteFaultConfig(Section):
    """Slip on many subfaults, from a file."""

    kind: Literal["finite_fault"] = Field(description="finite_fault: subfaults from a file.")
    file: InputFile = Field(
        description="Finite-fault file (.srf, .csv, .yaml, USGS .param, .fsp, .geojson, Coulomb .inp), relative to the "
        "configuration, or data:NAME."
    )
    onset: Moments = Field(
        default=0.0, description="Onset [s] after the origin time; negative: the run begins before it."
    )
    rigidity: Rigidity | None = Field(
        default=None,
        gt=0,
        description="Rigidity [Pa] for the seismic moment; null: as rigidity_from says.",
    )
    rigidity_from: Literal["file", "medium"] = Field(
        default="file",
        description="file: the rigidity of the file where it has one, else that of the medium; medium: that of the "
        "medium at each point, so that the ground slips as far as the file says, whatever moment the file has.",
    )
    draped: bool = Field(
        default=False,
        description="Count depths of the fault from the ground (the seafloor under the sea) of topography, not from "
        "depth 0 of the grid; strike, dip and rake stay those of the file.",
    )
    rise_time: RiseTime | None = Field(
        default=None,
        gt=0,
        description="Rise time [s] of subfaults without one in the file; in SRF, of those with slip and no slip rates.",
    )
    slip_rate: Literal["cosine", "triangle", "kupper", "yoffe"] = Field(
        default="cosine", description="Slip-rate function where the file has none."
    )
    point_spacing: Length | None = Field(
        default=None,
        gt=0,
        description="Largest spacing [m] of the point sources that represent a subfault; null: one cell.",
    )

    @model_validator(mode="after")
    def _one_rigidity(self) -> Self:
        if self.rigidity is not None and self.rigidity_from == "medium":
            text = f"{self.rigidity:g} Pa, and rigidity_from medium: give one of them"
            raise KeyProblem("rigidity", text)
        return self


class InjectionConfig(Section):
    """What another run has recorded on the faces of a box."""

    kind: Literal["injection"] = Field(description="injection: waves that enter through the faces of a box.")
    file: InputFile = Field(
        description="injection.nc of another run (output.injection), relative to the configuration, or data:NAME."
    )

    @property
    def onset(self) -> float:
        """Origin time [s]: that of the other run."""
        return 0.0


class EventConfig(Section):
    """An earthquake, or a force, of a file of seismology."""

    kind: Literal["event"] = Field(description="event: a point source from a file.")
    file: InputFile = Field(
        description="CMTSOLUTION or FORCESOLUTION (SPECFEM), or QuakeML, ndk and other catalogues with moment tensors "
        "(need ObsPy), relative to the configuration, or data:NAME."
    )
    event: str | int | None = Field(
        default=None, description="Which event of the file: its name or number, or all; null: the only one."
    )
    centroid_time: Moments | None = Field(
        default=None,
        description="Centroid time [s] after the origin time; null: that of the file after time.start, or, without "
        "that, after the origin time in the file.",
    )
    half_duration: RiseTime | None = Field(
        default=None, gt=0, description="Half duration [s] of a triangle; null: that of the file."
    )
    time_function: TimeFunctionConfig | None = Field(
        default=None,
        description="Source time function; null: that of the file, a triangle of its half duration.",
    )

    @model_validator(mode="after")
    def _one_duration(self) -> Self:
        if self.time_function is not None and self.half_duration is not None:
            raise KeyProblem("half_duration", "is given, and time_function too: give one of them")
        return self

    @property
    def onset(self) -> float:
        """Origin time [s] of what has no date, for headers of seismograms."""
        return 0.0


CrustSourceConfig = Annotated[
    Annotated[MomentTensorConfig, Tag("kind=moment_tensor")]
    | Annotated[DoubleCoupleConfig, Tag("kind=double_couple")]
    | Annotated[ExplosionConfig, Tag("kind=explosion")]
    | Annotated[SingleForceConfig, Tag("kind=force")]
    | Annotated[CrustMogiConfig, Tag("kind=mogi")]
    | Annotated[CrustSphereConfig, Tag("kind=sphere")]
    | Annotated[CrustDykeConfig, Tag("kind=dyke")]
    | Annotated[CrustSillConfig, Tag("kind=sill")]
    | Annotated[CrustClvdConfig, Tag("kind=clvd")]
    | Annotated[CrustRingFaultConfig, Tag("kind=ring_fault")]
    | Annotated[PlaneWaveConfig, Tag("kind=plane_wave")]
    | Annotated[CrustFiniteFaultConfig, Tag("kind=finite_fault")]
    | Annotated[InjectionConfig, Tag("kind=injection")]
    | Annotated[EventConfig, Tag("kind=event")],
    Discriminator(kind_of),
]


def source_section(values: Mapping[str, Any], where: str) -> CrustSourceConfig:
    """The section of a source from its keys; InputError, which begins with where, for the first one that is wrong."""
    try:
        return TypeAdapter(CrustSourceConfig).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{where}: {'.'.join(map(str, first['loc'][1:]))}: {first['msg']}") from None
