"""What does a crust run write, and when? Seismograms, snapshots, maps of shaking, checkpoints."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.discretisation import Discretisation
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import ReceiverSite
from esim.crust.model import Crust
from esim.crust.output.checkpoints import restore_arrays, saved_arrays
from esim.crust.output.grid_writer import GridWriter
from esim.crust.output.injection import InjectionRecorder, open_injection
from esim.crust.output.receiver_sites import station_table
from esim.crust.output.receivers import ReceiverRecorder
from esim.crust.output.seismograms import Seismograms
from esim.crust.output.snapshots import Snapshots, open_snapshots, own_convergence, surface_frame
from esim.crust.output.surface_motion import SurfaceMotion, surface_layers
from esim.crust.sources.build import CrustSource, low_pass_text, strongest_event
from esim.crust.stability import StabilityCheck
from esim.errors import EsimError, InputError
from esim.grids.projection import Projection
from esim.io import cf
from esim.io.checkpoint import Checkpoint, load_array, load_attributes
from esim.io.gather import gather_slabs
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.writer import slab_rows
from esim.io.provenance import fingerprint
from esim.io.writer import Writer
from esim.timestepping.clock import Clock


class SeismicOutputs:
    """All files of a run. Every rank runs the same lines; only the first one writes."""

    def __init__(
        self,
        config: SeismicConfig,
        crust: Crust,
        ground: Ground,
        projection: Projection | None,
        sites: Sequence[ReceiverSite],
        discretisation: Discretisation,
        sources: Sequence[CrustSource],
        stability: StabilityCheck,
    ) -> None:
        """sites are those of the stations; the strongest source is named in headers."""
        self._config, self._crust, self._stability = config, crust, stability
        self.directory = config.output.directory
        self.writer = Writer(active=crust.comm.rank == 0)
        self._maps = GridWriter(crust.comm, self.writer, crust.backend.dtype.str[1:])
        self._attributes = cf.global_attributes(config.title, config.echo(), "esim-run")
        if low_passed := low_pass_text(sources):
            self._attributes["source_low_pass"] = low_passed
        self._frame = surface_frame(crust, projection)
        layers, output = surface_layers(crust, margin=1), config.output
        measures = output.maxima.variables if output.maxima else ()
        self._motion = SurfaceMotion(crust, layers, measures, own_convergence(self._frame, crust))
        level = ground.uniform and ground.medium.terrain is None
        self._elevation = None if level else ground.elevation(layers[1:-1, 1:-1])
        asked = (output.maxima, output.surface_displacement, output.fields)
        self._follows_surface = any(section is not None for section in asked)
        static = self._frame, self._elevation
        self.snapshots: list[Snapshots | InjectionRecorder] = list(
            open_snapshots(config, crust, self._motion, projection, *static, self._maps, self._attributes)
        )
        onset = (discretisation.hidden - discretisation.early) * crust.dt
        injection = open_injection(config, crust, self.writer, self._maps.dtype, self._attributes, onset)
        if injection is not None:
            self.snapshots.append(injection)
        self._seismograms = None
        if sites:
            recorder = ReceiverRecorder(crust, ground, sites, output.stations.variables, discretisation)
            table = station_table(config, sites, projection)
            event = strongest_event(config, sources, projection)
            self._seismograms = Seismograms(config, recorder, table, event, self.writer, self._attributes)

    def begin(self) -> None:
        """Write what does not change: the height of the ground, where it is not level."""
        for snapshots in self.snapshots:
            snapshots.begin()

    def record(self, clock: Clock) -> None:
        """Record the step that was just done: the motion of the surface and at the stations."""
        if self._follows_surface:
            self._motion.update()
        if self._seismograms is not None:
            self._seismograms.recorder.record()

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint from which a run is resumed bit for bit."""
        put, comm = self.writer.put, self._crust.comm
        for snapshots in self.snapshots:
            put(snapshots.file.checkpoint, clock.step)
        attributes = {
            "time": [clock.time, clock.lost],
            "configuration": fingerprint(self._config.restart_identity()),
            "title": self._config.title,
            "stability": self._stability.state(),
        }
        file, rows = Checkpoint(self.directory, clock.step, attributes), slab_rows(self._frame)
        put(file.open)
        for name, (values, blocks, shape) in saved_arrays(self._crust, self._motion):
            put(file.define, name, (len(values), *shape), values.dtype)
            for local in values:
                mine = np.ascontiguousarray(local)
                for _, slab in gather_slabs(comm, blocks, blocks[comm.rank], mine, rows):
                    put(file.append, name, slab)
        if self._seismograms is not None:
            records = self._seismograms.recorder.records()
            put(file.array, "stations", np.zeros(0) if records is None else records)
        put(file.close)
        if self._seismograms is not None:
            self._seismograms.write()

    def resume(self, path: Path) -> tuple[int, float, float]:
        """Restore a checkpoint; returns step, time and the clock's compensation.

        Raises InputError if it belongs to another configuration.
        """
        attributes = load_attributes(path)
        if attributes["configuration"] != fingerprint(self._config.restart_identity()):
            raise InputError(
                f"--resume: {path} belongs to another configuration (grid, medium, physics, sources, stations or "
                "times differ); run with the one it was made with, or start anew without --resume"
            )
        restore_arrays(self._crust, self._motion, path)
        self._stability.restore(attributes["stability"])
        if self._seismograms is not None:
            self._seismograms.recorder.restore(load_array(path, "stations"))
        if self._crust.comm.rank == 0:
            for snapshots in self.snapshots:
                snapshots.file.resume(int(attributes["step"]))
        time, lost = attributes["time"]
        return int(attributes["step"]), time, lost

    def finish(self) -> list[Path]:
        """Write maps and seismograms, complete all files; returns their paths."""
        written = self._write_maxima()
        if self._seismograms is not None:
            written += self._seismograms.write(waveforms=True)
        for snapshots in self.snapshots:
            self.writer.put(snapshots.file.close)
            written.append(snapshots.file.path)
        self.writer.close()
        return written

    def _write_maxima(self) -> list[Path]:
        """Write maxima.nc, if it is asked for."""
        output, crust = self._config.output, self._crust
        if output.maxima is None:
            return []
        shaking = self._motion.shaking()
        values = {name: shaking[name] for name in output.maxima.variables}
        if self._elevation is not None:
            values["elevation"] = self._elevation
        file = MaximaFile(
            self.directory,
            self._frame,
            self._attributes,
            variables=tuple(values),
            compression=output.compression,
            dtype=self._maps.dtype,
        )
        self.writer.put(file.open)
        for name, local in values.items():
            self._maps.put(
                file, name, local.astype(crust.backend.dtype), self._frame, crust.decomposition.blocks
            )
        self.writer.put(file.close)
        return [file.path]

    def abandon(self) -> None:
        """Drop what is not complete after an error; what was handed over, a checkpoint say, is still written."""
        with suppress(EsimError):
            self.writer.close()
        if self._crust.comm.rank == 0:
            for snapshots in self.snapshots:
                snapshots.file.discard()
