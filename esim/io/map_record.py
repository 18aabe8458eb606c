"""How are the maps of a run read, one after the other? From NetCDF or from a Zarr store, whole, and checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError

Index = int | slice | tuple[()]


@dataclass(frozen=True)
class Described:
    """What a file says of a variable."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class MapRecord:
    """A file of maps in time: its attributes and its variables, whose values are read when they are asked for."""

    path: Path
    attributes: Mapping[str, Any]
    variables: Mapping[str, Described]

    def read(self, name: str, index: Index = ()) -> np.ndarray:
        """All values of a variable, or those of one record or some, NaN where there is none. Raises InputError."""
        return self.read_all([name], index)[0]

    def read_all(self, names: Sequence[str], index: Index = ()) -> list[np.ndarray]:
        """The same of several variables; the file is opened once."""
        return read_values(self.path, names, index)


def open_record(path: Path) -> MapRecord:
    """Describes a NetCDF file or a Zarr store of maps. Raises InputError for one that cannot be read."""
    return _describe_store(path) if path.is_dir() else _describe_file(path)


def read_values(path: Path, names: Sequence[str], index: Index = ()) -> list[np.ndarray]:
    """Values of some variables of a file that need not be described, which is opened once.

    Raises InputError for one that cannot be read, or does not have them.
    """
    with _opened(path) as values_of:
        try:
            return [values_of(name, index) for name in names]
        except LookupError:
            raise InputError(f"{path}: has not all of the variables {', '.join(names)}") from None


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[str, Index], np.ndarray]]:
    """What reads the values of a variable of an open file."""
    if path.is_dir():
        yield _store_reader(path)
        return
    with _netcdf(path) as data:
        yield lambda name, index: _plain(data[name][index])


@contextmanager
def _netcdf(path: Path) -> Iterator[Any]:
    """An open NetCDF file; what the library raises becomes an InputError."""
    from esim.io import netcdf

    try:
        with netcdf.LIBRARY, netcdf.read(path) as data:
            yield data
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: not a NetCDF file, or a damaged one ({reason})") from error


def _describe_file(path: Path) -> MapRecord:
    with _netcdf(path) as data:
        variables = {
            name: Described(
                tuple(one.dimensions), tuple(one.shape), {key: one.getncattr(key) for key in one.ncattrs()}
            )
            for name, one in data.variables.items()
        }
        attributes = {key: data.getncattr(key) for key in data.ncattrs()}
    return MapRecord(path, attributes, variables)


def _describe_store(path: Path) -> MapRecord:
    from esim.io.zarr import store

    attributes, arrays = store.read_arrays(path)
    variables = {
        name: Described(
            tuple(one.get("dimension_names") or ()), tuple(one["shape"]), dict(one.get("attributes", {}))
        )
        for name, one in arrays.items()
    }
    return MapRecord(path, attributes, variables)


def _store_reader(path: Path) -> Callable[[str, Index], np.ndarray]:
    from esim.io.zarr import store

    arrays, whole = store.read_arrays(path)[1], store.WholeStore(path)

    def read(name: str, index: Index) -> np.ndarray:
        array = arrays[name]
        values = np.asarray(store.view_array(whole, name, array)[index])
        missing = "_FillValue" in array.get("attributes", {})
        fill = np.asarray(array["fill_value"], values.dtype) if missing else None
        return values if fill is None else np.where(values == fill, np.nan, values)

    return read


def _plain(values: Any) -> np.ndarray:
    """Values without a mask, NaN where they are missing; whole numbers are never missing."""
    if np.ma.isMaskedArray(values):
        return np.ma.filled(values, np.nan) if values.dtype.kind == "f" else np.ma.getdata(values)
    return np.asarray(values)
