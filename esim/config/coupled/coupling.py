"""How does the crust move the ocean, and in which order are they computed?"""

from typing import Literal, Self

from pydantic import Field, model_validator

from esim.config.limits import Interval
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Length


class CouplingConfig(Section):
    """How the crust moves the ocean."""

    method: Literal["kinematic", "static", "okada", "surface"] = Field(
        default="kinematic",
        description="kinematic: the bed moves as the seafloor of the crust does; static: at the origin time, by the "
        "final displacement of the crust; okada: as the source moves a uniform half-space, for comparison; surface: "
        "the water surface moves as the top of the water in the crust does, which has no gravity (Saito et al. 2019).",
    )
    every: Interval | None = Field(
        default=None,
        description="Simulated time [s] between records of the motion, which is low-passed at twice that; null: the "
        "shorter ones are periods that neither the cells nor the deepest water of the ocean answer.",
    )
    horizontal_on_slope: bool = Field(
        default=True, description="Add the uplift due to horizontal displacement of a sloping seafloor."
    )
    kajiura: bool = Field(
        default=False,
        description="Filter the uplift with Kajiura's low-pass filter of the water column; not with method surface.",
    )
    taper: Length | None = Field(
        default=None,
        ge=0,
        description="Width [m] inside the sides of the crust over which its motion fades to zero; null: a tenth of its "
        "shorter side.",
    )
    schedule: Literal["in_turns", "side_by_side"] = Field(
        default="in_turns",
        description="in_turns: all ranks compute the crust, then the ocean; side_by_side: both at the same time, on "
        "ranks shared out by predicted cost. Results are bitwise identical.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.schedule == "side_by_side" and self.method == "static":
            text = "side_by_side cannot be: method static needs the end of the crust's run first; expected in_turns"
            raise KeyProblem("schedule", text)
        if self.kajiura and self.method == "surface":
            text = "cannot be true: with method surface the water has filtered the motion already"
            raise KeyProblem("kajiura", text)
        return self
