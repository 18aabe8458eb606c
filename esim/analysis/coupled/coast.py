"""Where is the coast on the plane of the crust? That of the bathymetry of the ocean, which is no staircase of cells."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.coupled.parts import Parts
from esim.analysis.crust import medium
from esim.analysis.figures import chart

if TYPE_CHECKING:
    import xarray as xr

REACH = 20.0  # degrees around the origin of the plane of the crust: farther away nothing is drawn


def coast(parts: Parts) -> list[np.ndarray]:
    """Lines (2, points) [km] along which the bathymetry of the ocean is zero, on the plane of the crust."""
    bed = bathymetry(parts)
    if bed is None or not float(bed.min()) < 0 < float(bed.max()):
        return []
    from contourpy import contour_generator

    field = chart.thin(bed)
    lines = [np.asarray(line).T for line in contour_generator(*chart.plane(field), field.values).lines(0.0)]
    if not chart.lonlat(field):
        return lines
    place = medium.projection(parts.crust)
    return [] if place is None else [np.array(place.to_xy(*line)) / 1000 for line in _near(parts, lines)]


def bathymetry(parts: Parts) -> "xr.DataArray | None":
    """The bathymetry of the ocean [m, positive up]; None where it wrote no maps."""
    maps = (parts.ocean.maxima, parts.ocean.fields)
    return next((data["bathymetry"] for data in maps if data is not None and "bathymetry" in data), None)


def _near(parts: Parts, lines: list[np.ndarray]) -> list[np.ndarray]:
    """The pieces of lines (2, points) in degrees that are near enough to the origin of the plane to be drawn on it."""
    origin = parts.crust.record["configuration"]["grid"]["origin"]
    found = []
    for line in lines:
        east = np.abs((line[0] - origin["lon"] + 180) % 360 - 180)
        inside = np.maximum(east, np.abs(line[1] - origin["lat"])) < REACH
        edges = np.flatnonzero(np.diff(np.pad(inside, 1).astype(int)))
        found += [line[:, first:last] for first, last in edges.reshape(-1, 2) if last - first > 1]
    return found
