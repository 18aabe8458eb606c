"""Which alternatives are there, of which one is true, though nobody knows which? The levels of a logic tree.

Kulkarni, Youngs and Coppersmith (1984), Proc. 8th World Conf. Earthquake Engineering 1, 263-270.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ensemble.key_path import KeyPath
from esim.config.names import check_names
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.suggest import shown
from esim.config.yaml.units import Number
from esim.config.yaml.within import Within

LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")  # what a folder can be called anywhere
ROUNDING = 1e-6  # by which weights may miss 1: those of thirds, say, as they are typed


def label(text: str) -> str:
    """A name that a folder can have; ValueError for another."""
    if not LABEL.fullmatch(text):
        raise ValueError(
            f"{shown(text)} cannot be the name of a folder; expected letters, digits, '-', '_' and '.'"
        )
    return text


Label = Annotated[str, AfterValidator(label)]
Weight = Annotated[Number, Within(0.0, 1.0, "the weights of all branches of a level add up to 1")]


def check_weights(key: str, weights: Sequence[float]) -> None:
    """Raises KeyProblem where weights of alternatives do not add up to 1."""
    if abs(sum(weights) - 1.0) > ROUNDING:
        raise KeyProblem(key, f"the weights add up to {sum(weights):.6g}; expected 1")


class BranchConfig(Section):
    """One alternative: what is set in the base where it is true, and what is distributed otherwise."""

    name: Label = Field(description="Name of the branch, part of the names of its members.")
    weight: Weight = Field(gt=0, description="Weight: the degree of belief that this alternative is true.")
    set: dict[KeyPath, Any] = Field(
        default_factory=dict,
        description="Values of keys of the base, by path: {source.0.scaling: blaser2010}.",
    )
    vary: dict[KeyPath, DistributionConfig] = Field(
        default_factory=dict,
        description="Distributions of keys on this branch, beside those of members.vary.",
    )


class LevelConfig(Section):
    """A question with several answers."""

    name: str = Field(min_length=1, description="What is not known: scaling, rupture depth, ...")
    branches: tuple[BranchConfig, ...] = Field(
        min_length=1, description="Alternatives, whose weights add up to 1."
    )

    @property
    def paths(self) -> set[str]:
        """The keys that differ between the branches."""
        return {path for branch in self.branches for path in (*branch.set, *branch.vary)}

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_names("branches", self.branches)
        check_weights("branches", [branch.weight for branch in self.branches])
        for n, branch in enumerate(self.branches):
            for path in branch.vary:
                if path in branch.set:
                    raise KeyProblem(("branches", str(n), "vary", path), "is set on this branch, too")
        return self
