"""The whole configuration of scenario seismic, complete and checked."""

from typing import Literal, Self

from pydantic import Field, model_validator

from esim.config.root import Scenario
from esim.config.seismic.checks import check
from esim.config.seismic.grid import SeismicGrid
from esim.config.seismic.medium import Medium
from esim.config.seismic.output import SeismicOutput
from esim.config.seismic.physics import SeismicPhysics
from esim.config.seismic.run import SeismicRun
from esim.config.seismic.source import SeismicSource
from esim.config.seismic.station import SeismicStation
from esim.config.seismic.topography import Topography


class SeismicConfig(Scenario):
    """Everything that a run of seismic waves needs to know."""

    scenario: Literal["seismic"] = Field(description="What is computed: seismic waves.")
    grid: SeismicGrid = Field(description="The cells: a block of the crust.")
    medium: Medium = Field(description="What the waves travel through.")
    topography: Topography | None = Field(
        default=None, description="The ground and the seafloor; null: flat, the top of the grid."
    )
    physics: SeismicPhysics = Field(
        default=SeismicPhysics(), description="Order, attenuation, and what the grid must carry."
    )
    source: tuple[SeismicSource, ...] = Field(description="What shakes the crust: a list; [] for none.")
    stations: tuple[SeismicStation, ...] = Field(
        default=(), description="Receivers where the motion is recorded."
    )
    output: SeismicOutput = Field(description="Files that the run writes.")
    run: SeismicRun = Field(default=SeismicRun(), description="Machine and time step.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check(self)
        return self
