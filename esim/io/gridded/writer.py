"""How is a field on a whole plane written? Slab by slab, into a file that appears when it is complete."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.io import cf, netcdf
from esim.io.atomic import partial, publish, writing
from esim.io.gridded.frame import CRS, Frame, Place, define_frame, frame_of

STEP = {"units": "1", "long_name": "number of time steps done"}  # attributes of the variable step
CHUNK = 256  # cells along each side of a compressed block, at most: so that a series at a point reads little

_BROKEN: list[Any] = []  # files after an error, which must not be closed, not even when they are forgotten


@dataclass(frozen=True)
class MapVariable:
    """A variable of a file of maps: one value a cell, or with `record` one a cell and time.

    `bits` rounds it to so many bits of the mantissa; `more` are attributes beside those that CF has for its name.
    """

    name: str
    dtype: str = "f4"
    record: bool = False
    bits: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def attributes(self, frame: Frame) -> dict[str, Any]:
        """Its attributes on a frame, but for those of missing and rounded values."""
        found = cf.variable_attributes(self.name, frame.lonlat) | dict(self.more)
        if frame.mapping:
            found["grid_mapping"] = CRS
        if frame.auxiliary:
            found["coordinates"] = " ".join(coordinate.name for coordinate in frame.auxiliary)
        return found


class GridFile:
    """A NetCDF file of fields on a grid or frame, zlib-compressed with shuffle; every NetCDF-4 tool reads it.

    Nothing is touched before `open`; until `close` the file has a temporary name. Variables defined as
    `record` have the dimension time and one more record after each `append`. Values that are not finite are
    stored as missing; whole numbers are never missing. Every call may raise MachineError, which also removes the
    temporary file.
    """

    def __init__(
        self,
        path: Path,
        place: Place,
        attributes: Mapping[str, Any],
        *,
        start: datetime | None = None,
        compression: int = 1,
    ) -> None:
        self.path = path
        self.records = 0
        self._frame, self._attributes = frame_of(place), attributes
        self._start, self._compression = start, compression
        self._data: Any = None

    def open(self) -> None:
        """Creates the temporary file with its coordinates, afresh if a crash has left one."""
        self.discard()
        with self._safely():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._data = netcdf.create(partial(self.path))
            self._data.setncatts(self._attributes)
            define_frame(self._data, self._frame)

    def define(self, one: MapVariable) -> None:
        """Adds a variable with its attributes."""
        with self._safely():
            if one.record and "time" not in self._data.dimensions:
                self._define_time()
            variable = self._data.createVariable(
                one.name,
                one.dtype,
                ("time", *self._frame.dims) if one.record else self._frame.dims,
                chunksizes=((1,) if one.record else ()) + tuple(map(chunk_side, self._frame.shape)),
                fill_value=cf.FILL if np.dtype(one.dtype).kind == "f" else False,
                **self._storage(one.bits),
            )
            # Slabs are whole blocks: kept in a cache, they would all be compressed at the end, while the run waits.
            variable.set_var_chunk_cache(size=1, nelems=1)
            variable.set_auto_maskandscale(False)
            variable.setncatts(one.attributes(self._frame))

    def has(self, name: str) -> bool:
        """Whether a variable has been added."""
        return name in self._data.variables

    def annotate(self, attributes: Mapping[str, Any]) -> None:
        """Adds global attributes."""
        with self._safely():
            self._data.setncatts(attributes)

    def append(self, time: float, step: int) -> None:
        """Begins the record of a time [s since origin] reached after `step` time steps."""
        with self._safely():
            self._data["time"][self.records] = time
            self._data["step"][self.records] = step
            self.records += 1

    def slab(self, name: str, first: int, values: np.ndarray) -> None:
        """Writes rows first.. (rows, columns) of a variable, into the latest record if it has records."""
        with self._safely():
            variable = self._data[name]
            rows = slice(first, first + len(values))
            index = (self.records - 1, rows) if "time" in variable.dimensions else (rows,)
            whole = variable.dtype.kind == "i"
            variable[index] = values if whole else np.where(np.isfinite(values), values, cf.FILL)

    def close(self, path: Path | None = None) -> None:
        """Finishes the file and gives it its name, or another one."""
        with self._safely():
            self._data.close()
            publish(partial(self.path), path or self.path)
            self._data = None

    def discard(self) -> None:
        """Removes the temporary file, if there is one."""
        if self._data is not None:
            with suppress(RuntimeError, OSError):
                self._data.close()
            self._data = None
        partial(self.path).unlink(missing_ok=True)

    @contextmanager
    def _safely(self) -> Iterator[None]:
        try:
            with writing(self.path):
                yield
        except BaseException:
            # What HDF5 could not write it cannot close either, and may crash over that: the file stays open.
            _BROKEN.append(self._data)
            self._data = None
            self.discard()
            raise

    def _define_time(self) -> None:
        cf.define_time(self._data, self._start)
        step = self._data.createVariable("step", "i8", ("time",))
        step.setncatts(STEP)

    def _storage(self, bits: int | None) -> dict[str, Any]:
        storage: dict[str, Any] = {}
        if self._compression:
            storage |= {"compression": "zlib", "complevel": self._compression, "shuffle": True}
        if bits is not None:
            storage |= {"quantize_mode": "BitRound", "significant_digits": bits}
        return storage


def slab_rows(place: Place) -> int:
    """Rows of a slab: those of one row of compressed blocks, so that each block is compressed once."""
    return chunk_side(place.shape[0])


def chunk_side(cells: int) -> int:
    """Cells along a side of a block: nearly alike, because the one at the edge is stored whole too."""
    return -(-cells // -(-cells // CHUNK))
