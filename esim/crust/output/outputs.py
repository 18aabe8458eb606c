"""What a crust run writes, and when: seismograms, snapshots, maps of shaking, motion of the ground, checkpoints."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.absorbing_layers import AbsorbingLayer
from esim.crust.model import Crust
from esim.crust.output.receivers import ReceiverRecorder
from esim.crust.output.surface_motion import SurfaceMotion
from esim.crust.stability import StabilityCheck
from esim.errors import EsimError, InputError
from esim.grids.projection import Projection
from esim.io import cf
from esim.io.checkpoint import Checkpoint, load_array, load_attributes
from esim.io.crust.seismograms import StationTable, write_seismograms
from esim.io.crust.waveforms import Event, write_miniseed, write_sac
from esim.io.gather import gather_slabs, section_blocks
from esim.io.gridded.frame import Frame, horizontal, section
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import slab_rows
from esim.io.provenance import fingerprint
from esim.io.writer import Writer
from esim.parallel.decomposition import Block
from esim.timestepping.clock import Clock

MOTIONS = ("velocity", "displacement", "acceleration")
COMPONENTS = {"velocity": "v", "displacement": "u", "acceleration": "a"}


@dataclass
class Snapshot:
    """Snapshots of one surface or plane: its file, every how many steps, and who has which part of it."""

    file: SnapshotFile
    every: int
    frame: Frame
    variables: Sequence[str]
    blocks: Sequence[Block]
    axis: str = "surface"
    index: int = 0


class SeismicOutputs:
    """All files of a run. Every rank runs the same lines; only the first one writes."""

    def __init__(
        self,
        cfg: SeismicConfig,
        crust: Crust,
        ground: SurfaceMotion,
        receivers: ReceiverRecorder | None,
        stations: StationTable,
        projection: Projection | None,
        elevation: np.ndarray | None,
        event: Event | None,
        stability: StabilityCheck,
    ) -> None:
        self._cfg, self._crust, self._ground, self._receivers = cfg, crust, ground, receivers
        self._stability = stability
        self._stations, self._elevation, self._event = stations, elevation, event
        self.directory = cfg.output.directory
        self.writer = Writer(active=crust.comm.rank == 0)
        self._attributes = cf.global_attributes(cfg.title, cfg.echo(), "esim-run")
        self._projection = projection
        grid = crust.volume.grid
        self._lonlat = None
        if projection is not None:
            x, y = np.meshgrid(grid.x(), grid.y())
            self._lonlat = projection.to_lonlat(x, y)
        self._surface = horizontal(grid, self._lonlat)
        self.snapshots = list(self._open_snapshots())
        output = cfg.output
        self._moving = any(
            wanted is not None for wanted in (output.maxima, output.surface_displacement, output.fields)
        )

    def _open_snapshots(self) -> Iterator[Snapshot]:
        output, blocks, dt = self._cfg.output, self._crust.decomposition.blocks, self._crust.dt
        static = None if self._elevation is None else "elevation"

        def every(seconds: float) -> int:
            return max(1, round(seconds / dt))

        if output.fields is not None:
            file = self._new(
                self._surface, output.fields.variables, "fields", output.fields.significant_bits, static
            )
            yield Snapshot(
                file, every(output.fields.every), self._surface, output.fields.variables, blocks, "velocity"
            )
        if output.surface_displacement is not None:
            names = ("ux", "uy", "uz")
            file = self._new(self._surface, names, "surface_displacement", None, static)
            yield Snapshot(
                file, every(output.surface_displacement.every), self._surface, names, blocks, "displacement"
            )
        for plane in output.planes:
            yield self._plane(plane, every(plane.every))

    def _plane(self, plane: Any, every: int) -> Snapshot:
        volume, blocks = self._crust.volume, self._crust.decomposition.blocks
        grid, (nz, ny, nx) = volume.grid, volume.shape
        frame: Frame
        parts: Sequence[Block] = blocks
        if plane.axis == "depth":
            index = min(max(int((plane.at - volume.top) / volume.dz), 0), nz - 1)
            frame = horizontal(grid, self._lonlat, float(volume.depth(index, index + 1)[0]))
        elif plane.axis == "x":
            index = min(max(int(np.floor(grid.index(plane.at, grid.y0)[1] + 0.5)), 0), nx - 1)
            at = float(grid.x(index, index + 1)[0])
            frame = section(volume, "y", at, self._along(np.full(ny, at), grid.y()))
            parts = section_blocks(blocks, nz, column=index)
        else:
            index = min(max(int(np.floor(grid.index(grid.x0, plane.at)[0] + 0.5)), 0), ny - 1)
            at = float(grid.y(index, index + 1)[0])
            frame = section(volume, "x", at, self._along(grid.x(), np.full(nx, at)))
            parts = section_blocks(blocks, nz, row=index)
        file = self._new(frame, plane.variables, f"plane_{plane.name}", plane.significant_bits, None)
        return Snapshot(file, every, frame, plane.variables, parts, plane.axis, index)

    def _along(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        return None if self._projection is None else self._projection.to_lonlat(x, y)

    def _new(
        self, frame: Frame, variables: Sequence[str], stem: str, bits: int | None, static: str | None
    ) -> SnapshotFile:
        return SnapshotFile(
            self.directory,
            frame,
            variables,
            self._attributes,
            stem=stem,
            static=static,
            start=self._cfg.time.start,
            bits=bits,
            compression=self._cfg.output.compression,
            dtype="f8" if self._crust.backend.dtype == np.float64 else "f4",
        )

    # ---------------------------------------------------------------- during the run

    def begin(self) -> None:
        """Write what does not change: the height of the ground, where it is not level."""
        for snapshot in self.snapshots:
            if self._elevation is not None and snapshot.axis in ("velocity", "displacement"):
                self._put(snapshot.file, "elevation", self._elevation, snapshot)

    def record(self, clock: Clock) -> None:
        """Record the step that was just done: the motion of the surface and at the stations."""
        if self._moving:
            self._ground.update()
        if self._receivers is not None:
            self._receivers.record()

    def write(self, snapshot: Snapshot, clock: Clock) -> None:
        """Append the present motion to a file of snapshots."""
        values = self._values(snapshot)
        self.writer.put(snapshot.file.append, clock.time, clock.step)
        for name, local in zip(("x", "y", "z"), values, strict=True):
            for variable in snapshot.variables:
                if variable.endswith(name):
                    self._put(snapshot.file, variable, local, snapshot)

    def _values(self, snapshot: Snapshot) -> np.ndarray:
        """Velocities or displacements (3, rows, columns) of this rank's part of a snapshot."""
        crust, host = self._crust, self._crust.backend.to_host
        if snapshot.axis == "velocity":
            return host(self._ground.velocity)
        if snapshot.axis == "displacement":
            return host(self._ground.displacement)
        block, h, nz = crust.block, crust.block.halo, crust.volume.nz
        k, j, i = slice(h, h + nz), slice(h, h + block.shape[0]), slice(h, h + block.shape[1])
        if snapshot.axis == "depth":
            return _centred(crust, slice(snapshot.index + h, snapshot.index + h + 1), j, i)[:, 0]
        along_x = snapshot.axis == "y"
        first, last = (block.j0, block.j1) if along_x else (block.i0, block.i1)
        if not first <= snapshot.index < last:
            return np.zeros((3, 0, 0), crust.backend.dtype)
        at = slice(snapshot.index - first + h, snapshot.index - first + h + 1)
        if along_x:
            return _centred(crust, k, at, i)[:, :, 0]
        return _centred(crust, k, j, at)[:, :, :, 0]

    def _put(self, target: Any, name: str, local: np.ndarray, snapshot: Snapshot) -> None:
        comm = self._crust.comm
        mine, rows = snapshot.blocks[comm.rank], slab_rows(snapshot.frame)
        for first, slab in gather_slabs(comm, snapshot.blocks, mine, np.ascontiguousarray(local), rows):
            self.writer.put(target.slab, name, first, slab)

    # ---------------------------------------------------------------- checkpoints

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint from which the run goes on bit for bit."""
        put, comm = self.writer.put, self._crust.comm
        for snapshot in self.snapshots:
            put(snapshot.file.checkpoint, clock.step)
        attributes = {
            "time": [clock.time, clock.lost],
            "configuration": fingerprint(self._cfg.restart_identity()),
            "title": self._cfg.title,
            "stability": self._stability.state(),
        }
        file = Checkpoint(self.directory, clock.step, attributes)
        put(file.open)
        for name, (array, blocks, shape) in self._state().items():
            put(file.define, name, (array.shape[0], *shape), array.dtype)
            for local in array:
                for _, slab in gather_slabs(
                    comm, blocks, blocks[comm.rank], np.ascontiguousarray(local), slab_rows(self._surface)
                ):
                    put(file.append, name, slab)
        if self._receivers is not None:
            records = self._receivers.records()
            put(file.array, "stations", np.zeros(0) if records is None else records)
        put(file.close)
        self._write_stations()

    def _state(self) -> dict[str, tuple[np.ndarray, Sequence[Block], tuple[int, int]]]:
        """All arrays of the state, [n, j, i] on this rank, with the blocks of all ranks and the whole shape."""
        crust = self._crust
        blocks, whole = crust.decomposition.blocks, crust.volume.grid.shape
        state: dict[str, Any] = {}
        for name, array in {"v": crust.v, "s": crust.s, "memory": crust.memory}.items():
            if array is not None:
                own = crust.own(array)
                state[name] = own.reshape(-1, *own.shape[-2:]), blocks, whole
        for name, array in self._ground.state().items():
            state[name] = array, blocks, whole
        for layer in crust.layers:
            if layer.memory is not None:
                cuts, shape = layer_blocks(layer, crust)
                own = crust.backend.to_host(layer.memory)
                mine = cuts[crust.comm.rank]
                depth = 6 * (layer.thickness if layer.axis == "z" else crust.volume.nz)
                own = own.reshape(depth, *mine.shape) if mine.cells else np.zeros((depth, 0, 0), own.dtype)
                state[f"layer_{layer.side}"] = own, cuts, shape
        return state

    def resume(self, path: Path) -> tuple[int, float, float]:
        """Take up a checkpoint; returns step, time and the clock's compensation.

        Raises InputError if it belongs to another configuration.
        """
        crust, device = self._crust, self._crust.backend.from_host
        attributes = load_attributes(path)
        if attributes["configuration"] != fingerprint(self._cfg.restart_identity()):
            raise InputError(
                f"--resume: {path} belongs to another configuration (grid, medium, physics, sources, stations or "
                "times differ); run with the one it was made with, or start anew without --resume"
            )
        block = crust.block
        window = (block.j0, block.j1, block.i0, block.i1)
        k, j, i = (slice(*pair) for pair in crust.interior)
        for name, array in {"v": crust.v, "s": crust.s, "memory": crust.memory}.items():
            if array is not None:
                shape = (*array.shape[:-3], crust.volume.nz, *block.shape)
                # Words of 16 bits are whole numbers that every precision holds.
                array[..., k, j, i] = device(load_array(path, name, window).reshape(shape))
        self._ground.restore({name: load_array(path, name, window) for name in self._ground.state()})
        for layer in crust.layers:
            if layer.memory is not None:
                mine = layer_blocks(layer, crust)[0][crust.comm.rank]
                if mine.cells:
                    saved = load_array(path, f"layer_{layer.side}", (mine.j0, mine.j1, mine.i0, mine.i1))
                    layer.memory[...] = device(saved.reshape(layer.memory.shape))
        crust.refresh()
        self._stability.restore(attributes["stability"])
        if self._receivers is not None:
            self._receivers.restore(load_array(path, "stations"))
        if crust.comm.rank == 0:
            for snapshot in self.snapshots:
                snapshot.file.resume(int(attributes["step"]))
        time, lost = attributes["time"]
        return int(attributes["step"]), time, lost

    # ---------------------------------------------------------------- at the end

    def finish(self) -> list[Path]:
        """Write maps and seismograms, complete all files; returns their paths."""
        written = []
        if self._cfg.output.maxima is not None:
            self._write_maxima()
            written.append(self.directory / "maxima.nc")
        if self._receivers is not None:
            written += self._write_stations(waveforms=True)
        for snapshot in self.snapshots:
            self.writer.put(snapshot.file.close)
            written.append(snapshot.file.path)
        self.writer.close()
        return written

    def _write_stations(self, waveforms: bool = False) -> list[Path]:
        if self._receivers is None:
            return []
        records = self._receivers.records()
        settings, paths = self._cfg.output.stations, [self.directory / "stations.nc"]
        if records is None:
            return paths
        time, series = self._receivers.series(records)
        start = self._cfg.time.start
        self.writer.put(
            write_seismograms, self.directory, self._stations, time, series, self._attributes, start
        )
        if not waveforms or not (settings.sac or settings.miniseed):
            return paths
        motion = next(name for name in MOTIONS if name in settings.variables)
        components = np.stack([series[COMPONENTS[motion] + axis] for axis in "xyz"])
        if settings.sac:
            paths.append(self.directory / "sac")
            self.writer.put(self._sac, time, components, motion)
        if settings.miniseed:
            paths.append(self.directory / "waveforms.mseed")
            self.writer.put(self._miniseed, time, components)
        return paths

    def _sac(self, time: np.ndarray, components: np.ndarray, motion: str) -> None:
        start = self._cfg.time.start
        write_sac(
            self.directory, self._stations, time, components, motion=motion, start=start, event=self._event
        )

    def _miniseed(self, time: np.ndarray, components: np.ndarray) -> None:
        write_miniseed(self.directory, self._stations, time, components, start=self._cfg.time.start)

    def _write_maxima(self) -> None:
        settings, crust = self._cfg.output.maxima, self._crust
        assert settings is not None
        variables = (*settings.variables, *(("elevation",) if self._elevation is not None else ()))
        file = MaximaFile(
            self.directory,
            self._surface,
            self._attributes,
            variables=variables,
            compression=self._cfg.output.compression,
            dtype="f8" if crust.backend.dtype == np.float64 else "f4",
        )
        self.writer.put(file.open)
        values = self._ground.shaking()
        if self._elevation is not None:
            values["elevation"] = self._elevation
        place = Snapshot(None, 1, self._surface, variables, crust.decomposition.blocks)  # type: ignore[arg-type]
        for name in variables:
            self._put(file, name, values[name].astype(crust.backend.dtype), place)
        self.writer.put(file.close)

    def abandon(self) -> None:
        """Drop what is not complete after an error; what was handed over, a checkpoint say, is still written."""
        with suppress(EsimError):
            self.writer.close()
        if self._crust.comm.rank == 0:
            for snapshot in self.snapshots:
                snapshot.file.discard()


def _centred(crust: Crust, k: slice, j: slice, i: slice) -> np.ndarray:
    """Velocities (3, k, j, i) at the centres of cells, means of the faces on both sides; no others leave the device."""
    v, host = crust.v, crust.backend.to_host

    def back(s: slice) -> slice:
        return slice(s.start - 1, s.stop - 1)

    def on(s: slice) -> slice:
        return slice(s.start + 1, s.stop + 1)

    return np.stack(
        [
            (host(v[0, k, j, i]) + host(v[0, k, j, back(i)])) / 2,
            (host(v[1, k, j, i]) + host(v[1, k, back(j), i])) / 2,
            (host(v[2, k, j, i]) + host(v[2, on(k), j, i])) / 2,
        ]
    )


def layer_blocks(layer: AbsorbingLayer, crust: Crust) -> tuple[list[Block], tuple[int, int]]:
    """The part of an absorbing layer that each rank has, in rows and columns of the layer, and its whole shape."""
    ny, nx = crust.volume.grid.shape
    rows, columns = (0, ny), (0, nx)
    if layer.axis == "y":
        rows = (0, layer.thickness) if layer.side == "south" else (ny - layer.thickness, ny)
    if layer.axis == "x":
        columns = (0, layer.thickness) if layer.side == "west" else (nx - layer.thickness, nx)
    blocks = []
    for block in crust.decomposition.blocks:
        j0, j1 = max(block.j0, rows[0]), min(block.j1, rows[1])
        i0, i1 = max(block.i0, columns[0]), min(block.i1, columns[1])
        if j0 >= j1 or i0 >= i1:
            blocks.append(Block(0, 0, 0, 0))
        else:
            blocks.append(Block(j0 - rows[0], j1 - rows[0], i0 - columns[0], i1 - columns[0]))
    return blocks, (rows[1] - rows[0], columns[1] - columns[0])
