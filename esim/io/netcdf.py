"""How is a NetCDF file opened? The one home of netCDF4; what is read and written is decided elsewhere."""

import threading
from pathlib import Path
from typing import Any

import netCDF4

from esim.io.netcdf_check import require_readable

# The library does not take calls from two threads at once: whoever has a file open holds this meanwhile.
LIBRARY = threading.RLock()


def read(path: Path) -> Any:
    """Opens a NetCDF file of any version for reading.

    Raises OSError if there is no readable one, and InputError for one that `require_readable` refuses.
    """
    data = netCDF4.Dataset(path, "r")
    try:
        require_readable(path, data)
    except BaseException:
        data.close()
        raise
    return data


def create(path: Path) -> Any:
    """Opens a new NetCDF-4 file for writing in place of one that may be there; raises OSError."""
    return netCDF4.Dataset(path, "w", format="NETCDF4", clobber=True)


def version() -> str:
    """Versions of netCDF4-python, the NetCDF library and HDF5, for the record."""
    return (
        f"{netCDF4.__version__} (NetCDF {netCDF4.__netcdf4libversion__}, HDF5 {netCDF4.__hdf5libversion__})"
    )
