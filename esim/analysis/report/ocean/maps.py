"""How high did the water rise, what was flooded, how far did it run up? The maps of all grids."""

from collections.abc import Iterator

from esim.analysis.ocean import figures
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, contents
from esim.analysis.run import Run

ALT = {
    "heights": "Map of the maximum water-surface elevation, with lines of equal arrival time",
    "inundation": "Map of the maximum inundation depth",
    "runup": "Map and profile of the run-up along the coast",
}


def maps(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the maxima; none where the run wrote none."""
    sketches = {name: draw for name, draw in figures.draw(run, choices.look) if _kind(name) in ALT}
    yield from contents("Maximum elevation and inundation", pictures=list(pictures(sketches, _describe)))


def _kind(name: str) -> str:
    return name.partition("_")[0]


def _describe(name: str) -> str:
    kind, _, grid = name.partition("_")
    return f"{ALT[kind]}, nested grid {grid}." if grid else f"{ALT[kind]}."
