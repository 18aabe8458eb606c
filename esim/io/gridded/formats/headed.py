"""Rows of values under a header: ESRI ASCII grids, GeoClaw topography of types 2 and 3, GeoClaw dtopo files.

A line of the header is a word and its value (ESRI) or a value and its word (GeoClaw). Rows run from north to south,
values in a row from west to east; line ends among the values mean nothing.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.io.gridded.formats.dataset import Dataset, grid

SAME = {
    "mx": "ncols",
    "my": "nrows",
    "xll": "xlower",
    "yll": "ylower",
    "xllcenter": "xlower",
    "yllcenter": "ylower",
    "nodata": "nodata_value",
    "no_data_value": "nodata_value",
}
KEYS = frozenset("ncols nrows mt xllcorner yllcorner xlower ylower t0 cellsize dx dy dt nodata_value".split())


def read_headed(path: Path, lines: Sequence[str], numbers: np.ndarray) -> Dataset:
    """The grid of a header and the values (nrows x ncols, or mt x my x mx) after it.

    xllcorner is the edge of the first cell, xllcenter and xlower are its centre. Raises InputError for a header that
    lacks a word or has an unknown one, and for more or fewer values than it announces.
    """
    header = _header(path, lines)
    nx, ny, nt = (_count(path, header, key) for key in ("ncols", "nrows", "mt"))
    if numbers.size != nx * ny * nt:
        size = f"{nt} x {ny} x {nx}" if "mt" in header else f"{ny} x {nx}"
        raise InputError(
            f"{path}: has {numbers.size} values, but its header announces {size} = {nx * ny * nt}"
        )
    dx = _value(path, header, "dx", "cellsize")
    dy = header.get("dy", header.get("cellsize", dx))
    x = _first(path, header, "x", dx) + dx * np.arange(nx)
    y = _first(path, header, "y", dy) + dy * np.arange(ny)
    values = numbers.reshape(nt, ny, nx)
    if "nodata_value" in header:
        # A mark such as -3.4028235e38 may have fewer digits in the header than in the rows.
        values = np.where(np.isclose(values, header["nodata_value"], rtol=1e-6, atol=0.0), np.nan, values)
    if "mt" not in header:
        return grid({"z": values[0]}, x, y[::-1])
    times = _value(path, header, "t0") + (header["dt"] if nt > 1 and "dt" in header else 0.0) * np.arange(nt)
    return grid({"dz": values}, x, y[::-1], times)


def _header(path: Path, lines: Sequence[str]) -> dict[str, float]:
    """The values of a header by their word; two values are those along x and y."""
    found: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        words = re.sub("[,=:]", " ", line).split()
        if not words or words[0].startswith("#"):
            continue
        values = [word for word in words if is_number(word)]
        names = [SAME.get(word.lower(), word.lower()) for word in words if not is_number(word)]
        unknown = [name for name in names if name not in KEYS]
        if unknown or not names or len(values) not in (1, 2):
            raise InputError(
                f"{path} line {number}: '{line.strip()[:40]}' is not a line of a header; expected a word and its value,"
                " such as 'ncols 100', xllcorner, yllcorner, cellsize, NODATA_value"
            )
        if len(values) == 2:
            names = ["dx", "dy"]
        elif names == ["dx", "dy"]:
            values *= 2
        found.update(zip(names, (float(re.sub("[Dd]", "e", value)) for value in values), strict=False))
    return found


def is_number(word: str) -> bool:
    """Whether a word is a number, that of Fortran among them: 1.5D+03."""
    try:
        float(re.sub("[Dd]", "e", word, count=1))
    except ValueError:
        return False
    return True


def _value(path: Path, header: dict[str, float], *keys: str) -> float:
    for key in keys:
        if key in header:
            return header[key]
    raise InputError(f"{path}: its header lacks {' or '.join(keys)}; it has {', '.join(header)}")


def _count(path: Path, header: dict[str, float], key: str) -> int:
    value = header.get("mt", 1.0) if key == "mt" else _value(path, header, key)
    if value < 1 or value != int(value):
        raise InputError(f"{path}: {key} is {value:g} in its header; expected a whole number of at least 1")
    return int(value)


def _first(path: Path, header: dict[str, float], axis: str, step: float) -> float:
    """The first node along an axis."""
    if step <= 0:
        raise InputError(f"{path}: the cell size in its header is {step:g}; expected a positive one")
    corner = f"{axis}llcorner"
    return header[corner] + step / 2 if corner in header else _value(path, header, f"{axis}lower", corner)
