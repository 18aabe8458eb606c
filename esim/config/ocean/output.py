"""What is written, where and how often?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from esim.config.limits import Interval, WaveHeight
from esim.config.output import ONCE, OutputConfig, SnapshotsConfig
from esim.config.yaml.paths import input_file
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Length
from esim.variables.ocean import SNAPSHOTS
from esim.variables.ocean_maxima import MAXIMA
from esim.variables.variable import describe

AUTO = Path("auto")  # the coast of the grid itself
if TYPE_CHECKING:
    FieldName = str
    MaximumName = str
else:  # what the table of variables has
    FieldName = Literal[tuple(SNAPSHOTS)]
    MaximumName = Literal[tuple(name for name, one in MAXIMA.items() if not one.always and not one.threshold)]


class FieldsConfig(SnapshotsConfig):
    """Snapshots of the whole grid, fields.nc."""

    variables: Annotated[tuple[FieldName, ...], ONCE] = Field(
        default=("eta",), min_length=1, description=f"Which of these: {describe(SNAPSHOTS)}."
    )


class SeriesConfig(Section):
    """Time series at the stations, stations.nc."""

    every: Interval = Field(
        default=15.0, description="Simulated time [s] between samples, which are interpolated between steps."
    )


MAX_THRESHOLDS = 3  # that the kernel keeps
THRESHOLD_SCHEMA = {"type": ["number", "string"]}
Threshold = Annotated[WaveHeight, Field(gt=0)]


def _one_or_more(value: Any) -> Any:
    values = value if isinstance(value, list | tuple) else (value,)
    if len(values) > MAX_THRESHOLDS:
        raise ValueError(f"has {len(values)} items; expected at most {MAX_THRESHOLDS}")
    return values


class MaximaConfig(Section):
    """Maxima of the whole run, maxima.nc."""

    variables: Annotated[tuple[MaximumName, ...], ONCE] = Field(
        default=tuple(
            name for name, one in MAXIMA.items() if one.default and not one.always and not one.threshold
        ),
        min_length=1,
        description="Which of these: "
        + describe({name: one for name, one in MAXIMA.items() if not one.threshold})
        + ". bathymetry and uplift are always written; depth_min, eta_max_time and inundation_duration only where "
        "they are named.",
    )
    arrival_threshold: Annotated[
        tuple[Threshold, ...],
        BeforeValidator(_one_or_more),
        WithJsonSchema(
            {"anyOf": [THRESHOLD_SCHEMA, {"type": "array", "items": THRESHOLD_SCHEMA, "maxItems": 3}]}
        ),
    ] = Field(
        default=(0.01,),
        min_length=1,
        description="Change [m] of the surface from which a wave has arrived, measured from the level to which the "
        "sources have moved the water with its bed: one, or up to three for arrival_time, arrival_time_2 and "
        "arrival_time_3.",
    )

    @property
    def written(self) -> tuple[str, ...]:
        """The variables of the file: those named, once for each threshold, and those always written."""
        found = []
        for name, one in MAXIMA.items():
            base = name.rsplit("_", 1)[0] if one.threshold else name
            if one.always or (base in self.variables and (one.threshold or 0) < len(self.arrival_threshold)):
                found.append(name)
        return tuple(found)


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


class OceanFilesConfig(Section):
    """Which files are written of the ocean, and what is in them."""

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
        """Whether more times than those of the first threshold are kept."""
        return self.maxima is not None and (
            self.runup is not None or any(MAXIMA[name].times for name in self.maxima.written)
        )


class OceanOutputConfig(OceanFilesConfig, OutputConfig):
    """Files that the run writes."""
