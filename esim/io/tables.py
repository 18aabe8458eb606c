"""How does a table become a file? As CSV (RFC 4180) with one line of headers, whole or not at all."""

import csv
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

from esim.io.atomic import whole_file

Value = str | float | None


def write_table(path: Path, headers: Iterable[str], rows: Iterable[Sequence[Value]]) -> None:
    """Writes rows of texts and numbers, and what is not known (None) as nothing."""
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(headers)
        table.writerows(rows)


def cell(value: Value, digits: int = 6) -> str:
    """A text as it is, a number with so many digits; empty for what is not known: None, or not finite."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.{digits}g}" if isfinite(value) else ""
