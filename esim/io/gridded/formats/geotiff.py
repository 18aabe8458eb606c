"""A GeoTIFF, of which only the windows are read that are asked for."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from esim.distribution import install
from esim.errors import InputError
from esim.io.gridded.formats.dataset import Dataset, grid


@contextmanager
def opened(path: Path) -> Iterator[Dataset]:
    """The open file: its bands at the centres of its pixels. NODATA and masks are missing values.

    Raises InputError if rasterio is missing, or the picture is rotated or has no place on the Earth.
    """
    try:
        import rasterio
    except ImportError:
        raise InputError(f"{path}: GeoTIFF needs rasterio: {install('gis')}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # refused below
        picture = rasterio.open(path)
    with picture:
        yield _dataset(path, picture)


def _dataset(path: Path, picture: Any) -> Dataset:
    transform, crs = picture.transform, picture.crs
    warped = f"{path.stem}_north_up.tif"
    if transform.b or transform.d:
        raise InputError(
            f"{path}: is rotated, its rows do not run from west to east; turn it: gdalwarp {path.name} {warped}"
        )
    if transform.is_identity:
        raise InputError(
            f"{path}: does not say where it lies; place it: gdal_edit.py -a_ullr WEST NORTH EAST SOUTH"
        )
    x = transform.c + transform.a * (np.arange(picture.width) + 0.5)
    y = transform.f + transform.e * (np.arange(picture.height) + 0.5)
    names = ["band1"] if picture.count == 1 else [f"band_{n + 1}" for n in range(picture.count)]
    bands: dict[str, Any] = {name: Band(picture, n + 1) for n, name in enumerate(names)}
    attributes = {
        name: {key: word for key, word in (("units", unit), ("long_name", words)) if word}
        for name, unit, words in zip(names, picture.units, picture.descriptions, strict=True)
    }
    if crs is None:
        note = f"{path.name} has no coordinate reference system, taken to be that of the grid"
        return grid(bands, x, y, attributes=attributes, notes=(note,))
    east, north = ("degrees_east", "degrees_north") if crs.is_geographic else ("m", "m")
    attributes |= {"x": {"units": east}, "y": {"units": north}}
    return grid(bands, x, y, attributes=attributes, crs=crs.to_wkt())


class Band:
    """A band of an open picture."""

    def __init__(self, picture: Any, number: int) -> None:
        self._picture, self._number = picture, number
        self._scale, self._offset = picture.scales[number - 1], picture.offsets[number - 1]
        self.shape = (picture.height, picture.width)

    def __getitem__(self, index: Any) -> np.ndarray:
        from rasterio.windows import Window

        rows, columns = index[-2:]
        (top, bottom, _), (left, right, _) = rows.indices(self.shape[0]), columns.indices(self.shape[1])
        window = Window(left, top, right - left, bottom - top)
        values = self._picture.read(self._number, window=window, masked=True)
        if (self._scale, self._offset) != (1.0, 0.0):
            values = values.astype(np.float64) * self._scale + self._offset
        return values
