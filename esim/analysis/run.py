"""Which results has a run? Its files as xarray datasets, and its record."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log10
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Run:
    """A finished run: its record (run.json) and the datasets it wrote; None where it wrote none.

    `planes` are the sections through the crust by name, `nests` the maxima of nested grids by name, `runups` the
    run-up points along the coast by the name of the grid ("" for the whole one). Values are read when they are used.
    Datasets with a `time` also have `seconds` and `hours` since the origin. As a context manager it closes the files.
    """

    directory: Path
    record: dict[str, Any]
    fields: "xr.Dataset | None"
    maxima: "xr.Dataset | None"
    stations: "xr.Dataset | None"
    surface_displacement: "xr.Dataset | None" = None
    planes: "dict[str, xr.Dataset]" = field(default_factory=dict)
    nests: "dict[str, xr.Dataset]" = field(default_factory=dict)
    runups: "dict[str, xr.Dataset]" = field(default_factory=dict)

    @property
    def grids(self) -> "dict[str, xr.Dataset]":
        """The maxima of all grids by their names, "" for the whole one."""
        return ({} if self.maxima is None else {"": self.maxima}) | self.nests

    @property
    def scenario(self) -> str:
        """What was computed: tsunami or seismic."""
        return str(self.record["configuration"].get("scenario", "tsunami"))

    @property
    def title(self) -> str:
        """Title of the run; the name of its directory where it was given none."""
        return str(self.record["configuration"].get("title") or self.directory.name)

    @property
    def start(self) -> datetime | None:
        """Origin time in UTC; None for a run without a date."""
        text = self.record["configuration"].get("time", {}).get("start")
        if text is None:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def magnitude(self) -> float | None:
        """Moment magnitude 2/3 (log10 M0 - 9.1) of all sources together; None where none has a moment."""
        entries = self.record.get("sources", [])
        moment = sum(abs(entry.get("moment_Nm") or entry.get("moment") or 0.0) for entry in entries)
        return (log10(moment) - 9.1) / 1.5 if moment > 0 else None

    def close(self) -> None:
        """Closes the files."""
        single = self.fields, self.maxima, self.stations, self.surface_displacement
        for dataset in (*single, *self.planes.values(), *self.nests.values(), *self.runups.values()):
            if dataset is not None:
                dataset.close()

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_run(directory: str | os.PathLike[str]) -> Run:
    """Opens the output directory of a finished run.

    Raises InputError if it is none, or if one of its files cannot be read.
    """
    folder = Path(directory)
    record = _record(folder)
    fields, maxima, stations, displacement = (
        _dataset(folder / f"{name}.nc") for name in ("fields", "maxima", "stations", "surface_displacement")
    )
    families = [_family(folder, stem) for stem in ("plane", "maxima", "runup")]
    alone = _dataset(folder / "runup.nc")
    families[-1] |= {} if alone is None else {"": alone}
    return Run(folder, record, fields, maxima, stations, displacement, *families)


def _family(folder: Path, stem: str) -> "dict[str, xr.Dataset]":
    """The datasets in files STEM_NAME.nc by their names."""
    found = {
        path.stem.removeprefix(f"{stem}_"): _dataset(path) for path in sorted(folder.glob(f"{stem}_*.nc"))
    }
    return {name: dataset for name, dataset in found.items() if dataset is not None}


def _record(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such directory; expected the output directory of a run of esim-run")
    if not path.is_file():
        raise InputError(
            f"{folder}: not the output directory of a finished run, it has no run.json; "
            "expected what output.directory of the configuration names"
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return dict(record, configuration=dict(record["configuration"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: not a record written by esim-run ({error})") from error


def _dataset(path: Path) -> "xr.Dataset | None":
    import xarray as xr

    if not path.is_file():
        return None
    try:
        raw = xr.open_dataset(path, decode_times=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].split(". ")[0]
        raise InputError(f"{path}: not a readable NetCDF file ({reason})") from error
    if "time" not in raw:
        return raw
    seconds = raw["time"].values
    decoded = xr.decode_cf(raw).assign_coords(
        seconds=("time", seconds, {"units": "s", "long_name": "time since origin"}),
        hours=("time", seconds / 3600, {"units": "h", "long_name": "time since origin"}),
    )
    decoded.set_close(raw.close)  # new coordinates make a new dataset, which would leave the file open
    return decoded
