"""How is it computed?"""

from typing import Self

from pydantic import Field, model_validator

from esim.config.run import RunConfig
from esim.config.yaml.section import KeyProblem
from esim.config.yaml.units import Number

CFL_BOUND = 0.9  # the largest Courant number with which the step is stable


class OceanRunConfig(RunConfig):
    """Machine and time step."""

    cfl: Number = Field(default=0.8, gt=0, le=CFL_BOUND, description=f"Courant number, at most {CFL_BOUND}.")
    adaptive: bool = Field(
        default=False, description="Adaptive time step, from the Courant number of every step."
    )

    skip_at_rest: bool = Field(
        default=True, description="Skip quiescent tiles; results are bitwise identical."
    )

    @model_validator(mode="after")
    def _one_time_step(self) -> Self:
        if self.adaptive and self.dt is not None:
            raise KeyProblem("adaptive", "cannot be true where run.dt fixes the time step; keep one of them")
        return self
