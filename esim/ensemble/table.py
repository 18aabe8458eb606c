"""Which members does a table list? A row for each, a column for each key in which they differ."""

import math
from pathlib import Path
from typing import Any

from esim.config.ensemble.key_path import key_path
from esim.config.ensemble.logic_tree import ROUNDING, label
from esim.config.table import read_table
from esim.config.yaml.document import value_of
from esim.config.yaml.suggest import shown
from esim.ensemble.member import Member
from esim.errors import InputError

KEY = "members.table"


def read_members(path: Path) -> list[Member]:
    """The members of a CSV, whose columns name, weight, branch, branch_weight may be missing. Raises InputError."""
    try:
        table = read_table(path)
    except ValueError as error:
        raise InputError(f"{KEY}: {error}") from None
    titles = [column.title for column in table.columns]
    _check_titles(path, titles)
    if not table.rows:
        raise InputError(
            f"{KEY}: {path} has no members; expected a row for each under the names of the columns"
        )
    digits = len(str(len(table.rows)))
    found = [
        _member(f"{path}, line {line}", dict(zip(titles, cells, strict=True)), f"m{number:0{digits}d}")
        for number, (line, cells) in enumerate(table.rows, 1)
    ]
    seen: set[str] = set()
    for member in found:
        if member.name in seen:
            raise InputError(f"{KEY}: {path} names '{member.name}' twice; names must be unique")
        seen.add(member.name)
    _check_branches(path, found)
    return found


def _check_branches(path: Path, members: list[Member]) -> None:
    """Raises InputError where weights do not say how the members of a branch, and the branches, are shared out."""
    weights = dict[str, float]()
    for member in members:
        if weights.setdefault(member.branch, member.branch_weight) != member.branch_weight:
            raise InputError(f"{KEY}: {path} gives branch '{member.branch}' two weights")
    for branch in weights:
        if not any(member.weight for member in members if member.branch == branch):
            of = f"all members of branch '{branch}'" if branch else "all members"
            raise InputError(f"{KEY}: {path} gives {of} the weight 0")
    if len(weights) > 1 and "" in weights:
        raise InputError(f"{KEY}: {path} has members with and without a branch; expected one for each")
    if abs(sum(weights.values()) - 1.0) > ROUNDING:
        raise InputError(
            f"{KEY}: {path}: the weights of the branches add up to {sum(weights.values()):.6g}; expected 1"
        )


def _check_titles(path: Path, titles: list[str]) -> None:
    if not titles:
        raise InputError(
            f"{KEY}: {path} has no names of columns; expected paths of keys, such as source.0.magnitude"
        )
    for title in titles:
        if titles.count(title) > 1:
            raise InputError(f"{KEY}: {path} has two columns '{title}'")
        try:
            key_path(title)
        except ValueError as error:
            raise InputError(f"{KEY}: {path}: {error}") from None


def _member(place: str, cells: dict[str, str], name: str) -> Member:
    """The member of a row; what is empty is as in the base."""
    name, branch = cells.pop("name", "") or name, cells.pop("branch", "")
    try:
        label(name)
        if branch:
            label(branch)
    except ValueError as error:
        raise InputError(f"{KEY}: {place}: {error}") from None
    weight, branch_weight = (_weight(place, cells, title) for title in ("weight", "branch_weight"))
    values: dict[str, Any] = {
        path: value_of(text, f"{KEY}: {place}: {path}") for path, text in cells.items() if text
    }
    return Member(name, weight, values, branch, branch_weight)


def _weight(place: str, cells: dict[str, str], title: str) -> float:
    """The weight in a column, 1 if there is none, which is taken out of the cells."""
    text = cells.pop(title, "") or "1"
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise InputError(f"{KEY}: {place}: {title} {shown(text)} is not a number of at least 0")
    return weight
