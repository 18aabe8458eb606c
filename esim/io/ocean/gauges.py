"""What was recorded at the gauges? All time series in memory, and stations.nc written whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from esim.grids.grid import Grid
from esim.io import cf
from esim.io.timeseries import write_timeseries


class GaugeSeries:
    """The records of all gauges in a buffer that doubles when full: `variables` x stations x times."""

    def __init__(self, stations: int, variables: Sequence[str]) -> None:
        self.variables = tuple(variables)
        self._count = 0
        self._time = np.empty(64)
        self._values = np.empty((64, len(self.variables), stations))

    def append(self, time: float, values: np.ndarray) -> None:
        """Adds one record: time [s since origin] and values (variables, stations)."""
        if self._count == len(self._time):
            self._time = np.resize(self._time, 2 * self._count)
            self._values = np.resize(self._values, (2 * self._count, *self._values.shape[1:]))
        self._time[self._count] = time
        self._values[self._count] = values
        self._count += 1

    @property
    def time(self) -> np.ndarray:
        """Times of the records so far [s since origin], float64, a copy."""
        return self._time[: self._count].copy()

    @property
    def values(self) -> np.ndarray:
        """Records so far (variables, stations, times), float64, a copy."""
        return np.moveaxis(self._values[: self._count], 0, -1).copy()

    def restore(self, time: np.ndarray, values: np.ndarray) -> None:
        """Takes up the records of a checkpoint: what `time` and `values` gave when it was written."""
        self._count = len(time)
        self._time = np.resize(time, max(64, len(time)))
        self._values = np.empty((len(self._time), *values.shape[:2]))
        self._values[: self._count] = np.moveaxis(values, -1, 0)


def write_stations(
    directory: Path,
    grid: Grid,
    names: Sequence[str],
    positions: Sequence[tuple[float, float]],
    series: Mapping[str, np.ndarray],
    time: np.ndarray,
    attributes: Mapping[str, str],
    start: datetime | None = None,
    given: Sequence[tuple[float, float]] | None = None,
) -> None:
    """Writes stations.nc, whole or not at all; called on the writer thread.

    positions are (x, y) as the grid counts them, series the variables (stations, times), and time is in
    seconds since the origin. given are the positions that were asked for, where some of the stations were moved. There
    is at least one station. Raises MachineError if the disk fails.
    """
    coordinates = {
        name: (values, cf.coordinate_attributes(name))
        for name, values in zip(grid.dims, np.transpose(positions)[::-1], strict=True)
    }
    asked = {
        f"{name}_given": (values, cf.given_attributes(name))
        for name, values in (zip(grid.dims, np.transpose(given)[::-1], strict=True) if given else ())
    }
    described = {name: (values, cf.variable_attributes(name, grid.lonlat)) for name, values in series.items()}
    path = directory / "stations.nc"
    write_timeseries(path, names, coordinates, described, time, attributes, start, asked)
