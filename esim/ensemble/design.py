"""Which members has an ensemble, and what is said of them?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from esim.config.ensemble.members import MembersConfig
from esim.config.yaml.suggest import shown
from esim.ensemble.draws import draw_members
from esim.ensemble.logic_tree import EndBranch, end_branches, tree_lines
from esim.ensemble.member import Member
from esim.ensemble.table import read_members
from esim.ensemble.unit_sources import unit_lines, unit_members
from esim.errors import InputError
from esim.io.atomic import whole_file

TABLE = "members.csv"  # in the output directory: the members as they were computed
FEW = 4  # values of a key that are told one by one


def design_members(config: MembersConfig) -> list[Member]:
    """The members of a table, or those that are drawn, on each end branch of the logic tree, or unit sources.

    Raises InputError.
    """
    if config.unit_sources is not None:
        return unit_members(config.unit_sources)
    listed = read_members(config.table) if config.table is not None else None
    if not config.logic_tree:
        return draw_members(config, config.vary or {}) if listed is None else listed
    if listed is not None and any(member.branch for member in listed):
        raise InputError(
            f"members.logic_tree: {config.table} has branches of its own; expected either, not both"
        )
    return [
        _on_branch(branch, member)
        for branch in end_branches(config.logic_tree)
        for member in listed or draw_members(config, {**(config.vary or {}), **branch.vary})
    ]


def _on_branch(branch: EndBranch, member: Member) -> Member:
    """The member, where the alternatives of a branch are true. Raises InputError where a table says otherwise."""
    if both := sorted(branch.values.keys() & member.values.keys()):
        raise InputError(f"members.logic_tree: {both[0]} of branch '{branch.name}' is in members.table, too")
    values = {**branch.values, **member.values}
    return Member(f"{branch.name}-{member.name}", member.weight, values, branch.name, branch.weight)


def paths(members: Sequence[Member]) -> list[str]:
    """The keys in which members differ from the base, in their order."""
    return list(dict.fromkeys(path for member in members for path in member.values))


def design_lines(config: MembersConfig, members: Sequence[Member]) -> list[str]:
    """The design, for the plan: how many members, and the values of each key."""
    if config.unit_sources is not None:
        return unit_lines(config.unit_sources, members)
    lines = [f"members        {len(members):,} ({_origin(config)})"]
    if config.logic_tree:
        lines += tree_lines(config.logic_tree, len(members))
    elif branches := {member.branch: member.branch_weight for member in members if member.branch}:
        lines.append(
            f"branches       {len(branches):,}, of weight {min(branches.values()):g} to {max(branches.values()):g}"
        )
    weights = [member.weight for member in members]
    if min(weights) != max(weights):
        lines.append(f"weights        {min(weights):g} to {max(weights):g}, {sum(weights):g} in all")
    for path in paths(members):
        lines.append(
            f"  {path}: {_values([member.values[path] for member in members if path in member.values])}"
        )
    return lines


def _origin(config: MembersConfig) -> str:
    """Where the members come from."""
    if config.table is not None:
        return f"table {config.table}"
    return "one for each end branch" if config.count is None else f"{config.method}, seed {config.seed}"


def _values(values: Sequence[Any]) -> str:
    """What values a key has: all of a few, else from where to where."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        different = sorted(set(values))
        if len(different) > FEW:
            mean = sum(values) / len(values)
            return f"{different[0]:.6g} to {different[-1]:.6g}, mean {mean:.6g}"
    texts = list(dict.fromkeys(_short(value) for value in values))
    return ", ".join(texts[:FEW]) + (f" and {len(texts) - FEW:,} more" if len(texts) > FEW else "")


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else shown(value)


def write_table(path: Path, members: Sequence[Member]) -> None:
    """The members as a table that an ensemble can be computed from again."""
    import csv

    keys = paths(members)
    branched = any(member.branch for member in members)
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "weight", *(["branch", "branch_weight"] if branched else []), *keys])
        for member in members:
            cells = [_cell(member.values[key]) if key in member.values else "" for key in keys]
            branch = [member.branch, repr(member.branch_weight)] if branched else []
            writer.writerow([member.name, repr(member.weight), *branch, *cells])


def _cell(value: Any) -> str:
    """A value as YAML reads it again."""
    import json

    return json.dumps(value) if not isinstance(value, float) else repr(value)
