"""What happened on land and at sea, in a few sentences for everyone, and in numbers?"""

from collections.abc import Iterator, Mapping

from esim.analysis.coupled.parts import each, parts_of
from esim.analysis.reading.run import Run
from esim.analysis.report.crust import summary as of_earthquake
from esim.analysis.report.event import opening
from esim.analysis.report.ocean import summary as of_tsunami
from esim.analysis.report.section import Choices, Fact, Section

PARTS = {"crust": of_earthquake, "ocean": of_tsunami}
NAMES = {"crust": "earthquake", "ocean": "tsunami"}


def summary(run: Run, chosen: Mapping[str, Choices]) -> Iterator[Section]:
    """The first section: the sentences of the earthquake, then those of the tsunami it made."""
    found = {
        name: section
        for name, part in each(parts_of(run))
        for section in PARTS[name].summary(part, chosen[name])
    }
    facts = {name: list(section.data["facts"]) for name, section in found.items()}
    yield opening((section.data["text"] for section in found.values()), of_tsunami.CAUTION, _facts(facts))


def _facts(facts: Mapping[str, list[Fact]]) -> Iterator[Fact]:
    """The facts of both parts: once where they are the same, with the name of the part where they differ."""
    values: dict[str, set[str]] = {}
    for fact in (one for part in facts.values() for one in part):
        values.setdefault(fact.name, set()).add(fact.value)
    told = set()
    for part, found in facts.items():
        for fact in found:
            name = fact.name if len(values[fact.name]) == 1 else f"{fact.name}, {NAMES[part]}"
            if name not in told:
                told.add(name)
                yield Fact(name, fact.value)
