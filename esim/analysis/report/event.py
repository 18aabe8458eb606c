"""What do the summaries of all scenarios tell? Magnitude, and how long was computed."""

from collections.abc import Iterable

from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Fact, Section


def opening(sentences: Iterable[str], caution: str, facts: Iterable[Fact]) -> Section:
    """The first section of a page: what happened, of which sentences may be empty, what it is not, and numbers."""
    text = " ".join(filter(None, sentences))
    return Section("Summary", "summary.html", {"text": text, "caution": caution, "facts": list(facts)})


def of_magnitude(run: Run) -> str:
    """The magnitude in a sentence; empty where no source has a moment."""
    return "" if run.magnitude is None else f"of magnitude {run.magnitude:.1f}"


def magnitude(run: Run) -> str:
    """The moment magnitude; empty where no source has a moment."""
    return "" if run.magnitude is None else f"Mw {run.magnitude:.2f}"


def computed(run: Run) -> str:
    """How long the run goes on after the origin; empty where it does not tell."""
    seconds = (run.record["configuration"].get("time") or {}).get("duration")
    return words.duration(float(seconds)) if seconds else ""


def within(run: Run, what: str) -> str:
    """The begin of a sentence about something: In the 4 h that were computed, the sea."""
    return f"In the {computed(run)} that were computed, the {what}" if computed(run) else f"The {what}"


def sentence(*parts: str) -> str:
    """A sentence of the parts that there are."""
    return " ".join(filter(None, parts)) + "."


def number_of(count: int, what: str) -> str:
    """A number of things: 1 gauge, 3 gauges."""
    return f"{words.count(count)} {what}{'' if count == 1 else 's'}"
