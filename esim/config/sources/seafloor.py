"""What do all sources have that displace the seafloor?"""

from pydantic import Field

from esim.config.yaml.section import Section


class SeafloorSourceConfig(Section):
    """Every source that displaces the seafloor."""

    kajiura: bool = Field(
        default=False, description="Filter the uplift with Kajiura's low-pass filter of the water column."
    )


class SlopedSourceConfig(SeafloorSourceConfig):
    """Every source that also displaces it horizontally."""

    horizontal_on_slope: bool = Field(
        default=False, description="Add the uplift due to horizontal displacement of a sloping seafloor."
    )
