"""Which figures does a seismic run have?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from esim.analysis.crust import record_section, shaking, wavefield
from esim.analysis.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(run: Run) -> "Iterator[tuple[str, Figure]]":
    """The figures that the files of a run allow, with their names."""
    for motion, (words, _) in record_section.MOTIONS.items():
        if (figure := record_section.figure(run, motion)) is not None:
            yield "record_section" if motion == "v" else f"record_section_{words}", figure
    yield from shaking.figures(run)
    yield from wavefield.figures(run)
