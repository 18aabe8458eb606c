"""Which equations, and up to which frequency?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from esim.config.limits import PointsPerWavelength, WaveFrequency
from esim.config.yaml.section import KeyProblem, Section

Band = tuple[Annotated[WaveFrequency, Field(gt=0)], Annotated[WaveFrequency, Field(gt=0)]]


class CrustPhysics(Section):
    """Order, attenuation, and the frequencies to be resolved."""

    order: Literal[4, 8] = Field(default=4, description="Order of accuracy in space: 4 or 8.")
    attenuation: Literal["none", "coarse", "conventional"] | None = Field(
        default=None,
        description="none (elastic), coarse (8 relaxation mechanisms, one per cell, coarse-grained) or "
        "conventional (3 in every cell, for low Q); null: coarse where the medium has Q, else none.",
    )
    memory_variable_precision: Literal["bfloat16"] | None = Field(
        default=None,
        description="Precision of the memory variables of attenuation: bfloat16 halves their size and is faster where "
        "memory bandwidth is the limit, with an error of about 0.1 % of the waves; null: run.precision.",
    )
    band: Band | None = Field(
        default=None,
        description="WaveFrequency band [Hz] of constant Q as [from, to]; null: the two decades up to the highest "
        "frequency.",
    )
    reference_frequency: WaveFrequency = Field(
        default=1.0,
        gt=0,
        description="Reference frequency [Hz] at which waves have the velocities vp and vs of the medium, where Q "
        "makes these depend on frequency; it need not be in the band.",
    )
    max_frequency: WaveFrequency | None = Field(
        default=None, gt=0, description="Highest frequency [Hz]; null: what the grid resolves."
    )
    points_per_wavelength: PointsPerWavelength = Field(
        default=5.0,
        ge=2,
        description="Minimum number of cells per wavelength: sets the frequency that the grid resolves.",
    )
    low_pass: bool = Field(
        default=True,
        description="Low-pass filter the sources that send more, at the highest frequency of the run: zero phase, so "
        "that nothing is delayed; the gain is 1 / (1 + (f / highest)^4), one half there.",
    )

    gravity_surface: bool = Field(
        default=False,
        description="Let gravity act on the sea surface: tsunamis and acoustic-gravity waves are computed with the "
        "seismic waves; needs water at the top of the block. Water elsewhere, rock and air are as without it.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.memory_variable_precision is not None and self.attenuation == "none":
            raise KeyProblem(
                "memory_variable_precision",
                f"'{self.memory_variable_precision}' has no memory variables to apply to without attenuation; set "
                "physics.attenuation to coarse or conventional, or leave memory_variable_precision out",
            )
        if self.band is None:
            return self
        low, high = self.band
        if low >= high:
            raise KeyProblem("band", f"expected [from, to] with from below to, not [{low:g}, {high:g}]")
        if self.max_frequency is not None and not low < self.max_frequency <= high:
            text = f"{self.max_frequency:g} Hz is outside the band of constant Q, {low:g}..{high:g} Hz"
            raise KeyProblem("max_frequency", text)
        return self
