"""How far is a superposition from a run of the same slip, in which waves are not linear?"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.ensemble.results import STATIONS
from esim.ensemble.superposition import GreensFunctions
from esim.errors import InputError
from esim.io.directory import RECORD
from esim.io.map_record import MapRecord, open_record

if TYPE_CHECKING:
    import xarray as xr

COMPARED = (
    "grid",
    "bathymetry",
    "physics",
    "structures",
    "levees",
    "water",
)  # on which Green's functions depend
APART = 1e-6  # degrees, or m, by which positions of a station may differ


@dataclass(frozen=True)
class LinearityError:
    """Of a station: the L2 error of a superposition, relative to a run, and its highest crest over that of the run."""

    station: str
    relative_error: float
    crest_ratio: float


def linearity_errors(
    library: GreensFunctions, found: "xr.Dataset", run: Path
) -> tuple[list[LinearityError], list[str]]:
    """The errors at the stations that superposition and run share, and sentences about what differs between both.

    run is an output directory. Both are compared as changes of the surface from the sea level, at the times of the run
    that the superposition covers. Raises InputError where there is nothing to compare.
    """
    path = run / STATIONS
    if not path.is_file():
        raise InputError(
            f"--against: {path}: no such file; expected the output directory of a tsunami run with stations"
        )
    record = open_record(path)
    names = [str(name) for name in record.read("station")]
    shared = [
        name for name in library.stations if name in names and _same_place(library, record, name, names)
    ]
    if not shared:
        raise InputError(
            f"--against: {path} has none of the library's stations at their places; expected some"
        )
    time, eta = record.read_all(["time", "eta"])
    time = time[time <= library.time[-1]]
    errors = []
    for name in shared:
        ours = np.interp(time, library.time, found["eta"].sel(station=name).values) - library.sea_level
        theirs = eta[names.index(name), : time.size] - library.sea_level
        errors.append(_error(name, ours, theirs))
    missing = [name for name in library.stations if name not in shared]
    remarks = [f"--against: not in {path}, or elsewhere there: {', '.join(missing)}"] if missing else []
    return errors, remarks + _other_settings(library, run)


def _same_place(library: GreensFunctions, record: MapRecord, name: str, names: Sequence[str]) -> bool:
    """Whether a station is at the same position in both."""
    mine, its = library.stations.index(name), names.index(name)
    return all(
        axis in record.variables and abs(record.read(axis)[its] - values[mine]) <= APART
        for axis, values in library.positions.items()
    )


def _error(name: str, ours: np.ndarray, theirs: np.ndarray) -> LinearityError:
    """The error at one station, over the times at which the run has water; NaN where nothing moves there."""
    wet = np.isfinite(theirs)
    ours, theirs = ours[wet], theirs[wet]
    size, crest = float(np.linalg.norm(theirs)), float(theirs.max(initial=0.0))
    return LinearityError(
        name,
        float(np.linalg.norm(ours - theirs)) / size if size > 0 else np.nan,
        float(ours.max(initial=0.0)) / crest if crest > 0 else np.nan,
    )


def _other_settings(library: GreensFunctions, run: Path) -> list[str]:
    """Sentences about settings of a run that are others than those of the library."""
    try:
        theirs: dict[str, Any] = json.loads((run / RECORD).read_text(encoding="utf-8"))["configuration"]
    except (OSError, ValueError, KeyError):
        return [f"--against: {run / RECORD} cannot be read, so that settings are not compared"]
    ours = json.loads(str(library.record.attributes["base"]))
    other = [
        f"{section}.{key}" if isinstance(ours.get(section), dict) else section
        for section in COMPARED
        for key in _different(ours.get(section), theirs.get(section))
    ]
    return [f"--against: {run} differs from the library in {', '.join(other)}"] if other else []


def _different(ours: Any, theirs: Any) -> list[str]:
    """The keys in which two sections differ; one without a name where they are no sections."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    return [] if ours == theirs else [""]


def error_lines(errors: Sequence[LinearityError]) -> list[str]:
    """A table of the errors."""
    width = max(7, *(len(one.station) for one in errors))
    lines = [f"{'station':{width}}  relative L2 error  crest / crest of the run"]
    return lines + [
        f"{one.station:{width}}  {100 * one.relative_error:15.2f} %  {one.crest_ratio:24.4f}"
        for one in errors
    ]


def error_records(errors: Sequence[LinearityError]) -> list[dict[str, Any]]:
    """The errors as plain data."""
    return [asdict(one) for one in errors]
