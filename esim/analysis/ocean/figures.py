"""Which figures does a tsunami run have?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from esim.analysis.ocean import gauges, heights, inundation, runup, snapshots, uplift
from esim.analysis.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(run: Run) -> "Iterator[tuple[str, Figure]]":
    """The figures that the files of a run allow, with their names."""
    for name, module in (("uplift", uplift), ("heights", heights), ("snapshots", snapshots)):
        if (figure := module.figure(run)) is not None:
            yield name, figure
    for name in run.grids:
        suffix = f"_{name}" if name else ""
        if name and (figure := heights.figure(run, name)) is not None:
            yield f"heights{suffix}", figure
        if (figure := inundation.figure(run, name)) is not None:
            yield f"inundation{suffix}", figure
        if (figure := runup.figure(run, name)) is not None:
            yield f"runup{suffix}", figure
    for n, figure in enumerate(gauges.figures(run), start=1):
        yield "gauges" if n == 1 else f"gauges_{n}", figure
