"""When did the tsunami reach which place, and how high was it there?"""

from collections.abc import Iterator

from esim.analysis.figures.clock import Clock, clock
from esim.analysis.figures.place import is_lonlat
from esim.analysis.ocean.hazard.travel_times import TravelTime, arrival_threshold, travel_times
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Choices, Section, Table, contents

HEADERS = ("place", "kind", "position", "arrival", "first crest", "height (m)", "maximum", "height (m)")


def arrivals(run: Run, choices: Choices) -> Iterator[Section]:
    """The travel times to the gauges, and to the places of a file; none where there are neither."""
    if choices.places is None and (run.stations is None or not run.stations.sizes["station"]):
        return
    times, lonlat = clock(run, choices.look), is_lonlat(run)
    rows = [_row(one, times, lonlat) for one in travel_times(run, choices.places)]
    told = (
        f"A wave has arrived when the level first differs by {words.number(arrival_threshold(run), 'm')} from the "
        "still water, from which heights count. Times count from the origin. "
        "Cells are empty where the run does not tell."
    )
    table = Table("Arrival times and heights", HEADERS, rows)
    yield from contents("Arrival at named places", words=[told], tables=[table])


def _row(one: TravelTime, times: Clock, lonlat: bool) -> tuple[str, ...]:
    scale = 1.0 if lonlat else 1e-3
    return (
        one.name,
        one.kind,
        words.place(scale * one.x, scale * one.y, lonlat),
        words.moment(one.arrival, times),
        words.moment(one.first_crest, times),
        words.number(one.first_crest_height),
        words.moment(one.maximum, times),
        words.number(one.maximum_height),
    )
