"""Which keys has scenario coupled?"""

from typing import Literal

from pydantic import Field

from esim.config.coupled.coupling import CouplingConfig
from esim.config.coupled.parts import (
    CoupledCrustConfig,
    CoupledOutputConfig,
    CoupledRunConfig,
    CoupledStationsConfig,
)
from esim.config.crust.source import CrustSourceConfig
from esim.config.ocean.domain import OceanDomainConfig
from esim.config.scenario import SimulationConfig


class CoupledSections(SimulationConfig):
    """The sections of a coupled run, each checked by itself."""

    scenario: Literal["coupled"] = Field(
        description="Scenario: seismic waves, and the tsunami that they drive."
    )
    source: tuple[CrustSourceConfig, ...] = Field(
        description="Sources in the crust, which both parts have: a list."
    )
    crust: CoupledCrustConfig = Field(description="The block of the crust.")
    ocean: OceanDomainConfig = Field(description="The ocean.")
    coupling: CouplingConfig = Field(
        default=CouplingConfig(), description="How the crust moves the ocean, and in which order."
    )
    stations: CoupledStationsConfig = Field(
        default=CoupledStationsConfig(), description="Receivers of the crust and gauges of the ocean."
    )
    output: CoupledOutputConfig = Field(description="Files that the run writes.")
    run: CoupledRunConfig = Field(default=CoupledRunConfig(), description="Machine and time steps.")
