"""What is asked of an ensemble, and of which of its members?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from esim.config.ensemble.hazard import HazardConfig
from esim.ensemble.branches import Alternatives, branches_of
from esim.ensemble.member import Member
from esim.ensemble.quantity import Quantity


@dataclass(frozen=True)
class Kind:
    """A way in which exceedance is told: what its variables are called, their units, words, and alternatives."""

    name: str
    suffix: str
    units: str
    words: str
    alternatives: Alternatives
    axis: str


@dataclass(frozen=True)
class Question:
    """What is asked of which members, all of them complete: the quantity, and where each has its files."""

    config: HazardConfig
    quantity: Quantity
    members: Sequence[Member]
    folders: Sequence[Path]

    @property
    def names(self) -> list[str]:
        """The names of the members."""
        return [member.name for member in self.members]

    @cached_property
    def probability(self) -> Alternatives:
        """The branches, in which members count shares of a probability."""
        return branches_of(self.members)

    @cached_property
    def rate(self) -> Alternatives | None:
        """The branches, those of the annual rate too, in which members count rates [1/year]; None: no rate is known."""
        config, branches = self.config, self.probability
        if config.rates == "weight":
            sums = [sum(one.weight for one in self.members if one.branch == name) for name in branches.names]
            return Alternatives(branches.names, branches.weights, branches.counts * np.array(sums)[:, None])
        if config.rate_branches:
            rates = {one.name: (one.weight, one.annual_rate) for one in config.rate_branches}
            return branches.with_rates(rates)
        if config.annual_rate is None:
            return None
        return Alternatives(branches.names, branches.weights, config.annual_rate * branches.counts)

    @property
    def rate_axis(self) -> str:
        """The dimension of branches in which members count rates: that of all branches, unless rates have their own."""
        return "rate_branch" if len(self.config.rate_branches) > 1 else "branch"

    @property
    def kinds(self) -> list[Kind]:
        """Probability, and annual rate where one is known."""
        found = [Kind("probability", "", "1", "probability that", self.probability, "branch")]
        if self.rate is not None:
            words = "annual rate at which"
            found.append(Kind("rate", "_rate", "year-1", words, self.rate, self.rate_axis))
        return found

    @cached_property
    def weights(self) -> np.ndarray:
        """Weights of the members among all: as they are given where there is no tree, else shares."""
        if not self.probability.several:
            return np.array([member.weight for member in self.members])
        return self.probability.mean_counts
