"""How is a superposition written? As stations.nc, like that of a run, and superposition.json, its record."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esim.ensemble.linearity import LinearityError, error_records
from esim.ensemble.results import STATIONS
from esim.ensemble.superposition import GreensFunctions
from esim.errors import InputError
from esim.io import cf
from esim.io.provenance import input_file, versions, write_record
from esim.io.timeseries import write_timeseries

if TYPE_CHECKING:
    import xarray as xr

RECORD = "superposition.json"


def require_free(folder: Path) -> None:
    """Raises InputError for a folder with the stations of something else than a superposition."""
    if (folder / STATIONS).exists() and not (folder / RECORD).exists():
        raise InputError(f"--output: {folder} has {STATIONS} of a run; expected another folder")


def write_superposition(
    folder: Path,
    library: GreensFunctions,
    found: "xr.Dataset",
    slip: Path,
    against: Path | None = None,
    errors: Sequence[LinearityError] = (),
    remarks: Sequence[str] = (),
) -> list[Path]:
    """Writes the waves of `GreensFunctions.superpose`, and what they were made of, into a folder; returns the files.

    Raises MachineError if the disk fails.
    """
    series = {"eta": (found["eta"].values, found["eta"].attrs)}
    more = {name: (found[name].values, found[name].attrs) for name in ("eta_max", "eta_max_time")}
    places = {axis: (values, cf.coordinate_attributes(axis)) for axis, values in library.positions.items()}
    attributes: dict[str, Any] = cf.global_attributes(
        f"superposition of {slip.name}", {"library": str(library.path), "slip": str(slip)}, "esim superpose"
    )
    write_timeseries(
        folder / STATIONS, library.stations, places, series, library.time, attributes, library.start, more
    )
    record = {
        "library": str(library.path),
        "library_history": library.record.attributes["history"],
        "nonlinear_terms": library.nonlinear_terms,
        "slip": input_file(slip),
        "magnitude": found.attrs["magnitude"],
        "versions": versions(),
        "written": datetime.now(UTC),
        "against": None if against is None else str(against),
        "linearity_errors": error_records(errors),
        "remarks": list(remarks),
    }
    write_record(folder / RECORD, record)
    return [folder / STATIONS, folder / RECORD]
