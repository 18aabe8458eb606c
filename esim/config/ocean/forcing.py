"""Which forcing acts on the water? Air pressure."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Discriminator, Field, PrivateAttr, Tag, model_validator

from esim.config.limits import AirPressure, Interval, Moments, PulsePressure, PulseSpeed
from esim.config.ocean.barogram import Barogram, read_barogram
from esim.config.point import PointConfig
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, kind_of
from esim.config.yaml.units import Angle, Count, Length
from esim.data import locate
from esim.errors import InputError

MOST_BELLS = 200  # of a recorded pulse


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


class RecordedPulseConfig(PointConfig):
    """A circular pulse with the shape that a barometer has recorded; the point is where it starts."""

    kind: Literal["recorded_pulse"] = Field(
        description="recorded_pulse: spreads from a point, as a barometer recorded it."
    )
    file: InputFile = Field(
        description="CSV file of the record, relative to the configuration or data:NAME: columns time [s since the "
        "origin] and pressure [Pa or hPa, above that at rest]; it begins and ends at rest."
    )
    distance: Length = Field(
        gt=0,
        description="Distance [m] of the barometer from the point; pressure decays as r^-1/2, on the sphere as "
        "sin(r/R)^-1/2.",
    )
    speed: PulseSpeed = Field(gt=0, description="Speed [m/s]; about 310 to 320 m/s for a Lamb wave.")
    spacing: Interval = Field(
        default=120.0,
        description="Time [s] between the bells of which the pulse is made; shorter changes are smoothed.",
    )
    passes: Count = Field(
        default=1,
        ge=1,
        le=9,
        description="Number of passages between the point and its antipode (lonlat).",
    )
    inverse_barometer: Literal[False] = Field(
        default=False, description="false: the record begins before the pulse is there."
    )

    _record: Barogram | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            self._record = read_barogram(locate(self.file))
        except (ValueError, InputError) as error:
            raise KeyProblem("file", str(error)) from None
        if np.ptp(self._record.time) / self.spacing > MOST_BELLS:
            text = f"{self.spacing:g} s makes more than {MOST_BELLS} bells of {self.file.name}; expected longer ones"
            raise KeyProblem("spacing", text)
        return self

    @property
    def record(self) -> Barogram:
        """What is in the file."""
        assert self._record is not None  # by _check
        return self._record


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
    | Annotated[RecordedPulseConfig, Tag("kind=recorded_pulse")]
    | Annotated[PressureFileConfig, Tag("kind=pressure")],
    Discriminator(kind_of),
]
