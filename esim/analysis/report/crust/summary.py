"""What happened, in a few sentences for everyone, and in numbers?"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.crust.figures.shaking import MEASURES, Measure, velocity
from esim.analysis.figures import chart
from esim.analysis.figures.clock import Clock, clock
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.event import computed, magnitude, of_magnitude, opening, sentence, within
from esim.analysis.report.section import Choices, Fact, Section, known
from esim.config.sources.volcanic import KINDS

CAUTION = "This page describes a computation, not a measurement."
FELT = 2.0  # modified Mercalli intensity, below which shaking is hardly felt


class Strongest(NamedTuple):
    """The largest value of a measure, and where on the map it is (km)."""

    measure: Measure
    value: float
    x: float
    y: float


def summary(run: Run, choices: Choices) -> Iterator[Section]:
    """The first section of an earthquake."""
    times = clock(run, choices.look)
    sentences = _event(run, times), _shaking(run), _limits(run)
    yield opening(sentences, CAUTION, _facts(run, times))


def _event(run: Run, times: Clock) -> str:
    """What shook the ground, when and how deep."""
    found = [source for source in medium.sources(run) if source.moment]
    what = _kind(found[0]) if found else "The source"
    when = words.date(times)
    deep = f"{words.number(found[0].depth / 1000, 'km', 2)} below the surface" if found else ""
    return sentence(what, of_magnitude(run), when, "began", deep) if found or when else ""


def _kind(strongest: medium.Source) -> str:
    if strongest.name in KINDS:
        return "A volcanic source"
    return "An earthquake" if strongest.shear else "An explosion"


def _shaking(run: Run) -> str:
    """How strongly the ground shook, and where most."""
    strongest = _strongest(run, "pgv")
    if strongest is None:
        return ""
    speed = words.number(strongest.value, strongest.measure.unit, 2)
    felt = "" if strongest.value >= velocity(FELT) else ", which is hardly felt"
    return f"{within(run, 'ground')} moved with up to {speed}{felt}, at {_where(run, strongest)}."


def _limits(run: Run) -> str:
    """What the grid cannot tell."""
    frequency = run.record.get("frequency_resolved")
    if not frequency:
        return ""
    return f"Shaking above {words.number(frequency, 'Hz', 2)} is not contained: real accelerations may be larger."


def _facts(run: Run, times: Clock) -> Iterator[Fact]:
    found = [source for source in medium.sources(run) if source.moment]
    cells = (run.record["configuration"].get("grid") or {}).get("spacing")
    yield from known(
        ("Moment magnitude", magnitude(run)),
        ("Origin time", times.origin().removeprefix("origin ")),
        ("Depth of the strongest source", words.number(found[0].depth / 1000, "km") if found else ""),
        *(_peak(run, name) for name in MEASURES),
        ("Resolved up to", words.number(run.record.get("frequency_resolved"), "Hz")),
        ("Computed time", computed(run)),
        ("Cell size", words.span(np.ravel(cells).tolist(), "m") if cells else ""),
    )


def _peak(run: Run, name: str) -> tuple[str, str]:
    found = _strongest(run, name)
    if found is None:
        return name, ""
    return f"Largest {found.measure.words}", words.number(found.value, found.measure.unit)


def _strongest(run: Run, name: str) -> Strongest | None:
    """The largest value of a measure outside of the absorbing layers."""
    maxima = run.maxima
    measure = next((each for each in MEASURES[name] if maxima is not None and each.name in maxima), None)
    if measure is None or maxima is None:
        return None
    field = medium.inner(run, maxima[measure.name])
    if not field.notnull().any():
        return None
    row, column = np.unravel_index(int(np.nanargmax(field.values)), field.shape)
    x, y = chart.plane(field)
    return Strongest(measure, float(field[row, column]) * measure.factor, float(x[column]), float(y[row]))


def _where(run: Run, strongest: Strongest) -> str:
    """Longitude and latitude where the run has a place on Earth, else x and y."""
    place = medium.projection(run)
    if place is None:
        return words.place(strongest.x, strongest.y, lonlat=False)
    lon, lat = place.to_lonlat(1000 * np.array(strongest.x), 1000 * np.array(strongest.y))
    return words.place(float(lon), float(lat), lonlat=True)
