"""Which forcing acts on the water? Air pressure."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from esim.config.limits import AirPressure, Moments, PulsePressure, PulseSpeed
from esim.config.point import PointConfig
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section, kind_of
from esim.config.yaml.units import Angle, Count, Length


class PulseConfig(PointConfig):
    """Every pulse of air pressure; the point is where it starts."""

    amplitude: PulsePressure = Field(description="Peak pressure [Pa], such as '2 hPa'; negative: a low.")
    speed: PulseSpeed = Field(gt=0, description="Speed [m/s]; about 310 to 320 m/s for a Lamb wave.")
    width: Length = Field(
        gt=0,
        description="Width [m] along the direction of propagation, the standard deviation; cut off at four of it.",
    )
    shape: Literal["bell", "n_wave"] = Field(
        default="bell", description="bell: nearly Gaussian; n_wave: a peak followed by a trough."
    )
    start: Moments = Field(default=0.0, description="Time [s] at which the leading edge leaves the point.")
    inverse_barometer: bool = Field(
        default=False,
        description="Initial water surface in inverse-barometer equilibrium with the pressure.",
    )


class CircularPulseConfig(PulseConfig):
    """A circular pulse, such as the Lamb wave of an eruption."""

    kind: Literal["circular_pulse"] = Field(description="circular_pulse: spreads from a point.")
    distance: Length = Field(
        default=1e6,
        gt=0,
        description="Distance [m] from the point at which amplitude is given; it decays as r^-1/2, on the sphere as "
        "sin(r/R)^-1/2.",
    )
    passes: Count = Field(
        default=1,
        ge=1,
        le=9,
        description="Number of passages between the point and its antipode (lonlat).",
    )


class PlanePulseConfig(PulseConfig):
    """A pulse with straight fronts, such as a squall line."""

    kind: Literal["plane_pulse"] = Field(description="plane_pulse: with straight fronts.")
    direction: Angle = Field(
        ge=-360, le=360, description="Direction of propagation [degrees clockwise from north]."
    )
    breadth: Length | None = Field(
        default=None, gt=0, description="Width [m] across, like width; null: unlimited."
    )


class PressureFileConfig(Section):
    """Gridded, time-dependent air pressure."""

    kind: Literal["pressure"] = Field(description="pressure: from a file.")
    file: InputFile = Field(
        description="NetCDF file (time, y, x) with the units Pa or hPa, relative to the configuration, or data:NAME."
    )
    variable: str | None = Field(default=None, description="Variable of the pressure; null: the only one.")
    inverse_barometer: bool = Field(
        default=False,
        description="Initial water surface in inverse-barometer equilibrium with the pressure above reference.",
    )
    reference: AirPressure = Field(
        default=101325.0,
        description="Reference pressure [Pa] for inverse_barometer.",
    )


ForcingConfig = Annotated[
    Annotated[CircularPulseConfig, Tag("kind=circular_pulse")]
    | Annotated[PlanePulseConfig, Tag("kind=plane_pulse")]
    | Annotated[PressureFileConfig, Tag("kind=pressure")],
    Discriminator(kind_of),
]
