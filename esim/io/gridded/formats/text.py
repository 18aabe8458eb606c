"""Grids written as text: with a header, or as columns. A file is read whole, once on each rank that needs it."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.io.gridded.formats.columns import read_columns
from esim.io.gridded.formats.dataset import Dataset
from esim.io.gridded.formats.headed import is_number, read_headed
from esim.io.gridded.reference import read_system

CHUNK = 1 << 24  # bytes of text turned into numbers at one time
LARGE = 200_000_000  # bytes, of which a warning is given
MOST_LINES = 20  # in a header
SEPARATORS = bytes.maketrans(b",;\tDd", b"   ee")  # 1.5D+03 is Fortran's 1.5e+03


def read(path: Path) -> Dataset:
    """The grid in a text file; raises InputError, with the line, if it is none of those that are read."""
    state = path.stat()
    found = _read(path, state.st_mtime_ns, state.st_size)
    if state.st_size > LARGE:
        found = replace(found, notes=(_too_large(path, state.st_size),))
    beside = path.with_suffix(".prj")  # where ESRI writes the reference system
    return replace(found, crs=read_system(beside)) if beside.is_file() else found


def _too_large(path: Path, size: int) -> str:
    return (
        f"{path.name} is {size / 1e6:.0f} MB of text, which every rank reads whole; NetCDF (gdal_translate -of netCDF "
        f"{path.name} {path.stem}.nc) is read in parts"
    )


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> Dataset:
    """The grid in a file as it is at the time of its last change."""
    header = _header(path)
    numbers = _numbers(path, len(header))
    if any(_is_pair(line) for line in header if not line.lstrip().startswith(("#", ">"))):
        return read_headed(path, header, numbers)
    return read_columns(path, header, numbers, _columns(path, len(header)))


def _header(path: Path) -> list[str]:
    """The lines before the first one that has numbers only."""
    lines: list[str] = []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            if line.strip() and _all_numbers(line):
                return lines
            lines.append(line.rstrip("\n"))
            if len(lines) > MOST_LINES:
                break
    raise InputError(
        f"{path}: no line of numbers among the first {len(lines)}; expected a grid with a header (ncols, nrows, ..) or "
        "columns x y z"
    )


def _is_pair(line: str) -> bool:
    """Whether a line of a header is a word with its value, in either order, and not the names of columns."""
    words = line.replace(",", " ").split()
    return any(is_number(word) for word in words) and not all(is_number(word) for word in words)


def _all_numbers(line: str) -> bool:
    return all(is_number(word) for word in re.split(r"[\s,;]+", line.strip(" \t\r\n,;")))


def _columns(path: Path, skip: int) -> int:
    """How many numbers the first line after the header has."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file):
            if number >= skip and line.strip():
                return len(re.split(r"[\s,;]+", line.strip(" \t\r\n,;")))
    return 0


def _numbers(path: Path, skip: int) -> np.ndarray:
    """All numbers of a file after its first lines, float64."""
    parts = []
    for first, chunk in _chunks(path, skip):
        try:
            parts.append(np.fromstring(chunk.translate(SEPARATORS), sep=" "))
        except (ValueError, DeprecationWarning):
            raise InputError(_bad_line(path, chunk, first)) from None
    return np.concatenate(parts) if parts else np.empty(0)


def _chunks(path: Path, skip: int) -> Iterator[tuple[int, bytes]]:
    """Pieces of a file that end at line ends, each with the number of its first line."""
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        for _ in range(skip):
            file.readline()
        line = skip + 1
        while chunk := file.read(CHUNK):
            chunk += file.readline()
            yield line, chunk
            line += chunk.count(b"\n")


def _bad_line(path: Path, chunk: bytes, first: int) -> str:
    """A sentence about the first line that has something else than numbers."""
    for number, line in enumerate(chunk.decode("latin-1").splitlines(), first):
        if line.strip() and not _all_numbers(line):
            return f"{path} line {number}: '{line.strip()[:40]}' is not a row of numbers"
    return f"{path}: has something else than numbers after its header"
