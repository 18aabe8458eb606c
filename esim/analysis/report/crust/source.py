"""What radiated the waves? The sources of the run as a table, and as a map with the stations."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from esim.analysis import chart, marks
from esim.analysis.crust import map_marks, medium
from esim.analysis.report import words
from esim.analysis.report.pictures import picture
from esim.analysis.report.section import Choices, Picture, Section, Table, contents
from esim.analysis.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADERS = (
    "source",
    "Mw",
    "moment (N m)",
    "x (km)",
    "y (km)",
    "depth (km)",
    "first motion (s)",
    "low-pass (Hz)",
)
ALT = (
    "Map of the grid without its absorbing layers: sources as stars, faults outlined, stations as triangles."
)
SIZE = 5.4, 6.6  # inches: width and height of the map, at most


def source(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the sources; none where the run knows of none."""
    rows = [_row(entry) for entry in run.record.get("sources", [])]
    tables = [Table("Sources", HEADERS, rows)] if rows else []
    yield from contents("Source", pictures=list(_pictures(run, choices)), tables=tables)


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    moment = entry.get("moment_Nm") or entry.get("moment")
    begins, low_pass = entry.get("pulse_begins"), entry.get("low_pass")
    return (
        str(entry.get("name") or entry.get("source") or ""),
        words.number(entry.get("magnitude")),
        words.number(moment),
        *(words.number(_km(entry.get(key))) for key in ("x", "y", "depth")),
        words.number(begins),
        words.number(low_pass) if isinstance(low_pass, float) else "",
    )


def _km(metres: float | None) -> float | None:
    return None if metres is None else metres / 1000


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
    marks.credit(drawing, run, bool(coast) and map_marks.own_ground(run) is None)
    return drawing
