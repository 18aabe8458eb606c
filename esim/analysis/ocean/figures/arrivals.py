"""The marks of waves of the air in the figures of a run: when they pass, and when a free wave could be there."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.ocean.air_wave import AirWave, air_waves, at, free_wave_times
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

AIR, FREE = "#b3541e", "#2a7f62"
AIR_NAME, FREE_NAME = "air wave", "first free wave"


class Arrivals:
    """When the waves of the air in a run pass gauges, and when the first free wave from the first of them could."""

    def __init__(self, run: Run) -> None:
        self._waves: list[AirWave] = list(air_waves(run))
        self._free = free_wave_times(run, self._waves[0]) if self._waves else None

    def mark(self, axes: "Axes", station: "xr.Dataset", factor: float) -> None:
        """Draw upright lines at the arrivals at a station, on axes whose time counts in a unit of so many seconds."""
        if not self._waves:
            return
        x, y = (float(station[name]) for name in (("lon", "lat") if "lon" in station else ("x", "y")))
        times = [(AIR, AIR_NAME, float(wave.passes(np.array(x), np.array(y)))) for wave in self._waves]
        times += [] if self._free is None else [(FREE, FREE_NAME, at(self._free, x, y))]
        last = axes.get_xlim()[1]
        for colour, name, time in times:
            if np.isfinite(time) and time / factor <= last:
                axes.axvline(time / factor, color=colour, lw=1.0, ls=(0, (4, 2)), zorder=2, label=name)
