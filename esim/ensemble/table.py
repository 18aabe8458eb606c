"""Which members does a table list? A row for each, a column for each key in which they differ."""

import math
import re
from pathlib import Path
from typing import Any

from esim.config.ensemble.members import key_path
from esim.config.table import read_table
from esim.config.yaml.document import value_of
from esim.config.yaml.suggest import shown
from esim.ensemble.member import Member
from esim.errors import InputError

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")  # what a folder can be called anywhere
KEY = "members.table"


def read_members(path: Path) -> list[Member]:
    """The members of a CSV; its columns `name` and `weight` may be missing. Raises InputError."""
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
    if not any(member.weight for member in found):
        raise InputError(f"{KEY}: {path} gives all members the weight 0")
    return found


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
    name = cells.pop("name", "") or name
    if not NAME.fullmatch(name):
        raise InputError(
            f"{KEY}: {place}: {shown(name)} cannot be the name of a folder; expected letters, digits, '-', '_' and '.'"
        )
    text = cells.pop("weight", "") or "1"
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise InputError(f"{KEY}: {place}: weight {shown(text)} is not a number of at least 0")
    values: dict[str, Any] = {
        path: value_of(text, f"{KEY}: {place}: {path}") for path, text in cells.items() if text
    }
    return Member(name, weight, values)
