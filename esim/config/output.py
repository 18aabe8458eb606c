"""What is written, where and how often?"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from esim.config.paths import OutputDirectory
from esim.config.section import Section
from esim.config.units import Count, Duration, Length

FieldName = Literal["eta", "u", "v", "h"]
MaximumName = Literal[
    "eta_max", "eta_min", "speed_max", "momentum_flux_max", "inundation_depth_max", "arrival_time"
]
MAXIMA: tuple[MaximumName, ...] = (
    "eta_max",
    "eta_min",
    "speed_max",
    "momentum_flux_max",
    "inundation_depth_max",
    "arrival_time",
)


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for n, name in enumerate(names):
        if name in names[:n]:
            raise ValueError(f"'{name}' is named twice")
    return names


ONCE = AfterValidator(_once)  # a list in which nothing may be named twice


class Snapshots(Section):
    """What all snapshots have."""

    every: Duration = Field(gt=0, description="Simulated time [s] between snapshots.")
    significant_bits: Count | None = Field(
        default=None, ge=1, le=23, description="Bits of the mantissa to keep, for small files; null: all."
    )


class Fields(Snapshots):
    """Snapshots of the whole grid, fields.nc."""

    variables: Annotated[tuple[FieldName, ...], ONCE] = Field(
        default=("eta",), min_length=1, description="eta (water level), u and v (velocity), h (water depth)."
    )


class Series(Section):
    """Time series at the stations, stations.nc."""

    every: Duration = Field(default=15.0, gt=0, description="Simulated time [s] between samples.")


class Maxima(Section):
    """Largest values of the whole run, maxima.nc."""

    variables: Annotated[tuple[MaximumName, ...], ONCE] = Field(
        default=MAXIMA, min_length=1, description="Which maxima; bathymetry and uplift are always there."
    )
    arrival_threshold: Length = Field(
        default=0.01, gt=0, description="The wave has arrived where |eta| exceeds this [m]."
    )


class Checkpoint(Section):
    """States of the run to resume from."""

    every: Duration = Field(gt=0, description="Simulated time [s] between checkpoints.")


class Files(Section):
    """What every scenario says about its files."""

    directory: OutputDirectory = Field(
        description="Directory of the outputs, relative to the current directory."
    )
    overwrite: bool = Field(default=False, description="Replace the outputs of an earlier run.")
    compression: Count = Field(default=1, ge=0, le=9, description="Level of zlib compression, 0: none.")
    checkpoint: Checkpoint | None = Field(default=None, description="Checkpoints to resume from; null: none.")


class Output(Files):
    """Files that the run writes."""

    fields: Fields | None = Field(default=None, description="Snapshots of the whole grid; null: none.")
    stations: Series = Field(default=Series(), description="Time series at the stations.")
    maxima: Maxima | None = Field(default=Maxima(), description="Largest values of the run; null: none.")
