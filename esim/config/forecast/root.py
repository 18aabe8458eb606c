"""The whole configuration of a forecast, complete and checked: what is computed before any earthquake."""

from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from esim.config.forecast.stations import (
    SensorConfig,
    Sensors,
    TargetConfig,
    Targets,
    list_sensors,
    list_targets,
)
from esim.config.forecast.statistics import NoiseConfig, PriorConfig
from esim.config.forecast.unknowns import SlipConfig, UnknownsConfig
from esim.config.limits import Interval, Simulated
from esim.config.yaml.paths import InputFile, OutputDirectory
from esim.config.yaml.section import KeyProblem, Section

MOST_SAMPLES = 1e6  # of one record


class SamplingConfig(Section):
    """At which times are data used, and forecasts given?"""

    every: Interval = Field(default=15.0, description="Time [s] between the data of a sensor.")
    observed: Simulated = Field(gt=0, description="Time [s] since the origin up to which data can be used.")
    forecast_every: Interval = Field(default=30.0, description="Time [s] between values of a forecast.")
    duration: Simulated = Field(gt=0, description="Time [s] since the origin up to which waves are forecast.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.observed > self.duration:
            raise KeyProblem(
                "observed",
                f"{self.observed:g} s is longer than duration, {self.duration:g} s; expected at most that",
            )
        for key, every, end in (
            ("every", self.every, self.observed),
            ("forecast_every", self.forecast_every, self.duration),
        ):
            if not every <= end:
                raise KeyProblem(
                    key, f"{every:g} s is longer than the {end:g} s in which there are to be samples"
                )
            if end / every > MOST_SAMPLES:
                raise KeyProblem(
                    key, f"{every:g} s are {end / every:.3g} samples; expected at most {MOST_SAMPLES:g}"
                )
        return self


class ForecastOutputConfig(Section):
    """Where the library is written, and what is kept of each run."""

    directory: OutputDirectory = Field(
        description="Directory of library.nc and of the runs, one folder each, relative to the current directory."
    )


class TwinConfig(Section):
    """Complete configuration of a forecast: a base scenario, unknowns, their prior, noise, sensors and targets."""

    title: str = Field(default="", description="Descriptive title.")
    base: InputFile = Field(
        description="Configuration of scenario tsunami: its grid, bathymetry and rotation count, on the whole grid, "
        "for linear waves."
    )
    unknowns: UnknownsConfig = Field(
        description="What is to be found: slip of a fault, or uplift of the seafloor."
    )
    prior: PriorConfig = Field(description="What is known of the unknowns before any data.")
    noise: NoiseConfig = Field(description="How far data may be from the operator.")
    sensors: Sensors = Field(
        min_length=1,
        description="Instruments whose records are used: a list of sensors, and of files of sensors.",
    )
    targets: Targets = Field(
        min_length=1,
        description="Places for which waves are forecast: a list of targets, and of files of targets.",
    )
    sampling: SamplingConfig = Field(description="Times of data and forecasts.")
    levels: str = Field(
        default="jma",
        description="Levels of warning: jma, ptwc or a YAML file, as of `esim hazard --levels`.",
    )
    output: ForecastOutputConfig = Field(description="Files that are written.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        sensors, targets = self.all_sensors, self.all_targets
        both = {one.name for one in sensors} & {one.name for one in targets}
        if both:
            raise KeyProblem(
                "targets", f"'{min(both)}' is the name of a sensor and of a target; names must be unique"
            )
        if self.prior.magnitude_cap is not None and not isinstance(self.unknowns, SlipConfig):
            raise KeyProblem(
                ("prior", "magnitude_cap"), "is of slip, and unknowns are of kind uplift; leave it out"
            )
        ends = self.unknowns.windows * self.unknowns.window
        if ends > self.sampling.duration:
            raise KeyProblem(
                ("unknowns", "windows"),
                f"{self.unknowns.kind} of {ends:g} s is longer than sampling.duration, {self.sampling.duration:g} s",
            )
        return self

    @cached_property
    def all_sensors(self) -> tuple[SensorConfig, ...]:
        """The sensors, those of files included."""
        return list_sensors(self.sensors)

    @cached_property
    def all_targets(self) -> tuple[TargetConfig, ...]:
        """The targets, those of files included."""
        return list_targets(self.targets)
