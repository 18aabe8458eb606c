"""Which hazard tables does a seismic run have?"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from esim.analysis.crust.hazard.intensity_measures import TABLE, intensity_measures, write_intensity_measures
from esim.analysis.crust.hazard.response_spectrum import DAMPING, PERIODS
from esim.analysis.crust.hazard.shakemap import has_pgv, write_shakemap
from esim.analysis.reading.run import Run
from esim.errors import InputError

if TYPE_CHECKING:
    from esim.analysis.hazard import HazardOptions

TSUNAMI = ("places", "within", "crs", "zone", "segments", "radius", "levels", "green_depth")


def write(run: Run, folder: Path, options: "HazardOptions") -> list[Path]:
    """Writes intensity_measures.csv, shakemap.nc and grid.xml as far as the run allows; returns the paths.

    Raises InputError where it allows nothing.
    """
    options.refuse("a seismic run", *TSUNAMI)
    found = list(tables(run, folder, options))
    if not found:
        raise InputError(
            f"{run.directory}: no hazard numbers, the run wrote neither seismograms nor a map of PGV"
        )
    return found


def tables(run: Run, folder: Path, options: "HazardOptions") -> Iterator[Path]:
    """Writes what the run allows; the paths."""
    if run.stations is not None and run.stations.sizes["station"] and run.stations.sizes["time"] > 1:
        damping = DAMPING if options.damping is None else options.damping
        rows = intensity_measures(run, options.periods or PERIODS, damping)
        write_intensity_measures(folder / TABLE, rows)
        yield folder / TABLE
    if has_pgv(run):
        yield from write_shakemap(run, folder)
