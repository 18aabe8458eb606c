"""Where is the motion recorded?"""

from pydantic import Field

from esim.config.point import Station
from esim.config.units import Length


class SeismicStation(Station):
    """A receiver: a named place where the motion is recorded."""

    depth: Length = Field(default=0.0, ge=0, description="Depth [m] below the ground, or the seafloor.")
