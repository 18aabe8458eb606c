"""Which hazard tables does a coupled run have? Those of its crust and those of its ocean."""

from pathlib import Path
from typing import TYPE_CHECKING

from esim.analysis.coupled.parts import parts_of
from esim.analysis.crust.hazard import tables as of_shaking
from esim.analysis.ocean.hazard import tables as of_waves
from esim.analysis.reading.run import Run
from esim.errors import InputError

if TYPE_CHECKING:
    from esim.analysis.hazard import HazardOptions


def write(run: Run, folder: Path, options: "HazardOptions") -> list[Path]:
    """Writes the tables of shaking and those of the tsunami, as far as the run and the options allow; the paths.

    Raises InputError where they allow nothing.
    """
    parts = parts_of(run)
    of_waves.check_options(options)
    found = [*of_shaking.tables(parts.crust, folder, options), *of_waves.tables(parts.ocean, folder, options)]
    if not found:
        raise InputError(
            f"{run.directory}: no hazard numbers, the run wrote neither seismograms nor a map of PGV, and has no gauges"
        )
    return found
