"""How is it computed?"""

from pydantic import Field

from esim.config.run import RunConfig, StepConfig
from esim.config.yaml.units import Number


class CrustStepConfig(StepConfig):
    """Time step of the crust, and the watch over it."""

    cfl: Number = Field(
        default=0.9, gt=0, le=1, description="Time step as a fraction of the largest stable one, at most 1."
    )
    watchdog: bool = Field(
        default=True,
        description="Stop with an error when energy grows after the sources have ended (instability).",
    )


class CrustRunConfig(CrustStepConfig, RunConfig):
    """Machine and time step."""
