"""Where does a run resume? Checkpoints: global arrays, bit for bit, with checksums; the one home of h5py.

One file `checkpoint/step_0000001234.h5` per checkpoint, durable before it has its name. It holds arrays by
name ([var, j, i] over the whole grid, whatever the number of ranks), the SHA-256 of each, a JSON text of
attributes, and the SHA-256 of that text and all the others. Two generations are kept.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.io.atomic import partial, publish, writing
from esim.io.provenance import plain

ROWS = 512  # rows read at once where a whole array is checked


class Checkpoint:
    """One checkpoint, written piece by piece on the writer thread: open, define and append or array, close.

    attributes are JSON values: numbers (floats come back bit for bit), text, lists. Nothing is touched before
    `open`; until `close` the file has a temporary name. Every call may raise MachineError, which also removes
    the temporary file.
    """

    def __init__(self, directory: Path, step: int, attributes: Mapping[str, Any]) -> None:
        self.path = directory / "checkpoint" / f"step_{step:010d}.h5"
        self._attributes = {**attributes, "step": step}
        self._file: Any = None
        self._digests: dict[str, Any] = {}
        self._done: dict[str, int] = {}

    def open(self) -> None:
        """Creates the temporary file."""
        import h5py

        with self._safely():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = h5py.File(partial(self.path), "w")

    def define(self, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        """Adds an array, at least two-dimensional, whose rows are then appended."""
        with self._safely():
            self._file.create_dataset(name, shape, dtype)
            self._digests[name], self._done[name] = hashlib.sha256(), 0

    def append(self, name: str, rows: np.ndarray) -> None:
        """Adds the next rows (n, nx) of an array, in order: all rows of [0, ...], then those of [1, ...]."""
        with self._safely():
            dataset = self._file[name]
            *outer, first = np.unravel_index(self._done[name], dataset.shape[:-1])
            rows = np.ascontiguousarray(rows, dataset.dtype)
            dataset[(*outer, slice(first, first + len(rows)))] = rows
            self._digests[name].update(rows.data)
            self._done[name] += len(rows)

    def array(self, name: str, values: np.ndarray) -> None:
        """Adds a whole small array of any shape."""
        with self._safely():
            values = np.ascontiguousarray(values)
            self._file.create_dataset(name, data=values)
            self._digests[name] = hashlib.sha256(values.tobytes())

    def close(self) -> None:
        """Seals the file, gives it its name, and removes all earlier checkpoints but one."""
        with self._safely():
            self._require_complete()
            _seal(self._file, self._attributes, {name: d.hexdigest() for name, d in self._digests.items()})
            self._file.close()
            publish(partial(self.path), self.path)
            self._file = None
            _prune(self.path)

    def discard(self) -> None:
        """Removes the temporary file, if there is one."""
        if self._file is not None:
            with suppress(RuntimeError, OSError):
                self._file.close()
            self._file = None
        partial(self.path).unlink(missing_ok=True)

    def _require_complete(self) -> None:
        for name, done in self._done.items():
            rows = int(np.prod(self._file[name].shape[:-1]))
            if done != rows:
                raise ValueError(f"checkpoint array {name!r} has {done} of its {rows} rows")

    @contextmanager
    def _safely(self) -> Iterator[None]:
        try:
            with writing(self.path):
                yield
        except BaseException:
            self.discard()
            raise


def latest(directory: Path) -> Path | None:
    """The newest intact checkpoint in an output directory, or None; damaged ones are logged and skipped."""
    for path in sorted((directory / "checkpoint").glob("step_*.h5"), reverse=True):
        if not (flaw := find_flaw(path)):
            return path
        logging.getLogger(__name__).warning("checkpoint %s is skipped: %s", path, flaw)
    return None


def find_flaw(path: Path) -> str | None:
    """What is wrong with a checkpoint, read whole and compared with its checksums; None if it is intact."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            digests = {name: _digest(dataset) for name, dataset in file.items()}
            damaged = [name for name in digests if file[name].attrs["sha256"] != digests[name]]
            intact = file.attrs["sha256"] == _seal_text(file.attrs["attributes"], digests)
    except Exception as error:  # a damaged file can fail in any way
        return f"it cannot be read ({error})"
    if damaged:
        return f"the checksum of {', '.join(damaged)} is wrong"
    return None if intact else "the checksum of its attributes is wrong"


def load_attributes(path: Path) -> dict[str, Any]:
    """The attributes of a checkpoint, its step included. Raises InputError if the file cannot be read."""
    with _reading(path) as file:
        return json.loads(file.attrs["attributes"])


def load_array(path: Path, name: str, window: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """An array of a checkpoint, or the cells [..., j0:j1, i0:i1] of it for a window (j0, j1, i0, i1).

    Raises InputError if the file cannot be read or has no such array.
    """
    with _reading(path) as file:
        if name not in file:
            raise InputError(f"checkpoint {path} has no array {name!r}; it has {', '.join(file)}")
        if window is None:
            return file[name][()]
        j0, j1, i0, i1 = window
        return file[name][..., j0:j1, i0:i1]


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError) as error:
        raise InputError(f"cannot read the checkpoint {path}: {error}") from error


def _seal(file: Any, attributes: Mapping[str, Any], digests: Mapping[str, str]) -> None:
    text = json.dumps(plain(attributes))
    file.attrs["attributes"] = text
    file.attrs["sha256"] = _seal_text(text, digests)
    for name, digest in digests.items():
        file[name].attrs["sha256"] = digest


def _seal_text(attributes: str, digests: Mapping[str, str]) -> str:
    """SHA-256 over the attributes and the names and checksums of all arrays."""
    return hashlib.sha256(json.dumps([attributes, sorted(digests.items())]).encode()).hexdigest()


def _digest(dataset: Any) -> str:
    """SHA-256 of an array in memory order, read a few rows at a time."""
    digest = hashlib.sha256()
    if dataset.ndim < 2 or dataset.size == 0:
        return hashlib.sha256(dataset[()].tobytes()).hexdigest()
    for index in np.ndindex(dataset.shape[:-2]):
        for first in range(0, dataset.shape[-2], ROWS):
            digest.update(dataset[(*index, slice(first, first + ROWS))].tobytes())
    return digest.hexdigest()


def _prune(newest: Path) -> None:
    """Keeps a checkpoint and the one before it, and removes the rest, what a crash left behind included."""
    earlier = sorted(path for path in newest.parent.glob("step_*.h5") if path < newest)
    for path in newest.parent.glob("step_*.h5"):
        if path not in (newest, *earlier[-1:]):
            path.unlink()
    for path in newest.parent.glob(".step_*.partial"):
        path.unlink()
