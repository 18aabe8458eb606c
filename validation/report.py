"""What came out of a validation? For a table, for JSON, and for a report in Markdown."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from esim.io.atomic import whole_file
from esim.io.provenance import versions
from esim.validation.cases.case import Case, Comparison

HEADERS = ("quantity", "known", "computed", "difference", "limit", "result")
SOURCES = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Outcome:
    """A case and what came out of it: comparisons, or why it was skipped or broke off."""

    case: Case
    comparisons: Sequence[Comparison] = ()
    skipped: str = ""
    broken: str = ""
    seconds: float = 0.0
    figures: Sequence[Path] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Number of comparisons that are not as they should be."""
        return sum(not comparison.passed for comparison in self.comparisons)

    @property
    def passed(self) -> bool:
        """Whether nothing failed; a case that was skipped did not."""
        return not self.broken and not self.failed

    @property
    def word(self) -> str:
        """pass, FAIL or skipped."""
        if self.skipped:
            return "skipped"
        return "pass" if self.passed else "FAIL"

    def record(self) -> Any:
        """JSON values: the list of comparisons, or a sentence under `skipped` or `broken`."""
        if self.skipped or self.broken:
            return {name: text for name in ("skipped", "broken") if (text := getattr(self, name))}
        return [comparison.record() for comparison in self.comparisons]


def totals(outcomes: Sequence[Outcome]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headers and rows of the table of all cases."""
    rows: list[tuple[str, ...]] = [
        (
            outcome.case.name,
            str(len(outcome.comparisons) or ""),
            str(outcome.failed or ""),
            "" if outcome.skipped else f"{outcome.seconds:.0f} s",
            outcome.word,
        )
        for outcome in outcomes
    ]
    return ("case", "comparisons", "failed", "time", "result"), rows


def write_report(path: Path, outcomes: Sequence[Outcome], command: str) -> None:
    """Writes all tables, with the version of the code, into a Markdown file whose figures lie beside it."""
    text = [
        f"# Validation: {len(outcomes)} cases",
        f"`{command}`, {code()}, {platform.machine()}, {os.cpu_count()} cores. Written by the program.",
        *markdown(*totals(outcomes)),
    ]
    for outcome in outcomes:
        text += _section(outcome)
    with whole_file(path) as temporary:
        temporary.write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _section(outcome: Outcome) -> list[str]:
    case = outcome.case
    text = [f"## {case.name}", f"{case.summary[0].upper()}{case.summary[1:]}."]
    text += [paragraph.strip() for paragraph in case.about.split("\n\n")[1:] if paragraph.strip()]
    if outcome.skipped or outcome.broken:
        return [*text, f"{outcome.word}: {outcome.skipped or outcome.broken}"]
    text += markdown(HEADERS, [comparison.row() for comparison in outcome.comparisons])
    return text + [f"![{case.name}]({figure.name})" for figure in outcome.figures]


def markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as one paragraph of Markdown; columns that are empty throughout are left out."""
    kept = [n for n in range(len(headers)) if any(row[n] for row in rows)]
    table = [[row[n].replace("|", "\\|") for n in kept] for row in (headers, *rows)]
    table.insert(1, ["---"] * len(kept))
    return ["\n".join(f"| {' | '.join(row)} |" for row in table)]


def code() -> str:
    """The version of esim and, in a checkout, the revision."""
    version = f"esim {versions()['esim']}"
    command = ["git", "-C", str(SOURCES), "describe", "--always", "--dirty=, with changes"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return version
    return f"{version}, revision {found}"
