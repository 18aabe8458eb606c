"""The whole configuration, complete and checked."""

from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from esim.config.bathymetry import Bathymetry
from esim.config.checks import check
from esim.config.forcing import Forcing
from esim.config.grid import AnyGrid
from esim.config.incident import AnyIncident
from esim.config.output import Output
from esim.config.physics import Physics
from esim.config.point import Station
from esim.config.run import Run
from esim.config.section import Section
from esim.config.source import Source
from esim.config.time import Time


class Scenario(Section):
    """What every scenario says; frozen, in SI units and degrees, every default filled in."""

    scenario: str = Field(description="What is computed.")
    title: str = Field(default="", description="Title of the run, for people.")
    time: Time = Field(description="Origin time and length of the run.")

    def echo(self) -> dict[str, Any]:
        """The configuration in force with every default, as plain dicts, lists, numbers and text for JSON.

        Loading it again gives an equal configuration.
        """
        return self.model_dump(mode="json")


class Config(Scenario):
    """Everything that a run of a tsunami needs to know."""

    scenario: Literal["tsunami"] = Field(description="What is computed: tsunami.")
    grid: AnyGrid = Field(description="The cells: a lonlat or a cartesian box.")
    bathymetry: Bathymetry = Field(description="The seafloor: a file, or a simple shape.")
    physics: Physics = Field(
        default_factory=Physics, validate_default=True, description="Terms and constants of the equations."
    )
    source: tuple[Source, ...] = Field(description="What starts the wave: a list; [] for none.")
    forcing: tuple[Forcing, ...] = Field(default=(), description="Air pressure over the water: a list.")
    incident: tuple[AnyIncident, ...] = Field(
        default=(),
        description="Waves that come in at sides whose grid.boundary is incident: a list, one a side.",
    )
    stations: tuple[Station, ...] = Field(default=(), description="Gauges where time series are recorded.")
    output: Output = Field(description="Files that the run writes.")
    run: Run = Field(default=Run(), description="Machine and time step.")

    @field_validator("physics")
    @classmethod
    def _default_coriolis(cls, physics: Physics, info: ValidationInfo) -> Physics:
        if physics.coriolis is not None or "grid" not in info.data:
            return physics
        return physics.model_copy(update={"coriolis": info.data["grid"].kind == "lonlat"})

    @model_validator(mode="after")
    def _check(self) -> Self:
        check(self)
        return self
