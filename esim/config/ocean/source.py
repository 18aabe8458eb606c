"""Which sources generate the tsunami?"""

from math import radians, sin
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.limits import (
    FaultSize,
    FlowSpeed,
    Gravity,
    InEarth,
    Rigidity,
    RiseTime,
    Seed,
    Simulated,
    SlideThickness,
    Slip,
    StandardDeviations,
    Steepness,
    WaterDepth,
    WaveHeight,
)
from esim.config.ocean.volcanic import (
    OceanClvdConfig,
    OceanDykeConfig,
    OceanMogiConfig,
    OceanRingFaultConfig,
    OceanSillConfig,
    OceanSphereConfig,
)
from esim.config.point import PointConfig
from esim.config.sources.seafloor import SeafloorSourceConfig, SlopedSourceConfig
from esim.config.yaml.paths import InputFile, InputMaps
from esim.config.yaml.section import KeyProblem, Section, kind_of
from esim.config.yaml.units import Angle, Duration, Length, Number


class FaultSourceConfig(SlopedSourceConfig):
    """Every source made of faults."""

    instantaneous: bool = Field(default=False, description="Instantaneous rupture at the origin time.")
    time_step: Simulated = Field(
        default=10.0, gt=0, description="Interval [s] at which the seafloor displacement is computed."
    )
    rigidity: Rigidity | None = Field(
        default=None, gt=0, description="Rigidity [Pa] for the seismic moment; null: default."
    )
    displacement_cutoff: Number = Field(
        default=0.0,
        ge=0,
        le=0.1,
        description="Displacements below this fraction of the largest one are set to zero, with a taper up to twice "
        "that, so that distant water stays at rest and costs nothing until a wave arrives; 0: none.",
    )


class ScaledFaultConfig(FaultSourceConfig):
    """Faults whose slip is given, and can be scaled as a whole."""

    magnitude: Number | None = Field(
        default=None,
        ge=4,
        le=9.8,
        description="Moment magnitude to which all slip is scaled, with the rigidity of the faults; null: none.",
    )


class FiniteFaultConfig(ScaledFaultConfig):
    """Slip on many subfaults, from a file."""

    kind: Literal["finite_fault"] = Field(description="finite_fault: subfaults from a file.")
    file: InputFile = Field(
        description="Finite-fault file (.csv, .yaml, USGS .param, .fsp, .geojson, .srf, Coulomb .inp), relative to the "
        "configuration, or data:NAME."
    )


class FaultConfig(PointConfig):
    """A rectangular fault in an elastic half-space (Okada 1985)."""

    depth: InEarth = Field(ge=0, description="Depth [m] of the reference point.")
    length: FaultSize = Field(gt=0, description="Length [m] along strike.")
    width: FaultSize = Field(gt=0, description="Width [m] down dip.")
    strike: Angle = Field(ge=-360, le=360, description="Strike [degrees clockwise from north].")
    dip: Angle = Field(gt=0, le=90, description="Dip [degrees], to the right of the strike.")
    rake: Angle = Field(
        ge=-360, le=360, description="Rake [degrees], the direction of slip of the hanging wall."
    )
    slip: Slip = Field(description="Slip [m].")
    opening: Slip = Field(default=0.0, description="Opening [m], the tensile component.")
    rupture_time: RiseTime = Field(default=0.0, ge=0, description="Rupture time [s] after the origin time.")
    rise_time: RiseTime = Field(default=0.0, ge=0, description="Rise time [s].")
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


class OkadaConfig(ScaledFaultConfig):
    """Rectangular faults, listed in the configuration."""

    kind: Literal["okada"] = Field(description="okada: rectangular faults, listed here.")
    faults: tuple[FaultConfig, ...] = Field(min_length=1, description="The faults.")


