"""What makes parts one checkpoint? The manifest, written last; two generations of them are kept."""

import contextlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.io.atomic import fsync, partial, whole_file, writing
from esim.io.checkpoint.part import WholeArray, Window, read_whole, read_window
from esim.io.checksum import xxh3
from esim.io.provenance import plain

NAME = "manifest.json"
GENERATIONS = 2
HEAD, TAIL = b'{"xxh3_128": "', b"}\n"
FOLDER = re.compile(r"step_(\d{10})")
OWN = re.compile(r"part_\d{5,}\.npy|manifest\.json|\.manifest\.json\.partial")
Pieces = list[dict[str, Any]]  # files of snapshots: name, bytes, sum, steps


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as its manifest describes it.

    folder holds its parts; attributes are JSON values (floats come back bit for bit); arrays have shape and type by
    name, parts the files, and snapshots the finished files of snapshots, by the stem of the one that they become.
    """

    folder: Path
    step: int
    attributes: Mapping[str, Any]
    arrays: Mapping[str, WholeArray]
    parts: Sequence[Mapping[str, Any]]
    snapshots: Mapping[str, Pieces]

    def load(
        self, name: str, window: Window | None = None, planes: tuple[int, int] | None = None
    ) -> np.ndarray:
        """An array, or the cells [.., j0:j1, i0:i1] of it, of planes [n0:n1] or all.

        Raises InputError if there is no such array, or the parts cannot be read.
        """
        if name not in self.arrays:
            raise InputError(
                f"checkpoint {self.folder} has no array {name!r}; it has {', '.join(self.arrays)}"
            )
        whole = self.arrays[name]
        places = [(self.folder / part["file"], part["arrays"].get(name)) for part in self.parts]
        places = [(path, place) for path, place in places if place is not None]
        if places and "window" not in places[0][1]:
            return read_whole(*places[0], whole)
        _, ny, nx = whole.shape
        j0, j1, i0, i1 = window = window or (0, ny, 0, nx)
        first, last = planes = planes or (0, whole.shape[0])
        out = np.empty((last - first, j1 - j0, i1 - i0), whole.dtype)
        for path, place in places:
            read_window(path, place, planes, window, out)
        return out


def folder_of(directory: Path, step: int) -> Path:
    """The folder of the checkpoint of a step in an output directory."""
    return directory / "checkpoint" / f"step_{step:010d}"


def generations(directory: Path) -> list[Path]:
    """The folders of all checkpoints of an output directory that were completed, the newest first."""
    found = (path for path in (directory / "checkpoint").glob("step_*") if FOLDER.fullmatch(path.name))
    return sorted((path for path in found if (path / NAME).exists()), reverse=True)


def read(folder: Path) -> Checkpoint:
    """The checkpoint in a folder. Raises InputError where its manifest is damaged; parts are not looked at."""
    path = folder / NAME
    try:
        raw = path.read_bytes()
        text = raw[len(_sealed(b"")) - len(TAIL) : -len(TAIL)]
        if raw != _sealed(text):
            raise InputError(f"{path} is damaged (its checksum is wrong)")
        content = json.loads(text)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from error
    arrays = {name: WholeArray(tuple(shape), dtype) for name, (shape, dtype) in content.pop("arrays").items()}
    return Checkpoint(folder, arrays=arrays, **content)


def publish(
    folder: Path,
    step: int,
    attributes: Mapping[str, Any],
    wholes: Mapping[str, WholeArray],
    parts: Sequence[Mapping[str, Any]],
    snapshots: Mapping[str, Callable[[], Pieces]],
) -> None:
    """Writes the manifest beside durable parts, gives their folder its name, and removes older checkpoints.

    Called on the writer thread of the first rank, when the files of snapshots are finished. Raises MachineError.
    """
    content = {
        "step": step,
        "attributes": attributes,
        "arrays": wholes,
        "parts": parts,
        "snapshots": {stem: pieces() for stem, pieces in snapshots.items()},
    }
    try:
        with writing(folder):
            with whole_file(partial(folder) / NAME) as file:
                file.write_bytes(_sealed(json.dumps(plain(content)).encode()))
            _rename(partial(folder), folder)
            _prune(folder)
    except BaseException:
        discard(folder)
        raise


def discard(folder: Path) -> None:
    """Removes what was written of a checkpoint that has not become one."""
    with contextlib.suppress(OSError):
        _remove(partial(folder))


def remove_unfinished(directory: Path) -> None:
    """Removes what a crash has left of checkpoints; called when no rank writes one."""
    for path in (directory / "checkpoint").glob(".step_*.partial"):
        if FOLDER.fullmatch(path.name.removeprefix(".").removesuffix(".partial")):
            _remove(path)


def remove_all(directory: Path) -> None:
    """Removes all checkpoints of an output directory."""
    remove_unfinished(directory)
    for path in (directory / "checkpoint").glob("step_*"):
        if FOLDER.fullmatch(path.name):
            _remove(path)


def _rename(temporary: Path, folder: Path) -> None:
    """Gives a folder its name, and its files to one of that name in which others have theirs."""
    if folder.exists():  # damaged, or of another end of the run: it was computed again
        _remove(folder)
    if folder.exists():
        for path in sorted(temporary.iterdir(), key=lambda path: path.name == NAME):
            os.replace(path, folder / path.name)
        temporary.rmdir()
        fsync(folder)
    else:
        os.replace(temporary, folder)
    fsync(folder.parent)


def _prune(newest: Path) -> None:
    """Keeps a checkpoint and the one before it, and removes the rest, those of a later step included."""
    kept = [path for path in generations(newest.parent.parent) if path.name <= newest.name][:GENERATIONS]
    for path in newest.parent.glob("step_*"):
        if FOLDER.fullmatch(path.name) and path not in kept:
            _remove(path)


def _remove(folder: Path) -> None:
    """Removes the files of a checkpoint, the manifest first, and its folder, where nobody has put others into it."""
    for path in sorted(folder.iterdir()):
        if OWN.fullmatch(path.name):
            path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def _sealed(text: bytes) -> bytes:
    """The manifest: JSON with the sum of its contents before them."""
    digest = xxh3()
    digest.update(text)
    return HEAD + digest.hexdigest().encode() + b'", "checkpoint": ' + text + TAIL
