"""Is a NetCDF-3 file complete? The library reads a missing end as zeros, without an error.

The sizes follow the NetCDF classic format specification (Unidata, NetCDF User's Guide, appendix B).
"""

from typing import Any

import numpy as np


def least_size(data: Any) -> int:
    """Bytes that an open NetCDF-3 file must have at least; 0 for NetCDF-4, where the library looks itself."""
    if not data.data_model.startswith("NETCDF3"):
        return 0
    word = 8 if data.data_model == "NETCDF3_64BIT_DATA" else 4
    offset = 4 if data.data_model == "NETCDF3_CLASSIC" else 8
    dimensions = sum(_text(name, word) + word for name in data.dimensions)
    variables = sum(
        _text(v.name, word) + word * (1 + v.ndim) + _attributes(v, word) + 4 + word + offset
        for v in data.variables.values()
    )
    header = 4 + word + 2 * (4 + word) + dimensions + variables + _attributes(data, word)
    values = sum(_padded(v.size * v.dtype.itemsize) for v in data.variables.values())
    return int(header + values) - 3  # the last value need not be padded


def _attributes(owner: Any, word: int) -> int:
    values = ((name, owner.getncattr(name)) for name in owner.ncattrs())
    return 4 + word + sum(_text(name, word) + 4 + word + _padded(_bytes(value)) for name, value in values)


def _text(name: str, word: int) -> int:
    return word + _padded(len(name.encode()))


def _bytes(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else int(np.asarray(value).nbytes)


def _padded(size: int) -> int:
    return -(-size // 4) * 4
