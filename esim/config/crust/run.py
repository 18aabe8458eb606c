"""How is it computed?"""

from pydantic import Field

from esim.config.run import RunConfig
from esim.config.units import Number


class CrustRunConfig(RunConfig):
    """Machine and time step."""

    cfl: Number = Field(
        default=0.9, gt=0, le=1, description="Time step as a share of the largest stable one, at most 1."
    )
    watchdog: bool = Field(
        default=True, description="Stop a run whose energy grows after the sources have ended."
    )
