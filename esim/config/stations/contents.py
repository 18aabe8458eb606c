"""What is in a file of stations?"""

from typing import Any, NamedTuple


class Row(NamedTuple):
    """A station as a file has it: where it stands in there ("gauges.csv, line 7"), and its values by key."""

    where: str
    values: dict[str, Any]


class Contents(NamedTuple):
    """The stations of a file, and what it says beyond them that is not read."""

    rows: list[Row]
    unused: list[str]
