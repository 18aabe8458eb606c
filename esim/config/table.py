"""What does a text table hold? Columns parted by commas, semicolons, tabs or blanks, the first row naming them."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

UNIT = re.compile(r"\s*[\[(]([^\])]*)[\])]\s*$|_(m|km|cm|deg|degrees|s|min|h)$")
DEGREES = re.compile(r"deg|°")


class Column(NamedTuple):
    """A column: its title as it stands there and as a word ("Station Name [-]": station_name), and its unit."""

    title: str
    word: str
    unit: str


class Table(NamedTuple):
    """The columns of a table, none where its first row is numbers, and its rows with their lines in the file."""

    columns: list[Column]
    rows: list[tuple[int, list[str]]]

    def find(self, spellings: Sequence[str]) -> int | None:
        """Number of the column that has the first of several names that one of them has; None if none has any."""
        words = [column.word for column in self.columns]
        return next((words.index(word) for word in spellings if word in words), None)


def read_table(path: Path) -> Table:
    """A table of text; lines that begin with # are comments.

    Raises ValueError with a sentence where it is no text, or a row has not as many cells as the first.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = [
                (n, line) for n, line in enumerate(stream, 1) if line.strip() and line.lstrip()[0] != "#"
            ]
        rows = _split(lines)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text file in UTF-8 ({error})") from error
    except csv.Error as error:
        raise ValueError(f"{path} cannot be divided into cells ({error})") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    for number, row in rows:
        if len(row) != len(rows[0][1]):
            expected = len(rows[0][1])
            raise ValueError(
                f"{path.name}, line {number}: {len(row)} columns; expected {expected} as in the first row"
            )
    if not rows or all(map(_is_number, rows[0][1])):
        return Table([], rows)
    return Table([column(title) for title in rows[0][1]], rows[1:])


def column(title: str) -> Column:
    """A column of a title."""
    match = UNIT.search(title.strip())
    unit = (match[1] or match[2] or "").strip() if match else ""
    word = UNIT.sub("", title.strip()).strip().lower().replace(" ", "_")
    return Column(title.strip(), word, "deg" if DEGREES.match(unit) else unit)


def _split(lines: Sequence[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """Numbers of lines and their cells, parted by what parts the first one."""
    parting = next((one for one in ",;\t" if lines and one in lines[0][1]), None)
    if parting is None:
        return [(number, line.split()) for number, line in lines]
    texts = csv.reader((line for _, line in lines), delimiter=parting, skipinitialspace=True)
    return [(number, [cell.strip() for cell in row]) for (number, _), row in zip(lines, texts, strict=True)]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
