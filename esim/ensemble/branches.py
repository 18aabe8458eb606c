"""How are members shared out among alternatives, of which one is true? Mean, fractiles, and each alternative itself.

As hazard offices report them: Davies et al. (2018), Geol. Soc. London Spec. Publ. 456, 219-244; Basili et al. (2021),
Front. Earth Sci. 8, 616594.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from esim.ensemble import statistics
from esim.ensemble.member import Member


@dataclass(frozen=True)
class Alternatives:
    """Alternatives with weights that add up to 1, and what each member counts in each of them (alternatives, members).

    Members count for shares of a probability, or for rates [1/year].
    """

    names: Sequence[str]
    weights: np.ndarray
    counts: np.ndarray

    @property
    def several(self) -> bool:
        """Whether there is more than one, so that there are fractiles."""
        return len(self.names) > 1

    @property
    def mean_counts(self) -> np.ndarray:
        """What each member counts in the mean over the alternatives (members,)."""
        mean: np.ndarray = self.weights @ self.counts
        return mean

    def fractiles(self, values: np.ndarray, fractiles: Sequence[float]) -> np.ndarray:
        """Those of values (alternatives, ...) that such shares of them, by weight, do not exceed (fractiles, ...)."""
        return statistics.quantiles(values, self.weights, fractiles)

    def with_rates(self, rates: Mapping[str, tuple[float, float]]) -> "Alternatives":
        """Each of these with each of some annual rates [1/year], by name: their weights and the rates."""
        pairs = [(n, name, *rates[name]) for n in range(len(self.names)) for name in rates]
        return Alternatives(
            [f"{self.names[n]} {name}".strip() for n, name, _, _ in pairs],
            np.array([self.weights[n] * weight for n, _, weight, _ in pairs]),
            np.stack([rate * self.counts[n] for n, _, _, rate in pairs]),
        )


def branches_of(members: Sequence[Member]) -> Alternatives:
    """The branches of members, one where there is no tree; each member counts its share, by weight, of its branch.

    Branches whose members have no weight are left out, and the others weigh as much more.
    """
    weights = {member.branch: member.branch_weight for member in members}
    rows = {
        name: np.array([member.weight if member.branch == name else 0.0 for member in members])
        for name in weights
    }
    names = [name for name, row in rows.items() if row.any()]
    told = np.array([weights[name] for name in names])
    return Alternatives(names, told / told.sum(), np.stack([rows[name] / rows[name].sum() for name in names]))
