"""Which members has an ensemble?"""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ensemble.unit_sources import UnitSourcesConfig
from esim.config.limits import Seed
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, check_one
from esim.config.yaml.suggest import shown
from esim.config.yaml.units import Count
from esim.config.yaml.within import Within

Members = Annotated[Count, Within(1, 10_000_000, "an ensemble has so many members")]


def key_path(text: str) -> str:
    """The path of a key of the base; ValueError for what cannot be one."""
    path = text.strip()
    if not re.fullmatch(r"\w+(\.\w+)*", path):
        raise ValueError(f"{shown(text)} is not the path of a key; expected one such as source.0.magnitude")
    return path


KeyPath = Annotated[str, AfterValidator(key_path)]


class MembersConfig(Section):
    """The members: those of a table, as many as wanted, drawn at random, or unit sources."""

    table: InputFile | None = Field(
        default=None,
        description="CSV with a row for each member: columns are paths of keys of the base, such as "
        "source.0.magnitude, and `name` and `weight` if wanted; an empty cell leaves the key as it is in the base.",
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

    unit_sources: UnitSourcesConfig | None = Field(
        default=None,
        description="A member for each subfault of a fault, which slips alone: Green's functions of a tsunami.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_one(self, "table", "vary", "unit_sources")
        if self.vary is not None and self.count is None:
            raise KeyProblem("count", "is missing; expected the number of members to draw")
        if self.vary is None:
            for name in ("count", "seed", "method"):
                if (
                    name in self.model_fields_set
                    and getattr(self, name) != type(self).model_fields[name].default
                ):
                    raise KeyProblem(name, "goes with vary, whose members are drawn")
        return self
