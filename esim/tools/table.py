"""How is a table shown? With rich on a terminal, in plain aligned columns elsewhere."""

import sys
from collections.abc import Sequence

COLOURS = {"pass": "green", "fast": "green", "FAIL": "bold red", "missing": "red", "falls back": "yellow"}


def show(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Prints a table; nothing is cut off where the output is a file or a pipe."""
    if sys.stdout.isatty():
        _rich(headers, rows, title)
    else:
        print("\n".join([title] * bool(title) + plain(headers, rows)))


def plain(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose columns are as wide as their widest entry."""
    table = [list(headers), *map(list, rows)]
    widths = [max(len(row[n]) for row in table) for n in range(len(headers))]
    table.insert(1, ["-" * width for width in widths])
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]


def _rich(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*(Text(entry, style=COLOURS.get(entry, "")) for entry in row))
    Console().print(table)
