"""How does one rank write its part of a checkpoint, and how is a window of an array read from the parts?"""

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from esim.errors import InputError
from esim.io.atomic import writing
from esim.io.checksum import Digest, xxh3
from esim.parallel.decomposition import Block

STRIP = 1 << 24  # bytes that are copied, summed and written at once
FLUSH = (
    1 << 26
)  # bytes after which the system is asked to begin writing: a slow disk must not fill the memory
Window = tuple[int, int, int, int]  # j0, j1, i0, i1 of cells of the whole grid


class WholeArray(NamedTuple):
    """Shape and type of an array over all ranks."""

    shape: tuple[int, ...]
    dtype: str


class Part:
    """The file of one rank: arrays one after another, each as `numpy.save` would write it.

    As a context manager it is durable at the end of the block, and removed on an error. Raises MachineError naming the
    file where the disk fails.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self.path = folder / f"part_{rank:05d}.npy"
        self.wholes: dict[str, WholeArray] = {}
        self._places: dict[str, dict[str, Any]] = {}
        self._digest: Digest = xxh3()
        self._size = self._flushed = 0

    def __enter__(self) -> "Part":
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb", buffering=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with writing(self.path):
                    os.fsync(self._file.fileno())
        except BaseException:
            kind = BaseException
            raise
        finally:
            self._file.close()
            if kind is not None:
                self.path.unlink(missing_ok=True)

    def array(
        self, name: str, pieces: Iterable[np.ndarray], block: Block, shape: Sequence[int], dtype: Any
    ) -> None:
        """Add the cells of a block, pieces (.., nj, ni) one after another, of an array [n, j, i] of a whole shape."""
        self.wholes[name] = WholeArray((*shape,), np.dtype(dtype).str)
        if block.cells:
            self._begin(name, (shape[0], *block.shape), dtype)
            self._places[name]["window"] = [block.j0, block.j1, block.i0, block.i1]
            for piece in pieces:
                self._write(piece.reshape(-1, *block.shape))

    def whole(self, name: str, values: np.ndarray) -> None:
        """Add a whole array, of any shape, that only this rank has."""
        self.wholes[name] = WholeArray(values.shape, values.dtype.str)
        self._begin(name, values.shape, values.dtype)
        self._write(np.ascontiguousarray(values).reshape(1, 1, -1))

    def record(self) -> dict[str, Any]:
        """What the manifest has of it."""
        return {
            "file": self.path.name,
            "bytes": self._size,
            "xxh3_128": self._digest.hexdigest(),
            "arrays": self._places,
        }

    def _begin(self, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        header = io.BytesIO()
        described = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, described)
        with writing(self.path):
            self._put(header.getbuffer())
        self._places[name] = {"at": self._size}

    def _write(self, values: np.ndarray) -> None:
        with writing(self.path):
            for strip in _strips(values):
                self._put(np.ascontiguousarray(strip).reshape(-1).view(np.uint8).data)

    def _put(self, data: memoryview) -> None:
        while data:
            count = self._file.write(data)
            self._digest.update(data[:count])
            self._size += count
            data = data[count:]
        if self._size - self._flushed >= FLUSH and hasattr(os, "posix_fadvise"):
            # Asked to drop the pages, Linux begins to write them; the disk works while the next are copied.
            span = self._flushed, self._size - self._flushed
            os.posix_fadvise(self._file.fileno(), *span, os.POSIX_FADV_DONTNEED)
            self._flushed = self._size


def _strips(values: np.ndarray) -> Iterator[np.ndarray]:
    """An array (n, rows, columns) in pieces of about STRIP bytes, in order."""
    if not values.size:
        return
    plane = values[0].nbytes
    if plane <= STRIP:
        step = STRIP // plane
        yield from (values[n : n + step] for n in range(0, len(values), step))
        return
    rows = max(1, STRIP // values[0, 0].nbytes)
    for one in values:
        yield from (one[j : j + rows] for j in range(0, len(one), rows))


def read_window(
    path: Path, place: Mapping[str, Any], planes: tuple[int, int], window: Window, out: np.ndarray
) -> None:
    """Copy what a part has of a window into out (n, j1 - j0, i1 - i0), the window of some planes.

    Raises InputError where the part cannot be read.
    """
    j0, j1, i0, i1 = place["window"]
    a, b = max(j0, window[0]), min(j1, window[1])
    c, d = max(i0, window[2]), min(i1, window[3])
    if a >= b or c >= d:
        return
    here = out[:, a - window[0] : b - window[0], c - window[2] : d - window[2]]
    rows = np.empty((b - a, i1 - i0), out.dtype)
    with _reading(path) as file:
        for n, plane in enumerate(range(*planes)):
            first = (plane * (j1 - j0) + a - j0) * (i1 - i0)
            direct = here[n].shape == rows.shape and here[n].flags.c_contiguous
            _fill(file, place["at"] + first * out.itemsize, here[n] if direct else rows)
            if not direct:
                here[n] = rows[:, c - i0 : d - i0]


def read_whole(path: Path, place: Mapping[str, Any], whole: WholeArray) -> np.ndarray:
    """An array that one part has whole. Raises InputError where the part cannot be read."""
    values = np.empty(whole.shape, whole.dtype)
    with _reading(path) as file:
        _fill(file, place["at"], values)
    return values


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    try:
        with path.open("rb", buffering=0) as file:
            yield file
    except OSError as error:
        raise InputError(f"cannot read the checkpoint {path}: {error.strerror}") from error


def _fill(file: Any, at: int, out: np.ndarray) -> None:
    """Read from a place of a file into a contiguous array."""
    file.seek(at)
    left = out.reshape(-1).view(np.uint8).data
    while left:
        if not (count := file.readinto(left)):
            raise InputError(f"cannot read the checkpoint {file.name}: it is too short")
        left = left[count:]
