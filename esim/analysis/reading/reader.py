"""Which results has a run? All its files as one tree of xarray datasets, and its record."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

Chunks = int | str | dict[str, int] | None

FILES = ("fields", "maxima", "stations", "surface_displacement", "runup")
FORMATS = (".nc", ".zarr")  # where there are both of a file, esim convert has made one of the other
# Families of files STEM_NAME.nc or .zarr, and where in the tree each of them stands.
FAMILIES = {
    "plane": "planes/{}",
    "fields": "nests/{}/fields",
    "maxima": "nests/{}/maxima",
    "runup": "nests/{}/runup",
}


def read_tree(directory: str | os.PathLike[str], chunks: Chunks = None) -> "xr.DataTree":
    """The tree of a run, as `esim.open_run` describes it. Raises InputError."""
    import xarray as xr

    folder = Path(directory)
    about = _attributes(folder, read_record(folder))
    datasets = {path: _dataset(file, chunks) for path, file in _files(folder).items()}
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | datasets)
    for path, dataset in datasets.items():
        tree[path].set_close(dataset.close)
    return tree


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a run, run.json. Raises InputError if the folder has none."""
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


def _attributes(folder: Path, record: dict[str, Any]) -> dict[str, str]:
    configuration = record["configuration"]
    return {
        "directory": str(folder),
        "scenario": str(configuration.get("scenario", "tsunami")),
        "title": str(configuration.get("title") or folder.name),
        "run_json": json.dumps(record),
    }


def _files(folder: Path) -> dict[str, Path]:
    """The files of a run by their places in the tree."""
    found: dict[str, Path] = {}
    for suffix in reversed(FORMATS):
        found |= {name: path for name in FILES if (path := folder / f"{name}{suffix}").exists()}
        for stem, place in FAMILIES.items():
            for path in sorted(folder.glob(f"{stem}_*{suffix}")):
                found[place.format(path.stem.removeprefix(f"{stem}_"))] = path
    return found


def _opened(path: Path, **options: Any) -> "xr.Dataset":
    import xarray as xr

    if path.suffix != ".zarr":
        return xr.open_dataset(path, **options)
    from esim.io.zarr.store import WholeStore

    return xr.open_zarr(WholeStore(path), **options)


def _dataset(path: Path, chunks: Chunks) -> "xr.Dataset":
    import xarray as xr

    try:
        raw = _opened(path, decode_times=False, chunks=chunks)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].split(". ")[0]
        kind = "Zarr store" if path.suffix == ".zarr" else "NetCDF file"
        raise InputError(f"{path}: not a readable {kind} ({reason})") from error
    if "time" not in raw:
        return raw
    seconds = raw["time"].values
    decoded = xr.decode_cf(raw).assign_coords(
        seconds=("time", seconds, {"units": "s", "long_name": "time since origin"}),
        hours=("time", seconds / 3600, {"units": "h", "long_name": "time since origin"}),
    )
    decoded.set_close(raw.close)  # new coordinates make a new dataset, which would leave the file open
    return decoded
