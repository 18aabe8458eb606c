"""Where do layers along open sides absorb waves, and how fast?"""

import math

import numpy as np

from esim.grids.grid import Grid
from esim.ocean.domain import Domain

RESIDUE = 1e-3  # of a wave, when it has gone through a layer and back
Layers = tuple[int, int, int, int]  # cells that absorb along the west, east, south and north side
NO_LAYERS: Layers = (0, 0, 0, 0)


def absorption(
    count: int, first: int, last: int, layers: tuple[int, int], speeds: tuple[float, float]
) -> np.ndarray:
    """Rate of absorption [1/s] in cells first..last-1 of `count` between two sides.

    layers are how many cells absorb at the low and at the high end, speeds those of the waves there in cells a second.
    The rate grows with the square of the distance into the layer; RESIDUE is left of a wave that goes through it and
    back.
    """
    cells = np.arange(first, last)
    rate = np.zeros(cells.size)
    for width, speed, distance in zip(layers, speeds, (cells, count - 1 - cells), strict=True):
        if width > 0:
            into = np.clip((width - 0.5 - distance) / width, 0, 1)
            rate = np.maximum(rate, 1.5 * math.log(1 / RESIDUE) / width * speed * into**2)
    return rate


def absorption_rates(
    domain: Domain, depth: np.ndarray, layers: Layers, gravity: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rates [1/s] of the rows and of the columns of a block with its halo, from the depth [m] of its own cells.

    Along a side they are those for the deepest water of its layer: were they to vary along it, a layer would reflect
    the waves that run along it from where it is deep to where it is shallow. Every rank calls it.
    """
    grid, block = domain.grid, domain.block
    speeds = []
    for side, width in enumerate(layers):
        alone = tuple(width if n == side else 0 for n in range(4))
        inside = in_layers(grid, alone, np.arange(block.j0, block.j1), np.arange(block.i0, block.i1))
        deepest = domain.comm.allreduce_max(float(depth.max(initial=0.0, where=inside))) if width else 0.0
        size = float(grid.cell_size()[0 if side < 2 else 1].mean())
        speeds.append(math.sqrt(gravity * deepest) / size)
    h = block.halo
    return (
        absorption(grid.ny, block.j0 - h, block.j1 + h, layers[2:], (speeds[2], speeds[3])),
        absorption(grid.nx, block.i0 - h, block.i1 + h, layers[:2], (speeds[0], speeds[1])),
    )


def in_layers(grid: Grid, layers: tuple[int, ...], j: np.ndarray, i: np.ndarray) -> np.ndarray:
    """Whether cells of rows j and columns i of a grid absorb, bool (j, i)."""
    west, east, south, north = layers
    rows = (j < south) | (j >= grid.ny - north)
    columns = (i < west) | (i >= grid.nx - east)
    return np.asarray(rows[:, None] | columns[None, :])
