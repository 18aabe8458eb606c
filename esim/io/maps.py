"""How do the maps of a run reach its files? Gathered into NetCDF, or by each rank into a Zarr store: one interface."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from esim.errors import InputError
from esim.io.checkpoint.manifest import Pieces
from esim.io.gather import gather_slabs
from esim.io.gridded.frame import Place
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import MapVariable, slab_rows
from esim.io.writer import Writer
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block


class Maps(Protocol):
    """A file of maps, which all ranks write together; those of times are snapshots. May raise MachineError."""

    @property
    def path(self) -> Path:
        """The file, once it is complete."""

    @property
    def stem(self) -> str:
        """Its name, without what tells its format."""

    @property
    def pieces(self) -> Callable[[], Pieces]:
        """What tells, on the writer thread, what a checkpoint lists of the snapshots that it has."""

    def put(self, name: str, local: np.ndarray) -> None:
        """Write a map, of which this rank has the cells of its block; into the latest snapshot, if it is of times."""

    def append(self, time: float, step: int) -> None:
        """Begin the snapshot of a time [s since origin] reached after `step` time steps."""

    def annotate(self, attributes: Mapping[str, Any]) -> None:
        """Add global attributes to those of the file, which are known only now."""

    def checkpoint(self, step: int) -> None:
        """Make the snapshots so far durable, before the checkpoint of that step is written."""

    def resume(self, step: int, pieces: Sequence[Mapping[str, Any]]) -> None:
        """Keep the snapshots up to the checkpoint of a step, which lists these pieces; drop the later ones."""

    def close(self) -> None:
        """Complete the file."""

    def discard(self) -> None:
        """Drop what is not complete, after an error."""


@dataclass(frozen=True)
class GatheredMaps:
    """Maps that are gathered in slabs on the first rank, whose writer thread writes them into a NetCDF file."""

    file: SnapshotFile | MaximaFile
    comm: Comm
    writer: Writer
    place: Place
    blocks: Sequence[Block]

    @property
    def path(self) -> Path:
        """The file, once it is complete."""
        return self.file.path

    @property
    def stem(self) -> str:
        """Its name, without .nc."""
        return self.file.path.stem

    @property
    def pieces(self) -> Callable[[], Pieces]:
        """The segments so far."""
        assert isinstance(self.file, SnapshotFile)
        return self.file.pieces

    def put(self, name: str, local: np.ndarray) -> None:
        """Write a map, of which this rank has the cells of its block."""
        mine = self.blocks[self.comm.rank]
        rows = slab_rows(self.place)
        for first, slab in gather_slabs(self.comm, self.blocks, mine, np.ascontiguousarray(local), rows):
            self.writer.put(self.file.slab, name, first, slab)

    def append(self, time: float, step: int) -> None:
        """Begin a snapshot."""
        self.writer.put(self.file.append, time, step)

    def annotate(self, attributes: Mapping[str, Any]) -> None:
        """Add global attributes."""
        self.writer.put(self.file.annotate, attributes)

    def checkpoint(self, step: int) -> None:
        """Have the snapshots so far in a file of their own."""
        assert isinstance(self.file, SnapshotFile)
        self.writer.put(self.file.checkpoint, step)

    def resume(self, step: int, pieces: Sequence[Mapping[str, Any]]) -> None:
        """Keep the snapshots up to a step. Raises InputError for a run that has written Zarr."""
        assert isinstance(self.file, SnapshotFile)
        if any(piece["file"].endswith(".zarr") for piece in pieces):
            raise InputError(
                f"output.format: the run to resume has written {self.path.stem} as Zarr; resume it with "
                "output.format: zarr"
            )
        if self.comm.rank == 0:
            self.file.resume(step, pieces)

    def close(self) -> None:
        """Complete the file."""
        self.writer.put(self.file.close)

    def discard(self) -> None:
        """Drop the snapshots since the last checkpoint."""
        if self.comm.rank == 0:
            self.file.discard()


@dataclass(frozen=True)
class MapWriter:
    """What opens the files of maps of a run, in one format. Every rank runs the same lines.

    writer is that of the first rank, for all that one rank writes.
    """

    comm: Comm
    writer: Writer
    format: str
    directory: Path
    attributes: Mapping[str, Any]
    compression: int = 1
    start: datetime | None = None

    def snapshots(
        self,
        stem: str,
        place: Place,
        blocks: Sequence[Block],
        names: Sequence[str],
        *,
        dtype: str = "f4",
        bits: int | None = None,
        static: str | None = None,
        attributes: Mapping[str, Any] = MappingProxyType({}),
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> Maps:
        """Snapshots of some variables, and one that does not change; blocks are those of all ranks.

        attributes are global ones beside those of all files, more those of the variables beside those of their names.
        """
        about = {**self.attributes, **attributes}
        if self.format == "zarr":
            variables = [MapVariable(name, dtype, record=True, bits=bits, more=more) for name in names]
            variables += [MapVariable(static)] if static else []
            return self._store(stem, place, blocks, variables, about)
        file = SnapshotFile(
            self.directory,
            place,
            names,
            about,
            stem=stem,
            static=static,
            start=self.start,
            bits=bits,
            compression=self.compression,
            dtype=dtype,
            more=more,
        )
        return GatheredMaps(file, self.comm, self.writer, place, blocks)

    def maxima(
        self, stem: str, place: Place, blocks: Sequence[Block], variables: Sequence[MapVariable]
    ) -> Maps:
        """Maps that do not change with time."""
        if self.format == "zarr":
            return self._store(stem, place, blocks, variables, self.attributes)
        file = MaximaFile(
            self.directory,
            place,
            self.attributes,
            variables=variables,
            stem=stem,
            compression=self.compression,
        )
        self.writer.put(file.open)
        return GatheredMaps(file, self.comm, self.writer, place, blocks)

    def _store(
        self,
        stem: str,
        place: Place,
        blocks: Sequence[Block],
        variables: Sequence[MapVariable],
        attributes: Mapping[str, Any],
    ) -> Maps:
        from esim.io.zarr.maps import ZarrMaps

        return ZarrMaps(
            self.comm,
            self._shards,
            self.directory,
            stem,
            place,
            blocks,
            variables,
            attributes,
            start=self.start,
            compression=self.compression,
        )

    @cached_property
    def _shards(self) -> Writer:
        """The writer of this rank."""
        return Writer(netcdf=False)

    def check(self) -> None:
        """Raise the error of the writer of this rank, if it has failed."""
        if "_shards" in self.__dict__:
            self._shards.check()

    def close(self) -> None:
        """End the writer of this rank, when all is written; raises MachineError if something was not."""
        if "_shards" in self.__dict__:
            self._shards.close()
