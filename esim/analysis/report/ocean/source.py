"""What moved the water? The sources of the run as a table, and the displacement as a map."""

from collections.abc import Iterator
from functools import partial

from esim.analysis.ocean.figures import uplift
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, contents
from esim.analysis.report.tables import entries

COLUMNS = {
    "magnitude": "Mw",
    "moment_Nm": "moment (N m)",
    "largest_uplift_m": "largest uplift (m)",
    "largest_subsidence_m": "largest subsidence (m)",
    "volume_m3": "volume (m³)",
    "run_out_m": "run-out (m)",
    "largest_speed_m_s": "largest speed (m/s)",
    "displaced_m3": "displaced water (m³)",
    "lowest_m": "lowest surface (m)",
    "highest_m": "highest surface (m)",
    "begins_s": "from (s)",
    "ends_s": "to (s)",
}
ALT = "Map of the displacement of the seafloor, or of the initial water surface, around the source."


def source(run: Run, choices: Choices) -> Iterator[Section]:
    """The section of the source; none where the run knows of no source and nothing has moved."""
    tables = list(entries("Sources", "source", run.record.get("sources", []), COLUMNS))
    shown = list(pictures({"uplift": partial(uplift.figure, run, choices.look)}, lambda name: ALT))
    yield from contents("Source", words=list(_rigidity(run)), pictures=shown, tables=tables)


def _rigidity(run: Run) -> Iterator[str]:
    """What was assumed about the moment."""
    for entry in run.record.get("sources", []):
        if assumed := entry.get("assumed_rigidity_Pa"):
            yield f"The moment of {entry['source']} is that of an assumed rigidity of {words.number(assumed, 'Pa')}."
