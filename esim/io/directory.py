"""Which files has a run in its output directory, and may a new run write there? Only what a run lists is its own."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from esim.errors import InputError
from esim.io.atomic import partial, whole_file, writing
from esim.io.checkpoint import manifest

RECORD = "run.json"  # lists the files of a run that has come to its end
STOPPED = "stopped.json"  # what a run has done that was stopped with a checkpoint, until it is resumed
LEDGER = ".run_files.json"  # lists those of one that has not, from before it writes the first
COORDINATES_AND_ATTRIBUTES = 1 << 16  # bytes of each file beside its data, rounded up


def own_files(directory: Path, names: Iterable[str] = ()) -> list[Path]:
    """The files that earlier runs in a directory list as their own, with temporaries and segments, without checkpoints.

    names are those that a run to come has, of which temporaries, which nobody else has, are taken as well.
    """
    listed = {RECORD, STOPPED, LEDGER} | _recorded(directory) | _ledger(directory)
    found = [directory / name for name in listed]
    found += [partial(directory / name) for name in listed | {*names}]
    stems = "|".join(
        re.escape(name.removesuffix(".nc")) for name in listed | {*names} if name.endswith(".nc")
    )
    segment = re.compile(rf"\.?({stems})_\d{{10}}\.nc(\.partial)?")
    found += [path for path in (directory / "checkpoint").glob("*") if segment.fullmatch(path.name)]
    found += [directory / "checkpoint" / name for name in listed | {*names} if name.endswith(".zarr")]
    return sorted(path for path in set(found) if path.exists())


def _recorded(directory: Path) -> set[str]:
    """Names, relative to the directory, that the record of a finished run lists; the folder may have been moved."""
    record = _json(directory / RECORD)
    files, configuration = record.get("files", []), record.get("configuration", {})
    with suppress(KeyError, TypeError, AttributeError, ValueError):
        there = Path(configuration["output"]["directory"])
        return _inside(str(Path(file).relative_to(there)) for file in files)
    return set()


def _ledger(directory: Path) -> set[str]:
    return _inside(_json(directory / LEDGER).get("files", []))


def _inside(names: Iterable[str]) -> set[str]:
    """Those names of files that lie in the directory."""
    return {name for name in names if not Path(name).is_absolute() and ".." not in Path(name).parts}


def _json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def refuse_existing(
    directory: Path, names: Sequence[str], inputs: Mapping[str, Path], overwrite: bool, resume: bool = False
) -> None:
    """Raises InputError if a run must not write files of these names into a directory. Touches nothing.

    inputs are the files that it reads, by key; overwrite allows to replace what an earlier run lists as its own, resume
    to go on with it.
    """
    ancestor = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not ancestor.is_dir() or not os.access(ancestor, os.W_OK | os.X_OK):
        raise InputError(f"output.directory: cannot write into {directory}: {ancestor} does not allow it")
    own = own_files(directory, names) + manifest.generations(directory)
    there = [directory / name for name in names if (directory / name).exists()]
    if not (overwrite or resume) and (found := own or there):
        raise InputError(
            f"output.directory: {directory} already has a run ({found[-1].relative_to(directory)}); "
            "resume it by --resume, write elsewhere by --output, or replace it by "
            "--set output.overwrite=true"
        )
    mine = {_identity(path): path for path in (*own, *there)}
    for key, file in inputs.items():
        if path := mine.get(_identity(file)):
            raise InputError(
                f"{key}: {file} is {path.relative_to(directory)} of the run in {directory}, which this run would "
                "replace; copy it elsewhere, or write elsewhere by --output"
            )
    if foreign := [path for path in there if path not in own]:
        raise InputError(
            f"output.directory: {directory} has {foreign[0].relative_to(directory)}, which no run there lists as its "
            "own; move it away, or write elsewhere by --output"
        )


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def start_directory(directory: Path, names: Sequence[str], keep: bool = False) -> None:
    """Makes an output directory ready for a run that is about to write files of these names.

    They are listed in the ledger, and what earlier runs list as their own is removed; with keep, for a run that is
    resumed, only what a crash has left is. `refuse_existing` has allowed it. Raises MachineError if the file system
    does not let it.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        own = own_files(directory, names)
        listed = {str(path.relative_to(directory)) for path in own if path.name[:1] != "."} | {*names}
        with whole_file(directory / LEDGER) as ledger:
            ledger.write_text(json.dumps({"files": sorted(listed - {RECORD, STOPPED})}) + "\n")
        (directory / STOPPED).unlink(missing_ok=True)
        if keep:
            manifest.remove_unfinished(directory)
            return
        _clear(directory, own)


def clear_directory(directory: Path, names: Sequence[str]) -> None:
    """Removes what earlier runs in a directory list as their own, and their checkpoints; see `start_directory`."""
    if directory.exists():
        with writing(directory):
            _clear(directory, own_files(directory, names))
            (directory / STOPPED).unlink(missing_ok=True)
            close_ledger(directory)


def _clear(directory: Path, own: Sequence[Path]) -> None:
    manifest.remove_all(directory)
    for path in own:
        if path.name not in (RECORD, STOPPED, LEDGER):
            _remove(path)
    (directory / RECORD).unlink(missing_ok=True)
    for folder in {path.parent for path in own} - {directory}:
        with suppress(OSError):  # somebody else has files there
            folder.rmdir()


def is_finished(directory: Path) -> bool:
    """Whether the latest run in a directory has come to its end."""
    return (directory / RECORD).exists() and not (directory / LEDGER).exists()


def close_ledger(directory: Path) -> None:
    """Removes the ledger of a run whose record is written."""
    (directory / LEDGER).unlink(missing_ok=True)


def drop_ledger(directory: Path) -> None:
    """Removes the ledger of a run that has failed and left nothing else."""
    ledger = directory / LEDGER
    if own_files(directory) == [ledger] and not manifest.generations(directory):
        ledger.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    """Removes a file, or a Zarr store."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
    elif (path / "zarr.json").exists() or path.parent.name == "checkpoint":  # where one may have just begun
        shutil.rmtree(path)


def predict_sum(
    maps: Iterable[tuple[int, int, int]],
    series: tuple[int, int, int] = (0, 0, 0),
    *,
    item: int = 4,
    waveforms: int = 0,
    checkpoint: int = 0,
    files: int = 4,
) -> int:
    """Size of the outputs of any run [bytes] before compression.

    maps counts (cells, variables, records) of every file of maps: coordinates in two dimensions are two
    variables of one record, of twice the size of `item` bytes. series counts (stations, variables, records) of
    stations.nc, checkpoint is the size of one checkpoint [bytes]; waveforms is how many seismological formats,
    with three components of 4 bytes, are written beside it.
    """
    points, quantities, records = series
    size = files * COORDINATES_AND_ATTRIBUTES
    size += sum(item * cells * variables * times for cells, variables, times in maps)
    size += points * records * (8 * quantities + 3 * 4 * waveforms)
    return size + 2 * checkpoint
