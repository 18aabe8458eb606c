"""Where is the wave after each half an hour? Lines of equal arrival time."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from esim.analysis.reading.plane import Plane
from esim.distribution import install
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


class Isochrone(NamedTuple):
    """The lines, arrays (n, 2) of lon, lat [degrees] or x, y [m], on which waves arrive at a time [s] since origin."""

    time: float
    lines: list[np.ndarray]


def isochrones(arrival: "xr.DataArray", plane: Plane, interval: float) -> list[Isochrone]:
    """Lines of arrival times [s] on a plane at the multiples of an interval [s] that occur; the map is read whole.

    They are drawn linearly between cell centres, and not across cells without an arrival. Raises InputError for an
    interval that is not positive, or if contourpy, which comes with Matplotlib, is missing.
    """
    try:
        from contourpy import contour_generator
    except ImportError:
        raise InputError(f"isochrones need contourpy: {install('analysis')}") from None
    if not interval > 0:
        raise InputError(f"the interval of isochrones is {interval:g} s; expected a positive number")
    values = arrival.transpose(plane.rows, plane.columns).values
    known = values[np.isfinite(values)]
    if not known.size or min(values.shape) < 2:
        return []
    lines = contour_generator(plane.x, plane.y, np.ma.masked_invalid(values)).lines
    first, last = int(np.ceil(known.min() / interval)), int(np.floor(known.max() / interval))
    times = interval * np.arange(first, last + 1)
    found = (Isochrone(float(time), [np.asarray(line) for line in lines(time)]) for time in times)
    return [one for one in found if one.lines]