class RandomSlipConfig(FaultSourceConfig, PointConfig):
    """A rectangular fault with random slip of von Karman's spectrum (Mai and Beroza 2002), as large as its magnitude.

    The same seed gives the same slip, which an ensemble varies.
    """

    kind: Literal["random_slip"] = Field(description="random_slip: random slip on a rectangular fault.")
    depth: InEarth = Field(
        ge=0, description="Depth [m] of the middle of the top edge, whose position is given."
    )
    strike: Angle = Field(ge=-360, le=360, description="Strike [degrees clockwise from north].")
    dip: Angle = Field(gt=0, le=90, description="Dip [degrees], to the right of the strike.")
    rake: Angle = Field(ge=-360, le=360, description="Rake [degrees] of all slip.")
    magnitude: Number = Field(ge=4, le=9.8, description="Moment magnitude, which the slip has exactly.")
    seed: Seed = Field(default=0, description="Seed of the slip.")
    scaling: Literal["thingbaijam2017", "strasser2010", "blaser2010"] = Field(
        default="thingbaijam2017",
        description="Relation from which length and width follow: Thingbaijam et al. (2017) or Strasser et al. (2010), "
        "of subduction interfaces, or Blaser et al. (2010), of reverse earthquakes.",
    )
    length_deviation: StandardDeviations = Field(
        default=0.0,
        description="How many standard deviations of the relation the fault is longer than usual.",
    )
    width_deviation: StandardDeviations = Field(
        default=0.0, description="How many standard deviations of the relation the fault is wider than usual."
    )
    length: FaultSize | None = Field(default=None, gt=0, description="Length [m]; null: from the magnitude.")
    width: FaultSize | None = Field(default=None, gt=0, description="Width [m]; null: from the magnitude.")
    subfault: FaultSize = Field(default=20e3, gt=0, description="Size [m] of the subfaults, about.")
    correlation: tuple[FaultSize, FaultSize] | None = Field(
        default=None,
        description="Correlation lengths [m] along strike and down dip; null: 2 km and a third of the length, 1 km and "
        "a third of the width (Mai and Beroza 2002).",
    )
    hurst: Number = Field(default=0.75, ge=0, le=1, description="Hurst number: the larger, the smoother.")
    variation: Number = Field(
        default=0.6, ge=0, le=3, description="Standard deviation of the slip over its mean; 0: uniform slip."
    )

    @model_validator(mode="after")
    def _correlated(self) -> Self:
        if self.correlation is not None and min(self.correlation) <= 0:
            raise KeyProblem("correlation", "expected two lengths of more than 0")
        return self


class DeformationConfig(SeafloorSourceConfig):
    """Displacement of the seafloor [m] from a file: (y, x), at once, or (time, y, x), linear between records."""

    kind: Literal["deformation"] = Field(description="deformation: uplift from a file.")
    file: InputFile = Field(
        description="GeoClaw dtopo file (types 1 to 3), or any format of bathymetry.file, relative to the "
        "configuration, or data:NAME."
    )
    variable: str | None = Field(default=None, description="Variable of the uplift; null: the only one.")
    east: str | None = Field(
        default=None,
        description="Variable of the eastward displacement, for sloping seafloor; null: none.",
    )
    north: str | None = Field(default=None, description="Variable of the northward displacement; null: none.")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.east is None) != (self.north is None):
            given, other = ("east", "north") if self.north is None else ("north", "east")
            raise KeyProblem(other, f"is needed beside {given}")
        return self

    @property
    def horizontal(self) -> tuple[str, str] | None:
        """Variables of the displacement towards east and north; None where there are none."""
        return None if self.east is None or self.north is None else (self.east, self.north)


class SeafloorMotionConfig(Section):
    """Motion of the bed, b0 + uz - ux db/dx - uy db/dy, or of the sea surface, recorded in time by a seismic run.

    Each cell takes its mean from the block of the crust, so that the volume of the uplift is kept; records are read as
    the run needs them, linear between them, and the last one stays.
    """

    kind: Literal["seafloor_motion"] = Field(
        description="seafloor_motion: recorded by a seismic run (output.surface_displacement)."
    )
    file: InputMaps = Field(
        description="surface_displacement.nc or .zarr of the seismic run, relative to the configuration."
    )
    at: Literal["bed", "sea_surface"] = Field(
        default="bed",
        description="What moves: the bed, and the water with it; or sea_surface, the surface of the water alone, as a "
        "seismic run with a sea has recorded it (Saito et al. 2019).",
    )
    instantaneous: bool = Field(default=False, description="The last record, at once at the origin time.")
    kajiura: bool = Field(
        default=False,
        description="Filter the uplift of the bed with Kajiura's low-pass filter of the water column.",
    )
    horizontal_on_slope: bool = Field(
        default=True, description="Add the uplift due to horizontal displacement of a sloping bed."
    )
    taper: Length | None = Field(
        default=None,
        ge=0,
        description="Width [m] inside the sides of the block over which its motion fades to zero, with the absorbing "
        "layers of the seismic run in it; 0: none; null: a tenth of the shorter side.",
    )

    @model_validator(mode="after")
    def _one_filter(self) -> Self:
        if self.kajiura and self.at == "sea_surface":
            raise KeyProblem("kajiura", "is for at: bed; the surface of the sea has been through the water")
        return self


