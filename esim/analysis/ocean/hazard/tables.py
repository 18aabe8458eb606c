"""Which hazard tables does a tsunami run have?"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from esim.analysis.figures.clock import clock, warn_if_unused
from esim.analysis.figures.look import Look
from esim.analysis.figures.place import is_lonlat
from esim.analysis.ocean.hazard import travel_times, warning_levels
from esim.analysis.ocean.hazard.places import WITHIN
from esim.analysis.reading.run import Run
from esim.config.ocean.warning_levels import warning_levels as levels_of
from esim.errors import InputError
from esim.io.ocean.coastal_segments import read_segments

if TYPE_CHECKING:
    from esim.analysis.hazard import HazardOptions

LEVELS = "jma"
OF_PLACES = ("within", "crs")
OF_SEGMENTS = ("radius", "levels", "green_depth")


def write(run: Run, folder: Path, options: "HazardOptions") -> list[Path]:
    """Writes travel_times.csv, and of coastal segments warning_levels.csv and .geojson; returns the paths.

    Raises InputError where the run has neither gauges nor places nor segments are given.
    """
    options.refuse("a tsunami run", "periods", "damping")
    check_options(options)
    found = list(tables(run, folder, options))
    if not found:
        raise InputError(
            f"{run.directory}: the run has no gauges; expected --places FILE, a CSV with name, lon, lat, or --segments"
        )
    return found


def check_options(options: "HazardOptions") -> None:
    """Raises InputError for options of places or segments where there are none."""
    if options.places is None:
        options.refuse("a tsunami run without --places", *OF_PLACES)
    if options.segments is None:
        options.refuse("a tsunami run without --segments", *OF_SEGMENTS)


def tables(run: Run, folder: Path, options: "HazardOptions") -> Iterator[Path]:
    """Writes what the run and the options allow; the paths."""
    if options.places or (run.stations is not None and run.stations.sizes["station"]):
        within = WITHIN if options.within is None else options.within
        found = travel_times.travel_times(run, options.places, within, options.crs)
        look = Look(zone=options.zone)
        warn_if_unused(run, look)
        path, times = folder / travel_times.TABLE, clock(run, look)
        travel_times.write_travel_times(path, found, is_lonlat(run), times)
        yield path
    if options.segments is not None:
        yield from _warnings(run, folder, options, options.segments)


def _warnings(run: Run, folder: Path, options: "HazardOptions", path: Path) -> list[Path]:
    levels = levels_of(options.levels or LEVELS)
    segments = read_segments(path, is_lonlat(run), options.radius)
    found = warning_levels.segment_warnings(run, segments, levels, options.green_depth)
    return warning_levels.write_warnings(folder, segments, found, levels, is_lonlat(run), options.green_depth)
