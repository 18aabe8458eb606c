"""What is a part of the page? A title, a template, and what the template shows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from esim.analysis.figures.look import PLAIN, Look

if TYPE_CHECKING:
    from esim.analysis.report.series import Plot


@dataclass(frozen=True)
class Section:
    """A part of the page. data are the variables of a template of the folder `templates`, which escapes all texts."""

    title: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def anchor(self) -> str:
        """Its name in the address of the page."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Choices:
    """What may be asked for: local time (look.zone) and, of a tsunami, a file of places for the arrival times."""

    look: Look = PLAIN
    places: Path | None = None


class Table(NamedTuple):
    """A table: its caption, headers with units, and rows of cells as text, the first of which names the row."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


class Picture(NamedTuple):
    """A picture as a data URI, its size in pixels, what it shows to who cannot see it, and its caption."""

    uri: str
    width: int
    height: int
    alt: str
    caption: str = ""


class Fact(NamedTuple):
    """A number with its unit, or another short answer, and what it is."""

    name: str
    value: str


def known(*pairs: tuple[str, str | None]) -> Iterator[Fact]:
    """The facts that have an answer."""
    return (Fact(name, value) for name, value in pairs if value)


def contents(
    title: str,
    *,
    words: Sequence[str] = (),
    facts: Sequence[Fact] = (),
    pictures: Sequence[Picture] = (),
    tables: Sequence[Table] = (),
) -> Iterator[Section]:
    """A section of sentences, facts, pictures and tables; none without any of them."""
    parts = {"words": words, "facts": facts, "pictures": pictures, "tables": tables}
    if any(parts.values()):
        yield Section(title, "contents.html", parts)


def choice(
    title: str,
    choose: str,
    *,
    plots: "Mapping[str, Plot] | None" = None,
    pictures: Mapping[str, Picture] | None = None,
    words: Sequence[str] = (),
) -> Iterator[Section]:
    """A section of which one plot or picture is seen at a time, chosen by its name; none without any of them.

    Without scripts all of them are seen; printed is what has been chosen.
    """
    curves, images = plots or {}, pictures or {}
    data = {
        "names": [*curves, *images],
        "choose": choose,
        "words": words,
        "plots": [*curves.values()],
        "pictures": [*images.values()],
    }
    if curves or images:
        yield Section(title, "choice.html", data)
