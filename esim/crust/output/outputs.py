"""What does a crust run write, and when? Seismograms, snapshots, maps of shaking, checkpoints."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
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
from esim.crust.output.displacement import ColumnState, DisplacementRecorder
from esim.crust.output.injection import InjectionRecorder, open_injection
from esim.crust.output.receiver_sites import station_table
from esim.crust.output.receivers import ReceiverRecorder
from esim.crust.output.sea_elevation import ElevationMaps
from esim.crust.output.sea_surface import SeaSurfaceMotion
from esim.crust.output.seismograms import Seismograms
from esim.crust.output.snapshots import (
    Snapshots,
    map_dtype,
    open_snapshots,
    own_convergence,
    steps_between,
    surface_frame,
)
from esim.crust.output.surface_motion import SurfaceMotion, surface_layers
from esim.crust.quiet import QuietEnd
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
from esim.variables.crust import ETA_MAX, SHAKING_MEASURES


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
        quiet: QuietEnd | None,
        identity: Mapping[str, Any],
        warn: Callable[[str], None],
        map_format: str,
    ) -> None:
        """sites are those of the stations; the strongest source is named in headers; quiet is what ends the run by
        itself, if anything does; identity goes into checkpoints; warn takes a sentence about what has become of the
        stations of one; map_format is netcdf or zarr."""
        self._config, self._crust, self._stability, self._quiet = config, crust, stability, quiet
        self._identity, self._warn = identity, warn
        self._stations = [
            [receiver.name, site.x, site.y, site.depth]
            for receiver, site in zip(config.receivers, sites, strict=True)
        ]
        self.directory = config.output.directory
        self._time = discretisation.begin
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
        maxima = output.maxima.variables if output.maxima else ()
        measures = [name for name in maxima if name in SHAKING_MEASURES]
        self._gravity = None
        if crust.sea is not None:
            self._gravity = ElevationMaps(crust, crust.sea, maximum=len(measures) < len(maxima))
        self._layers = layers[1:-1, 1:-1]
        self._motion = SurfaceMotion(crust, layers, measures, own_convergence(self._frame, crust))
        level = ground.uniform and ground.medium.terrain is None
        self._elevation = None if level else ground.elevation(layers[1:-1, 1:-1])
        asked = (output.maxima, output.surface_displacement, output.fields)
        self._follows_surface = any(section is not None for section in asked)
        static = self._frame, self._elevation
        self.snapshots: list[Snapshots | DisplacementRecorder | InjectionRecorder] = list(
            open_snapshots(config, crust, self._motion, self._gravity, projection, *static, self._map_writer)
        )
        self.displacement = self._open_displacement(ground, projection, discretisation)
        if self.displacement is not None:
            self.snapshots.append(self.displacement)
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

    def _open_displacement(
        self, ground: Ground, projection: Projection | None, times: Discretisation
    ) -> DisplacementRecorder | None:
        """What records the displacement of the surface, if it is asked for."""
        section, crust, block = self._config.output.surface_displacement, self._crust, self._crust.block
        if section is None:
            return None
        sea = None
        if section.sea_surface:
            columns = ground.columns((block.j0, block.j1), (block.i0, block.i1))
            sea = SeaSurfaceMotion(crust, *columns)
        every = steps_between(section.every, crust)
        recorder = DisplacementRecorder(
            crust, self._motion, sea, every, times.early, times.hidden, section.low_pass
        )
        mapping = {} if projection is None else projection.cf_attributes()
        frame = replace(self._frame, mapping=mapping)
        recorder.open(self._map_writer, frame, crust.decomposition.blocks, map_dtype(crust), self._elevation)
        return recorder

    def follow_slip(self, ground: Ground, sources: Sequence[CrustSource]) -> None:
        """Let the recorded displacement follow the slip of sources that the uppermost cells cannot have."""
        if self.displacement is not None:
            self.displacement.follow_slip(ground, self._layers, sources)

    @property
    def _columns(self) -> list[ColumnState]:
        """What has arrays of the surface."""
        return [self._motion, *([] if self.displacement is None else self.displacement.columns)]

    def begin(self) -> None:
        """Write what does not change: the height of the ground, where it is not level."""
        for snapshots in self.snapshots:
            snapshots.begin()

    def record(self, clock: Clock) -> None:
        """Record the step that was just done: the motion of the surface and at the stations."""
        if self._follows_surface:
            self._motion.update()
        if self._gravity is not None:
            self._gravity.update()
        if self.displacement is not None:
            self.displacement.record(clock)
        self._time = clock.time
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
            "quiet": None if self._quiet is None else self._quiet.state(),
            "stations": self._stations,
        }
        recorder = None if self._seismograms is None else self._seismograms.recorder
        records = None if recorder is None else recorder.records()

        def fill(part: Part) -> None:
            save_arrays(self._crust, self._columns, part)
            if self._gravity is not None:
                self._gravity.save(part)
            if records is not None:
                part.whole("stations", records)

        pieces = {snapshots.file.stem: snapshots.file.pieces for snapshots in self.snapshots}
        write_checkpoint(self._crust.comm, self.writer, self.directory, clock.step, attributes, fill, pieces)
        if self._seismograms is not None:
            self._seismograms.write()

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restore a checkpoint of the same configuration."""
        restore_arrays(self._crust, self._columns, checkpoint)
        if self._gravity is not None:
            self._gravity.restore(checkpoint)
        self._stability.restore(checkpoint.attributes["stability"])
        if self._quiet is not None:
            self._quiet.restore(checkpoint.attributes["quiet"])
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
        if self.displacement is not None:
            self.displacement.finish(self._ending())
        written = self._write_maxima()
        if self._seismograms is not None:
            written += self._seismograms.write(waveforms=True)
        for snapshots in self.snapshots:
            snapshots.file.close()
            written.append(snapshots.file.path)
        self.writer.close()
        self._map_writer.close()
        return written

    def _ending(self) -> dict[str, Any]:
        """Attributes that tell how the run ended, and whether all motion had."""
        if self._quiet is None:
            return {"complete": 0, "run_end": f"time.duration, {self._time:g} s"}
        found = self._quiet.record(self._time)
        about = (
            f"largest velocity left: {found['velocity_left']:.3g} m/s, threshold: {found['velocity']:g} m/s"
        )
        if not self._quiet.ended:
            return {"complete": 0, "run_end": f"time.duration, {self._time:g} s; {about}"}
        since = found["quiet_since"]
        return {"complete": 1, "run_end": f"quiet since {since:g} s, ended at {self._time:g} s; {about}"}

    def _write_maxima(self) -> list[Path]:
        """Write maxima.nc, if it is asked for."""
        output, crust = self._config.output, self._crust
        if output.maxima is None:
            return []
        shaking = self._motion.shaking()
        if self._gravity is not None and not ETA_MAX.keys().isdisjoint(output.maxima.variables):
            shaking |= {name: self._gravity.maximum_on_host() for name in ETA_MAX}
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
