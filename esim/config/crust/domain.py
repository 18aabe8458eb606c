"""Which block of the crust is computed: its grid, its medium, its surface, its physics?"""

from pydantic import Field

from esim.config.crust.grid import CrustGridConfig
from esim.config.crust.medium import MediumConfig
from esim.config.crust.physics import CrustPhysics
from esim.config.crust.topography import TopographyConfig
from esim.config.crust.until import Until
from esim.config.yaml.section import Section


class CrustDomainConfig(Section):
    """A block of the crust, without what happens in it."""

    grid: CrustGridConfig = Field(description="The grid: a block of the crust.")
    medium: MediumConfig = Field(description="The medium that the waves propagate through.")
    topography: TopographyConfig | None = Field(
        default=None, description="Topography and bathymetry; null: flat, the top of the grid."
    )
    physics: CrustPhysics = Field(
        default=CrustPhysics(), description="Order, attenuation, and the frequencies to be resolved."
    )
    until: Until | None = Field(
        default=None,
        description="End the run by itself when it is quiet: a mapping, or `quiet` for its defaults; null: compute all "
        "of time.duration.",
    )
