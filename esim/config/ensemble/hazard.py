"""What is asked of all members together?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from esim.config.ensemble.logic_tree import Weight, check_weights
from esim.config.names import check_names
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Number
from esim.config.yaml.within import Within

Probability = Annotated[Number, Within(0.0, 1.0, "a probability is at most 1")]
Intensity = Annotated[Number, Within(-1e4, 1e4, "in m, or in m/s; the highest wave known ran up 524 m")]
Depth = Annotated[Number, Within(0.0, 1e4, "in m")]
Rate = Annotated[Number, Within(0.0, 1e6, "so many events a year")]


class RateBranchConfig(Section):
    """One alternative of how often the earthquakes happen."""

    name: str = Field(min_length=1, description="Name of the alternative.")
    weight: Weight = Field(gt=0, description="Weight: the degree of belief that it is true.")
    annual_rate: Rate = Field(gt=0, description="Annual rate [1/year] of all members together.")


class HazardConfig(Section):
    """Probabilities of exceedance, hazard curves, quantiles, arrival times and the worst case, in hazard.nc."""

    thresholds: tuple[Intensity, ...] = Field(
        min_length=1,
        description="Values whose exceedance is mapped: maximum water-surface elevation [m] of a tsunami, peak ground "
        "velocity [m/s] of a seismic run.",
    )
    rates: Literal["weight"] | None = Field(
        default=None,
        description="weight: the weights of the members are their annual rates [1/year]; null: they are shares of one "
        "probability, that one of the members happens, or of annual_rate.",
    )
    annual_rate: Rate | None = Field(
        default=None,
        gt=0,
        description="Annual rate [1/year] of all members together, shared out by weight; null: none, so that there are "
        "probabilities only.",
    )
    rate_branches: tuple[RateBranchConfig, ...] = Field(
        default=(),
        description="Alternatives of annual_rate, whose weights add up to 1: a last level of the logic tree, which "
        "takes no further members.",
    )
    levels: tuple[Intensity, ...] | None = Field(
        default=None,
        min_length=2,
        description="Values at which hazard curves are written; null: 81, evenly spaced in logarithm, from a "
        "thousandth of the largest value at all stations to that.",
    )
    quantiles: tuple[Probability, ...] = Field(
        default=(0.05, 0.16, 0.5, 0.84, 0.95), min_length=1, description="Quantiles over the members."
    )
    confidence: Probability = Field(
        default=0.9,
        description="Confidence of the band around a hazard curve: how well so many members let it be known. Not of "
        "a logic tree.",
    )
    fractiles: tuple[Probability, ...] = Field(
        default=(0.05, 0.16, 0.5, 0.84, 0.95),
        min_length=1,
        description="Fractiles, by weight, of hazard curves over the branches of a logic tree.",
    )
    inundation_thresholds: tuple[Depth, ...] = Field(
        default=(0.3, 1.0, 2.0),
        min_length=1,
        description="Depths [m] of the water on land whose exceedance is mapped, where the members write "
        "inundation_depth_max.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("thresholds", "levels", "quantiles", "fractiles", "inundation_thresholds"):
            values = getattr(self, name) or ()
            if any(one >= other for one, other in zip(values, values[1:], strict=False)):
                raise KeyProblem(name, "expected values that increase")
        if not 0 < self.confidence < 1:
            raise KeyProblem("confidence", f"{self.confidence:g} is not between 0 and 1")
        if self.rates is not None and self.annual_rate is not None:
            raise KeyProblem("annual_rate", "goes without rates: weight, which gives each member its own")
        if self.rate_branches:
            check_names("rate_branches", self.rate_branches)
            check_weights("rate_branches", [one.weight for one in self.rate_branches])
            if self.rates is not None or self.annual_rate is not None:
                raise KeyProblem(
                    "rate_branches", "go without annual_rate and rates, whose alternatives they are"
                )
        return self
