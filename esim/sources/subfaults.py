"""Into which subfaults is a plane divided? Equal rectangles, row by row down dip, each row along strike."""

from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from typing import Any

import numpy as np

from esim.sources import geodesy
from esim.sources.finite_fault import RIGIDITY, FiniteFault


def unit_fault(
    lonlat: bool,
    columns: Mapping[str, Any],
    rake: float,
    rigidity: float | None,
    remarks: Sequence[str] = (),
) -> FiniteFault:
    """Rectangles with 1 m of slip, by x, y, depth [m] of their centres, length, width [m], strike and dip [degrees]."""
    count = len(columns["x"])
    half, one = np.full(count, 0.5), np.ones((count, 1))
    return FiniteFault(
        lonlat=lonlat,
        **columns,
        along=half,
        down=half,
        rake=np.full(count, rake),
        start=0 * one,
        rise=0 * one,
        slip=one,
        opening=np.zeros(count),
        rigidity=rigidity or RIGIDITY,
        rigidity_given=rigidity is not None,
        remarks=tuple(remarks),
    )


def divide_plane(
    lonlat: bool,
    position: tuple[float, float],
    *,
    depth: float,
    length: float,
    width: float,
    strike: float,
    dip: float,
    size: tuple[float, float],
    rake: float,
    rigidity: float | None = None,
) -> FiniteFault:
    """A rectangle divided into subfaults of about a size [m], along strike and down dip, each with 1 m of slip.

    position and depth [m] are those of the middle of its top edge; lengths are in m, angles in degrees. On the sphere
    the strike is that at this point.
    """
    along, down = (max(1, round(side / part)) for side, part in zip((length, width), size, strict=True))
    s, c = sin(radians(strike)), cos(radians(strike))
    places = []
    for row in range(down):
        slant = (row + 0.5) * width / down
        across = slant * cos(radians(dip))
        for column in range(along):
            forward = ((column + 0.5) / along - 0.5) * length
            east, north = forward * s + across * c, forward * c - across * s
            x, y = geodesy.travel(*position, east, north, lonlat)
            places.append((x, y, depth + slant * sin(radians(dip))))
    x, y, depths = np.array(places).T
    same = {"length": length / along, "width": width / down, "strike": strike, "dip": dip}
    columns = {name: np.full(len(places), value) for name, value in same.items()}
    return unit_fault(lonlat, columns | {"x": x, "y": y, "depth": depths}, rake, rigidity)
