"""Which sections has a coupled run, and in which order? Its own, those of the earthquake, those of the tsunami."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from esim.analysis.coupled import movie
from esim.analysis.coupled.figures import bed_motion, records
from esim.analysis.coupled.parts import each, looks, parts_of
from esim.analysis.reading.run import Run
from esim.analysis.report import shared
from esim.analysis.report.coupled.summary import summary
from esim.analysis.report.frames import frames
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, contents
from esim.config.scenarios import SCENARIOS, load_part

NAMES = {"crust": "Earthquake", "ocean": "Tsunami"}
TOLD = ("Summary", "Water surface in time")  # sections of parts that those of the whole run contain
ALT = {
    "bed_motion": "Maps of the uplift of the bed at four times, from the rupture to its final displacement.",
    "records": "Seismograms on land and the water surface at gauges below them on one time axis.",
}


def sections(run: Run, choices: Choices) -> Iterator[Section]:
    """The sections of a coupled run. Raises InputError for choices that have no meaning for it."""
    parts = parts_of(run)
    chosen = of_parts(run, choices)
    yield from summary(run, chosen)
    yield from coupling(run, chosen)
    yield from rupture_to_waves(run, choices)
    for name, part in each(parts):
        for section in load_part(SCENARIOS[part.scenario].report)(part, chosen[name]):
            if section.title not in TOLD:
                yield replace(section, title=f"{NAMES[name]}: {_lower(section.title)}")
    for name, part in each(parts):
        for section in shared.performance(part):
            yield replace(section, title=f"{NAMES[name]}: {_lower(section.title)}")


def of_parts(run: Run, choices: Choices) -> Mapping[str, Choices]:
    """The choices for each part: places are those of the tsunami."""
    chosen = looks(parts_of(run), choices.look)
    return {
        "crust": replace(choices, look=chosen["crust"], places=None),
        "ocean": replace(choices, look=chosen["ocean"]),
    }


def coupling(run: Run, chosen: Mapping[str, Choices]) -> Iterator[Section]:
    """How the bed moved, and what was recorded on land and at sea."""
    sketches = {
        "bed_motion": partial(bed_motion.figure, run, chosen["crust"].look),
        "records": partial(records.figure, run, chosen["ocean"].look),
    }
    yield from contents("From the rupture to the gauges", pictures=list(pictures(sketches, ALT.__getitem__)))


def rupture_to_waves(run: Run, choices: Choices) -> Iterator[Section]:
    """The bed and then the water surface in time, where the ocean wrote snapshots."""
    fields = parts_of(run).ocean.fields
    if fields is not None and "eta" in fields and fields.sizes["time"] > 1:
        yield from frames(
            run, "Bed and water surface in time", movie.moving(run, None, None, choices.look), choices
        )


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]
