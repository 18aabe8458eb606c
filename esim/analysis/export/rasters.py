"""The maps of a run for geographic information systems: a GeoTIFF for each variable of its maxima."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures.place import GEOGRAPHIC, is_lonlat, reference_system
from esim.analysis.reading.run import Run
from esim.config.yaml.suggest import hint
from esim.distribution import install
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    import xarray as xr

FORMATS = ("geotiff", "cog")
UNKNOWN = 255  # no class of a variable of whole numbers
TIE = 1e-9  # of a cell
TILE = 256  # pixels along a side of a tile of a cloud-optimised picture


class Piece(NamedTuple):
    """Columns of a map that make one picture: what its name ends with, the columns in order, the west edge."""

    suffix: str
    columns: np.ndarray
    west: float


def write(run: Run, folder: Path, variables: Sequence[str], crs: str | None, format: str) -> list[Path]:
    """Writes variables (all, if none is named) of the maxima of all grids as GeoTIFF; returns the paths.

    VARIABLE.tif, NEST_VARIABLE.tif: north up, in the run's own units, missing values are NaN (255 in `extent`).
    Longitudes are from -180 to 180 degrees in EPSG:4326: a map across the dateline becomes two, VARIABLE_east.tif up
    to it and VARIABLE_west.tif beyond. "cog" is cloud-optimised: tiles, and overviews of half the size and less.

    Raises InputError if the run has no maxima or not a variable named, if the reference system is not known, or if
    rioxarray is missing.
    """
    try:
        import rioxarray  # noqa: F401
    except ImportError:
        raise InputError(f"GeoTIFF needs rioxarray: {install('gis')}") from None
    maps = {f"{name}_" if name else "": data for name, data in run.grids.items()}
    if not maps:
        raise InputError(f"{run.directory}: nothing to export, the run wrote no maxima")
    wanted = {name: _wanted(data, variables, run.directory) for name, data in maps.items()}
    system = None if is_lonlat(run) else reference_system(run, crs)
    return [
        path
        for name, data in maps.items()
        for variable in wanted[name]
        for path in _write(data[variable], folder / f"{name}{variable}", system, format)
    ]


def _wanted(data: "xr.Dataset", variables: Sequence[str], directory: Path) -> list[str]:
    known = [str(name) for name, field in data.data_vars.items() if field.ndim == 2]
    for name in variables:
        if name not in known:
            raise InputError(f"{directory}: the maxima have no variable '{name}', {hint(name, known)}")
    return list(variables) or known


def _write(field: "xr.DataArray", stem: Path, system: str | None, format: str) -> Iterator[Path]:
    lonlat = field.dims[-1] == "lon"
    y, x = (field[name].values for name in field.dims)
    height, width = _size(y, x), _size(x, y)
    values, nodata = _values(field)
    north = max(y[0], y[-1]) + height / 2
    upright = values[::-1] if y[0] < y[-1] else values
    west = x[0] - width / 2
    for piece in _pieces(x, width) if lonlat else [Piece("", np.arange(x.size), west)]:
        path = stem.with_name(f"{stem.name}{piece.suffix}.tif")
        transform = width, 0.0, piece.west, 0.0, -height, north
        words = {key: field.attrs[key] for key in ("units", "long_name") if key in field.attrs}
        words |= _classes(field)
        picture = _picture(
            upright[:, piece.columns], transform, nodata, GEOGRAPHIC if lonlat else system, words
        )
        _save(picture, path, format, words)
        yield path


def _size(along: np.ndarray, across: np.ndarray) -> float:
    """Size of the cells along an axis; a single row is taken to be square."""
    steps = along if along.size > 1 else across
    return float(np.ptp(steps) / max(steps.size - 1, 1)) or 1.0


def _values(field: "xr.DataArray") -> tuple[np.ndarray, float]:
    """The values and what stands for a missing one."""
    values = field.values
    return (values, np.nan) if values.dtype.kind == "f" else (values.astype(np.uint8), UNKNOWN)


def _classes(field: "xr.DataArray") -> dict[str, str]:
    """What whole numbers mean, in words."""
    if "flag_meanings" not in field.attrs:
        return {}
    meanings = zip(np.ravel(field.attrs["flag_values"]), field.attrs["flag_meanings"].split(), strict=True)
    return {"classes": ", ".join(f"{value} {name}" for value, name in meanings)}


def _pieces(lon: np.ndarray, width: float) -> list[Piece]:
    """Columns by longitudes from -180 to 180: one picture, or two on both sides of the dateline."""
    wrapped = (lon + 180 + TIE * width) % 360 - 180 - TIE * width
    seam = np.flatnonzero(np.diff(wrapped) < 0)
    columns = np.arange(lon.size)
    if not seam.size:
        return [Piece("", columns, float(wrapped[0] - width / 2))]
    first = int(seam[0]) + 1
    if abs(lon.size * width - 360) < 0.5 * width:  # the globe: its two ends meet
        return [Piece("", np.roll(columns, -first), float(wrapped[first] - width / 2))]
    east, west = columns[:first], columns[first:]
    return [
        Piece("_east", east, float(wrapped[0] - width / 2)),
        Piece("_west", west, float(wrapped[first] - width / 2)),
    ]


def _picture(
    values: np.ndarray, transform: tuple[float, ...], nodata: float, system: str | None, words: dict[str, Any]
) -> "xr.DataArray":
    """The values with their place on the map."""
    import rioxarray  # noqa: F401
    import xarray as xr
    from affine import Affine

    picture = xr.DataArray(values, dims=("y", "x"), attrs=words)
    picture = picture.rio.write_transform(Affine(*transform)).rio.write_nodata(nodata)
    return picture if system is None else picture.rio.write_crs(system)


def _save(picture: "xr.DataArray", path: Path, format: str, words: dict[str, Any]) -> None:
    options: dict[str, Any] = {"driver": "GTiff"}
    if format == "cog":
        options = {
            "driver": "COG",
            "blocksize": TILE,
            "overview_resampling": "average" if picture.dtype.kind == "f" else "nearest",
        }
    with whole_file(path) as temporary:
        picture.rio.to_raster(os.fspath(temporary), compress="deflate", tags=words, **options)
