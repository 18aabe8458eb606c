"""Which figures does a tsunami run have?"""

from collections.abc import Iterator
from functools import partial

from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.ocean.figures import air_wave, gauges, heights, inundation, runup, snapshots, uplift
from esim.analysis.reading.run import Run


def draw(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """The figures that a run may have, with their names: those of its grids, and of what it wrote."""
    yield "uplift", partial(uplift.figure, run, look)
    yield "heights", partial(heights.figure, run, "", look)
    yield "snapshots", partial(snapshots.figure, run, look)
    yield "air_wave", partial(air_wave.figure, run, look)
    for name in run.grids:
        suffix = f"_{name}" if name else ""
        if name:
            yield f"heights{suffix}", partial(heights.figure, run, name, look)
        yield f"inundation{suffix}", partial(inundation.figure, run, name, look)
        yield f"runup{suffix}", partial(runup.figure, run, name, look)
    yield from gauges.figures(run, look)
