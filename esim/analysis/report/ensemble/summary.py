"""What was computed, and what are the largest values, in a few sentences and in numbers?"""

from collections.abc import Iterator, Mapping
from typing import Any

from esim.analysis.ensemble import hazard_curves
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.ensemble.stations import worst
from esim.analysis.report.event import number_of, opening, sentence
from esim.analysis.report.section import Fact, Section, known

CAUTION = (
    "This page describes computed scenarios, and is as right as what was assumed of them. It is not a warning: follow "
    "those of the authorities."
)


def summary(run: Run) -> Iterator[Section]:
    """The first section of an ensemble."""
    yield opening((_computed(run), _largest(run)), CAUTION, _facts(run))


def failed(run: Run) -> list[dict[str, object]]:
    """The members that failed."""
    return [one for one in run.record.get("members", []) if one.get("state") != "complete"]


def _computed(run: Run) -> str:
    """How many of the members there are."""
    count, missing = len(run.record.get("members", [])), len(failed(run))
    if not missing:
        return sentence(
            f"All {number_of(count, 'member')} were computed" if count > 1 else "Its member was computed"
        )
    return sentence(
        f"{count - missing} of {number_of(count, 'member')} were computed; statistics are those of these"
    )


def _largest(run: Run) -> str:
    """The largest value at a station, and whose it is."""
    found = [] if run.hazard is None else worst(run.hazard)
    if run.hazard is None or not found:
        return ""
    top = max(found, key=lambda one: one.value)
    what, _, units = hazard_curves.quantity(run.hazard).partition(" (")
    value = words.number(top.value, units.removesuffix(")"), digits=2)
    return f"The largest {what} at a station is {value}, at {top.station}, of member {top.member}."


def _facts(run: Run) -> Iterator[Fact]:
    told = run.record["configuration"]
    hazard, drawn = told.get("hazard") or {}, told["members"]
    units = "" if run.hazard is None else str(run.hazard["threshold"].attrs["units"])
    thresholds = ", ".join(words.number(value) for value in hazard.get("thresholds") or ())
    yield from known(
        ("Base", str(told["base"]).rsplit("/", 1)[-1]),
        ("Members", words.count(len(run.record.get("members", [])))),
        ("Failed", words.count(len(failed(run))) if failed(run) else ""),
        ("Design", "table" if drawn.get("table") else _drawn(drawn)),
        ("Branches of the logic tree", _branches(run)),
        ("Thresholds", f"{thresholds} {units}" if thresholds else ""),
        ("Annual rate of all members", words.number(hazard.get("annual_rate"), "per year")),
        ("Stations", words.count(run.hazard.sizes.get("station", 0)) if run.hazard is not None else ""),
    )


def _drawn(members: Mapping[str, Any]) -> str:
    """How the members were drawn: Sobol, seed 1."""
    return f"{members['method'].replace('_', ' ').capitalize()}, seed {members['seed']}"


def _branches(run: Run) -> str:
    return (
        words.count(run.hazard.sizes["branch"])
        if run.hazard is not None and "branch" in run.hazard.sizes
        else ""
    )
