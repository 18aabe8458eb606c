"""Which waves of the air run over the sea in a run, and when are they, and a free wave from the same point, where?"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.ocean.distance import distance
from esim.analysis.ocean.long_wave_times import long_wave_times
from esim.analysis.reading.run import Run
from esim.config.ocean.barogram import read_barogram
from esim.data import locate
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

REACH = 4.0  # widths from the crest of a pulse to its leading edge
N_CREST = 15**-0.5  # of that reach, how far the crest of an n_wave is ahead of its middle


class AirWave(NamedTuple):
    """A pulse that spreads from a point [degrees or m]: its speed [m/s], and when [s] its crest leaves the point."""

    x: float
    y: float
    lonlat: bool
    speed: float
    departure: float

    def passes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """When [s since origin] its crest first passes places."""
        return self.departure + distance(x, y, self.x, self.y, self.lonlat) / self.speed


def air_waves(run: Run) -> Iterator[AirWave]:
    """The pulses of a run that spread from a point, in the order of its configuration.

    The crest of a recorded one is the largest pressure of its record; where the record is gone it is left out.
    """
    for force in run.record["configuration"].get("forcing") or ():
        departure = _departure(force)
        if departure is not None:
            lonlat = force.get("lon") is not None
            x, y = (force[name] for name in (("lon", "lat") if lonlat else ("x", "y")))
            yield AirWave(x, y, lonlat, force["speed"], departure)


def _departure(force: Mapping[str, Any]) -> float | None:
    """When [s] the crest of a pulse leaves its point; None for what does not spread from one, or is not known."""
    if force["kind"] == "circular_pulse":
        ahead = REACH * force["width"] * (1 - N_CREST * (force["shape"] == "n_wave"))
        return float(force["start"] + ahead / force["speed"])
    if force["kind"] != "recorded_pulse":
        return None
    try:
        record = read_barogram(locate(Path(force["file"])))
    except (ValueError, InputError) as error:
        logging.getLogger("esim").warning("the pulse of %s is not marked: %s", force["file"], error)
        return None
    crest = record.time[int(np.argmax(np.abs(record.pressure)))]
    return float(crest - force["distance"] / force["speed"])


def free_wave_times(run: Run, wave: AirWave) -> "xr.DataArray | None":
    """When [s] a long wave that leaves the point of a pulse at the origin time is where; None without maxima.nc."""
    if run.maxima is None:
        return None
    return long_wave_times(run.maxima["bathymetry"], wave.x, wave.y)


def at(field: "xr.DataArray", x: float, y: float) -> float:
    """The value of a map in the cell nearest to a place, or in a neighbour of it; NaN where all are land."""
    rows, columns = (field[name].values.astype(float) for name in field.dims)
    if field.dims[-1] == "lon":
        x += 360 * np.round((columns.mean() - x) / 360)
    j, i = int(np.abs(rows - y).argmin()), int(np.abs(columns - x).argmin())
    if np.isfinite(value := float(field.values[j, i])):
        return value
    near = field.values[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2]
    return float(np.nanmean(near)) if np.isfinite(near).any() else np.nan
