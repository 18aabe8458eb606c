"""Which members has an ensemble?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ensemble.key_path import KeyPath
from esim.config.ensemble.logic_tree import LevelConfig
from esim.config.ensemble.unit_sources import UnitSourcesConfig
from esim.config.limits import Seed
from esim.config.names import check_names
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, check_one
from esim.config.yaml.units import Count
from esim.config.yaml.within import Within

Members = Annotated[Count, Within(1, 10_000_000, "an ensemble has so many members")]


class MembersConfig(Section):
    """The members: those of a table, as many as wanted, drawn at random, or unit sources."""

    table: InputFile | None = Field(
        default=None,
        description="CSV with a row for each member: columns are paths of keys of the base, such as "
        "source.0.magnitude, and `name`, `weight`, and of a logic tree `branch`, `branch_weight`, if wanted; an empty "
        "cell leaves the key as it is in the base.",
    )
    count: Members | None = Field(default=None, description="Number of members that are drawn.")
    seed: Seed = Field(default=0, description="Seed of the draws: the same one gives the same members.")
    method: Literal["random", "latin_hypercube", "sobol"] = Field(
        default="latin_hypercube",
        description="random: independent draws; latin_hypercube: one draw in each of `count` equally likely intervals "
        "of every key; sobol: scrambled Sobol points, best in powers of two.",
    )
    vary: dict[KeyPath, DistributionConfig] | None = Field(
        default=None,
        min_length=1,
        description="Paths of keys of the base, and how they are distributed: `uniform`: [smallest, largest]; "
        "`normal`: [mean, standard deviation]; `truncated_normal`: [mean, standard deviation, smallest, largest]; "
        "`lognormal`: [median, standard deviation of the logarithm]; `integer`: [smallest, largest]; `discrete`: "
        "values, with `weights` unless they are alike.",
    )
    logic_tree: tuple[LevelConfig, ...] = Field(
        default=(),
        description="Alternatives of which one is true, with weights, in levels: every combination of branches has the "
        "members of the table, or draws of its own from the same points, and hazard curves are told for each.",
    )
    unit_sources: UnitSourcesConfig | None = Field(
        default=None,
        description="A member for each subfault of a fault, which slips alone: Green's functions of a tsunami.",
    )

    @property
    def drawn(self) -> dict[str, DistributionConfig]:
        """The keys that are drawn, on all branches or on some, each with one of its distributions."""
        branches = [branch for level in self.logic_tree for branch in level.branches]
        return {
            path: one
            for varied in (self.vary or {}, *(b.vary for b in branches))
            for path, one in varied.items()
        }

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.unit_sources is not None and self.logic_tree:
            raise KeyProblem(
                "logic_tree", "goes without unit_sources, of which there is one for each subfault"
            )
        if not self.logic_tree or (self.table is not None and self.vary is not None):
            check_one(self, "table", "vary", "unit_sources")
        self._check_tree()
        if self.drawn and self.count is None:
            raise KeyProblem("count", "is missing; expected the number of members to draw")
        if self.table is not None or self.unit_sources is not None:
            for name in ("count", "seed", "method"):
                if (
                    name in self.model_fields_set
                    and getattr(self, name) != type(self).model_fields[name].default
                ):
                    raise KeyProblem(name, "goes with vary, whose members are drawn")
        return self

    def _check_tree(self) -> None:
        """Raises KeyProblem where a key differs for two reasons, or a table leaves nothing to be drawn."""
        check_names("logic_tree", self.logic_tree)
        taken = dict.fromkeys(self.vary or (), "members.vary")
        for n, level in enumerate(self.logic_tree):
            for path in sorted(level.paths):
                if path in taken:
                    raise KeyProblem(("logic_tree", str(n)), f"{path} already differs by {taken[path]}")
            taken |= dict.fromkeys(level.paths, f"level '{level.name}'")
        if self.table is not None and self.drawn:
            raise KeyProblem("table", "goes without distributions; a branch can only set keys for its rows")
        if self.logic_tree and self.table is None and not self.drawn and self.count is not None:
            raise KeyProblem("count", "is that of draws, and nothing is drawn; expected vary, or no count")
