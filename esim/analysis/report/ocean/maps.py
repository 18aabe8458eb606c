"""How high did the water rise, what was flooded, how far did it run up? The maps of all grids."""

from collections.abc import Iterator

from esim.analysis.ocean.figures.draw import draw
from esim.analysis.reading.run import Run
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, contents
from esim.analysis.report.words import listed

KINDS = {
    "heights": (
        "maximum elevation",
        "Map of the maximum water-surface elevation, with lines of equal arrival time",
    ),
    "inundation": ("inundation", "Map of the maximum inundation depth"),
    "runup": ("run-up", "Map and profile of the run-up along the coast"),
}


def maps(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the maxima; none where the run wrote none."""
    sketches = {name: sketch for name, sketch in draw(run, choices.look) if _kind(name) in KINDS}
    shown = {name: one for name, sketch in sketches.items() for one in pictures({name: sketch}, _describe)}
    there = [words for kind, (words, _) in KINDS.items() if any(_kind(name) == kind for name in shown)]
    if there:
        yield from contents(listed(there).capitalize(), pictures=list(shown.values()))


def _kind(name: str) -> str:
    return name.partition("_")[0]


def _describe(name: str) -> str:
    kind, _, grid = name.partition("_")
    _, alt = KINDS[kind]
    return f"{alt}, nested grid {grid}." if grid else f"{alt}."
