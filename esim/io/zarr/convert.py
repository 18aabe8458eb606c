"""How does a file of maps become a store, and a store a file? Value by value as they are stored, so bit for bit."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.io import netcdf
from esim.io.atomic import partial, whole_file, writing
from esim.io.gridded.writer import chunk_side
from esim.io.provenance import plain
from esim.io.zarr import store
from esim.io.zarr.shards import lay_out
from esim.io.zarr.values import missing_attribute
from esim.parallel.decomposition import Block

SUFFIXES = {".nc": ".zarr", ".zarr": ".nc"}
MISSING = "_FillValue"


def convert(source: Path, folder: Path | None = None) -> Path:
    """Write a NetCDF file of maps as a Zarr store, or a store as a file, into a folder or beside it; returns its path.

    Raises InputError for what is neither, for one without maps, and where the result would replace something.
    """
    suffix = SUFFIXES.get(source.suffix)
    if suffix is None or not source.exists():
        raise InputError(f"{source}: {'no such file' if suffix else 'expected a file .nc or a store .zarr'}")
    target = (folder or source.parent) / f"{source.stem}{suffix}"
    if target.exists():
        raise InputError(f"{target}: exists; remove it, or name another folder by --output")
    if suffix == ".zarr":
        _to_zarr(source, target)
    else:
        _to_netcdf(source, target)
    return target


def _pieces(shape: tuple[int, ...], rows: int) -> Iterator[tuple[Any, ...]]:
    """Indices of so many rows at a time of each map of an array; of all of it, where it has no maps."""
    if len(shape) < 2:
        yield (...,)
        return
    for outer in np.ndindex(shape[:-2]):
        for first in range(0, shape[-2], rows):
            yield (*outer, slice(first, min(first + rows, shape[-2])))


# ------------------------------------------------------------------ NetCDF to Zarr


def _to_zarr(source: Path, target: Path) -> None:
    temporary = partial(target)
    try:
        with netcdf.LIBRARY, netcdf.read(source) as data:
            data.set_auto_maskandscale(False)
            arrays = {name: _described(source, variable) for name, variable in data.variables.items()}
            if not any(len(array["shape"]) > 1 for array in arrays.values()):
                raise InputError(f"{source}: has no maps; series and points stay NetCDF")
            with writing(target):
                shutil.rmtree(temporary, ignore_errors=True)
                temporary.mkdir(parents=True)
                for name, variable in data.variables.items():
                    if name not in ("time", "step"):
                        _fill_array(temporary, name, arrays[name], variable)
                times, steps = (data[one][:].tolist() if one in arrays else [] for one in ("time", "step"))
                attributes = {name: data.getncattr(name) for name in data.ncattrs()}
                store.commit(temporary, plain(attributes), arrays, times, steps)
                store.rename(temporary, target)
    except OSError as error:
        raise InputError(f"{source}: not a readable NetCDF file ({error})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _fill_array(folder: Path, name: str, array: store.Metadata, variable: Any) -> None:
    opened = store.open_array(folder, name, array)
    rows = opened.shards[-2] if opened.shards else 0
    for index in _pieces(variable.shape, rows):
        opened[index] = variable[index]


def _described(source: Path, variable: Any) -> store.Metadata:
    shape, kind = variable.shape, np.dtype(variable.dtype).kind if variable.dtype is not str else "U"
    if kind not in "fiu":
        raise InputError(f"{source}: '{variable.name}' is text; only files of maps can be converted")
    attributes = {name: variable.getncattr(name) for name in variable.ncattrs()}
    fill = attributes.pop(MISSING, None)
    about = plain(attributes)
    if fill is not None:
        about[MISSING] = missing_attribute(fill) if kind == "f" else int(fill)
    more: dict[str, Any] = {"fill": 0 if fill is None else fill}
    chunk: tuple[int, ...] = (store.TIMES,) if variable.dimensions == ("time",) else shape
    if len(shape) > 1:
        layout = lay_out(shape[-2:], [Block(0, shape[-2], 0, shape[-1])], variable.dtype.itemsize)
        lead = (1,) * (len(shape) - 2)
        chunk = (*lead, *layout.chunk)
        more |= {"shard": (*lead, *layout.shard), "compression": variable.filters().get("complevel", 0)}
    records = variable.dimensions[:1] == ("time",)
    return store.describe_array(
        (0, *shape[1:]) if records else shape, chunk, variable.dimensions, variable.dtype, about, **more
    )


# ------------------------------------------------------------------ Zarr to NetCDF


def _to_netcdf(source: Path, target: Path) -> None:
    attributes, arrays = store.read_arrays(source)
    for name, array in arrays.items():
        if array["data_type"] == "string":
            raise InputError(f"{source}: '{name}' is text; only stores of maps can be converted")
    whole = store.WholeStore(source)
    with netcdf.LIBRARY, whole_file(target) as temporary, netcdf.create(temporary) as data:
        data.setncatts(attributes)
        for array in arrays.values():
            for dim, length in zip(array.get("dimension_names", ()), array["shape"], strict=True):
                if dim not in data.dimensions:
                    data.createDimension(dim, None if dim == "time" else length)
        for name, array in arrays.items():
            _fill_variable(_created(data, name, array), store.view_array(whole, name, array))


def _created(data: Any, name: str, array: Mapping[str, Any]) -> Any:
    dims, shape = tuple(array.get("dimension_names", ())), tuple(array["shape"])
    attributes = dict(array["attributes"])
    missing = attributes.pop(MISSING, None)
    dtype = np.dtype(array["data_type"])
    options: dict[str, Any] = {"fill_value": None if missing is None else dtype.type(array["fill_value"])}
    if len(shape) > 1:
        level = _level(array)
        options["chunksizes"] = (1,) * (len(shape) - 2) + tuple(map(chunk_side, shape[-2:]))
        options |= {"compression": "zlib", "complevel": level, "shuffle": True} if level else {}
        options["fill_value"] = False if missing is None else options["fill_value"]
    variable = data.createVariable(name, dtype, dims, **options)
    variable.set_auto_maskandscale(False)
    variable.setncatts(attributes)
    return variable


def _level(array: Mapping[str, Any]) -> int:
    """The level of compression of an array in shards."""
    codecs = array["codecs"][0].get("configuration", {}).get("codecs", [])
    return next((int(one["configuration"]["clevel"]) for one in codecs if one["name"] == "blosc"), 0)


def _fill_variable(variable: Any, array: Any) -> None:
    rows = array.shards[-2] if array.shards else 0
    for index in _pieces(array.shape, rows):
        variable[index] = array[index]
