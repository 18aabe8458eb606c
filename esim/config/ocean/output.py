"""What is written, where and how often?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from esim.config.output import ONCE, OutputConfig, SnapshotsConfig
from esim.config.yaml.paths import input_file
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Duration, Length
from esim.variables.ocean import MAXIMA, SNAPSHOTS
from esim.variables.variable import describe

AUTO = Path("auto")  # the coast of the grid itself
if TYPE_CHECKING:
    FieldName = str
    MaximumName = str
else:  # what the table of variables has
    FieldName = Literal[tuple(SNAPSHOTS)]
    MaximumName = Literal[tuple(name for name, one in MAXIMA.items() if not one.always)]


class FieldsConfig(SnapshotsConfig):
    """Snapshots of the whole grid, fields.nc."""

    variables: Annotated[tuple[FieldName, ...], ONCE] = Field(
        default=("eta",), min_length=1, description=f"Which of these: {describe(SNAPSHOTS)}."
    )


class SeriesConfig(Section):
    """Time series at the stations, stations.nc."""

    every: Duration = Field(default=15.0, gt=0, description="Simulated time [s] between samples.")


class MaximaConfig(Section):
    """Maxima of the whole run, maxima.nc."""

    variables: Annotated[tuple[MaximumName, ...], ONCE] = Field(
        default=tuple(name for name, one in MAXIMA.items() if one.default and not one.always),
        min_length=1,
        description=f"Which of these: {describe(MAXIMA)}. bathymetry and uplift are always written; depth_min and "
        "eta_max_time only where they are named.",
    )
    arrival_threshold: Length = Field(
        default=0.01, gt=0, description="Threshold [m] of |eta| for the arrival time."
    )


def _coast(value: Any, info: ValidationInfo) -> Path:
    return AUTO if value in ("auto", AUTO) else input_file(value, info)


class RunupConfig(Section):
    """Run-up along a coast, runup.nc and runup.csv: height, distance and time."""

    coast: Annotated[Path, BeforeValidator(_coast), WithJsonSchema({"type": "string"})] = Field(
        default=AUTO,
        description="auto: every sea cell next to land; or a file of points or lines, relative to the "
        "configuration or data:NAME: GeoJSON, CSV with columns lon, lat or x, y, or NetCDF with such variables.",
    )
    radius: Length | None = Field(
        default=None,
        gt=0,
        description="Radius [m] around a coastal point within which inundated land is assigned to it; null: five "
        "cells.",
    )
    spacing: Length | None = Field(
        default=None, gt=0, description="Spacing [m] of points along lines; null: the points of the file."
    )

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of the coast, if it has one."""
        return () if self.coast == AUTO else (self.coast,)


class OceanOutputConfig(OutputConfig):
    """Files that the run writes."""

    fields: FieldsConfig | None = Field(default=None, description="Snapshots of the whole grid; null: none.")
    stations: SeriesConfig = Field(default=SeriesConfig(), description="Time series at the stations.")
    maxima: MaximaConfig | None = Field(default=MaximaConfig(), description="Maxima of the run; null: none.")
    runup: RunupConfig | None = Field(
        default=None, description="Run-up at points along the coast; null: none."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.runup is not None and self.maxima is None:
            raise KeyProblem("runup", "is derived from the maxima; it needs output.maxima, which is null")
        return self

    @property
    def times(self) -> bool:
        """Whether the times of the maximum elevation are kept."""
        return self.maxima is not None and (self.runup is not None or "eta_max_time" in self.maxima.variables)
