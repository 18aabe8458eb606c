"""How do seismograms reach their files? stations.nc at checkpoints and at the end, SAC and miniSEED then."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.output.orientation import to_true_axes
from esim.crust.output.receivers import ReceiverRecorder
from esim.io.crust.seismograms import StationTable, write_seismograms
from esim.io.crust.waveforms import Event, sac_files, sampling_interval, write_miniseed, write_sac
from esim.io.writer import Writer
from esim.variables.crust import ACCELERATION, DISPLACEMENT, VELOCITY

MOTIONS = {"velocity": VELOCITY, "displacement": DISPLACEMENT, "acceleration": ACCELERATION}


@dataclass(frozen=True)
class Seismograms:
    """The files of the stations of a run; event is the earthquake that the headers of seismograms name."""

    config: SeismicConfig
    recorder: ReceiverRecorder
    stations: StationTable
    event: Event | None
    writer: Writer
    attributes: Mapping[str, str]

    def write(self, waveforms: bool = False) -> list[Path]:
        """Write what was recorded so far, waveforms in the formats of seismology, too; returns the paths of files."""
        output, start = self.config.output, self.config.time.start
        directory, records = output.directory, self.recorder.records()
        paths = [directory / "stations.nc"]
        if records is None:
            return paths
        time, series = self.recorder.series(records)
        put, stations = self.writer.put, self.stations
        if stations.true_axes and stations.convergence is not None:
            series = to_true_axes(series, np.asarray(stations.convergence))
        put(write_seismograms, directory, stations, time, series, self.attributes, start)
        if not waveforms or not (output.stations.sac or output.stations.miniseed):
            return paths
        motion = next(name for name in MOTIONS if name in output.stations.variables)
        components = np.stack([series[name] for name in MOTIONS[motion]])
        if output.stations.sac:
            paths += [directory / name for name in sac_files(stations, sampling_interval(time))]
            sac = partial(write_sac, motion=motion, start=start, event=self.event)
            put(sac, directory, stations, time, components)
        if output.stations.miniseed:
            paths.append(directory / "waveforms.mseed")
            put(partial(write_miniseed, start=start), directory, stations, time, components)
        return paths
