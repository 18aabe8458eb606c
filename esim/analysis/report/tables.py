"""How does a list of entries of run.json become a table? A column for each number that at least one of them has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from esim.analysis.report import words
from esim.analysis.report.section import Table


def entries(
    caption: str, first: str, found: Sequence[Mapping[str, Any]], columns: Mapping[str, str]
) -> Iterator[Table]:
    """A table of numbers by their names in `columns`, which are put into words there; none without entries.

    The first column, of a name of its own, is what the entry is called.
    """
    told = [name for name in columns if any(_is_number(entry.get(name)) for entry in found)]
    rows = [(_name(entry), *(_text(entry.get(name)) for name in told)) for entry in found]
    if rows:
        yield Table(caption, (first, *(columns[name] for name in told)), rows)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry.get("source") or "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return words.number(value) if _is_number(value) else ""
