"""Which lines of equal arrival time has a map? Those outside of the source, without crumbs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.figures import chart

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
SHORT = 0.06  # of the diagonal of the map: pieces that reach less far are left out


def arrivals(maxima: "xr.Dataset", faults: Sequence[np.ndarray] = ()) -> "xr.DataArray | None":
    """Arrival times [s] where they tell how the wave travels: outside of the source, and of layers that absorb.

    faults are subfaults, as corners (n, 2) in degrees or km: what they enclose together belongs to the source. There
    the water moves when the seafloor does, here a little earlier and there a little later; where only troughs pass the
    threshold, noise decides which. None where the run kept no arrival times, or nothing has arrived.
    """
    if "arrival_time" not in maxima:
        return None
    arrival = maxima["arrival_time"]
    if "eta_max" in maxima and (threshold := arrival.attrs.get("threshold")) is not None:
        arrival = arrival.where(maxima["eta_max"] >= threshold)
    if "uplift" in maxima and float(largest := np.abs(maxima["uplift"]).max()) > 0:
        arrival = arrival.where(~(np.abs(maxima["uplift"]) >= SOURCE * largest))
    if faults:
        arrival = arrival.where(~_enclosed(arrival, np.concatenate(faults)))
    if "absorbing_layer" in maxima:
        arrival = arrival.where(maxima["absorbing_layer"] == 0)
    return arrival if arrival.notnull().any() and float(arrival.max()) > 0 else None


def _enclosed(field: "xr.DataArray", points: np.ndarray) -> np.ndarray:
    """Which cells of a field lie within the convex hull of points (n, 2) in degrees or km."""
    from matplotlib.path import Path
    from scipy.spatial import ConvexHull

    x, y = np.meshgrid(*chart.plane(field))
    hull = Path(points[ConvexHull(points).vertices])
    return hull.contains_points(np.column_stack((x.ravel(), y.ravel()))).reshape(x.shape)


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
    """Those lines (points, 2) that reach far enough to be seen on a map with a diagonal."""
    return [line for line in lines if len(line) and np.hypot(*np.ptp(line, axis=0)) >= SHORT * diagonal]


def diagonal(field: "xr.DataArray") -> float:
    """Length of the diagonal of the map of a field, in units of its axes."""
    west, east, south, north = chart.extent(field)
    return float(np.hypot(east - west, north - south))
