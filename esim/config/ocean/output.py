"""What is written, where and how often?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from esim.config.paths import OutputDirectory, input_file
from esim.config.section import KeyProblem, Section
from esim.config.units import Count, Duration, Length

AUTO = Path("auto")  # the coast of the grid itself
FieldName = Literal["eta", "u", "v", "h"]
MaximumName = Literal[
    "eta_max",
    "eta_min",
    "speed_max",
    "momentum_flux_max",
    "inundation_depth_max",
    "arrival_time",
    "drawdown_max",
    "extent",
    "depth_min",
    "eta_max_time",
]
MAXIMA: tuple[MaximumName, ...] = (
    "eta_max",
    "eta_min",
    "speed_max",
    "momentum_flux_max",
    "inundation_depth_max",
    "arrival_time",
    "drawdown_max",
    "extent",
)


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    for n, name in enumerate(names):
        if name in names[:n]:
            raise ValueError(f"'{name}' is named twice")
    return names


ONCE = AfterValidator(_once)  # a list in which nothing may be named twice


class SnapshotsConfig(Section):
    """What all snapshots have."""

    every: Duration = Field(gt=0, description="Simulated time [s] between snapshots.")
    significant_bits: Count | None = Field(
        default=None, ge=1, le=23, description="Bits of the mantissa to keep, for small files; null: all."
    )


class FieldsConfig(SnapshotsConfig):
    """Snapshots of the whole grid, fields.nc."""

    variables: Annotated[tuple[FieldName, ...], ONCE] = Field(
        default=("eta",), min_length=1, description="eta (water level), u and v (velocity), h (water depth)."
    )


class SeriesConfig(Section):
    """Time series at the stations, stations.nc."""

    every: Duration = Field(default=15.0, gt=0, description="Simulated time [s] between samples.")


class MaximaConfig(Section):
    """Largest values of the whole run, maxima.nc."""

    variables: Annotated[tuple[MaximumName, ...], ONCE] = Field(
        default=MAXIMA,
        min_length=1,
        description="Which maxima; bathymetry and uplift are always there. drawdown_max is how far the water fell, "
        "extent where land was flooded and sea floor exposed; depth_min (least depth of the sea) and eta_max_time are "
        "there where they are named.",
    )
    arrival_threshold: Length = Field(
        default=0.01, gt=0, description="The wave has arrived where |eta| exceeds this [m]."
    )


def _coast(value: Any, info: ValidationInfo) -> Path:
    return AUTO if value in ("auto", AUTO) else input_file(value, info)


class RunupConfig(Section):
    """Run-up along a coast, runup.nc and runup.csv: how high, how far and when the water came."""

    coast: Annotated[Path, BeforeValidator(_coast), WithJsonSchema({"type": "string"})] = Field(
        default=AUTO,
        description="auto: every cell of the sea beside land; or a file of points or lines, relative to the "
        "configuration or data:NAME: GeoJSON, CSV with columns lon, lat or x, y, or NetCDF with such variables.",
    )
    radius: Length | None = Field(
        default=None,
        gt=0,
        description="Distance [m] from a point within which flooded land belongs to it; null: five cells.",
    )
    spacing: Length | None = Field(
        default=None, gt=0, description="Distance [m] of points along lines; null: the points of the file."
    )

    def input_files(self) -> Iterator[Path]:
        """The file of the coast, if it is not the grid's own."""
        return (path for path in super().input_files() if path != AUTO)


class CheckpointConfig(Section):
    """States of the run to resume from."""

    every: Duration = Field(gt=0, description="Simulated time [s] between checkpoints.")


class OutputConfig(Section):
    """What every scenario says about its files."""

    directory: OutputDirectory = Field(
        description="Directory of the outputs, relative to the current directory."
    )
    overwrite: bool = Field(default=False, description="Replace the outputs of an earlier run.")
    compression: Count = Field(default=1, ge=0, le=9, description="Level of zlib compression, 0: none.")
    checkpoint: CheckpointConfig | None = Field(
        default=None, description="Checkpoints to resume from; null: none."
    )

    def input_files(self) -> Iterator[Path]:
        """Files that tell where outputs are wanted; the directory is not one."""
        return (path for path in super().input_files() if path != self.directory)


class OceanOutputConfig(OutputConfig):
    """Files that the run writes."""

    fields: FieldsConfig | None = Field(default=None, description="Snapshots of the whole grid; null: none.")
    stations: SeriesConfig = Field(default=SeriesConfig(), description="Time series at the stations.")
    maxima: MaximaConfig | None = Field(
        default=MaximaConfig(), description="Largest values of the run; null: none."
    )
    runup: RunupConfig | None = Field(
        default=None, description="Run-up at points along the coast; null: none."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.runup is not None and self.maxima is None:
            raise KeyProblem("runup", "is found from the maxima; it needs output.maxima, which is null")
        return self

    @property
    def times(self) -> bool:
        """Whether the times of the greatest heights are kept."""
        return self.maxima is not None and (self.runup is not None or "eta_max_time" in self.maxima.variables)
