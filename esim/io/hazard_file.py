"""How are the statistics of an ensemble written? Maps, curves and values at stations in one NetCDF file, hazard.nc."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from esim.io import cf, netcdf
from esim.io.atomic import whole_file
from esim.io.gridded.frame import CRS, Frame, define_frame
from esim.io.gridded.writer import chunk_side

Attributes = Mapping[str, Any]


class HazardFile:
    """An open file: axes, values along them, and maps that are filled by rows."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._frame: Frame | None = None

    def axis(self, name: str, values: Sequence[Any] | np.ndarray, attributes: Attributes) -> None:
        """Adds a dimension, with its coordinate: numbers or names."""
        self._data.createDimension(name, len(values))
        self.put(name, (name,), values, attributes)

    def put(
        self, name: str, dims: Sequence[str], values: Sequence[Any] | np.ndarray, attributes: Attributes
    ) -> None:
        """Adds a variable with all of its values: numbers, missing where they are not finite, or text."""
        array = np.asarray(values)
        if array.dtype.kind in "UO":
            variable = self._data.createVariable(name, str, dims)
            variable.setncatts(attributes)
            variable[:] = array.astype(object)
            return
        whole = array.dtype.kind in "iu"
        fill = {} if whole or name in dims else {"fill_value": float(cf.FILL)}
        variable = self._data.createVariable(name, "i4" if whole else "f8", dims, **fill)
        variable.setncatts(attributes)
        variable[...] = array if whole else np.where(np.isfinite(array), array, cf.FILL)

    def place(self, frame: Frame) -> None:
        """Adds the plane of the maps."""
        self._frame = frame
        define_frame(self._data, frame)

    def map(self, name: str, dims: Sequence[str], attributes: Attributes, whole: bool = False) -> None:
        """Adds a map, or one for each value along further dimensions, to be filled: of whole numbers or not."""
        assert self._frame is not None  # place comes first
        more = {"grid_mapping": CRS} if self._frame.mapping else {}
        if self._frame.auxiliary:
            more["coordinates"] = " ".join(one.name for one in self._frame.auxiliary)
        variable = self._data.createVariable(
            name,
            "i4" if whole else "f4",
            (*dims, *self._frame.dims),
            chunksizes=(1,) * len(dims) + tuple(map(chunk_side, self._frame.shape)),
            fill_value=False if whole else cf.FILL,
            compression="zlib",
            complevel=1,
            shuffle=True,
        )
        variable.set_auto_maskandscale(False)
        variable.setncatts({**attributes, **more})

    def rows(self, name: str, rows: slice, values: np.ndarray) -> None:
        """Fills some rows of a map (..., rows, columns)."""
        variable = self._data[name]
        whole = variable.dtype.kind == "i"
        variable[..., rows, :] = values if whole else np.where(np.isfinite(values), values, cf.FILL)


@contextmanager
def hazard_file(path: Path, attributes: Attributes) -> Iterator[HazardFile]:
    """A file that gets its name once all is written; raises MachineError if the disk fails."""
    with whole_file(path) as temporary, netcdf.LIBRARY, netcdf.create(temporary) as data:
        data.setncatts(dict(attributes))
        yield HazardFile(data)
