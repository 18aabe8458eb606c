"""Where does the ground end? At the flat top of the grid, or along the steps of topography."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.layout import allocated_shape
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.grids.interpolation import Site, place_receiver
from esim.grids.projection import Projection
from esim.media.crust.box import Box
from esim.media.crust.topography import terrain
from esim.media.crust.topography.terrain import Terrain
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block
from esim.sources.crust import PointSources

INTERFACE_CELLS = 2  # cells around a stepped surface in which differences are of second order
STRIP_COLUMNS = 2_000_000  # looked at together


@dataclass(frozen=True, kw_only=True)
class Surface(ABC):
    """The upper end of the ground.

    free says whether the top of the grid is a free surface; reduced_layers is the number of layers from the top
    within which differences are of second order somewhere.
    """

    grid: Grid3D
    free: bool
    reduced_layers: int = 0

    @abstractmethod
    def fill(self, values: np.ndarray, box: Box) -> None:
        """Put air and sea into lam, mu [Pa], rho [kg/m3], qp, qs of the cells of a box, in place."""

    @abstractmethod
    def check_source(self, source: PointSources, shears: np.ndarray) -> None:
        """Raises InputError for a point in the air, or one that shears in the sea; shears (n,) says which do."""

    @abstractmethod
    def place(self, where: str, x: float, y: float, depth: float) -> Site:
        """The site of a receiver at a depth [m] below the ground; InputError, beginning with where, for one outside."""

    @abstractmethod
    def near_interface(self, block: Block) -> np.ndarray:
        """One where differences are of second order, else zero: [k, j, i] with the halo, down to reduced_layers."""

    @abstractmethod
    def elevation(self, layers: np.ndarray) -> np.ndarray | None:
        """Height of the ground [m, positive up] from the first layers of rock of columns; None where it is flat."""


class FlatSurface(Surface):
    """The top of the grid, free or absorbing."""

    def fill(self, values: np.ndarray, box: Box) -> None:
        """There is neither air nor sea."""

    def check_source(self, source: PointSources, shears: np.ndarray) -> None:
        """All of the grid is ground."""

    def place(self, where: str, x: float, y: float, depth: float) -> Site:
        """The site of a receiver below the top of the grid."""
        return place_receiver(self.grid, where, x, y, depth, ghost=self.free)

    def near_interface(self, block: Block) -> np.ndarray:
        """Nowhere."""
        return np.zeros((1, 1, 1))

    def elevation(self, layers: np.ndarray) -> np.ndarray | None:
        """It is flat."""
        return None


@dataclass(frozen=True, kw_only=True)
class SteppedSurface(Surface):
    """The ground and the seafloor as steps of cells, with air, and sea where there is any, above."""

    terrain: Terrain

    def fill(self, values: np.ndarray, box: Box) -> None:
        """Put air and sea into the cells of a box."""
        self.terrain.apply(values, box)

    def check_source(self, source: PointSources, shears: np.ndarray) -> None:
        """Raises InputError for a point in the air, or one that shears in the sea."""
        grid = self.grid
        for n in range(source.x.size):
            k, j, i = (math.floor(at + 0.5) for at in grid.index(source.x[n], source.y[n], source.depth[n]))
            column = (j, j + 1), (i, i + 1)
            kind = self.terrain.classes(((k, k + 1), *column))[0, 0, 0]
            if kind == terrain.AIR:
                ground = grid.depth_min + grid.dz * float(self.terrain.top_index(*column)[0, 0])
                raise InputError(
                    f"{source.where(n)} is in the air; the ground there is at depth {ground:g} m"
                )
            if kind == terrain.WATER and shears[n]:
                raise InputError(f"{source.where(n)} is in the sea, where only an explosion can be")

    def place(self, where: str, x: float, y: float, depth: float) -> Site:
        """The site of a receiver below the ground or the seafloor."""
        return place_receiver(self.grid, where, x, y, depth, self._floors, ghost=False)

    def _floors(self, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        """First layers of rock of some rows and columns."""
        whole = self.terrain.floor_index((int(j.min()), int(j.max()) + 1), (int(i.min()), int(i.max()) + 1))
        return whole[np.ix_(j - j.min(), i - i.min())]

    def near_interface(self, block: Block) -> np.ndarray:
        """One within some cells of a boundary between air, sea and ground."""
        from scipy.ndimage import maximum_filter, minimum_filter

        h, r, layers = block.halo, INTERFACE_CELLS, self.reduced_layers
        wide = (
            (-h - r, layers + h + r),
            (block.j0 - h - r, block.j1 + h + r),
            (block.i0 - h - r, block.i1 + h + r),
        )
        classes = self.terrain.classes(wide)
        size = 2 * r + 1
        mixed = maximum_filter(classes, size, mode="nearest") != minimum_filter(classes, size, mode="nearest")
        near = np.zeros((layers + 2 * h, *allocated_shape(block, self.grid.nz)[1:]))
        inner = mixed[r:-r, r:-r, r:-r]
        near[:, : inner.shape[1], : inner.shape[2]] = inner
        return near

    def elevation(self, layers: np.ndarray) -> np.ndarray | None:
        """Height of the ground as the cells have it."""
        return -(self.grid.depth_min + self.grid.dz * layers)


def build_surface(config: SeismicConfig, grid: Grid3D, projection: Projection | None, comm: Comm) -> Surface:
    """The surface of a configuration; raises InputError, on all ranks, for topography that does not fit the grid."""
    section = config.topography
    if section is None:
        return FlatSurface(grid=grid, free=config.grid.surface == "free")
    found = root_first(comm, lambda: terrain.build(section, grid, projection))
    return SteppedSurface(grid=grid, free=False, reduced_layers=_reduced_layers(found), terrain=found)


def _reduced_layers(found: Terrain) -> int:
    """Layers from the top within which the ground, the sea or its floor end somewhere."""
    grid = found.grid
    ny, nx = grid.horizontal.shape
    deepest = max(int(found.floor_index(rows, (0, nx)).max()) for rows in _strips(ny, nx))
    return min(grid.nz, deepest + 2 * INTERFACE_CELLS)


def _strips(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about STRIP_COLUMNS columns."""
    step = max(1, STRIP_COLUMNS // columns)
    return ((first, min(first + step, rows)) for first in range(0, rows, step))
