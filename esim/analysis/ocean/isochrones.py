"""Which lines of equal arrival time has a map? Those outside of the source, without crumbs."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis import chart

if TYPE_CHECKING:
    import xarray as xr

STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
)  # s between them
LINES = 9  # of them, at most, until LATE
LATE = 0.95  # quantile of the arrival times: later ones are far bays and waves that have passed straits
SOURCE = 0.02  # of the largest displacement of the seafloor: from there on, water stands in the source
SHORT = 0.05  # of the diagonal of the map: shorter pieces are left out


def arrivals(maxima: "xr.Dataset") -> "xr.DataArray | None":
    """Arrival times [s] where they tell how the wave travels: outside of the source, and of layers that absorb.

    In the source the water moves when the seafloor does, here a little earlier and there a little later; where only
    troughs pass the threshold, noise decides which. None where the run kept no arrival times, or nothing has arrived.
    """
    if "arrival_time" not in maxima:
        return None
    arrival = maxima["arrival_time"]
    if "eta_max" in maxima and (threshold := arrival.attrs.get("threshold")) is not None:
        arrival = arrival.where(maxima["eta_max"] >= threshold)
    if "uplift" in maxima and float(largest := np.abs(maxima["uplift"]).max()) > 0:
        arrival = arrival.where(~(np.abs(maxima["uplift"]) >= SOURCE * largest))
    if "absorbing_layer" in maxima:
        arrival = arrival.where(maxima["absorbing_layer"] == 0)
    return arrival if arrival.notnull().any() and float(arrival.max()) > 0 else None


def levels(arrival: "xr.DataArray", step: float | None = None) -> np.ndarray:
    """Times [s] of the isochrones: every `step`, by default a round time such that there are few of them."""
    last, first = float(arrival.max()), float(arrival.min())
    if step is None:
        late = float(arrival.quantile(LATE))
        step = next((each for each in STEPS if late / each <= LINES), STEPS[-1])
        last = min(last, (LINES + 1) * step)
    times = step * np.arange(1, np.floor(last / step) + 1)
    return times[(times > first) & (times < float(arrival.max()))]


def pieces(lines: list[np.ndarray], diagonal: float) -> list[np.ndarray]:
    """Those lines (points, 2) that are long enough to be seen on a map with a diagonal."""
    return [line for line in lines if np.hypot(*np.diff(line, axis=0).T).sum() >= SHORT * diagonal]


def diagonal(field: "xr.DataArray") -> float:
    """Length of the diagonal of the map of a field, in units of its axes."""
    west, east, south, north = chart.extent(field)
    return float(np.hypot(east - west, north - south))
