"""When do sources of seismic waves act? Onset or centroid, and a time function."""

from typing import Self

from pydantic import Field, model_validator

from esim.config.crust.time_function import TimeFunctionConfig, TriangleConfig
from esim.config.limits import InEarth, Moments, RiseTime
from esim.config.point import PointConfig
from esim.config.yaml.section import KeyProblem, Section, check_one


class TimedSourceConfig(Section):
    """Every source with one time function: when it acts, by its onset or its centroid."""

    onset: Moments = Field(
        default=0.0, description="Onset [s] after the origin time; negative: the run begins before it."
    )
    centroid_time: Moments | None = Field(
        default=None,
        description="Instead of onset: centroid time [s] after the origin time, of the moment rate (of a wavelet: its "
        "peak); null: as onset says.",
    )
    half_duration: RiseTime | None = Field(
        default=None,
        gt=0,
        description="Instead of time_function: half duration [s] of an isosceles triangle, as in the Global CMT "
        "catalogue.",
    )
    time_function: TimeFunctionConfig | None = Field(
        default=None, description="Source time function; null: the triangle of half_duration."
    )

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        self._check_duration()
        if self.centroid_time is not None and self.onset != 0:
            text = f"{self.centroid_time:g} s, and onset {self.onset:g} s: give one of them"
            raise KeyProblem("centroid_time", text)
        return self

    def _check_duration(self) -> None:
        if self.time_function is None and self.half_duration is None:
            raise KeyProblem("time_function", "is missing; expected one, or half_duration for a triangle")
        check_one(self, "time_function", "half_duration")

    @property
    def rate(self) -> TimeFunctionConfig:
        """The time function, that of half_duration included."""
        if self.time_function is not None:
            return self.time_function
        return TriangleConfig(kind="triangle", half_duration=self.half_duration)


class PointSourceConfig(PointConfig, TimedSourceConfig):
    """Every point source."""

    depth: InEarth = Field(description="Depth [m] below depth 0 of the grid, not below the ground.")
