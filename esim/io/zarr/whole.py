"""How is a Zarr store written at one go? Under a temporary name, every part with its checksum, then renamed."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from esim.io.atomic import partial, writing
from esim.io.provenance import plain
from esim.io.zarr import store


@dataclass(frozen=True, eq=False)
class Array:
    """Values of a store, numbers or text: their dimensions and attributes, and the shape of a chunk, () for one."""

    values: np.ndarray
    dims: Sequence[str]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    chunk: Sequence[int] = ()


def write_store(path: Path, attributes: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Writes a store whole or not at all, in place of one that is there; none has a dimension `time` before others.

    `time` is the coordinate of records where it is given, [s]. Raises MachineError if the disk fails.
    """
    temporary = partial(path)
    try:
        with writing(path):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            described = {name: _described(array) for name, array in arrays.items()}
            for name, array in arrays.items():
                if name != "time":
                    store.open_array(temporary, name, described[name])[...] = array.values
            times = arrays["time"].values.tolist() if "time" in arrays else []
            store.commit(temporary, plain(dict(attributes)), described, times, [])
            if path.exists():
                shutil.rmtree(path)
            store.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _described(array: Array) -> store.Metadata:
    text = array.values.dtype.kind in "UO"
    records = tuple(array.dims) == ("time",)
    return store.describe_array(
        (0,) if records else array.values.shape,
        (store.TIMES,) if records else tuple(array.chunk) or array.values.shape,
        array.dims,
        str if text else array.values.dtype,
        plain(dict(array.attributes)),
        fill="" if text else 0,
        compression=0 if text or array.values.ndim < 2 else 1,
    )
