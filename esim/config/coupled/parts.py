"""What do the two parts of a coupled run have each for itself?"""

from pydantic import Field

from esim.config.crust.domain import CrustDomainConfig
from esim.config.crust.output import CrustFilesConfig
from esim.config.crust.run import CrustStepConfig
from esim.config.crust.station import Receivers
from esim.config.crust.until import QuietConfig, Until
from esim.config.limits import Simulated
from esim.config.ocean.output import OceanFilesConfig
from esim.config.ocean.run import OceanStepConfig
from esim.config.ocean.station import Gauges
from esim.config.output import OutputConfig
from esim.config.run import ResourcesConfig
from esim.config.yaml.section import Section


class CoupledCrustConfig(CrustDomainConfig):
    """The block of the crust, and how long it is computed."""

    duration: Simulated = Field(
        gt=0, description="Simulated time [s] of the crust, at most: until the waves have left the block."
    )
    until: Until | None = Field(
        default=QuietConfig(),
        description="End the crust by itself when it is quiet, before `duration`: a mapping, or `quiet` for its "
        "defaults; null: compute all of that.",
    )


class CoupledStationsConfig(Section):
    """Stations of both parts."""

    crust: Receivers = Field(default=(), description="Receivers, as `stations` of scenario seismic.")
    ocean: Gauges = Field(default=(), description="Gauges, as `stations` of scenario tsunami.")


class CoupledOutputConfig(OutputConfig):
    """Files of both parts, in the folders crust and ocean of the directory."""

    crust: CrustFilesConfig = Field(
        default=CrustFilesConfig(), description="Files of the crust, as `output` of scenario seismic."
    )
    ocean: OceanFilesConfig = Field(
        default=OceanFilesConfig(), description="Files of the ocean, as `output` of scenario tsunami."
    )


class CoupledRunConfig(ResourcesConfig):
    """Machine, and the time steps of both parts."""

    crust: CrustStepConfig = Field(default=CrustStepConfig(), description="Time step of the crust.")
    ocean: OceanStepConfig = Field(default=OceanStepConfig(), description="Time step of the ocean.")
