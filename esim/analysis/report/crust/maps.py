"""How strongly did the ground shake? The maps of peak velocity and acceleration."""

from collections.abc import Iterator

from esim.analysis.crust.figures import shaking
from esim.analysis.reading.run import Run
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, contents

ALT = {"pgv": "Map of the peak ground velocity", "pga": "Map of the peak ground acceleration"}


def maps(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the maps of shaking; none where the run wrote none."""
    sketches = dict(shaking.figures(run, choices.look))
    shown = list(pictures(sketches, lambda name: f"{ALT[name]}, with sources, stations and coasts."))
    yield from contents("Peak ground motion", pictures=shown)
