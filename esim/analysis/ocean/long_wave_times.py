"""When would the first long wave from a point arrive? By the fastest way, at the celerity sqrt(g h)."""

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.ocean.distance import distances
from esim.constants import EARTH_RADIUS

if TYPE_CHECKING:
    import xarray as xr

GRAVITY = 9.81  # m/s2
NODES = 80_000  # cells beyond which a map is thinned
ROWS, COLUMNS = 4, 8  # that a straight piece of the way spans at most: degrees are narrower towards the poles


def long_wave_times(bathymetry: "xr.DataArray", x0: float, y0: float) -> "xr.DataArray":
    """Travel times [s] of long waves from a point to the cells of a map of the sea floor [m, positive up]; NaN on land.

    x0, y0 [degrees or m] count as the map does; the way begins in the wet cell nearest to it. Ways are chains of
    straight pieces between cells (Dijkstra 1959), up to 0.8 % longer than the shortest from 60 S to 60 N. Large
    maps are thinned.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    step = max(1, int(np.ceil(np.sqrt(bathymetry.size / NODES))))
    coarse = bathymetry.isel({name: slice(None, None, step) for name in bathymetry.dims})
    depth = -coarse.values.astype(float)
    if not (depth > 0).any():
        return coarse.copy(data=np.full(depth.shape, np.nan))
    slowness = np.where(depth > 0, 1 / np.sqrt(GRAVITY * np.maximum(depth, 1e-3)), np.inf)
    pieces = [np.concatenate(parts) for parts in zip(*_pieces(coarse, slowness), strict=True)]
    graph = coo_array((pieces[2], (pieces[0], pieces[1])), shape=(depth.size, depth.size)).tocsr()
    away = np.where(depth > 0, distances(coarse, x0, y0), np.inf)
    times = dijkstra(graph, directed=False, indices=int(away.argmin())).reshape(depth.shape)
    return coarse.copy(data=np.where(np.isfinite(times), times, np.nan))


def _pieces(
    coarse: "xr.DataArray", slowness: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Cells at both ends of all straight pieces through water alone, and the times [s] they take."""
    rows, columns = slowness.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    for dj, di in _moves():
        j, i = np.arange(max(0, rows - dj)), np.arange(max(0, -di), min(columns, columns - di))
        if not (j.size and i.size):
            continue
        here, there = np.ix_(j, i), np.ix_(j + dj, i + di)
        parts = max(abs(di), dj)
        through = [
            slowness[np.ix_(j + round(dj * n / parts), i + round(di * n / parts))] for n in range(parts + 1)
        ]
        mean = (sum(through[1:-1], 0.5 * (through[0] + through[-1]))) / parts
        time = mean * _length(coarse, j, dj, di)[:, None]
        wet = np.isfinite(time)
        yield number[here][wet], number[there][wet], time[wet]


def _moves() -> list[tuple[int, int]]:
    """Steps (dj, di) to other cells in all directions of one half of the plane, each direction once."""
    across = range(-COLUMNS, COLUMNS + 1)
    return [(dj, di) for dj in range(ROWS + 1) for di in across if gcd(dj, di) == 1 and (dj > 0 or di > 0)]


def _length(coarse: "xr.DataArray", j: np.ndarray, dj: int, di: int) -> np.ndarray:
    """Lengths [m] of a step from rows j."""
    y, x = (coarse[name].values.astype(float) for name in coarse.dims)
    dy, dx = (np.ptp(values) / max(values.size - 1, 1) for values in (y, x))
    if coarse.dims[-1] != "lon":
        return np.full(j.size, np.hypot(dj * dy, di * dx))
    middle = np.deg2rad(y[j] + 0.5 * dj * dy)
    return np.asarray(EARTH_RADIUS * np.hypot(np.deg2rad(dj * dy), np.deg2rad(di * dx) * np.cos(middle)))
