"""Which figures does a coupled run have? Its own, and those of its parts."""

from collections.abc import Iterator
from functools import partial

from esim.analysis.coupled.figures import bed_motion, records
from esim.analysis.coupled.parts import each, looks, parts_of
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run
from esim.config.scenarios import SCENARIOS, load_part


def draw(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """The figures that a run may have, with their names: bed_motion, records, and crust_NAME and ocean_NAME."""
    parts = parts_of(run)
    chosen = looks(parts, look)
    yield "bed_motion", partial(bed_motion.figure, run, chosen["crust"])
    yield "records", partial(records.figure, run, look)
    for name, part in each(parts):
        for figure, sketch in load_part(SCENARIOS[part.scenario].figures)(part, chosen[name]):
            yield f"{name}_{figure}", sketch
