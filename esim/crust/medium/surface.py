"""What lies above the ground? Nothing up to the flat top of the grid, or air and sea along steps of cells."""

from dataclasses import dataclass

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.media.crust.box import Box
from esim.media.crust.topography import terrain
from esim.media.crust.topography.terrain import Terrain
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm


@dataclass(frozen=True, kw_only=True)
class Surface:
    """The upper end of a grid, and the topography in it, if there is any.

    free says whether the top of the grid is a flat free surface. Elsewhere below topography it is the cells of air
    that leave the ground and the sea free: those of the grid, and those beyond its top.
    """

    grid: Grid3D
    free: bool
    terrain: Terrain | None = None

    def fill(self, values: np.ndarray, box: Box) -> np.ndarray | None:
        """Put air and sea into lam, mu [Pa], rho [kg/m3], qp, qs of the cells of a box, in place.

        Returns which cells are SOLID, WATER and AIR of topography; None where there is none.
        """
        if self.terrain is None:
            return None
        classes = self.terrain.apply(values, box)
        beyond = max(0, min(-box[0][0], values.shape[1]))
        if not self.free and beyond:
            values[:3, :beyond] = 0.0
            values[3:, :beyond] = np.inf
            classes[:beyond] = terrain.AIR
        return classes

    def remarks(self) -> list[str]:
        """What the user should know of it, a sentence each."""
        remark = None if self.terrain is None else self.terrain.sea_remark()
        return [] if remark is None else [remark]


def build_surface(config: SeismicConfig, grid: Grid3D, projection: Projection | None, comm: Comm) -> Surface:
    """The surface of a configuration; raises InputError, on all ranks, for topography that does not fit the grid."""
    section = config.topography
    if section is None:
        return Surface(grid=grid, free=config.grid.surface == "free")
    found = root_first(comm, lambda: terrain.build(section, grid, projection))
    return Surface(grid=grid, free=found.uppermost() in (terrain.SOLID, terrain.WATER), terrain=found)
