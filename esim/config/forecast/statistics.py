"""What is known of the unknowns before any data, and how far may data be from what the operator has?"""

from typing import Annotated

from pydantic import Field

from esim.config.limits import Simulated, Slip, WaveHeight
from esim.config.yaml.section import Section
from esim.config.yaml.units import Length, Number


class PriorConfig(Section):
    """Gaussian slip [m] of each subfault, or uplift of each cell, in each window, independent of other windows."""

    mean: Slip = Field(
        default=0.0, description="Mean slip [m] of a subfault, or uplift of a cell, in a window."
    )
    spread: Annotated[Slip, Field(gt=0)] = Field(
        description="Standard deviation [m] of the slip of a subfault, or the uplift of a cell, in a window."
    )
    correlation: Length = Field(
        gt=0,
        description="Distance [m] between the centres of subfaults, or cells, at which their correlation is 1/e.",
    )
    magnitude_cap: Number | None = Field(
        default=None,
        ge=5,
        le=10,
        description="Largest moment magnitude that is possible, of slip; null: none.",
    )


class NoiseConfig(Section):
    """Gaussian differences between data and operator, of instruments and, mostly, of the model."""

    floor: Annotated[WaveHeight, Field(gt=0)] = Field(
        description="Standard deviation [m] in every record, of the instrument and the sea."
    )
    relative: Number = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Error of the model, as a fraction of the largest value of a record up to now, or of a forecast.",
    )
    correlation: Simulated = Field(
        gt=0, description="Time [s] between two values of a record at which the correlation of errors is 1/e."
    )
