"""What pushes the water during the run? Air pressure."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from esim.config.paths import InputFile
from esim.config.point import PointConfig
from esim.config.section import Section, kind_of
from esim.config.units import Angle, Count, Duration, Length, Pressure, Speed


class PulseConfig(PointConfig):
    """What both pulses of air pressure have; the point is where they start."""

    amplitude: Pressure = Field(description="Largest pressure [Pa], such as '2 hPa'; negative: a low.")
    speed: Speed = Field(gt=0, description="Speed [m/s]; a Lamb wave runs at about 310 to 320 m/s.")
    width: Length = Field(
        gt=0,
        description="Width [m] along the way, the standard deviation of the bell; its edges are at four of it.",
    )
    shape: Literal["bell", "n_wave"] = Field(
        default="bell", description="bell: a hump, nearly Gaussian; n_wave: a hump with a trough behind it."
    )
    start: Duration = Field(default=0.0, description="Time [s] at which the front edge leaves the point.")
    inverse_barometer: bool = Field(
        default=False,
        description="The run begins with a surface lowered by the pressure over rho g, as if it had been there long.",
    )


class CircularPulseConfig(PulseConfig):
    """A pulse that spreads in circles, such as the Lamb wave of an eruption."""

    kind: Literal["circular_pulse"] = Field(description="circular_pulse: spreads in circles.")
    distance: Length = Field(
        default=1e6,
        gt=0,
        description="Distance [m] from the point at which the amplitude is the given one; it falls as r^-1/2, on the "
        "sphere as sin(r/R)^-1/2.",
    )
    passes: Count = Field(
        default=1,
        ge=1,
        le=9,
        description="How many times it runs between the point and its antipode (lonlat).",
    )


class PlanePulseConfig(PulseConfig):
    """A pulse with straight fronts, such as a squall line."""

    kind: Literal["plane_pulse"] = Field(description="plane_pulse: with straight fronts.")
    direction: Angle = Field(
        ge=-360, le=360, description="Direction it runs to [degrees clockwise from north]."
    )
    breadth: Length | None = Field(
        default=None, gt=0, description="Width [m] across its way, like width; null: without end."
    )


class PressureFileConfig(Section):
    """Air pressure on a grid in time."""

    kind: Literal["pressure"] = Field(description="pressure: from a file.")
    file: InputFile = Field(
        description="NetCDF file (time, y, x) with the units Pa or hPa, relative to the configuration, or data:NAME."
    )
    variable: str | None = Field(default=None, description="Variable of the pressure; null: the only one.")
    inverse_barometer: bool = Field(
        default=False,
        description="The run begins with a surface lowered by the pressure above `reference` over rho g.",
    )
    reference: Pressure = Field(
        default=101325.0,
        description="Pressure [Pa] at which the surface is at sea level, for inverse_barometer.",
    )


ForcingConfig = Annotated[
    Annotated[CircularPulseConfig, Tag("kind=circular_pulse")]
    | Annotated[PlanePulseConfig, Tag("kind=plane_pulse")]
    | Annotated[PressureFileConfig, Tag("kind=pressure")],
    Discriminator(kind_of),
]
