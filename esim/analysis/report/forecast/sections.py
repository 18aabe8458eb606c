"""Which sections has a forecast, and in which order?"""

import json
from collections.abc import Iterator

from esim.analysis.forecast.figures import uplift
from esim.analysis.forecast.files import ForecastFiles
from esim.analysis.report.forecast.records import records, sensors
from esim.analysis.report.forecast.sharpening import sharpening
from esim.analysis.report.forecast.summary import summary
from esim.analysis.report.forecast.warnings import warnings
from esim.analysis.report.forecast.waves import targets
from esim.analysis.report.pictures import picture
from esim.analysis.report.section import Choices, Section, contents, known
from esim.errors import InputError

ALT = "Map of the expected uplift of the bed, with subfaults, sensors and targets."


def sections(forecast: ForecastFiles, choices: Choices) -> Iterator[Section]:
    """The sections of a forecast. Raises InputError for choices that have no meaning for it."""
    if choices.places is not None:
        raise InputError("--places has no meaning for a forecast; its targets are those of the library")
    yield from summary(forecast, choices)
    yield from warnings(forecast, choices)
    yield from targets(forecast)
    yield from bed(forecast, choices)
    yield from sensors(forecast)
    yield from records(forecast)
    yield from sharpening(forecast)
    yield from provenance(forecast)


def bed(forecast: ForecastFiles, choices: Choices) -> Iterator[Section]:
    """The map of the uplift."""
    drawing = uplift.figure(forecast, choices.look)
    if drawing is not None:
        yield from contents("Uplift of the bed", pictures=[picture(drawing, ALT)])


def provenance(forecast: ForecastFiles) -> Iterator[Section]:
    """By which version the forecast was made, when, and from which library."""
    about = forecast.result.attrs
    facts = known(("Made", str(about["history"]).splitlines()[-1]), ("Version", str(about["source"])))
    text = json.dumps(forecast.configuration, indent=2, ensure_ascii=False)
    yield Section(
        "Provenance", "provenance.html", {"facts": list(facts), "table": None, "configuration": text}
    )
