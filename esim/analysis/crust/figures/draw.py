"""Which figures does a seismic run have?"""

from collections.abc import Iterator
from functools import partial

from esim.analysis.crust.figures import record_section, shaking, wavefield
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run


def draw(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """The figures that a run may have, with their names."""
    for motion, (words, _) in record_section.MOTIONS.items():
        name = "record_section" if motion == "v" else f"record_section_{words}"
        yield name, partial(record_section.figure, run, motion, look)
    yield from shaking.figures(run, look)
    yield from wavefield.figures(run, look)
