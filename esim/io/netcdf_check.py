"""Can a NetCDF file be read at all? What its header says must not end the run, nor take all memory, later on."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError

LARGEST_CHUNK = 512_000_000  # bytes, which HDF5 reads whole for a single value of it
LONGEST = 100_000_000  # values of a variable of one dimension, which is read whole
FACTORS = ("scale_factor", "add_offset")
SIZES = {
    "scale_factor": 1,
    "add_offset": 1,
    "_FillValue": 1,
    "valid_min": 1,
    "valid_max": 1,
    "valid_range": 2,
}
NUMBERS = (*FACTORS, "_FillValue", "missing_value", "valid_min", "valid_max", "valid_range")


def require_readable(path: Path, data: Any) -> None:
    """Raises InputError for an open file with attributes that the library cannot apply, or with values by the 1e9."""
    for variable in data.variables.values():
        if isinstance(variable.dtype, np.dtype) and variable.dtype.kind in "iuf":
            for name in NUMBERS:
                if name in variable.ncattrs():
                    _require_number(path, variable.name, name, variable.getncattr(name))
            _require_small(path, variable)


def _require_number(path: Path, variable: str, name: str, value: Any) -> None:
    values = np.asarray(value)
    if values.dtype.kind not in "iuf":
        raise InputError(
            f"{path}: {variable} has the attribute {name} '{str(value)[:40]}', expected a number"
        )
    expected = SIZES.get(name, values.size)
    if values.size != expected:
        raise InputError(
            f"{path}: {variable} has the attribute {name} with {values.size} numbers, expected {expected}"
        )
    if name not in FACTORS:
        return
    zero = name == FACTORS[0] and bool((values == 0).any())
    if not np.isfinite(values).all() or zero:
        which = "a number other than 0" if name == FACTORS[0] else "a finite number"
        raise InputError(f"{path}: {variable} has the attribute {name} {str(value)[:40]}, expected {which}")


def _require_small(path: Path, variable: Any) -> None:
    size = math.prod(variable.shape)
    if variable.ndim == 1 and size > LONGEST:
        raise InputError(
            f"{path}: {variable.name} has {size:.3g} values, which would be read whole; expected at most {LONGEST:g}"
        )
    chunks = variable.chunking()
    if isinstance(chunks, list):
        stored = math.prod(chunks) * variable.dtype.itemsize
        if stored > LARGEST_CHUNK:
            raise InputError(
                f"{path}: {variable.name} is stored in chunks of {stored / 1e9:.3g} GB, each of which is read whole; "
                f"expected at most {LARGEST_CHUNK / 1e9:g} GB: rechunk it, with nccopy -c"
            )
