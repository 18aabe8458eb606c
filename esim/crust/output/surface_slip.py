"""How does ground move that lies on a fault, and is thinner than a cell there?

Near a surface without traction, shear slip on level planes moves what lies below it the less, the nearer it is. So a
source less deep than a cell acts on the nodes of shear stress below the ground with weights that add up to less than
one (`esim.crust.sources.injection`). What is left of it moves only the wedge of rock above the fault, by slip that no
node has: the uppermost node of horizontal velocity lies half a cell below the ground, under that fault. Here it is
added to the displacement of the ground.

The jump of the horizontal displacement across a level area A is M_xz / (mu A) downwards (Aki and Richards 2002, eq.
3.20), and the ground is above it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.crust.layout import STRESSES
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import beside_interfaces
from esim.crust.model import Crust
from esim.crust.sources.injection import SourceInjection, Terms, spread_source
from esim.sources.crust import InjectedField, PlaneWave, PointSources

SHEAR = ("sxz", "syz")  # that move the ground along x and y


def inject_surface_slip(
    crust: Crust,
    ground: Ground,
    layers: np.ndarray,
    sources: Sequence[PointSources | PlaneWave | InjectedField],
    displacement: Any,
) -> SourceInjection | None:
    """What slip within the uppermost cells adds to the displacement (3, nj, ni) of the owned columns.

    layers (nj, ni) are the first layers of rock. None where no source under these columns is that shallow.
    """
    terms, rates = [], []
    for group in sources:
        if isinstance(group, PointSources) and (found := _terms(crust, ground, layers, group)) is not None:
            terms.append(found)
            rates.append(group.rates)
    return SourceInjection(crust, displacement, -0.5, terms, rates) if terms else None


def _terms(crust: Crust, ground: Ground, layers: np.ndarray, group: PointSources) -> Terms | None:
    """Places in the displacement, sources, and what each adds in a step by unit rate."""
    grid, block, h = crust.grid, crust.block, crust.block.halo
    flat, shape = grid.horizontal, layers.shape
    j = np.floor((group.y - flat.y0) / flat.dy).astype(int) - block.j0
    i = np.floor((group.x - flat.x0) / flat.dx).astype(int) - block.i0
    mine = np.flatnonzero((j >= 0) & (j < shape[0]) & (i >= 0) & (i < shape[1]))
    layer = layers[j[mine], i[mine]]
    shallow = group.depth[mine] < grid.depth_min + (layer + 1) * grid.dz
    mine, layer = mine[shallow], layer[shallow]
    if not mine.size:
        return None
    j, i, points = j[mine], i[mine], group.take(mine)
    beside, everyone = beside_interfaces(ground, points), np.arange(mine.size)
    mu = 1e9 * crust.backend.to_host(crust.fields["mu"])[layer + h, j + h, i + h].astype(float)
    scale = np.where(mu > 0, -crust.dt / (np.where(mu > 0, mu, 1.0) * grid.spacing[0] * grid.spacing[1]), 0.0)
    places, numbers, amounts = [], [], []
    for axis, name in enumerate(SHEAR):
        spread = spread_source(crust, points, name, everyone, beside)
        acting = (spread.weights * (spread.k > layer[:, None])).sum(axis=1)
        amount = scale * np.clip(1.0 - acting, 0.0, 1.0) * points.moment[:, STRESSES.index(name)]
        some = np.flatnonzero(amount)
        places.append(np.ravel_multi_index((np.full(some.size, axis), j[some], i[some]), (3, *shape)))
        numbers.append(mine[some])
        amounts.append(amount[some])
    node, source, amount = (np.concatenate(part) for part in (places, numbers, amounts))
    return (node, source, amount) if node.size else None
