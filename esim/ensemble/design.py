"""Which members has an ensemble, and what is said of them?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from esim.config.ensemble.members import MembersConfig
from esim.config.yaml.suggest import shown
from esim.ensemble.draws import draw_members
from esim.ensemble.member import Member
from esim.ensemble.table import read_members
from esim.ensemble.unit_sources import unit_lines, unit_members
from esim.io.atomic import whole_file

TABLE = "members.csv"  # in the output directory: the members as they were computed
FEW = 4  # values of a key that are told one by one


def design_members(config: MembersConfig) -> list[Member]:
    """The members of a table, unit sources, or those that are drawn; raises InputError."""
    if config.unit_sources is not None:
        return unit_members(config.unit_sources)
    return read_members(config.table) if config.table is not None else draw_members(config)


def paths(members: Sequence[Member]) -> list[str]:
    """The keys in which members differ from the base, in their order."""
    return list(dict.fromkeys(path for member in members for path in member.values))


def design_lines(config: MembersConfig, members: Sequence[Member]) -> list[str]:
    """The design, for the plan: how many members, and the values of each key."""
    if config.unit_sources is not None:
        return unit_lines(config.unit_sources, members)
    how = f"table {config.table}" if config.table is not None else f"{config.method}, seed {config.seed}"
    lines = [f"members        {len(members):,} ({how})"]
    weights = [member.weight for member in members]
    if min(weights) != max(weights):
        lines.append(f"weights        {min(weights):g} to {max(weights):g}, {sum(weights):g} in all")
    for path in paths(members):
        lines.append(
            f"  {path}: {_values([member.values[path] for member in members if path in member.values])}"
        )
    return lines


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
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "weight", *keys])
        for member in members:
            cells = [_cell(member.values[key]) if key in member.values else "" for key in keys]
            writer.writerow([member.name, repr(member.weight), *cells])


def _cell(value: Any) -> str:
    """A value as YAML reads it again."""
    import json

    return json.dumps(value) if not isinstance(value, float) else repr(value)
