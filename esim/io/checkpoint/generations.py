"""Which checkpoint is resumed? The newest that is whole, checked by all ranks together before anything is allocated."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from esim.errors import InputError
from esim.io.checkpoint.manifest import Checkpoint, generations, read
from esim.io.checksum import flaw
from esim.io.gridded.snapshots import lacking
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm, SerialComm


def newest_intact(comm: Comm, directory: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint of an output directory of which all files are as they were written; None if it has none.

    With it come sentences about those that are damaged and passed over. Collective: each file is read once, by one of
    the ranks. Raises InputError on all ranks where there are checkpoints, but none that is whole.
    """
    flaws: list[str] = []
    for folder in comm.bcast(generations(directory) if comm.rank == 0 else []):
        found, wrong = _checked(comm, folder)
        if wrong is None:
            return found, [f"--resume: {text}; the checkpoint before it is taken" for text in flaws]
        flaws.append(wrong)
    if flaws:
        raise InputError(
            f"--resume: no checkpoint in {directory} is whole: {'; '.join(dict.fromkeys(flaws))}; put it back from a "
            "copy, or compute everything again by --set output.overwrite=true"
        )
    return None, []


def find_flaw(folder: Path, comm: Comm | None = None) -> str | None:
    """What is wrong with a checkpoint, all its files compared with their checksums; None if it is whole. Collective."""
    return _checked(comm or SerialComm(), folder)[1]


def _checked(comm: Comm, folder: Path) -> tuple[Checkpoint | None, str | None]:
    """A checkpoint, and what is wrong with it."""
    try:
        found = comm.bcast(on_root(comm, lambda: read(folder)))
    except InputError as error:
        return None, str(error)
    assert found is not None
    files = [*_files(found)][comm.rank :: comm.size]
    mine = [(stem, text) for stem, path, size, total in files if (text := flaw(path, size, total))]
    flaws = [one for told in comm.allgather(mine) for one in told]
    return found, comm.bcast(_first(found, flaws) if comm.rank == 0 else None)


def _files(checkpoint: Checkpoint) -> Iterator[tuple[str | None, Path, int, str]]:
    """Path, size and sum of all files that a checkpoint needs; those of snapshots with the stem of the whole file."""
    folder = checkpoint.folder
    for part in checkpoint.parts:
        yield None, folder / part["file"], part["bytes"], part["xxh3_128"]
    for stem, pieces in checkpoint.snapshots.items():
        for piece in pieces:
            if not _is_store(piece):
                yield stem, folder.parent / piece["file"], piece["bytes"], piece["xxh3_128"]


def _first(checkpoint: Checkpoint, flaws: list[tuple[str | None, str]]) -> str | None:
    """The first flaw that counts: segments are not missed where the run came to its end, and its files have them."""
    for stem, text in flaws:
        if stem is None:
            return text
        if wrong := lacking(checkpoint.folder.parent.parent / f"{stem}.nc", checkpoint.snapshots[stem]):
            return f"{text}, and {wrong}"
    for name, steps in _stores(checkpoint):
        if lacks := _lacking(checkpoint.folder.parent, name, steps):
            return lacks
    return None


def _stores(checkpoint: Checkpoint) -> Iterator[tuple[str, list[int]]]:
    """Name of each store of snapshots, and the steps of those that it has to have."""
    for pieces in checkpoint.snapshots.values():
        yield from ((piece["file"], piece["steps"]) for piece in pieces if _is_store(piece))


def _is_store(piece: Mapping[str, Any]) -> bool:
    return str(piece["file"]).endswith(".zarr")


def _lacking(folder: Path, name: str, steps: list[int]) -> str | None:
    """What a store lacks of these snapshots; it is beside the checkpoints, or where a run puts it at its end."""
    from esim.io.zarr.store import lacking_snapshots

    return lacking_snapshots(folder / name if (folder / name).exists() else folder.parent / name, steps)
