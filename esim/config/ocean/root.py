"""The whole configuration of scenario tsunami, complete and checked."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from esim.config.ocean.checks import (
    check_coordinates,
    check_forcing,
    check_gauges,
    check_incident,
    check_positions,
    check_solver,
    check_tracer,
)
from esim.config.ocean.domain import OceanDomainConfig
from esim.config.ocean.output import OceanOutputConfig
from esim.config.ocean.run import COURANT, OceanRunConfig
from esim.config.ocean.source import OceanSourceConfig
from esim.config.ocean.station import GaugeConfig, Gauges, list_gauges
from esim.config.scenario import SimulationConfig
from esim.config.stations.groups import Listed


class TsunamiConfig(OceanDomainConfig, SimulationConfig):
    """Complete configuration of scenario tsunami."""

    scenario: Literal["tsunami"] = Field(description="Scenario: a tsunami.")
    source: tuple[OceanSourceConfig, ...] = Field(description="Tsunami sources: a list; [] for none.")
    stations: Gauges = Field(
        default=(),
        description="Gauges at which time series are recorded: a list of gauges, of files of gauges, and of lists with "
        "settings of their own; or one of these.",
    )
    output: OceanOutputConfig = Field(description="Files that the run writes.")
    run: OceanRunConfig = Field(
        default=OceanRunConfig(), validate_default=True, description="Machine and time step."
    )

    @field_validator("run")
    @classmethod
    def _default_cfl(cls, run: OceanRunConfig, info: ValidationInfo) -> OceanRunConfig:
        if run.cfl is not None or "grid" not in info.data:
            return run
        return run.model_copy(update={"cfl": COURANT[info.data["grid"].solver][0]})

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_coordinates(self.grid, self.bathymetry, self.source, self.physics)
        check_incident(self.grid, self.incident)
        check_positions(self.grid, self.source)
        check_gauges(self.grid.build(), self.listing[0])
        check_forcing(self.grid, self.forcing, self.output.fields)
        check_solver(self.grid, self.physics, self.water, self.run)
        check_tracer(self.grid, self.physics, self.output.fields)
        return self

    def restart_identity(self, sums: Mapping[Path, str]) -> dict[str, Any]:
        """As of every scenario, but for the gauges, which may come and go: no step depends on them."""
        found = super().restart_identity(sums)
        del found["stations"], found["output"]["stations"]
        return found

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
