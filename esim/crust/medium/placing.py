"""Where do receivers and sources lie? Below the ground, or in the sea, but never in the air."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from esim.crust.medium.cells_around import cells_of, tiles
from esim.crust.medium.ground import Ground
from esim.crust.medium.stencils import Stencils
from esim.errors import InputError
from esim.grids.interpolation import InterpolationTerms, Site, Terms, replaced, terms_of
from esim.grids.surface_strain import SurfaceStrain
from esim.sources.crust import PointSources

ROUNDING = 1e-6  # of a cell
ABOVE = (
    1.0  # cells above the ground from which a source is put on it: steps of cells are not the ground itself
)


class Columns:
    """The columns of points (n,) [m]: depths [m] at which sea or ground begins there, top, and ground, floor.

    wet says which columns have sea, all_sea those without ground: their floor is the bottom of the grid.
    """

    def __init__(self, ground: Ground, x: np.ndarray, y: np.ndarray) -> None:
        grid = ground.grid
        cells = cells_of(grid, x, y, np.full(np.shape(x), grid.depth_min))[1][:, 1:]
        j, i = cells.T
        top, floor = np.zeros(j.shape, int), np.zeros(j.shape, int)
        if not (ground.survey.solid and ground.uniform):
            for mine in tiles(cells):
                rows, columns = ((int(c[mine].min()), int(c[mine].max()) + 1) for c in (j, i))
                both = ground.columns(rows, columns)
                top[mine], floor[mine] = (layers[j[mine] - rows[0], i[mine] - columns[0]] for layers in both)
        self.wet, self.all_sea = floor > top, floor == grid.nz
        self.top, self.floor = (grid.depth_min + grid.dz * layers for layers in (top, floor))


class ReceiverSite(NamedTuple):
    """A receiver at x, y, depth [m] of the grid, in the ground or in_water.

    below [m] counts from the ground, of one in water from the sea surface; ground_elevation [m] is the height of the
    ground there, positive up, NaN where there is none.
    """

    x: float
    y: float
    depth: float
    in_water: bool = False
    below: float = 0.0
    ground_elevation: float = 0.0

    @property
    def elevation(self) -> float:
        """Its height [m], positive up."""
        return 0.0 - self.depth


def receiver_terms(
    ground: Ground, sites: Sequence[ReceiverSite], even: bool = False, strain: SurfaceStrain | None = None
) -> Terms:
    """Nodes and weights of quantities at receivers: those beside an interface look at their own side of it alone.

    even: whether strain is read from all parities of nodes alike, as moments act on them in coarse-grained attenuation;
    strain: how it is seen below a flat free surface.
    """
    points = [Site(site.x, site.y, site.depth, ghost=ground.free) for site in sites]
    x, y, depth, in_water, *_ = (np.array(column) for column in zip(*sites, strict=True))
    stencils = Stencils(ground, x, y, depth, in_water.astype(bool))

    def terms(name: str) -> InterpolationTerms:
        plain = terms_of(ground.grid, points, name, strain)
        if not stencils.near.any():
            return plain
        special = {"v": stencils.values, "s": stencils.pressures}.get(
            name[0], partial(stencils.rates, even=even)
        )
        return replaced(plain, stencils.near, special(name))

    return terms


def place_source(ground: Ground, key: str, source: PointSources, shears: np.ndarray) -> PointSources:
    """A source with its points on the ground that were above it by less than a cell; shears (n,) says which shear.

    Raises InputError for one farther up in the air, or one that shears in the sea.
    """
    if ground.uniform and ground.survey.solid:
        return source
    columns, dz = Columns(ground, source.x, source.y), ground.grid.dz
    target = np.where(shears, columns.floor, columns.top)
    above = target - source.depth
    for n in map(int, np.flatnonzero(above > (ABOVE + ROUNDING) * dz)):
        where = source.where(n)
        if source.depth[n] < columns.top[n] - ROUNDING * dz:
            raise InputError(f"{where} is in the air; the ground there is at depth {columns.floor[n]:g} m")
        raise InputError(
            f"{where} is in the sea, where only an explosion can be; the ground there is at depth "
            f"{columns.floor[n]:g} m"
        )
    moved = above > ROUNDING * dz
    if not moved.any():
        return source
    remark = (
        f"{key}: {moved.sum()} of {moved.size} points of the source lie up to {above.max():.3g} m above the ground, "
        "which is made of cells here; they are placed on it"
    )
    depth = np.where(moved, target, source.depth)
    return replace(source, depth=depth, remarks=(*source.remarks, remark))


def beside_interfaces(ground: Ground, source: PointSources) -> Stencils:
    """The points of a source, as `Stencils`: those in the sea act on water."""
    x, y, depth = source.x, source.y, source.depth
    if ground.uniform:
        in_water = np.full(x.shape, not ground.survey.solid)
    else:
        columns = Columns(ground, x, y)
        in_water = columns.wet & (depth < columns.floor - ROUNDING * ground.grid.dz)
    return Stencils(ground, x, y, depth, in_water)
