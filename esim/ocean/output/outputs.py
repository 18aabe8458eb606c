"""What a tsunami run writes, and when: snapshots, gauges, maxima, checkpoints."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.errors import EsimError
from esim.io import cf
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.checkpoint.part import Part
from esim.io.checkpoint.write import write_checkpoint
from esim.io.maps import Maps, MapWriter
from esim.io.ocean.gauges import GaugeSeries, write_stations
from esim.io.writer import Writer
from esim.ocean.nesting.hierarchy import GridHierarchy, OceanLevel
from esim.ocean.output.gauge_places import GaugePlace
from esim.ocean.output.gauge_times import REACH, SampleTimes
from esim.ocean.output.gauges import Gauges
from esim.ocean.output.grid_files import GridFiles
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every
from esim.variables.ocean import STATIONS


class TsunamiOutputs:
    """All files of a run. Every rank runs the same lines; only the first one writes what is no map."""

    def __init__(
        self,
        cfg: TsunamiConfig,
        hierarchy: GridHierarchy,
        places: Sequence[GaugePlace],
        warn: Callable[[str], None],
        identity: Mapping[str, Any],
        map_format: str,
        longest_step: float = math.inf,
    ) -> None:
        """identity goes into checkpoints; warn takes a sentence about what has become of the gauges of one.

        map_format is netcdf or zarr; no step is longer than longest_step [s].
        """
        self._warn, self._identity = warn, identity
        self._cfg, self._hierarchy, self._places = cfg, hierarchy, places
        on_land = {n for n, place in enumerate(places) if place.on_land}
        self._gauges = Gauges(hierarchy.levels, [place.position for place in places], on_land)
        self._comm = hierarchy.root.ocean.comm
        self.directory = cfg.output.directory
        self.writer = Writer(active=self._comm.rank == 0)
        self._attributes = cf.global_attributes(cfg.title, cfg.echo(), "esim-run")
        self._map_writer = MapWriter(
            self._comm,
            self.writer,
            map_format,
            self.directory,
            self._attributes,
            cfg.output.compression,
            cfg.time.start,
        )
        self.series = GaugeSeries(len(places), tuple(STATIONS))
        self._every, self._reach = Every(cfg.output.stations.every, cfg.time.duration), REACH * longest_step
        names = list(STATIONS)
        self._samples = SampleTimes(self._every, names.index("eta"), names.index("depth"))
        self._from_datum = [one.from_datum for one in STATIONS.values()]
        self.maps = [self._maps(level) for level in hierarchy.levels]

    def _maps(self, level: OceanLevel) -> GridFiles:
        suffix = f"_{level.place.name}" if level.place.parent else ""
        return GridFiles(self._cfg, level.ocean, level.motion, level.finest, self._map_writer, suffix)

    def begin(self) -> None:
        """Write what does not change: the seafloor in the files of snapshots."""
        for maps in self.maps:
            maps.begin()

    def snapshot(self, clock: Clock) -> None:
        """Append the states to the files of snapshots."""
        for maps in self.maps:
            maps.snapshot(clock)

    def sample(self, clock: Clock) -> None:
        """Read the gauges after a step, if it is one of those around a sample."""
        if not self._gauges.count or not self._every.near(clock.time, self._reach):
            return
        self._gauges.sample(clock.time)
        if self._gauges.full:
            self._fetch()

    def _fetch(self, done: bool = False) -> None:
        """Append to the series what the gauges have seen since the last time; done says that there is no more."""
        found = self._gauges.fetch()
        if found is not None:
            for time, values in self._samples.take(*found, done):
                values = values.copy()
                values[self._from_datum] += self._cfg.physics.sea_level
                self.series.append(time, values)

    @property
    def hazard(self) -> dict[str, dict[str, Any]]:
        """What the maxima add up to, by the names of the grids; nothing before they are written."""
        return {maps.name: maps.hazard for maps in self.maps if maps.hazard is not None}

    @property
    def _fields(self) -> list[Maps]:
        return [maps.fields for maps in self.maps if maps.fields is not None]

    def check(self) -> None:
        """Raise the error of a writer of this rank that has failed."""
        self.writer.check()
        self._map_writer.check()

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint from which the run goes on bit for bit."""
        for fields in self._fields:
            fields.checkpoint(clock.step)
        attributes = {
            "time": [clock.time, clock.lost],
            "configuration": self._identity,
            "title": self._cfg.title,
            "stations": self._stations,
            "activated": self._hierarchy.activation_times(),
            "mass_deficits": self._hierarchy.mass_deficits(),
        }
        self._fetch()

        def fill(part: Part) -> None:
            for maps in self.maps:
                maps.save(part)
            if self._comm.rank == 0:
                part.whole("station_time", self.series.time)
                part.whole("station_values", self.series.values)
                part.whole("station_step_time", self._samples.steps)
                part.whole("station_step_values", np.moveaxis(self._samples.seen, 0, -1))

        snapshots = {fields.stem: fields.pieces for fields in self._fields}
        write_checkpoint(self._comm, self.writer, self.directory, clock.step, attributes, fill, snapshots)
        self._write_stations()

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restore a checkpoint of the same configuration."""
        attributes = checkpoint.attributes
        for maps in self.maps:
            maps.restore(checkpoint)
        time = attributes["time"][0]
        self._hierarchy.resume(time, attributes["activated"], attributes["mass_deficits"])
        before = [(str(name), float(x), float(y)) for name, x, y in attributes["stations"]]
        self._compare(before, time)
        if self._comm.rank == 0:
            self._restore_series(checkpoint, before, time)
        for fields in self._fields:
            fields.resume(checkpoint.step, checkpoint.snapshots.get(fields.stem, ()))

    @property
    def _stations(self) -> list[tuple[str, float, float]]:
        """Name and position of each gauge."""
        return [(place.name, *place.position) for place in self._places]

    def _compare(self, before: Sequence[tuple[str, float, float]], time: float) -> None:
        """Say which gauges are new, and which are gone, since a checkpoint at a time [s]."""
        now = self._stations
        if new := [f"'{one[0]}'" for one in now if one not in before]:
            self._warn(f"stations: {', '.join(new)} begin at {time:.6g} s, where the run is resumed")
        if gone := [f"'{one[0]}'" for one in before if one not in now]:
            self._warn(f"stations: {', '.join(gone)} of the checkpoint are left out")

    def _restore_series(
        self, checkpoint: Checkpoint, before: Sequence[tuple[str, float, float]], reached: float
    ) -> None:
        """Take up what gauges had recorded before a checkpoint; those that are new have no values until then."""
        numbers = {station: n for n, station in enumerate(before)}

        def kept(name: str) -> np.ndarray:
            values = checkpoint.load(name)
            found = np.full((len(self.series.variables), len(self._places), values.shape[-1]), np.nan)
            for n, station in enumerate(self._stations):
                if station in numbers:
                    found[: len(values), n] = values[:, numbers[station]]
            return found

        time, steps = checkpoint.load("station_time"), checkpoint.load("station_step_time")
        self.series.restore(time, kept("station_values"))
        last = time[-1] if time.size else reached
        due = 0.0 if steps.size and not time.size else self._every.after(float(last))
        self._samples.restore(steps, np.moveaxis(kept("station_step_values"), -1, 0), due)

    def finish(self) -> list[Path]:
        """Write maxima and gauges, complete all files; returns their paths."""
        for maps in self.maps:
            maps.complete()
        written = [path for maps in self.maps for path in maps.write_maxima()]
        if self._gauges.count:
            self._fetch(done=True)
            self._write_stations()
            written.append(self.directory / "stations.nc")
        for fields in self._fields:
            fields.close()
            written.append(fields.path)
        self.writer.close()
        self._map_writer.close()
        return written

    def _write_stations(self) -> None:
        if self._gauges.count and self._comm.rank == 0:
            names = [place.name for place in self._places]
            positions = [place.position for place in self._places]
            moved = any(place.moved for place in self._places)
            given = [place.gauge.position for place in self._places] if moved else None
            series = {
                name: values
                for name, values in zip(self.series.variables, self.series.values, strict=True)
                if self._cfg.forcing or not STATIONS[name].forced
            }
            self.writer.put(
                write_stations,
                self.directory,
                self._hierarchy.root.ocean.grid,
                names,
                positions,
                series,
                self.series.time,
                self._attributes,
                self._cfg.time.start,
                given,
            )

    def abandon(self) -> None:
        """Drop what is not complete after an error; what was handed over, a checkpoint say, is still written."""
        for writer in (self.writer, self._map_writer):
            with suppress(EsimError):
                writer.close()
        for fields in self._fields:
            fields.discard()
