"""How is a value of a key distributed over the members?"""

from typing import Self

from pydantic import Field, model_validator

from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.suggest import listed
from esim.config.yaml.units import Count, Number

Choice = float | int | str | bool


class DistributionConfig(Section):
    """The distribution of one key, exactly one kind of it; numbers are in SI units, angles in degrees."""

    uniform: tuple[Number, Number] | None = Field(default=None, description="Smallest and largest value.")
    normal: tuple[Number, Number] | None = Field(default=None, description="Mean and standard deviation.")
    truncated_normal: tuple[Number, Number, Number, Number] | None = Field(
        default=None,
        description="Mean and standard deviation of a normal distribution, and the values between which it is cut off.",
    )
    lognormal: tuple[Number, Number] | None = Field(
        default=None, description="Median, and standard deviation of the natural logarithm."
    )
    integer: tuple[Count, Count] | None = Field(
        default=None, description="Smallest and largest of whole numbers, all alike: seeds, say."
    )
    discrete: tuple[Choice, ...] | None = Field(
        default=None, min_length=1, description="Values, numbers or text."
    )
    weights: tuple[Number, ...] | None = Field(
        default=None, description="Weight of each value of `discrete`; null: all alike."
    )

    @property
    def kind(self) -> str:
        """Which distribution it is."""
        return next(name for name in KINDS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs one of {listed(KINDS)}; it has {listed(given) or 'none'}")
        self._check_numbers(given[0])
        if self.weights is not None:
            self._check_weights(self.weights)
        return self

    def _check_numbers(self, kind: str) -> None:
        """Raises KeyProblem where the numbers of a distribution do not make one."""
        values = getattr(self, kind)
        if kind == "discrete":
            return
        if kind in ("uniform", "integer") and values[0] >= values[1]:
            raise KeyProblem(
                kind, f"{values[0]:g} is not below {values[1]:g}; expected the smaller value first"
            )
        if kind not in ("uniform", "integer") and values[1] <= 0:
            raise KeyProblem(kind, f"the standard deviation {values[1]:g} is not positive")
        if kind == "lognormal" and values[0] <= 0:
            raise KeyProblem(kind, f"the median {values[0]:g} is not positive")
        if kind == "truncated_normal" and values[2] >= values[3]:
            raise KeyProblem(
                kind, f"{values[2]:g} is not below {values[3]:g}; expected the smaller limit first"
            )

    def _check_weights(self, weights: tuple[float, ...]) -> None:
        if self.discrete is None or len(weights) != len(self.discrete):
            count = 0 if self.discrete is None else len(self.discrete)
            raise KeyProblem(
                "weights", f"has {len(weights)} items; expected one for each of {count} of `discrete`"
            )
        if min(weights) < 0 or sum(weights) <= 0:
            raise KeyProblem("weights", "expected weights that are not negative, and not all zero")


KINDS = tuple(name for name in DistributionConfig.model_fields if name != "weights")
