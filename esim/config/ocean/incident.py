"""Which incident wave enters at a side of the grid?"""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.limits import FlowSpeed, Moments, Simulated, WaterDepth, WaveHeight
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, kind_of
from esim.config.yaml.units import Count, Duration

Name = Literal["west", "east", "south", "north"]


class IncidentConfig(Section):
    """Every incident wave."""

    side: Name = Field(description="Side of the grid, whose grid.boundary is 'incident'.")
    total: bool = Field(
        default=False,
        description="false: an incident wave, while outgoing waves leave; true: the total water surface at the "
        "side, outgoing waves included, as from a gauge or a tide.",
    )


class IncidentSolitaryConfig(IncidentConfig):
    """A solitary wave, H sech^2(sqrt(3 H / 4 d^3) c (t - crest)), c = sqrt(g (d + H))."""

    kind: Literal["solitary"] = Field(description="solitary: a solitary wave.")
    height: WaveHeight = Field(gt=0, description="Height H [m].")
    depth: WaterDepth = Field(gt=0, description="Still-water depth d [m], which sets wavelength and speed.")
    crest: Moments | None = Field(
        default=None,
        description="Time [s] of the crest at the side; null: the earliest at which the whole wave enters.",
    )


class IncidentNWaveConfig(IncidentConfig):
    """An isosceles N-wave (Tadepalli & Synolakis 1994)."""

    kind: Literal["n_wave"] = Field(description="n_wave: an isosceles N-wave.")
    height: WaveHeight = Field(gt=0, description="Height H [m] of crest and trough.")
    depth: WaterDepth = Field(gt=0, description="Still-water depth d [m], which sets wavelength and speed.")
    leading: Literal["depression", "elevation"] = Field(
        default="depression", description="Which part leads: depression or elevation."
    )
    middle: Moments | None = Field(
        default=None,
        description="Time [s] of the zero crossing between crest and trough at the side; null: the earliest at "
        "which the whole wave enters.",
    )


class IncidentSineConfig(IncidentConfig):
    """A train of sine waves."""

    kind: Literal["sine"] = Field(description="sine: a train of sine waves.")
    amplitude: WaveHeight = Field(description="Amplitude [m]; negative: troughs first.")
    period: Simulated = Field(gt=0, description="Period [s].")
    start: Moments = Field(default=0.0, description="Time [s] of the first wave.")
    waves: Count | None = Field(default=None, ge=1, description="Number of waves; null: unlimited.")
    ramp: Simulated = Field(default=0.0, ge=0, description="Time [s] of the ramp-up of the amplitude.")


class IncidentSeriesConfig(IncidentConfig):
    """A time series from a file, zero before its start and after its end."""

    kind: Literal["series"] = Field(description="series: a time series from a file.")
    file: InputFile = Field(
        description="Text with columns time [s], eta [m] and, if known, inward velocity u [m/s], separated by commas "
        "or blanks, or NetCDF with variables of these names; relative to the configuration, or data:NAME."
    )
    delay: Duration = Field(default=0.0, description="Time [s] of the run at time 0 of the file.")


class IncidentSteadyConfig(IncidentConfig):
    """A steady current and level outside, to which the side relaxes along the characteristics."""

    kind: Literal["steady"] = Field(description="steady: a steady current and level outside the side.")
    level: WaveHeight = Field(default=0.0, description="Water surface outside [m] above the still water.")
    u: FlowSpeed = Field(default=0.0, description="Velocity outside [m/s], eastward or along x.")
    v: FlowSpeed = Field(default=0.0, description="Velocity outside [m/s], northward or along y.")
    ramp: Simulated = Field(default=0.0, ge=0, description="Time [s] of the ramp-up from still water.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.total and (self.u or self.v):
            raise KeyProblem(
                "total", "true takes the velocity from inside; leave u and v out, or total at false"
            )
        return self


AnyIncidentConfig = Annotated[
    Annotated[IncidentSolitaryConfig, Tag("kind=solitary")]
    | Annotated[IncidentNWaveConfig, Tag("kind=n_wave")]
    | Annotated[IncidentSineConfig, Tag("kind=sine")]
    | Annotated[IncidentSeriesConfig, Tag("kind=series")]
    | Annotated[IncidentSteadyConfig, Tag("kind=steady")],
    Discriminator(kind_of),
]
