"""The whole configuration of scenario seismic, complete and checked."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from esim.config.crust.checks import (
    check_draped,
    check_medium,
    check_plane_waves,
    check_planes,
    check_positions,
    check_receivers,
    check_sea_surface,
    check_surface,
)
from esim.config.crust.domain import CrustDomainConfig
from esim.config.crust.output import CrustOutputConfig
from esim.config.crust.run import CrustRunConfig
from esim.config.crust.source import CrustSourceConfig
from esim.config.crust.station import ReceiverConfig, Receivers, list_receivers
from esim.config.names import check_names
from esim.config.scenario import SimulationConfig
from esim.config.stations.groups import Listed


class SeismicConfig(CrustDomainConfig, SimulationConfig):
    """Complete configuration of scenario seismic."""

    scenario: Literal["seismic"] = Field(description="Scenario: seismic waves.")
    source: tuple[CrustSourceConfig, ...] = Field(description="Seismic sources: a list; [] for none.")
    stations: Receivers = Field(
        default=(),
        description="Receivers at which motion is recorded: a list of receivers, of files of receivers, and of lists "
        "with settings of their own; or one of these.",
    )
    output: CrustOutputConfig = Field(description="Files that the run writes.")
    run: CrustRunConfig = Field(default=CrustRunConfig(), description="Machine and time step.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_names(("output", "planes"), self.output.planes)
        check_surface(self.grid, self.topography, self.physics)
        check_sea_surface(self.output, self.physics)
        check_medium(self.medium, self.grid, self.physics, self.topography)
        check_draped(self.source, self.topography)
        check_positions(self.grid, self.source)
        check_receivers(self.grid, self.listing[0])
        check_plane_waves(self.grid, self.source)
        check_planes(self.grid, self.output.planes)
        return self

    @cached_property
    def listing(self) -> tuple[list[Listed[ReceiverConfig]], list[Listed[ReceiverConfig]]]:
        """The receivers in the grid, those of files included, and those beside it that are skipped."""
        return list_receivers(self.stations, self.grid)

    @property
    def receivers(self) -> tuple[ReceiverConfig, ...]:
        """The receivers in the grid, those of files included."""
        return tuple(one.station for one in self.listing[0])

    @property
    def receivers_outside(self) -> tuple[ReceiverConfig, ...]:
        """Those beside the grid, which are skipped as the configuration wants it."""
        return tuple(one.station for one in self.listing[1])

    def restart_identity(self, sums: Mapping[Path, str]) -> dict[str, Any]:
        """As of every scenario, but for the receivers, which may come and go; planes count by their names."""
        found = super().restart_identity(sums)
        del found["stations"]
        found["output"]["planes"] = {plane["name"]: plane for plane in found["output"]["planes"]}
        return found
