"""How much is the seafloor uplifted, where and when? The displacement of all subfaults in each cell."""

import numpy as np

from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.finite_fault import FiniteFault
from esim.sources.formats import triangles
from esim.sources.ocean import okada, triangle

CELLS = 8192  # cells treated at once: their intermediate results fit in the cache
SAMPLES = 48  # points along each side of the grid at which `region` looks
TRUNCATION = 1e-4  # m: displacement below which nothing is computed


def uplift(
    fault: FiniteFault,
    times: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    lonlat: bool,
    slope_x: np.ndarray | None = None,
    slope_y: np.ndarray | None = None,
) -> np.ndarray:
    """Rise of the seafloor [m] since the origin time, (K, ny, nx), at times (K,) [s] and cell centres x, y.

    With the slopes of the bed db/dx (eastward) and db/dy (northward), (ny, nx), b positive up, its horizontal
    motion counts too: uz - ux db/dx - uy db/dy (Tanioka and Satake 1996, GRL 23(8), 861-864). Each cell is
    computed by itself and the subfaults are added in their order, so that no cut of the grid changes a bit.
    """
    _keep_heap()
    progress = fault.progress(times)
    result = np.zeros((len(times), len(y), len(x)))
    rows = max(1, CELLS // max(1, len(x)))
    for first in range(0, len(y), rows):
        strip = slice(first, first + rows)
        for n in _moving(fault):
            ux, uy, rise = motion(fault, n, x, y[strip], lonlat)
            if slope_x is not None and slope_y is not None:
                rise = rise - ux * slope_x[strip] - uy * slope_y[strip]
            for k in np.flatnonzero(progress[:, n]):
                result[k, strip] += progress[k, n] * rise
    return result


def motion(fault: FiniteFault, n: int, x: np.ndarray, y: np.ndarray, lonlat: bool) -> okada.Vector:
    """Final displacement (east, north, up) [m] by subfault n at cell centres x (nx,), y (ny,), each (ny, nx).

    East and north are those of the subfault's reference point; on the sphere they turn with distance from it.
    """
    east, north = geodesy.local(x, y, float(fault.x[n]), float(fault.y[n]), lonlat)
    if fault.corners is not None:
        corners = triangles.local(fault.corners[n], lonlat)
        size = float(fault.total_slip[n]), float(fault.opening[n])
        shape = np.broadcast_shapes(east.shape, north.shape)
        east, north = np.broadcast_to(east, shape), np.broadcast_to(north, shape)
        return triangle.displacement(east, north, corners, float(fault.rake[n]), *size, fault.poisson)
    s, c = okada.sin_cos(float(fault.strike[n]))
    forward = (0.5 - fault.along[n]) * fault.length[n]
    back = fault.down[n] * fault.width[n] * okada.sin_cos(float(fault.dip[n]))[1]
    return okada.displacement(
        east - (forward * s - back * c),
        north - (forward * c + back * s),
        max(0.0, float(fault.top[n])),
        float(fault.length[n]),
        float(fault.width[n]),
        float(fault.strike[n]),
        float(fault.dip[n]),
        float(fault.rake[n]),
        float(fault.total_slip[n]),
        float(fault.opening[n]),
        fault.poisson,
    )


def region(fault: FiniteFault, grid: Grid, slope: float = 0.0) -> geodesy.Box:
    """Cells (j0, j1, i0, i1) outside which the final motion is below 0.1 mm, found on a sample of the grid.

    slope is the bed slope at which horizontal motion is counted. The surroundings of each subfault are always
    in, so that a fault smaller than the sample spacing is not missed.
    """
    rows, columns = _sample(grid.ny), _sample(grid.nx)
    x, y = grid.x()[columns], grid.y()[rows]
    total = [np.zeros((len(y), len(x))) for _ in range(3)]
    for n in _moving(fault):
        for whole, part in zip(total, motion(fault, n, x, y, grid.lonlat), strict=True):
            whole += part
    significant = np.abs(total[2]) + slope * (np.abs(total[0]) + np.abs(total[1])) > TRUNCATION
    boxes = [_around(significant, rows, columns, grid)]
    for n in _moving(fault):
        reach = float(fault.length[n] + fault.width[n] + fault.depth[n])
        boxes.append(geodesy.box(grid, *fault.centre(n), 2.0 * reach))
    return geodesy.union(boxes)


def _moving(fault: FiniteFault) -> list[int]:
    return [int(n) for n in np.flatnonzero(fault.moving)]


def _sample(n: int) -> np.ndarray:
    """At most SAMPLES indices from the first to the last of n."""
    return np.unique(np.linspace(0, n - 1, min(n, SAMPLES)).round().astype(int))


def _around(significant: np.ndarray, rows: np.ndarray, columns: np.ndarray, grid: Grid) -> geodesy.Box:
    """Box around the significant samples, up to the next one that is not."""
    j, i = np.nonzero(significant)
    if not j.size:
        return 0, 0, 0, 0
    south, north = max(j.min() - 1, 0), min(j.max() + 1, len(rows) - 1)
    west, east = max(i.min() - 1, 0), min(i.max() + 1, len(columns) - 1)
    return int(rows[south]), int(rows[north]) + 1, int(columns[west]), int(columns[east]) + 1


def _keep_heap() -> None:
    """Makes the C library keep memory that is freed: without this, half the time goes into page faults.

    Once 4 MiB have been allocated and freed, glibc no longer returns smaller blocks to the system each time.
    """
    np.empty(1 << 19)
