"""Which format has a file? What its first bytes say; the suffix only where they say nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from esim.errors import InputError
from esim.io.gridded.formats import text

READ = "NetCDF, GeoTIFF, ESRI ASCII grids (.asc), GeoClaw topography and dtopo files (types 1 to 3) and columns x y z"
NETCDF = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")
TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
GDAL = "gdal_translate -of netCDF {name} {stem}.nc"
OTHERS = {  # first bytes: what it is, and the command that converts it
    b"DSAA": ("a Surfer 6 ASCII grid", "gmt grdconvert {name}=sf {stem}.nc"),
    b"DSBB": ("a Surfer 6 grid", "gmt grdconvert {name}=sf {stem}.nc"),
    b"DSRB": ("a Surfer 7 grid", "gmt grdconvert {name}=sf {stem}.nc"),
    b"MATLAB": ("a MATLAB file", "nccreate and ncwrite of MATLAB write NetCDF"),
    b"\x00\x00'\n": ("a shapefile, which holds points or lines and no grid", "gdal_grid makes one"),
    b"PK\x03\x04": ("a zip archive", "unzip {name}"),
    b"\x1f\x8b": ("compressed", "gunzip {name}"),
    b"EHFA_HEADER_TAG": ("an Erdas Imagine file", GDAL),
}
SUFFIXES = {
    ".mat": "a MATLAB file",
    ".shp": "a shapefile",
    ".bil": "a raw grid",
    ".flt": "a raw grid",
    ".hgt": "an SRTM tile",
    ".adf": "an Arc/Info grid",
    ".bag": "a bathymetric attributed grid",
    ".grib": "a GRIB file",
    ".grd": "a grid of another program",
}
HEAD = 512  # bytes that are looked at


@contextmanager
def open_other(path: Path) -> Iterator[Any]:
    """The open file if its format is read here and is not NetCDF, as a `Dataset`; None if it may be NetCDF.

    Raises InputError, with the command that converts it, for a format that is not read, and for a file of one that is
    not well formed.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(TIFF):
        from esim.io.gridded.formats import geotiff

        with geotiff.opened(path) as data:
            yield data
        return
    _require_known(path, head)
    yield text.read(path) if _is_text(path, head) else None


def _require_known(path: Path, head: bytes) -> None:
    """Raises InputError for a format that is known and not read."""
    for begin, (what, command) in OTHERS.items():
        if head.startswith(begin):
            raise InputError(_unread(path, what, command))
    what = SUFFIXES.get(path.suffix.lower(), "")
    if what and not head.startswith(NETCDF) and not _is_text(path, head):
        raise InputError(_unread(path, what, GDAL))


def _unread(path: Path, what: str, command: str) -> str:
    how = command.format(name=path.name, stem=path.stem)
    return f"{path}: is {what}, which is not read; expected {READ}: {how}"


def _is_text(path: Path, head: bytes) -> bool:
    named = path.suffix.lower() in (".nc", ".nc4", ".cdf")
    return bool(head) and not named and all(9 <= byte <= 13 or (byte >= 32 and byte != 127) for byte in head)
