"""How is it computed?"""

from typing import Self

from pydantic import Field, model_validator

from esim.config.run import RunConfig, StepConfig
from esim.config.yaml.section import KeyProblem
from esim.config.yaml.units import Number

# By solver of the whole grid: the Courant number, and the largest with which a step is stable and accurate.
COURANT = {"nonlinear": (0.8, 0.9), "deep": (1.4, 1.47)}


class OceanStepConfig(StepConfig):
    """Time step of the ocean, and where it is left out."""

    cfl: Number | None = Field(
        default=None,
        gt=0,
        le=max(bound for _, bound in COURANT.values()),
        description="Courant number; null: "
        + ", ".join(f"{cfl} (at most {bound}) of solver {name}" for name, (cfl, bound) in COURANT.items())
        + ".",
    )
    adaptive: bool = Field(
        default=False, description="Adaptive time step, from the Courant number of every step."
    )
    skip_at_rest: bool = Field(
        default=True, description="Skip quiescent tiles; results are bitwise identical."
    )

    @model_validator(mode="after")
    def _one_time_step(self) -> Self:
        if self.adaptive and self.dt is not None:
            raise KeyProblem("adaptive", "cannot be true where dt fixes the time step; keep one of them")
        return self


class OceanRunConfig(OceanStepConfig, RunConfig):
    """Machine and time step."""