class HumpConfig(PointConfig):
    """A Gaussian hump of water at rest, eta = height * exp(-(r / radius)^2); the seafloor does not move."""

    kind: Literal["hump"] = Field(description="hump: a Gaussian hump of the water surface.")
    height: WaveHeight = Field(description="Height [m]; negative: a trough.")
    radius: Length = Field(gt=0, description="Radius [m] at which the height is 1/e.")


class SlideConfig(Section):
    """s = s0 ln cosh(t / t0), s0 = velocity^2 / acceleration, t0 = velocity / acceleration (Grilli and Watts 1999)."""

    kind: Literal["slide"] = Field(description="slide: accelerating towards a terminal velocity.")
    acceleration: Gravity = Field(gt=0, description="Initial acceleration [m/s2].")
    velocity: FlowSpeed = Field(gt=0, description="Terminal velocity [m/s].")
    distance: Length | None = Field(default=None, gt=0, description="Run-out distance [m]; null: unlimited.")


class SlumpConfig(Section):
    """s = distance (1 - cos(pi t / duration)) / 2 (Grilli and Watts 2005)."""

    kind: Literal["slump"] = Field(description="slump: half a pendulum oscillation, from rest to rest.")
    distance: Length = Field(gt=0, description="Run-out distance [m].")
    duration: RiseTime = Field(gt=0, description="Duration [s].")


class SteadyMotionConfig(Section):
    """s = velocity t."""

    kind: Literal["steady"] = Field(description="steady: at constant velocity.")
    velocity: FlowSpeed = Field(gt=0, description="Velocity [m/s].")
    distance: Length | None = Field(default=None, gt=0, description="Run-out distance [m]; null: unlimited.")


class TrackConfig(Section):
    """A path through positions in a CSV file with the columns time [s], and lon, lat or x, y."""

    kind: Literal["path"] = Field(description="path: positions and times from a CSV file.")
    file: InputFile = Field(
        description="CSV file, relative to the configuration: time, lon, lat or time, x, y."
    )


SlideMotionConfig = Annotated[
    Annotated[SlideConfig, Tag("kind=slide")]
    | Annotated[SlumpConfig, Tag("kind=slump")]
    | Annotated[SteadyMotionConfig, Tag("kind=steady")]
    | Annotated[TrackConfig, Tag("kind=path")],
    Discriminator(kind_of),
]


class LandslideConfig(PointConfig):
    """A submarine or subaerial landslide of fixed shape, which raises the bed by its thickness."""

    kind: Literal["landslide"] = Field(description="landslide: submarine or subaerial, of fixed shape.")
    shape: Literal["sech", "sech2", "gaussian", "ellipse"] = Field(
        default="sech",
        description="sech or sech2, cut off at 0.717 of their height (Enet and Grilli 2007), gaussian, or an ellipse.",
    )
    thickness: SlideThickness = Field(gt=0, description="Largest thickness [m].")
    length: Length = Field(
        gt=0, description="Extent [m] along its direction; gaussian: between the 1/e points."
    )
    width: Length | None = Field(default=None, gt=0, description="Extent [m] across; null: unlimited.")
    direction: Angle | None = Field(
        default=None,
        ge=-360,
        le=360,
        description="Direction of motion [degrees clockwise from north]; null: that of the path.",
    )
    motion: SlideMotionConfig = Field(description="Law of motion.")
    start: Simulated = Field(
        default=0.0, ge=0, description="Start time [s], which the times of a path are relative to."
    )
    in_bathymetry: bool = Field(
        default=False, description="The bathymetry already includes the mass at its initial position."
    )

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = [key for key in ("lon", "lat", "x", "y") if getattr(self, key) is not None]
        path = self.motion.kind == "path"
        if path and given:
            raise KeyProblem(
                given[0], "a landslide on a path starts at its first position; leave this key out"
            )
        if not path and given not in (["lon", "lat"], ["x", "y"]):
            raise ValueError(f"needs lon and lat, or x and y; it has {' and '.join(given) or 'neither'}")
        if not path and self.direction is None:
            raise KeyProblem("direction", f"is needed for the motion '{self.motion.kind}'")
        return self


