"""What radiated the waves? The sources of the run as a table, and as a map with the stations."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from esim.analysis.crust import medium
from esim.analysis.crust.figures import map_marks
from esim.analysis.figures import chart, credit
from esim.analysis.reading.run import Run
from esim.analysis.report.pictures import picture
from esim.analysis.report.section import Choices, Picture, Section, contents
from esim.analysis.report.tables import entries

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = {
    "magnitude": "Mw",
    "moment": "moment (N m)",
    "x": "x (km)",
    "y": "y (km)",
    "depth": "depth (km)",
    "pulse_begins": "first motion (s)",
    "low_pass": "low-pass (Hz)",
}
ALT = (
    "Map of the grid without its absorbing layers: sources as stars, faults outlined, stations as triangles."
)
SIZE = 5.4, 6.6  # inches: width and height of the map, at most


def source(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the sources; none where the run knows of none."""
    found = [_in_km(entry) for entry in run.record.get("sources", [])]
    tables = list(entries("Sources", "source", found, COLUMNS))
    yield from contents("Source", pictures=list(_pictures(run, choices)), tables=tables)


def _in_km(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its place in km."""
    return dict(entry) | {key: entry[key] / 1000 for key in ("x", "y", "depth") if entry.get(key) is not None}


def _pictures(run: Run, choices: Choices) -> Iterator[Picture]:
    """The map, where there are sources with a place and a map on which to draw them."""
    data = run.maxima if run.maxima is not None else run.fields
    if data is None or not medium.sources(run):
        return
    field = next((each for each in data.data_vars.values() if each.dims[-2:] == ("y", "x")), None)
    if field is not None:
        yield picture(_map(run, medium.inner(run, field), choices), ALT)


def _map(run: Run, field: Any, choices: Choices) -> "Figure":
    from matplotlib.figure import Figure

    drawing = Figure(figsize=chart.size(field, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    chart.frame(axes, field)
    coast = map_marks.coast(run, chart.extent(field))
    map_marks.everything(axes, run, coast)
    axes.set_title(medium.heading(run, "sources and stations", choices.look), loc="left")
    credit.line(drawing, run, bool(coast) and map_marks.own_ground(run) is None)
    return drawing
