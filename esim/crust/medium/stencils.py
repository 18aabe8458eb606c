"""Where do receivers and sources beside the ground and the seafloor act? On nodes of their own side alone.

A receiver reads, and a source there drives, the same nodes with the same weights: cells of air, of sea and of ground do
not hear each other. Shear stresses vanish on the ground and on the seafloor, and the pressure on the sea: those nodes
have weights that are of no effect. A strain rate is read from those of the nodes of stresses, which are differences of
velocities, so that it is what a moment there does to the ground, turned round.
"""

import numpy as np

from esim.crust.medium.cells_around import cells_of, cubes_of
from esim.crust.medium.differences import Differences, merged
from esim.crust.medium.ground import Ground
from esim.grids.interpolation import NODES, RATES, InterpolationTerms
from esim.grids.one_sided import one_sided_weights
from esim.media.crust.topography.terrain import AIR, SOLID, WATER

REACH = 4  # cells around that of a point in which an interface makes its nodes one-sided
UP, ASIDE = 5, 3  # cells around that of a point that are looked at
POINTS = 4  # nodes in each direction
SHEARED = {"wx": "syz", "wy": "sxz", "wz": "sxy"}  # where rotation about an axis is read
AXES = {"x": 2, "y": 1, "z": 0}  # of the indices k, j, i


