"""What moved the water? The sources of the run as a table, and the displacement as a map."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from esim.analysis.ocean import uplift
from esim.analysis.report import words
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, Table, contents
from esim.analysis.run import Run

HEADERS = (
    "source",
    "Mw",
    "moment (N m)",
    "largest uplift (m)",
    "largest subsidence (m)",
    "from (s)",
    "to (s)",
)
ALT = "Map of the displacement of the seafloor, or of the initial water surface, around the source."


def source(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the source; none where the run knows of no source and nothing has moved."""
    rows = [_row(entry) for entry in run.record.get("sources", [])]
    tables = [Table("Sources", HEADERS, rows)] if rows else []
    shown = list(pictures({"uplift": partial(uplift.figure, run, choices.look)}, lambda name: ALT))
    yield from contents("Source", words=list(_rigidity(run)), pictures=shown, tables=tables)


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    keys = ("largest_uplift_m", "largest_subsidence_m", "begins_s", "ends_s")
    return (
        str(entry.get("source") or ""),
        words.number(entry.get("magnitude")),
        words.number(entry.get("moment_Nm")),
        *(words.number(entry.get(key)) for key in keys),
    )


def _rigidity(run: Run) -> Iterator[str]:
    """What was assumed about the moment."""
    for entry in run.record.get("sources", []):
        if assumed := entry.get("assumed_rigidity_Pa"):
            yield f"The moment of {entry['source']} is that of an assumed rigidity of {words.number(assumed, 'Pa')}."
