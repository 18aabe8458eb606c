"""The whole configuration of scenario tsunami, complete and checked."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from esim.config.elevation import BathymetryConfig
from esim.config.limits import Wall
from esim.config.ocean.checks import (
    check_coordinates,
    check_gauges,
    check_incident,
    check_positions,
    check_pulses,
    check_tracer,
)
from esim.config.ocean.forcing import ForcingConfig
from esim.config.ocean.grid import OceanGridConfig
from esim.config.ocean.incident import AnyIncidentConfig
from esim.config.ocean.output import OceanOutputConfig
from esim.config.ocean.physics import OceanPhysics
from esim.config.ocean.run import OceanRunConfig
from esim.config.ocean.source import OceanSourceConfig
from esim.config.ocean.station import GaugeConfig, Gauges, list_gauges
from esim.config.ocean.structures import StructureConfig, named
from esim.config.ocean.water import FirstWaterConfig
from esim.config.scenario import ScenarioConfig
from esim.config.stations.groups import Listed


class TsunamiConfig(ScenarioConfig):
    """Complete configuration of scenario tsunami."""

    scenario: Literal["tsunami"] = Field(description="Scenario: a tsunami.")
    grid: OceanGridConfig = Field(description="The grid: lonlat or cartesian.")
    bathymetry: BathymetryConfig = Field(
        description="Bathymetry: a file, or a simple shape; or a list of these, of which the last that has a value at "
        "a point counts there."
    )
    physics: OceanPhysics = Field(
        default_factory=OceanPhysics,
        validate_default=True,
        description="Terms and constants of the equations.",
    )
    structures: tuple[StructureConfig, ...] = Field(
        default=(), description="Walls, dams and weirs thinner than a cell: a list of lines with a crest."
    )
    levees: Annotated[Wall, Field(gt=0)] | None = Field(
        default=None,
        description="Crests of the bathymetry's file that are narrower than a cell are kept, as structures, where they "
        "stand at least this high [m] above both cells, up to 20 m above the still water; null: they are lost, with a "
        "warning.",
    )
    water: FirstWaterConfig = Field(
        default=FirstWaterConfig(),
        description="The water before anything moves: dry land below the sea, lakes.",
    )
    source: tuple[OceanSourceConfig, ...] = Field(description="Tsunami sources: a list; [] for none.")
    forcing: tuple[ForcingConfig, ...] = Field(default=(), description="Air pressure over the water: a list.")
    incident: tuple[AnyIncidentConfig, ...] = Field(
        default=(),
        description="Incident waves at sides whose grid.boundary is incident: a list, one per side.",
    )
    stations: Gauges = Field(
        default=(),
        description="Gauges at which time series are recorded: a list of gauges, of files of gauges, and of lists with "
        "settings of their own; or one of these.",
    )
    output: OceanOutputConfig = Field(description="Files that the run writes.")
    run: OceanRunConfig = Field(default=OceanRunConfig(), description="Machine and time step.")

    @field_validator("structures")
    @classmethod
    def _name_structures(cls, structures: tuple[StructureConfig, ...]) -> tuple[StructureConfig, ...]:
        return named(structures)

    @field_validator("physics")
    @classmethod
    def _default_coriolis(cls, physics: OceanPhysics, info: ValidationInfo) -> OceanPhysics:
        if physics.coriolis is not None or "grid" not in info.data:
            return physics
        return physics.model_copy(update={"coriolis": info.data["grid"].kind == "lonlat"})

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_coordinates(self.grid, self.bathymetry, self.source, self.physics)
        check_incident(self.grid, self.incident)
        check_positions(self.grid, self.source)
        check_gauges(self.grid.build(), self.listing[0])
        check_pulses(self.grid, self.forcing)
        check_tracer(self.grid, self.physics, self.output.fields)
        return self

    def restart_identity(self, sums: Mapping[Path, str]) -> dict[str, Any]:
        """As of every scenario, but for the gauges: they may come and go, as long as there are some left."""
        return super().restart_identity(sums) | {"stations": bool(self.gauges)}

    @property
    def files(self) -> tuple[Path, ...]:
        """The input files, and those that files of gauges name."""
        return (*super().files, *(one.observed for one in self.gauges if one.observed is not None))

    @cached_property
    def listing(self) -> tuple[list[Listed[GaugeConfig]], list[Listed[GaugeConfig]]]:
        """The gauges in the grid, those of files included, and those outside that are skipped."""
        return list_gauges(self.stations, self.grid.build())

    @property
    def gauges(self) -> tuple[GaugeConfig, ...]:
        """The gauges in the grid, those of files included."""
        return tuple(one.station for one in self.listing[0])

    @property
    def gauges_outside(self) -> tuple[GaugeConfig, ...]:
        """Those outside the grid, which are skipped as the configuration wants it."""
        return tuple(one.station for one in self.listing[1])