class Stencils:
    """The points (n,) of a ground, [m], of which those near an interface have nodes of one side.

    in_water (n,) says which points are in the sea; a point on the seafloor may be of either side. near (n,) are the
    points with an interface nearby; all else is of these alone, in their order.
    """

    def __init__(
        self, ground: Ground, x: np.ndarray, y: np.ndarray, depth: np.ndarray, in_water: np.ndarray
    ) -> None:
        self.ground, grid = ground, ground.grid
        position, cell = cells_of(grid, x, y, depth)
        on_face = np.asarray(in_water) & (position[:, 0] + 0.5 == cell[:, 0]) & (cell[:, 0] > 0)
        cell[on_face, 0] -= 1
        cubes = np.zeros((len(cell), 0, 0, 0), np.uint8)
        self.near = np.zeros(len(cell), bool)
        if not ground.plain and len(cell):
            cubes = cubes_of(ground.classes, cell, (UP, ASIDE, ASIDE))
            around = cubes[:, UP - REACH : UP + REACH + 1]
            if ground.free:  # a flat free surface of rock is not one-sided: there are velocities above it
                rock = ~np.asarray(in_water)[:, None, None, None]
                around = np.where(rock & (around == AIR), SOLID, around)
            self.near = (around != around[:, :1, :1, :1]).any((1, 2, 3))
        self._position, self._cell = position[self.near], cell[self.near]
        self._classes, self._side = cubes[self.near], np.where(np.asarray(in_water)[self.near], WATER, SOLID)

    def take(self, index: np.ndarray) -> "Stencils":
        """Those of some points of all."""
        other = object.__new__(Stencils)
        other.ground, other.near = self.ground, self.near[index]
        rows = (np.cumsum(self.near) - 1)[index][other.near]
        for name in ("_position", "_cell", "_classes", "_side"):
            setattr(other, name, getattr(self, name)[rows])
        return other

    def values(self, name: str, even: bool = False) -> InterpolationTerms:
        """Nodes and weights of a velocity or a stress; even: all parities of nodes take part alike."""
        return self._nodes(name, self._side, even, aside=False)

    def stresses(self, name: str, even: bool = False) -> InterpolationTerms:
        """Nodes and weights of what a moment adds to a stress."""
        return self._nodes(name, self._side, even, aside=True)

    def pressures(self, name: str) -> InterpolationTerms:
        """Nodes and weights of a normal stress for the pressure: on the seafloor, that of the water."""
        return self._nodes(name, np.where(self._under_water, WATER, self._side), False, aside=False)

    def rates(self, name: str, even: bool = False) -> InterpolationTerms:
        """Nodes and weights of a rate of strain or rotation [1/s], from differences as the steps take them."""
        node, slopes = SHEARED.get(name, f"s{name[1:]}"), RATES[name]
        found = self._nodes(node, self._side, even, aside=True, pressure=False, zeros=name.startswith("e"))
        differences = Differences(self.ground, self._cell)
        parts = []
        for slope in slopes:
            part = differences.of(found, slope.velocity, AXES[slope.axis], len(slopes) > 1)
            parts.append(part._replace(weights=slope.factor * part.weights))
        joined = InterpolationTerms(
            *(np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True))
        )
        return merged(joined, self._cell)

    @property
    def _under_water(self) -> np.ndarray:
        """Points on the seafloor."""
        on_face = self._position[:, 0] + 0.5 == self._cell[:, 0]
        own = self._classes[:, :, ASIDE, ASIDE]
        return np.asarray(on_face & (own[:, UP] == SOLID) & (own[:, UP - 1] == WATER))

    def _nodes(
        self,
        name: str,
        side: np.ndarray,
        even: bool,
        *,
        aside: bool,
        pressure: bool = True,
        zeros: bool = True,
    ) -> InterpolationTerms:
        """Nodes and weights (points, 64); aside: those that neighbours within two cells of the point belong to.

        pressure: whether normal stresses in water vanish on its surface; zeros: whether shear does on the ground.
        """
        node = NODES[name]
        place = self._position - node.offset
        first = np.floor(place).astype(int) - 1
        first[:, 0] = self._vertical(first[:, 0], node.offset[0] != 0, side)
        index = first[:, None, :] + np.indices((POINTS,) * 3).reshape(3, -1).T
        usable, silent = self._usable(name, index, side)
        usable &= ~silent | zeros
        if aside:
            inner = [axis for axis in (1, 2) if node.offset[axis] == 0]
            usable &= (np.abs(index - self._cell[:, None])[:, :, inner] <= 1).all(2)
        offsets, nodes = index - place[:, None, :], index.shape[1]
        counted = np.where((usable & ~silent)[..., None], index, np.nan)
        if pressure and name in ("sxx", "syy", "szz"):
            surface, there = self._sea_surface(index, side)
            offsets = np.concatenate([offsets, surface - place[:, None, :]], axis=1)
            usable = np.concatenate([usable, there], axis=1)
            counted = np.pad(counted, ((0, 0), (0, there.shape[1]), (0, 0)), constant_values=np.nan)
        weights = one_sided_weights(offsets, usable, counted if even else None)[:, :nodes]
        weights = np.where(silent, 0.0, weights)
        k, j, i = np.moveaxis(np.where((weights != 0)[..., None], index, self._cell[:, None]), 2, 0)
        return InterpolationTerms(np.full_like(k, node.variable), k, j, i, weights)

    def _vertical(self, first: np.ndarray, face: bool, side: np.ndarray) -> np.ndarray:
        """The first layer of nodes, moved so that all four are on the side of the point in its own column."""
        own = self._classes[:, :, ASIDE, ASIDE] == side[:, None]
        start = np.where(own[:, UP], UP, UP - 1)  # the cell above a point on the seafloor may be meant
        above = np.array([_run(column[s::-1]) for column, s in zip(own, start, strict=True)], int)
        below = np.array([_run(column[s:]) for column, s in zip(own, start, strict=True)], int)
        cell = self._cell[:, 0] + start - UP
        top, bottom = cell - above + 1, cell + below - 1 + face
        return np.maximum(np.minimum(first, bottom - POINTS + 1), top)

    def _usable(self, name: str, index: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which nodes (points, nodes, 3) are of a side, and which of them are known to be zero."""
        offset = NODES[name].offset
        # Cells that meet in a node: vx lies between this and the next one along x, vz between this and the last.
        spans = [
            (0, -1) if axis == 0 and shift else (0, 1) if shift else (0,) for axis, shift in enumerate(offset)
        ]
        cells = [
            self._kind(index + np.array((a, b, c))) for a in spans[0] for b in spans[1] for c in spans[2]
        ]
        mine = np.stack([kind == side[:, None] for kind in cells])
        sizes = np.array(self.ground.grid.shape)
        free = np.array((False, *self.ground.grid.horizontal.periodic))
        inside = (((index >= 0) & (index < sizes)) | free).all(2)
        if name.startswith("v"):
            return mine.any(0) & inside, np.zeros(index.shape[:2], bool)
        # On the edge of the ground there is no shear stress.
        silent = mine.any(0) & ~mine.all(0) & (side == SOLID)[:, None]
        return (mine.all(0) | silent) & inside & self._differences_inside(index), silent

    def _differences_inside(self, index: np.ndarray) -> np.ndarray:
        """Which nodes have the neighbours in the grid that strains there are differences of."""
        sizes = np.array(self.ground.grid.shape)
        free = np.array((False, *self.ground.grid.horizontal.periodic))
        low, high = (index >= (0, 1, 1)) | free, (index < sizes - 1) | free
        return np.asarray((low & high).all(2))

    def _sea_surface(self, index: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places (points, 16, 3) on the sea surface above nodes, in cells, and where there is one nearby."""
        own = self._classes[:, :, ASIDE, ASIDE]
        open_water = (own[:, 1:] == WATER) & (own[:, :-1] == AIR)
        face = self._cell[:, 0] + open_water.argmax(1) + 1 - UP
        surface = index.reshape(len(index), POINTS, POINTS * POINTS, 3)[:, 0].astype(float)
        surface[..., 0] = (face - 0.5)[:, None]
        below = surface.astype(int)
        below[..., 0] = face[:, None]
        there = (self._kind(below) == WATER) & open_water.any(1)[:, None] & (side == WATER)[:, None]
        return surface, there

    def _kind(self, index: np.ndarray) -> np.ndarray:
        """SOLID, WATER or AIR of cells (points, nodes, 3) around the points."""
        k, j, i = np.moveaxis(index - self._cell[:, None, :], 2, 0)
        point = np.arange(len(index))[:, None]
        k, j, i = (
            np.clip(k + UP, 0, 2 * UP),
            np.clip(j + ASIDE, 0, 2 * ASIDE),
            np.clip(i + ASIDE, 0, 2 * ASIDE),
        )
        return np.asarray(self._classes[point, k, j, i])


def _run(mine: np.ndarray) -> int:
    """How many of the first cells are of a side."""
    return int(mine.size if mine.all() else mine.argmin())
