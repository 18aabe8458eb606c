"""Which members has the ensemble? What varies, and by how much; all of them; and those that failed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Section, Table, contents

LISTED = 200  # members in the table, at most
DIGITS = 4


def design(run: Run) -> Iterator[Section]:
    """What varies between the members, and the branches of a logic tree; none where nothing does."""
    found: Sequence[Mapping[str, Any]] = run.record.get("members", [])
    keys = _keys(found)
    rules = run.record["configuration"]["members"].get("vary") or {}
    rows = [
        _row(key, rules.get(key), [one["values"][key] for one in found if key in one["values"]])
        for key in keys
    ]
    headers = ("key", "distribution", "smallest", "mean", "largest")
    tables = [Table("What differs between members", headers, rows)] if rows else []
    yield from contents("Design", tables=[*tables, *_branches(run)])


def members(run: Run) -> Iterator[Section]:
    """The members that failed, with their sentences, and a table of all of them."""
    found: Sequence[Mapping[str, Any]] = run.record.get("members", [])
    keys = _keys(found)
    failed = [(one["name"], str(one.get("error", ""))) for one in found if one.get("state") != "complete"]
    tables = [Table("Failed members", ("member", "why"), failed)] if failed else []
    branch = ["branch"] if any("branch" in one for one in found) else []
    rows = [
        (one["name"], *(str(one.get("branch", "")) for _ in branch), words.number(one.get("weight")),
         *(_text(one["values"].get(key)) for key in keys), str(one.get("state", "")))
        for one in found[:LISTED]
    ]  # fmt: skip
    tables += [Table("All members", ("member", *branch, "weight", *map(_short, keys), "state"), rows)]
    said = f"The first {LISTED} of {words.count(len(found))} members; members.csv has all."
    yield from contents("Members", words=[said] if len(found) > LISTED else [], tables=tables)


def _keys(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for one in found for key in one["values"]))


def _row(key: str, rule: Mapping[str, Any] | None, values: Sequence[Any]) -> tuple[str, ...]:
    """A key with its distribution, and what was drawn; texts have no mean."""
    told = ""
    if rule:
        kind, numbers = next((name, value) for name, value in rule.items() if value is not None)
        told = f"{kind.replace('_', ' ')} {', '.join(map(_text, np.atleast_1d(numbers).tolist()))}"
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return key, told or f"{len(set(map(str, values)))} values", "", "", ""
    return key, told, *(_text(one) for one in (min(values), float(np.mean(values)), max(values)))


def _branches(run: Run) -> Iterator[Table]:
    """The branches of a logic tree with their weights."""
    if run.hazard is None or "branch" not in run.hazard.sizes:
        return
    count = np.bincount(run.hazard["member_branch"].values.astype(int), minlength=run.hazard.sizes["branch"])
    weights, names = run.hazard["branch_weight"].values, run.hazard["branch"].values
    rows = [
        (str(name), words.number(float(weight)), words.count(int(size)))
        for name, weight, size in zip(names, weights, count, strict=True)
    ]
    yield Table("Branches of the logic tree", ("branch", "weight", "members"), rows)


def _short(key: str) -> str:
    """The end of a key, for narrow columns: source.0.dip is dip."""
    return key.rsplit(".", 1)[-1].replace("_", " ")


def _text(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return words.number(float(value), digits=DIGITS) if isinstance(value, float) else words.count(value)
    return "" if value is None else str(value)
