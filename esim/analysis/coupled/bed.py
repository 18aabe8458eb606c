"""How does the motion of the bed get onto the cells of the ocean's maps? Bilinearly, for pictures."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.coupled.coast import REACH
from esim.analysis.crust import medium
from esim.analysis.figures import chart
from esim.analysis.reading.plane import plane_of
from esim.analysis.reading.run import Run
from esim.analysis.sampling.sampling import lazily, sample

if TYPE_CHECKING:
    import xarray as xr

NOWHERE = 1e9  # m: beside any block


def on_cells(crust: Run, uplift: "xr.DataArray", cells: "xr.DataArray") -> "xr.DataArray":
    """The uplift of the bed in time at the cells of a map of the ocean; NaN outside the block, lazy."""
    data = lazily(uplift.to_dataset(name="uplift"))
    x, y = _places(crust, cells)
    return sample(data, plane_of(data, crust.record["configuration"]), x, y)["uplift"]


def _places(crust: Run, cells: "xr.DataArray") -> "tuple[xr.DataArray, xr.DataArray]":
    """x and y [m] of the cells of a map, in degrees or m, on the plane of the crust."""
    import xarray as xr

    dims = cells.dims[-2:]
    rows, columns = (cells[name].values.astype(float) for name in dims)
    x, y = np.meshgrid(columns, rows)
    if chart.lonlat(cells):
        lon, lat, place = x, y, medium.projection(crust)
        x, y = np.full(lon.shape, NOWHERE), np.full(lon.shape, NOWHERE)
        if place is not None:
            east = np.abs((lon - place.lon0 + 180) % 360 - 180)
            near = (east < REACH) & (np.abs(lat - place.lat0) < REACH)
            x[near], y[near] = place.to_xy(lon[near], lat[near])
    coords = dict(zip(dims, (rows, columns), strict=True))
    return xr.DataArray(x, coords, dims), xr.DataArray(y, coords, dims)