class CrestedWaveConfig(Section):
    """Every long-crested wave: position at t = 0 and direction of propagation, on a cartesian grid."""

    x: Length = Field(default=0.0, description="Position [m] of a point on the crest, towards east.")
    y: Length = Field(default=0.0, description="Position [m] of a point on the crest, towards north.")
    direction: Angle = Field(
        default=90.0,
        ge=-360,
        le=360,
        description="Direction of propagation [degrees clockwise from north, the y axis]; 90: +x, 270: -x.",
    )
    height: WaveHeight = Field(gt=0, description="Wave height H [m] above still water.")
    depth: WaterDepth = Field(gt=0, description="Still-water depth d [m].")


class SolitaryWaveConfig(CrestedWaveConfig):
    """A solitary wave, already propagating, eta = H sech^2(sqrt(3 H / (4 d^3)) s); several are superposed."""

    kind: Literal["solitary_wave"] = Field(description="solitary_wave: solitary wave, already propagating.")
    velocity: Literal["linear", "exact", "simple", "rest"] = Field(
        default="linear",
        description="Velocity of the water: linear, eta sqrt(g/d); exact, c eta / (d + eta) with c = sqrt(g (d + H)), "
        "of the solitary wave of dispersive equations; simple, 2 sqrt(g (d + eta)) - 2 sqrt(g d), of the shallow-water "
        "equations; rest, none.",
    )


class NWaveConfig(CrestedWaveConfig):
    """An N-wave, already propagating (Tadepalli and Synolakis 1994), with s the distance ahead of (x, y)."""

    kind: Literal["n_wave"] = Field(description="n_wave: N-wave, already propagating.")
    leading: Literal["depression", "elevation"] = Field(
        default="depression", description="Which part leads: depression or elevation."
    )
    steepness: Steepness | None = Field(
        default=None,
        gt=0,
        description="p of k = sqrt(3 H p / (4 d^3)), larger is shorter; null: 2.598 for the isosceles wave, else 1.",
    )
    offset: Length | None = Field(
        default=None,
        description="Distance L [m] of (s - L) sech^2(k s); null: the isosceles wave, sech^2(k s) tanh(k s).",
    )
    velocity: Literal["linear", "simple", "rest"] = Field(
        default="linear",
        description="Velocity of the water: linear, eta sqrt(g/d); simple, 2 sqrt(g (d + eta)) - 2 sqrt(g d); rest: "
        "none.",
    )


class StateConfig(Section):
    """Initial water surface and velocity from a NetCDF file: variables eta [m] and, if it moves, u, v [m/s].

    Cells are dry where eta is missing or below the ground. Outside the file the water is at rest.
    """

    kind: Literal["state"] = Field(description="state: initial water surface and velocity from a file.")
    file: InputFile = Field(description="NetCDF file, relative to the configuration, or data:NAME.")
    time: Duration | None = Field(
        default=None, description="Time [s] of the record, in the file's own time; null: the only one."
    )


OceanSourceConfig = Annotated[
    Annotated[FiniteFaultConfig, Tag("kind=finite_fault")]
    | Annotated[OkadaConfig, Tag("kind=okada")]
    | Annotated[RandomSlipConfig, Tag("kind=random_slip")]
    | Annotated[DeformationConfig, Tag("kind=deformation")]
    | Annotated[SeafloorMotionConfig, Tag("kind=seafloor_motion")]
    | Annotated[OceanMogiConfig, Tag("kind=mogi")]
    | Annotated[OceanSphereConfig, Tag("kind=sphere")]
    | Annotated[OceanDykeConfig, Tag("kind=dyke")]
    | Annotated[OceanSillConfig, Tag("kind=sill")]
    | Annotated[OceanClvdConfig, Tag("kind=clvd")]
    | Annotated[OceanRingFaultConfig, Tag("kind=ring_fault")]
    | Annotated[LandslideConfig, Tag("kind=landslide")]
    | Annotated[HumpConfig, Tag("kind=hump")]
    | Annotated[SolitaryWaveConfig, Tag("kind=solitary_wave")]
    | Annotated[NWaveConfig, Tag("kind=n_wave")]
    | Annotated[StateConfig, Tag("kind=state")],
    Discriminator(kind_of),
]
