"""Which results has a run? All its files as one tree of xarray datasets, and its record."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esim.errors import InputError
from esim.io.directory import STOPPED

if TYPE_CHECKING:
    import xarray as xr

Chunks = int | str | dict[str, int] | None

FILES = ("fields", "maxima", "stations", "surface_displacement", "runup", "hazard")
PARTS = ("crust", "ocean")  # folders of a coupled run, each with the files of a whole run
FORMATS = (".nc", ".zarr")  # where there are both of a file, esim convert has made one of the other
# Families of files STEM_NAME.nc or .zarr, and where in the tree each of them stands.
FAMILIES = {
    "plane": "planes/{}",
    "fields": "nests/{}/fields",
    "maxima": "nests/{}/maxima",
    "runup": "nests/{}/runup",
    "hazard": "nests/{}/hazard",
}


def read_tree(directory: str | os.PathLike[str], chunks: Chunks = None) -> "xr.DataTree":
    """The tree of a run, as `esim.open_run` describes it. Raises InputError."""
    import xarray as xr

    datasets = _datasets(Path(directory), chunks)
    tree = xr.DataTree.from_dict(datasets)
    for path, dataset in datasets.items():
        tree[path].set_close(dataset.close)
    return tree


def record_above(tree: "xr.DataTree") -> dict[str, Any]:
    """The record of the run that a node of a tree belongs to: of its part of a coupled run, if it is in one.

    Raises InputError for a tree that `read_tree` has not made.
    """
    told = next((node.attrs for node in (tree, *tree.parents) if "run_json" in node.attrs), None)
    if told is None:
        raise InputError("the tree has no record of a run; expected one that esim.open_run has opened")
    return dict(json.loads(told["run_json"]))


def _datasets(folder: Path, chunks: Chunks, place: str = "") -> "dict[str, xr.Dataset]":
    """The datasets of a run by their places in the tree, with its record, and those of its parts."""
    import xarray as xr

    record = read_record(folder)
    found = {place or "/": xr.Dataset(attrs=_attributes(folder, record))}
    found |= {f"{place}/{path}": _dataset(file, chunks) for path, file in _files(folder).items()}
    if record["configuration"].get("scenario") == "coupled":
        for name in PARTS:
            found |= _datasets(folder / name, chunks, f"{place}/{name}")
    return found


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a run, run.json. Raises InputError if the folder has none."""
    path = folder / "run.json"
    if not folder.is_dir():
        raise InputError(f"{folder}: no such directory; expected the output directory of a run of esim-run")
    if not path.is_file():
        for stopped in (folder / STOPPED, *(folder / part / STOPPED for part in PARTS)):
            if stopped.is_file():
                raise InputError(_stopped(stopped))
        raise InputError(
            f"{folder}: not the output directory of a finished run, it has no run.json; "
            "expected what output.directory of the configuration names"
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return dict(record, configuration=dict(record["configuration"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: not a record written by esim-run ({error})") from error


def _stopped(path: Path) -> str:
    """What is said of a run that was stopped, whose results are in its checkpoint."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        stopped, ended = record["stopped"], str(record["ended"])[:16].replace("T", " ")
        where = f"at t = {stopped['time']:.1f} s of {stopped['end']:.1f} s ({ended} UTC)"
    except (OSError, ValueError, TypeError, KeyError):
        where = "before its end"
    return (
        f"{path.parent}: the run was stopped {where}, with a checkpoint; expected a finished one: resume it by "
        f"esim-run CONFIG --resume ({path.name} has what it did so far)"
    )


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
