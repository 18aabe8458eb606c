"""Which sections has an ensemble, and in which order?"""

from collections.abc import Iterator

from esim.analysis.reading.run import Run
from esim.analysis.report.ensemble.curves import curves
from esim.analysis.report.ensemble.maps import maps
from esim.analysis.report.ensemble.members import design, members
from esim.analysis.report.ensemble.stations import stations
from esim.analysis.report.ensemble.summary import summary
from esim.analysis.report.section import Choices, Section
from esim.errors import InputError


def sections(run: Run, choices: Choices) -> Iterator[Section]:
    """The sections of an ensemble. Raises InputError for choices that have no meaning for it."""
    if choices.places is not None:
        raise InputError(
            "--places has no meaning for an ensemble; the stations of its base are in the report"
        )
    yield from summary(run)
    yield from design(run)
    yield from curves(run)
    yield from stations(run)
    yield from maps(run, choices)
    yield from members(run)
