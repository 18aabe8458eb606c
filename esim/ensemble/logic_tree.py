"""Which end branches has a logic tree? Every combination of the branches of its levels, with the product of weights."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ensemble.logic_tree import BranchConfig, LevelConfig, label
from esim.errors import InputError

KEY = "members.logic_tree"


@dataclass(frozen=True)
class EndBranch:
    """A path through the tree: its weight, what is set on it, and what is distributed on it and not on all."""

    name: str
    weight: float
    values: Mapping[str, Any]
    vary: Mapping[str, DistributionConfig]


def end_branches(levels: Sequence[LevelConfig]) -> list[EndBranch]:
    """All end branches, the last level fastest. Raises InputError where two would have one name, or a long one."""
    found = [_joined(path) for path in product(*(level.branches for level in levels))]
    seen: set[str] = set()
    for branch in found:
        if branch.name in seen:
            raise InputError(f"{KEY}: two end branches would be called '{branch.name}'; rename one of theirs")
        seen.add(branch.name)
    return found


def _joined(path: Sequence[BranchConfig]) -> EndBranch:
    """The end of a path; levels differ in other keys, as the configuration has checked."""
    try:
        name = label("-".join(branch.name for branch in path))
    except ValueError as error:
        raise InputError(f"{KEY}: {error}, at most 100 with the names of all levels") from None
    return EndBranch(
        name,
        math.prod(branch.weight for branch in path),
        {key: value for branch in path for key, value in branch.set.items()},
        {key: one for branch in path for key, one in branch.vary.items()},
    )


def tree_lines(levels: Sequence[LevelConfig], members: int) -> list[str]:
    """The tree, for the plan: its levels with their branches, how many ends it has, and members on each."""
    ends = math.prod(len(level.branches) for level in levels)
    lines = [f"logic tree     {ends:,} end branches x {members // ends:,} members = {members:,}"]
    for level in levels:
        told = ", ".join(f"{branch.name} {branch.weight:g}" for branch in level.branches)
        lines.append(f"  {level.name}: {told}")
    return lines
