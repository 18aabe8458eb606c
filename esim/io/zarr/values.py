"""How is a value stored? As in the NetCDF files, bit for bit: missing values, and bits that are rounded off."""

import base64
import struct
from typing import Any

import numpy as np

from esim.io import cf

MANTISSA = {"f4": ("u4", 23), "f8": ("u8", 52)}  # integers of the same size, and bits of the mantissa


def stored(values: np.ndarray, dtype: str, bits: int | None = None) -> np.ndarray:
    """Values as they stand in a file: those that are not finite are missing, `bits` of the mantissa are kept."""
    if np.dtype(dtype).kind != "f":
        return np.asarray(values, dtype)
    missing = ~np.isfinite(values)
    found = np.where(missing, cf.FILL, values).astype(dtype)
    return found if bits is None else np.where(missing, cf.FILL.astype(dtype), bit_round(found, bits))


def bit_round(values: np.ndarray, bits: int) -> np.ndarray:
    """Values f4 or f8 rounded to so many bits of the mantissa, a half away from zero.

    BitRound of Kouznetsov (2021), Geosci. Model Dev. 14, 377, as in the NetCDF library: the relative error is at most
    2**-(bits + 1).
    """
    integer, mantissa = MANTISSA[values.dtype.str[1:]]
    drop = mantissa - bits
    if drop <= 0:
        return values
    whole = values.view(integer) + np.array(1 << (drop - 1), integer)
    return (whole & np.array(-1 << drop & (1 << 8 * values.itemsize) - 1, integer)).view(values.dtype)


def missing_attribute(value: Any) -> str:
    """The attribute _FillValue of floats, in the text that xarray gives it in Zarr."""
    return base64.standard_b64encode(struct.pack("<d", float(value))).decode()
