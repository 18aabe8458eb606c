"""Which medium does a cell have? Effective values of the layers within it.

Density is the mean over the thickness of a cell, bulk and shear modulus are harmonic means, and 1/Q is the mean:
Moczo et al. (2002, Bulletin of the Seismological Society of America 92) for interfaces that are level.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict

import numpy as np

from esim.grids.grid3d import Grid3D
from esim.media.crust.box import Box, indices
from esim.media.crust.medium import QP, QS, RHO, VP, VS, Medium

SLIVER = 1e-6  # of a cell: an interface this near to a face lies on it
MOST = 8  # depths at which a cell is sampled for detail finer than itself, at most
Parts = list[
    tuple[float, float]
]  # depths within a cell, and the fraction of its thickness that each represents


def cell_averages(medium: Medium, grid: Grid3D, box: Box) -> np.ndarray:
    """lam, mu [Pa], rho [kg/m3], qp, qs of the cells of a box, float64 (5, nk, nj, ni).

    box is ((k0, k1), (j0, j1), (i0, i1)) in cells of the grid; beyond the grid the nearest cell is repeated.
    A cell that an interface cuts has the averages of its parts, exact for constant layers; another one has the
    values at its centre. mu is 0 if any part of a cell is fluid. A cell has the same bits whichever box it is in.
    """
    k, j, i = indices(grid, box)
    shape = (5, k.size, j.size, i.size)
    x, y = grid.horizontal.x()[i], grid.horizontal.y()[j]
    if medium.layered:
        x, y = x[:1], y[:1]
    averages = np.empty((5, k.size, y.size, x.size))
    interfaces, detail = medium.interfaces, medium.detail
    for count, rows in _by_number([_parts(grid, int(cell), interfaces, detail) for cell in k]).items():
        layers = np.array([layer for layer, _ in rows])
        parts = np.array([part for _, part in rows])  # (rows, count, 2)
        if count == 1:
            averages[:, layers] = _moduli(medium.sample(x, y, parts[:, 0, 0]))
        else:
            averages[:, layers] = _average(medium, x, y, parts)
    return averages if averages.shape == shape else np.broadcast_to(averages, shape).copy()


def _parts(grid: Grid3D, cell: int, interfaces: tuple[float, ...], detail: float) -> Parts:
    """The parts of a layer of cells between its faces, the interfaces within, and finer where there is detail."""
    upper, lower = grid.depth_min + cell * grid.dz, grid.depth_min + (cell + 1) * grid.dz
    margin = SLIVER * grid.dz
    first = bisect_right(interfaces, upper + margin)
    last = bisect_left(interfaces, lower - margin)
    cuts = [upper, *interfaces[first:last], lower]
    pieces = min(MOST, math.ceil(grid.dz / detail - SLIVER)) if detail < grid.dz else 1
    if len(cuts) == 2 and pieces == 1:
        return [(float(grid.depth(cell, cell + 1)[0]), 1.0)]
    parts = []
    for start, stop in zip(cuts, cuts[1:], strict=False):
        count = math.ceil(pieces * (stop - start) / grid.dz - SLIVER)
        thickness = (stop - start) / count
        parts += [(start + (n + 0.5) * thickness, thickness / grid.dz) for n in range(count)]
    return parts


def _by_number(layers: list[Parts]) -> dict[int, list[tuple[int, Parts]]]:
    """The layers of cells and their parts, by the number of these."""
    found = defaultdict(list)
    for layer, parts in enumerate(layers):
        found[len(parts)].append((layer, parts))
    return found


def _average(medium: Medium, x: np.ndarray, y: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """The averages of layers of cells over their parts (rows, count, 2)."""
    sums = np.zeros((5, len(parts), y.size, x.size))
    with np.errstate(divide="ignore"):
        for depth, fraction in zip(parts[:, :, 0].T, parts[:, :, 1].T, strict=True):
            lam, mu, rho, qp, qs = _moduli(medium.sample(x, y, depth))
            fraction = fraction[:, None, None]
            for total, part in zip(sums, (1 / (lam + 2 / 3 * mu), 1 / mu, rho, 1 / qp, 1 / qs), strict=True):
                total += fraction * part
        kappa, mu, qp, qs = 1 / sums[0], 1 / sums[1], 1 / sums[3], 1 / sums[4]
    return np.stack([kappa - 2 / 3 * mu, mu, sums[2], qp, qs])


def _moduli(values: np.ndarray) -> np.ndarray:
    """lam, mu [Pa], rho, qp, qs of values of a medium."""
    mu = values[RHO] * values[VS] ** 2
    lam = values[RHO] * values[VP] ** 2 - 2 * mu
    return np.stack([lam, mu, values[RHO], values[QP], values[QS]])
