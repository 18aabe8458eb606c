"""Where is the motion recorded?"""

from pydantic import Field

from esim.config.point import StationConfig
from esim.config.yaml.units import Length


class ReceiverConfig(StationConfig):
    """A receiver: a named position at which motion is recorded."""

    depth: Length = Field(default=0.0, ge=0, description="Depth [m] below the ground, or the seafloor.")
