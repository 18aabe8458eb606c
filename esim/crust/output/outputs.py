"""What does a crust run write, and when? Seismograms, snapshots, maps of shaking, checkpoints."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.config.yaml.suggest import several
from esim.crust.discretisation import Discretisation
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import ReceiverSite
from esim.crust.model import Crust
from esim.crust.output.checkpoints import restore_arrays, save_arrays
from esim.crust.output.injection import InjectionRecorder, open_injection
from esim.crust.output.receiver_sites import station_table
from esim.crust.output.receivers import ReceiverRecorder
from esim.crust.output.seismograms import Seismograms
from esim.crust.output.snapshots import (
    Snapshots,
    map_dtype,
    open_snapshots,
    own_convergence,
    surface_frame,
)
from esim.crust.output.surface_motion import SurfaceMotion, surface_layers
from esim.crust.sources.build import CrustSource, low_pass_text, strongest_event
from esim.crust.stability import StabilityCheck
from esim.errors import EsimError
from esim.grids.projection import Projection
from esim.io import cf
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.checkpoint.part import Part
from esim.io.checkpoint.write import write_checkpoint
from esim.io.gridded.writer import MapVariable
from esim.io.maps import MapWriter
from esim.io.writer import Writer
from esim.timestepping.clock import Clock


class SeismicOutputs:
    """All files of a run. Every rank runs the same lines; only the first one writes what is no map."""

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
        identity: Mapping[str, Any],
        warn: Callable[[str], None],
        map_format: str,
    ) -> None:
        """sites are those of the stations; the strongest source is named in headers; identity goes
        into checkpoints; warn takes a sentence about what has become of the stations of one; map_format is netcdf or
        zarr."""
        self._config, self._crust, self._stability = config, crust, stability
        self._identity, self._warn = identity, warn
        self._stations = [
            [receiver.name, site.x, site.y, site.depth]
            for receiver, site in zip(config.receivers, sites, strict=True)
        ]
        self.directory = config.output.directory
        self.writer = Writer(active=crust.comm.rank == 0)
        self._attributes = cf.global_attributes(config.title, config.echo(), "esim-run")
        if low_passed := low_pass_text(sources):
            self._attributes["source_low_pass"] = low_passed
        self._map_writer = MapWriter(
            crust.comm,
            self.writer,
            map_format,
            self.directory,
            self._attributes,
            config.output.compression,
            config.time.start,
        )
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
            open_snapshots(config, crust, self._motion, projection, *static, self._map_writer)
        )
        onset = (discretisation.hidden - discretisation.early) * crust.dt
        injection = open_injection(config, crust, self.writer, map_dtype(crust), self._attributes, onset)
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

    def check(self) -> None:
        """Raise the error of a writer of this rank that has failed."""
        self.writer.check()
        self._map_writer.check()

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint from which a run is resumed bit for bit."""
        for snapshots in self.snapshots:
            snapshots.file.checkpoint(clock.step)
        attributes = {
            "time": [clock.time, clock.lost],
            "configuration": self._identity,
            "title": self._config.title,
            "stability": self._stability.state(),
            "stations": self._stations,
        }
        recorder = None if self._seismograms is None else self._seismograms.recorder
        records = None if recorder is None else recorder.records()

        def fill(part: Part) -> None:
            save_arrays(self._crust, self._motion, part)
            if records is not None:
                part.whole("stations", records)

        pieces = {snapshots.file.stem: snapshots.file.pieces for snapshots in self.snapshots}
        write_checkpoint(self._crust.comm, self.writer, self.directory, clock.step, attributes, fill, pieces)
        if self._seismograms is not None:
            self._seismograms.write()

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restore a checkpoint of the same configuration."""
        restore_arrays(self._crust, self._motion, checkpoint)
        self._stability.restore(checkpoint.attributes["stability"])
        self._compare_stations(checkpoint)
        if self._seismograms is not None:
            self._restore_stations(checkpoint, self._seismograms.recorder)
        for snapshots in self.snapshots:
            file = snapshots.file
            file.resume(checkpoint.step, checkpoint.snapshots.get(file.stem, ()))

    def _compare_stations(self, checkpoint: Checkpoint) -> None:
        """Say which stations are new, and which are gone, since a checkpoint."""
        before, time = checkpoint.attributes["stations"], checkpoint.attributes["time"][0]
        if new := [f"'{one[0]}'" for one in self._stations if one not in before]:
            self._warn(
                f"stations: {several(new)} begin at {time:.6g} s, where the run is resumed; displacement, strain and "
                "rotation count from there"
            )
        if gone := [f"'{one[0]}'" for one in before if one not in self._stations]:
            self._warn(f"stations: {several(gone)} of the checkpoint are left out")

    def _restore_stations(self, checkpoint: Checkpoint, recorder: ReceiverRecorder) -> None:
        """Take up what stations had recorded before a checkpoint; those that are new have no values until then."""
        before = checkpoint.attributes["stations"]
        shape = (len(recorder.quantities), len(self._stations), checkpoint.step)
        records = np.full(shape, np.nan, self._crust.backend.dtype)
        known = {n: before.index(one) for n, one in enumerate(self._stations) if one in before}
        if known:
            records[:, [*known]] = checkpoint.load("stations")[:, [*known.values()]]
        recorder.restore(records)

    def finish(self) -> list[Path]:
        """Write maps and seismograms, complete all files; returns their paths."""
        written = self._write_maxima()
        if self._seismograms is not None:
            written += self._seismograms.write(waveforms=True)
        for snapshots in self.snapshots:
            snapshots.file.close()
            written.append(snapshots.file.path)
        self.writer.close()
        self._map_writer.close()
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
        variables = [MapVariable(name, map_dtype(crust)) for name in values]
        file = self._map_writer.maxima("maxima", self._frame, crust.decomposition.blocks, variables)
        for name, local in values.items():
            file.put(name, local.astype(crust.backend.dtype))
        file.close()
        return [file.path]

    def abandon(self) -> None:
        """Drop what is not complete after an error; what was handed over, a checkpoint say, is still written."""
        for writer in (self.writer, self._map_writer):
            with suppress(EsimError):
                writer.close()
        for snapshots in self.snapshots:
            snapshots.file.discard()
