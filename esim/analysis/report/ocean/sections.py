"""Which sections has a tsunami run, and in which order?"""

from collections.abc import Iterator

from esim.analysis.ocean import movie
from esim.analysis.reading.run import Run
from esim.analysis.report.frames import frames
from esim.analysis.report.ocean.agreement import agreement
from esim.analysis.report.ocean.arrivals import arrivals
from esim.analysis.report.ocean.gauges import gauges
from esim.analysis.report.ocean.maps import maps
from esim.analysis.report.ocean.source import source
from esim.analysis.report.ocean.summary import summary
from esim.analysis.report.section import Choices, Section


def sections(run: Run, choices: Choices) -> Iterator[Section]:
    """The sections of a tsunami. Raises InputError where the file of places is wrong."""
    reached = list(arrivals(run, choices))  # first: a wrong file is told before anything is drawn
    yield from summary(run, choices)
    yield from source(run, choices)
    yield from surface(run, choices)
    yield from gauges(run, choices)
    yield from maps(run, choices)
    yield from reached
    yield from agreement(run)


def surface(run: Run, choices: Choices) -> Iterator[Section]:
    """The water surface in time, where it was written at two times or more."""
    if run.fields is not None and "eta" in run.fields and run.fields.sizes["time"] > 1:
        yield from frames(run, "Water surface in time", movie.moving(run, None, None, choices.look), choices)
