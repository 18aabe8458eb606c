"""How are snapshots written? One file per plane, complete and without duplicates even after a restart.

The file is fields.nc, or has another stem. While a run goes on, the snapshots since the last checkpoint are in
a temporary file. At each checkpoint it is closed, made durable and named `checkpoint/fields_STEP.nc`, before
the checkpoint of that step appears, and never touched again, so that no later crash can harm it. The checkpoint
lists these segments with their checksums; a run is resumed only with all of them. At the end they are merged into
fields.nc (or the only file is renamed), and then removed. A run resumed from the checkpoint of step S drops
segments later than S, and the temporary file: their snapshots are computed again. Where segments are gone, the run
had come to its end, and fields.nc holds everything: its records up to S become the one segment to go on from.
fields.nc itself stays until the next one is complete. Snapshots due at the step of a checkpoint are appended before the
checkpoint.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from glob import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from esim.errors import MachineError
from esim.io import netcdf
from esim.io.atomic import writing
from esim.io.checksum import flaw, xxh3_of
from esim.io.gridded.frame import Place, frame_of
from esim.io.gridded.writer import GridFile, MapVariable, slab_rows

DIGITS = 10
LAST = 10**DIGITS - 1  # stands for the end of the run in the name of a segment: later than any checkpoint


class SnapshotFile:
    """STEM.nc of a run: `variables` (eta, u, v, h; vx, vy, vz) by time, and the `static` one, if there is one.

    Values that are not finite (eta where dry) are stored as missing; `bits` rounds all but the static variable, and
    `more` are attributes of all but that, beside those that CF has for their names.
    Nothing is touched before the first call. Every call may raise MachineError. The calls are meant for the
    writer thread, in the order: slabs of the static variable; then per snapshot append and its slabs;
    checkpoint; slabs of the static variable once more, where it has become another one; close.
    """

    def __init__(
        self,
        directory: Path,
        place: Place,
        variables: Sequence[str],
        attributes: Mapping[str, Any],
        *,
        stem: str = "fields",
        static: str | None = "bathymetry",
        start: datetime | None = None,
        bits: int | None = None,
        compression: int = 1,
        dtype: str = "f4",
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._path, self._stem = directory / f"{stem}.nc", stem
        self._folder = directory / "checkpoint"
        self._frame, self._attributes = frame_of(place), dict(attributes)
        self._start, self._compression = start, compression
        self.variables, self._bits, self._dtype, self._more = tuple(variables), bits, dtype, more
        self._current: GridFile | None = None
        self._steps: list[int] = []  # of the snapshots since the last checkpoint
        self._pieces: list[dict[str, Any]] = []
        self._static = static
        self._first = True  # the first segment of a process carries the static variable

    @property
    def path(self) -> Path:
        """The file, once it is complete."""
        return self._path

    @property
    def stem(self) -> str:
        """Its name, without .nc."""
        return self._stem

    def pieces(self) -> list[dict[str, Any]]:
        """The segments so far: name, bytes, checksum and steps; what a checkpoint lists. On the writer thread."""
        return list(self._pieces)

    def slab(self, name: str, first: int, values: np.ndarray) -> None:
        """Writes rows first.. (rows, columns) of a variable of the latest snapshot, or of the static one."""
        file = self._file()
        if name == self._static and not file.has(name):
            file.define(MapVariable(name))
        file.slab(name, first, values)

    def append(self, time: float, step: int) -> None:
        """Begins the snapshot of a time [s since origin] reached after `step` time steps."""
        self._file().append(time, step)
        self._steps.append(step)

    def annotate(self, attributes: Mapping[str, Any]) -> None:
        """Adds global attributes to those of the file."""
        self._attributes |= attributes
        if self._current is not None:
            self._current.annotate(attributes)

    def checkpoint(self, step: int) -> None:
        """Makes the snapshots so far durable; called before the checkpoint of that step is written."""
        if self._current is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._current.close(self._segment(step))
            self._current = None
            self._keep(self._segment(step))

    def resume(self, step: int, pieces: Sequence[Mapping[str, Any]]) -> None:
        """Keeps the snapshots up to the checkpoint of a step, which lists these segments, and drops the later ones."""
        self._pieces = [dict(piece) for piece in pieces]
        kept = [self._folder / piece["file"] for piece in pieces]
        if not all(path.exists() for path in kept):
            self._steps = [one for piece in pieces for one in piece["steps"]]
            self._pieces, kept = [], [self._segment(step)]
            self._merge([self._path], self._segment(step), step)
            self._keep(self._segment(step))
        _remove(path for path in self._segments() if path not in kept)

    def close(self) -> None:
        """Writes the file from all segments. Raises MachineError where one is not as it was written."""
        if not self._pieces and self._current is not None:
            self._current.close()
            self._current = None
            return
        self.checkpoint(LAST)
        for piece in self._pieces:
            if wrong := flaw(self._folder / piece["file"], piece["bytes"], piece["xxh3_128"]):
                raise MachineError(
                    f"cannot write {self._path}: {wrong}, which has {len(piece['steps'])} of its snapshots; put it "
                    "back from a copy and resume by --resume"
                )
        segments = [self._folder / piece["file"] for piece in self._pieces]
        self._merge(segments, self._path, LAST)
        _remove(segments)
        self._pieces = []

    def discard(self) -> None:
        """Drops the snapshots since the last checkpoint."""
        if self._current is not None:
            self._current.discard()
            self._current = None

    def _keep(self, segment: Path) -> None:
        """Counts a finished segment among the pieces."""
        with writing(segment):
            size, total = segment.stat().st_size, xxh3_of(segment)
        self._pieces.append({"file": segment.name, "bytes": size, "xxh3_128": total, "steps": self._steps})
        self._steps = []

    def _file(self) -> GridFile:
        if self._current is None:
            self._current = self._new(self._path, first=self._first)
            self._first = False
        return self._current

    def _new(self, path: Path, first: bool) -> GridFile:
        file = GridFile(path, self._frame, self._attributes, start=self._start, compression=self._compression)
        file.open()
        for name in self.variables:
            file.define(MapVariable(name, self._dtype, record=True, bits=self._bits, more=self._more))
        if first and self._static:
            file.define(MapVariable(self._static))
        return file

    def _merge(self, pieces: Sequence[Path], path: Path, last: int) -> None:
        """Copies the snapshots up to the step `last`, and the static variable, of finished files into one."""
        file = self._new(path, first=True)
        try:
            for piece in pieces:
                with writing(path), netcdf.read(piece) as source:
                    source.set_auto_maskandscale(False)
                    if self._static in source.variables:  # the last one counts
                        self._copy(source[self._static], file)
                    self._copy_records(source, file, last)
            file.close()
        finally:
            file.discard()

    def _copy_records(self, source: Any, file: GridFile, last: int) -> None:
        for record, step in enumerate(source["step"][:]):
            if step <= last:
                file.append(float(source["time"][record]), int(step))
                for name in self.variables:
                    self._copy(source[name], file, record)

    def _copy(self, variable: Any, file: GridFile, *index: int) -> None:
        rows = slab_rows(self._frame)
        for first in range(0, self._frame.shape[0], rows):
            file.slab(variable.name, first, variable[(*index, slice(first, first + rows))])

    def _segments(self) -> list[Path]:
        # Digits and not *: the segments of plane_a must not be taken for those of plane_a_b.
        return sorted(self._folder.glob(f"{escape(self._stem)}_{'[0-9]' * DIGITS}.nc"))

    def _segment(self, step: int) -> Path:
        return self._folder / f"{self._stem}_{step:0{DIGITS}d}.nc"


def lacking(path: Path, pieces: Sequence[Mapping[str, Any]]) -> str | None:
    """What a finished file of snapshots lacks of the segments that became it; None where it lacks nothing."""
    wanted = {step for piece in pieces for step in piece["steps"]}
    if not path.exists():
        return f"{path}, where the end of a run puts it, is not there"
    try:
        with netcdf.LIBRARY, netcdf.read(path) as source:
            missing = wanted - {int(step) for step in source["step"][:]}
    except (OSError, RuntimeError, IndexError) as error:
        return f"{path} cannot be read ({error})"
    return (
        f"{path} lacks {len(missing)} of its {len(wanted)} snapshots before the checkpoint"
        if missing
        else None
    )


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()
