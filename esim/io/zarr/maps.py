"""How do all ranks write maps into one store? Each its own shards, by a thread of its own; the first rank shows them.

While a run computes, the store of NAME.zarr is `checkpoint/NAME.zarr`, and can be read: it has the snapshots of which
every rank has said that they are on disk. At a checkpoint these are all. A run that dies leaves it so; the one that is
resumed drops the snapshots after its checkpoint and computes them again. At the end the store gets its name.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.io import cf
from esim.io.atomic import partial, writing
from esim.io.gridded.frame import CRS, Coordinate, Place, frame_of
from esim.io.gridded.writer import STEP, MapVariable
from esim.io.provenance import plain
from esim.io.writer import Writer
from esim.io.zarr import store
from esim.io.zarr.shards import Layout, ShardExchange, lay_out
from esim.io.zarr.values import missing_attribute, stored
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block

ROUNDED = "_QuantizeBitRoundNumberOfSignificantBits"  # the attribute by which the NetCDF library tells it


class ZarrMaps:
    """Maps of one grid or frame in a store, STEM.zarr. All ranks call it together, with a writer each.

    blocks are those of all ranks. Nothing is touched before the first call. Every call may raise MachineError.
    """

    def __init__(
        self,
        comm: Comm,
        writer: Writer,
        directory: Path,
        stem: str,
        place: Place,
        blocks: Sequence[Block],
        variables: Sequence[MapVariable],
        attributes: Mapping[str, Any],
        *,
        start: datetime | None = None,
        compression: int = 1,
    ) -> None:
        self.path = directory / f"{stem}.zarr"
        self._folder = directory / "checkpoint" / f"{stem}.zarr"
        self._comm, self._writer, self._blocks = comm, writer, blocks
        self._frame, self._attributes = frame_of(place), plain(dict(attributes))
        self._variables = {variable.name: variable for variable in variables}
        self._start, self._compression = start, compression
        self._metadata: dict[str, store.Metadata] = {}  # of all arrays, once the store is there
        self._arrays: dict[str, Any] = {}
        self._exchange: ShardExchange | None = None
        self._times: list[float] = []
        self._steps: list[int] = []
        self._written = 0  # snapshots of which the writer of this rank has written its shards
        self._shown = 0
        self._pieces: list[dict[str, Any]] = []

    @property
    def stem(self) -> str:
        """Its name, without .zarr."""
        return self.path.stem

    @property
    def pieces(self) -> Callable[[], list[dict[str, Any]]]:
        """What the checkpoint that is written now lists: the store, and the steps of its snapshots."""
        found = list(self._pieces)
        return lambda: found

    @property
    def records(self) -> int:
        """Number of snapshots that have begun."""
        return len(self._times)

    def put(self, name: str, local: np.ndarray) -> None:
        """Write a map, of which this rank has the cells of its block; into the latest snapshot, if it is of times."""
        exchange, variable = self._opened(), self._variables[name]
        record = (self.records - 1,) if variable.record else ()
        for box, values in exchange.collect(local):
            self._writer.put(self._write, variable, record, box, values)

    def append(self, time: float, step: int) -> None:
        """Begin the snapshot of a time [s since origin] reached after `step` time steps."""
        self._opened()
        self._writer.put(self._count, self.records)
        whole = min(self._comm.allgather(self._written))
        if whole > self._shown and self._comm.rank == 0:
            self._writer.put(self._show, whole, False)
        self._shown = max(whole, self._shown)
        self._times.append(time)
        self._steps.append(step)

    def annotate(self, attributes: Mapping[str, Any]) -> None:
        """Add global attributes, which are shown with the next snapshots."""
        self._attributes = self._attributes | plain(dict(attributes))

    def checkpoint(self, step: int) -> None:
        """Put all snapshots on disk and show them, before the checkpoint of that step is written."""
        if self._metadata:
            self._complete()
        self._pieces = [{"file": self.path.name, "steps": list(self._steps)}] if self._steps else []

    def resume(self, step: int, pieces: Sequence[Mapping[str, Any]]) -> None:
        """Keep the snapshots up to the checkpoint of a step, which lists the store; drop the later ones.

        There are no pieces where its run had none. Raises InputError.
        """
        if any(piece["file"].endswith(".nc") for piece in pieces):
            raise InputError(
                f"output.format: the run to resume has written {self.stem} as NetCDF; resume it with "
                "output.format: netcdf"
            )
        if not pieces:
            return
        found = self._comm.bcast(on_root(self._comm, lambda: self._take_up(step)))
        if found is not None:
            self._attributes, self._metadata, times, steps = found
            self._times, self._steps = list(times), list(steps)
            self._written = self._shown = self.records
            self._open()

    def close(self) -> None:
        """Complete the store and give it its name."""
        if self._metadata:
            self._complete()
            on_root(self._comm, self._publish)
            self._metadata = {}

    def discard(self) -> None:
        """Leave the store as it is: it has the snapshots that are whole."""

    # ------------------------------------------------------------------ on the writer thread

    def _write(self, variable: MapVariable, record: tuple[int, ...], box: Block, values: np.ndarray) -> None:
        where = (*record, slice(box.j0, box.j1), slice(box.i0, box.i1))
        self._arrays[variable.name][where] = stored(values, variable.dtype, variable.bits)

    def _count(self, records: int) -> None:
        self._written = records

    def _show(self, records: int, everywhere: bool) -> None:
        with writing(self._folder):
            times, steps = self._times[:records], self._steps[:records]
            store.commit(self._folder, self._attributes, self._metadata, times, steps, everywhere)

    # ------------------------------------------------------------------ on the thread of the run

    def _opened(self) -> ShardExchange:
        if not self._metadata:
            created = self._comm.bcast(on_root(self._comm, self._create))
            assert created is not None
            self._metadata = created
            self._open()
        assert self._exchange is not None
        return self._exchange

    def _open(self) -> None:
        self._arrays = {
            name: store.open_array(self._folder, name, self._metadata[name]) for name in self._variables
        }
        self._exchange = ShardExchange(self._comm, self._layout(), self._blocks)

    def _layout(self) -> Layout:
        """That of the store, which another number of ranks may have begun."""
        shapes = self._arrays[next(iter(self._arrays))]
        (rows, columns), (chunk_rows, chunk_columns) = shapes.shards[-2:], shapes.chunks[-2:]
        return Layout(self._frame.shape, (rows, columns), (chunk_rows, chunk_columns))

    def _complete(self) -> None:
        """Wait until all ranks have written all shards, and show them."""
        self._writer.put(self._count, self.records)
        self._writer.flush()
        self._comm.barrier()
        on_root(self._comm, lambda: self._show(self.records, everywhere=True))
        self._shown = self.records

    def _publish(self) -> None:
        with writing(self.path):
            store.drop_snapshots(self._folder, self._metadata, self.records)
            old = partial(self.path)
            shutil.rmtree(old, ignore_errors=True)
            if self.path.exists():  # of a run that had come to its end, and was resumed
                store.rename(self.path, old)
            store.rename(self._folder, self.path)
            shutil.rmtree(old, ignore_errors=True)
            if not any(self._folder.parent.iterdir()):
                self._folder.parent.rmdir()

    def _take_up(self, step: int) -> Any:
        """Attributes, metadata, times and steps of a store that is continued."""
        with writing(self._folder):
            if self.path.exists() and not self._folder.exists():
                self._folder.parent.mkdir(parents=True, exist_ok=True)
                store.rename(self.path, self._folder)
            attributes, metadata = store.read_arrays(self._folder)
            if missing := [name for name in self._variables if name not in metadata]:
                raise InputError(
                    f"--resume: {self._folder} has no {', '.join(missing)}, which the output asks for now"
                )
            times, steps = store.read_snapshots(self._folder)
            keep = sum(one <= step for one in steps)
            store.commit(self._folder, attributes, metadata, times[:keep], steps[:keep])
            store.drop_snapshots(self._folder, metadata, keep)
        return attributes, metadata, times[:keep], steps[:keep]

    def _create(self) -> dict[str, store.Metadata]:
        """Make the store with its coordinates; it cannot be opened before something is shown."""
        with writing(self._folder):
            if self._folder.exists():
                shutil.rmtree(self._folder)
            self._folder.mkdir(parents=True)
            arrays = {one.name: self._coordinate(one) for one in self._coordinates()}
            for one in self._coordinates():
                store.open_array(self._folder, one.name, arrays[one.name])[...] = one.values
            if self._frame.mapping:
                arrays[CRS] = store.describe_array((), (), (), "i4", plain(dict(self._frame.mapping)))
                store.open_array(self._folder, CRS, arrays[CRS])[...] = 0
            if any(variable.record for variable in self._variables.values()):
                about = cf.time_attributes(self._start)
                arrays["time"] = store.describe_array((0,), (store.TIMES,), ("time",), "f8", about)
                arrays["step"] = store.describe_array((0,), (store.TIMES,), ("time",), "i8", STEP)
            size = max(np.dtype(variable.dtype).itemsize for variable in self._variables.values())
            layout = lay_out(self._frame.shape, self._blocks, size)
            return arrays | {
                variable.name: self._map(variable, layout) for variable in self._variables.values()
            }

    def _coordinates(self) -> tuple[Coordinate, ...]:
        return self._frame.rows, self._frame.columns, *self._frame.auxiliary

    def _coordinate(self, one: Coordinate) -> store.Metadata:
        axis = one.dims == (one.name,)
        about = cf.coordinate_attributes(one.name) if axis else cf.auxiliary_attributes(one.name)
        values = np.asarray(one.values)
        if values.ndim < 2:
            return store.describe_array(values.shape, values.shape, one.dims, "f8", about)
        layout = lay_out(self._frame.shape, self._blocks, 8)
        return store.describe_array(
            values.shape, layout.chunk, one.dims, "f8", about, shard=layout.shard, compression=1
        )

    def _map(self, variable: MapVariable, layout: Layout) -> store.Metadata:
        lead = (1,) if variable.record else ()
        kind, about = np.dtype(variable.dtype).kind, variable.attributes(self._frame)
        if kind == "f":
            about["_FillValue"] = missing_attribute(cf.FILL)
        if variable.bits is not None:
            about[ROUNDED] = variable.bits
        return store.describe_array(
            (0, *layout.shape) if variable.record else layout.shape,
            (*lead, *layout.chunk),
            ("time", *self._frame.dims) if variable.record else self._frame.dims,
            variable.dtype,
            plain(about),
            shard=(*lead, *layout.shard),
            fill=cf.FILL if kind == "f" else 0,
            compression=self._compression,
        )
