"""Which sections has a seismic run, and in which order?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from esim.analysis.crust import movie
from esim.analysis.crust.figures import wavefield
from esim.analysis.reading.run import Run
from esim.analysis.report.crust.maps import maps
from esim.analysis.report.crust.seismograms import record_sections, seismograms
from esim.analysis.report.crust.shaking import shaking
from esim.analysis.report.crust.source import source
from esim.analysis.report.crust.summary import summary
from esim.analysis.report.frames import frames
from esim.analysis.report.section import Choices, Section
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def sections(run: Run, choices: Choices) -> Iterator[Section]:
    """The sections of an earthquake. Raises InputError for choices that have no meaning for it."""
    if choices.places is not None:
        raise InputError("--places has no meaning for a seismic run; its stations are in the report")
    yield from summary(run, choices)
    yield from source(run, choices)
    yield from waves(run, choices)
    yield from seismograms(run)
    yield from record_sections(run, choices)
    yield from maps(run, choices)
    yield from shaking(run)


def waves(run: Run, choices: Choices) -> Iterator[Section]:
    """The waves in time, on the surface and on each plane that was written at two times or more."""
    snapshots = run.planes if run.fields is None else {"": run.fields} | run.planes
    moving = [name for name, dataset in snapshots.items() if _moves(dataset)]
    for name in moving:
        title = f"Waves in time, plane {name}" if name else "Waves in time at the surface"
        scene = movie.moving(run, None, name or None, choices.look)
        yield from frames(run, title, scene, choices, scenes=len(moving))


def _moves(dataset: "xr.Dataset") -> bool:
    """Whether a velocity was written at two times or more."""
    return dataset.sizes.get("time", 0) > 1 and bool(set(wavefield.WORDS) & set(dataset))
