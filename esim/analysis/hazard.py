"""The hazard tables of a run, as files: what scenario it is decides which."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from esim.analysis.reading.run import Run
from esim.config.scenarios import SCENARIOS, load_part
from esim.errors import InputError


@dataclass(frozen=True)
class HazardOptions:
    """What may be asked for; None where nothing was said.

    Of a seismic run: periods [s] and damping of response spectra. Of a tsunami: a file of places for the travel-time
    table, how far [m] from them the water may be, the reference system of x and y, the local time zone; a file of
    coastal segments, the radius [m] of its points, the warning levels (jma, ptwc or a file), and the depth [m] to which
    Green's law takes heights.
    """

    periods: Sequence[float] | None = None
    damping: float | None = None
    places: Path | None = None
    within: float | None = None
    crs: str | None = None
    zone: tzinfo | None = None
    segments: Path | None = None
    radius: float | None = None
    levels: str | None = None
    green_depth: float | None = None

    def refuse(self, what: str, *names: str) -> None:
        """Raises InputError where one of the options was given that what is asked for has no use for."""
        if given := [name for name in names if getattr(self, name) is not None]:
            raise InputError(f"--{given[0].replace('_', '-')} has no meaning for {what}")


def hazard(directory: Path, output: Path | None = None, options: HazardOptions | None = None) -> list[Path]:
    """Writes the hazard tables of a run into `output` (by default its `figures`); returns the paths.

    Raises InputError if the directory is no run, has nothing to tell, or an option is wrong.
    """
    folder = directory / "figures" if output is None else output
    with Run.open(directory) as run:
        found: list[Path] = load_part(SCENARIOS[run.scenario].hazard)(run, folder, options or HazardOptions())
    return found
