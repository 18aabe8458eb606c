"""A grid as columns x y z, or t x y z (GeoClaw topography and dtopo of type 1): which lattice do the points make?"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.io.gridded.axis import NAMES, UNIFORM
from esim.io.gridded.formats.dataset import Dataset, grid

POSITIONAL = {3: ("x", "y", "z"), 4: ("time", "x", "y", "dz")}
SPARSE = (
    20  # times as many nodes as points are no lattice; a file across the dateline leaves the globe between
)
REMEDY = "put it on one, with gmt xyz2grd or gmt surface"


def read_columns(path: Path, header: Sequence[str], numbers: np.ndarray, count: int) -> Dataset:
    """The grid of points in any order, NaN where a node of their lattice has none.

    The last line of the header may name the columns. Raises InputError if there are not three or four columns, if the
    points lie on no lattice, or two of them in one place with different values.
    """
    names = _names(path, header, count)
    if numbers.size % count:
        raise InputError(f"{path}: has {numbers.size} numbers, which are no rows of {count} columns")
    table = dict(zip(names, numbers.reshape(-1, count).T, strict=True))
    field = names[-1]
    axes = [_nodes(path, name, table[name]) for name in ("y", "x")]
    places = [_places(path, name, table[name], nodes) for name, nodes in zip(("y", "x"), axes, strict=True)]
    times, records = np.unique(table.get("time", np.zeros(len(table[field]))), return_inverse=True)
    shape = (times.size, axes[0].size, axes[1].size)
    if np.prod(shape) > SPARSE * len(table[field]):
        raise InputError(
            f"{path}: its {len(table[field]):,} points would fill a small part of a lattice of "
            f"{' x '.join(map(str, shape))}; {REMEDY}"
        )
    flat = np.ravel_multi_index((records, *places), shape)
    values = np.full(shape, np.nan)
    values.ravel()[flat] = table[field]
    other = np.flatnonzero((values.ravel()[flat] != table[field]) & ~np.isnan(table[field]))
    if other.size:
        x, y, z = (table[name][other[0]] for name in ("x", "y", field))
        raise InputError(
            f"{path}: two values at {x:.9g}, {y:.9g}: {z:g} and {values.ravel()[flat[other[0]]]:g}; expected one for "
            "each place"
        )
    if "time" in table:
        return grid({field: values}, axes[1], axes[0], times)
    return grid({field: values[0]}, axes[1], axes[0])


def _names(path: Path, header: Sequence[str], count: int) -> list[str]:
    """What the columns are: by their names, if the file has them and they are known, else by their order."""
    words = re.split(r"[\s,;]+", header[-1].strip(" \t\r#>,;\"'")) if header else []
    kinds = [next((kind for kind, names in NAMES.items() if word.lower() in names), word) for word in words]
    named = len(words) == count == len(set(kinds)) and {"x", "y"} <= set(kinds)
    if count not in POSITIONAL and not (named and count == len(POSITIONAL[3])):
        raise InputError(
            f"{path}: its rows have {count} numbers; expected a header (ncols, nrows, ..) above rows of a grid, or the "
            "columns x y z, or t x y z"
        )
    if not named:
        return list(POSITIONAL[count])
    if kinds[-1] in NAMES or (count == len(POSITIONAL[4]) and "time" not in kinds):
        raise InputError(
            f"{path}: its columns are {', '.join(words)}; expected x, y, z or time, x, y, z, the value last"
        )
    return kinds


def _nodes(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """The uniform nodes along an axis on which the points lie."""
    if not np.isfinite(values).all():
        raise InputError(f"{path}: a point has no {name}")
    present = np.unique(values)
    gaps = np.diff(present)
    gaps = gaps[gaps > 1e-3 * gaps.max(initial=0.0)]
    if not gaps.size:
        raise InputError(f"{path}: all points have the same {name}; expected a lattice")
    count = round((present[-1] - present[0]) / float(np.median(gaps)))
    return np.asarray(present[0] + (present[-1] - present[0]) / count * np.arange(count + 1))


def _places(path: Path, name: str, values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """The number of the node at which each point lies."""
    position = (values - nodes[0]) / (nodes[1] - nodes[0])
    nearest = np.rint(position)
    off = np.abs(position - nearest) > UNIFORM
    if off.any():
        raise InputError(
            f"{path}: its points are on no regular lattice, as at {name} {values[off.argmax()]:.9g}; {REMEDY}"
        )
    return nearest.astype(np.int64)
