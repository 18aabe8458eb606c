"""Where is the ground? The uppermost solid cells of columns, wherever the sea above them comes from."""

from dataclasses import dataclass

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.layout import allocated_shape
from esim.crust.medium.medium import CrustMedium, MediumSurvey, kinds
from esim.grids.closure import CLOSURES
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.media.crust.box import Box, Range
from esim.media.crust.topography import terrain
from esim.media.crust.topography.terrain import AIR, SOLID, Terrain
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block

REDUCED_CELLS = 2  # around an interface of ground, sea and air in which differences are of second order
# Layers without an interface below a flat free surface: its differences and, lest energy be made, all that share nodes
# with them are of full order.
FREE_LAYERS = {n: closed.depth + n // 2 - 1 + REDUCED_CELLS for n, closed in CLOSURES.items()}
STRIP_CELLS = 2_000_000  # looked at together


@dataclass(frozen=True)
class Ground:
    """The ground of a medium, and the sea and the air above it, as cells have them.

    A cell is SOLID where it has a rigidity, WATER where it is another fluid, and AIR where it has no density, whether
    topography or the medium says so. The ground of a column begins with its first SOLID cell. order is that of the
    differences; absorbing says that no air lies beyond the top of the grid.
    """

    medium: CrustMedium
    survey: MediumSurvey
    order: int
    absorbing: bool = False

    @property
    def grid(self) -> Grid3D:
        """The grid."""
        return self.medium.grid

    @property
    def free(self) -> bool:
        """Whether the top of the grid is a flat free surface: of level ground, or of a sea deep enough for it."""
        return not self.absorbing and self.survey.level_layers >= min(FREE_LAYERS[self.order], self.grid.nz)

    @property
    def air_above(self) -> bool:
        """Whether cells of air beyond the top of the grid leave it free."""
        return not self.absorbing and not self.free

    @property
    def uniform(self) -> bool:
        """Whether there are interfaces of ground, sea and air nowhere but at the top of the grid."""
        return not self.survey.mixed

    @property
    def plain(self) -> bool:
        """Whether receivers and sources are nowhere beside an interface, but for rock at a flat free surface."""
        return self.uniform and (self.survey.solid or not self.free)

    @property
    def reduced_layers(self) -> int:
        """Layers from the top within which differences are of second order somewhere."""
        if self.uniform:
            return 0
        return min(self.grid.nz, self.survey.soft_layers + REDUCED_CELLS + self.order // 2)

    def classes(self, box: Box) -> np.ndarray:
        """SOLID, WATER or AIR of the cells of a box, uint8 (nk, nj, ni), sides repeated or wrapped beyond the grid."""
        found = self._classes(box)
        if self.free:
            found[: max(0, -box[0][0])] = AIR
        return found

    def columns(self, rows: Range, columns: Range) -> tuple[np.ndarray, np.ndarray]:
        """First cells k of sea or ground, and of ground, of columns, each (nj, ni); nz where there is none."""
        known, nz = self.medium.terrain, self.grid.nz
        if known is not None and not self.survey.fluid_rock:
            return known.top_index(rows, columns), known.floor_index(rows, columns)
        classes = self._classes(((0, nz), rows, columns))
        return _first(classes != AIR, nz), _first(classes == SOLID, nz)

    def elevation(self, layers: np.ndarray) -> np.ndarray:
        """Height [m, positive up] above depth 0 of the upper faces of layers."""
        return -(self.grid.depth_min + self.grid.dz * layers)

    def remarks(self) -> list[str]:
        """What the user should know of it, a sentence each."""
        remark = None if self.medium.terrain is None else self.medium.terrain.sea_remark()
        found = [] if remark is None else [remark]
        if self.survey.filled:
            found.append(
                f"medium: {self.survey.filled:,} cells under the ground lie where the file has no values (NaN); they "
                "have those of the first node below in their column that has some"
            )
        return found

    def describe(self) -> list[str]:
        """Its line of the plan of a run, where there is more than level ground."""
        if self.uniform and self.medium.terrain is None:
            return []
        top = "a flat free surface" if self.free else "cells of air" if self.air_above else "absorbing"
        return [
            f"ground         cells of {self.grid.dz:g} m, sea and air within the uppermost {self.survey.soft_layers} "
            f"layers; the top is {top}"
        ]

    def near_interface(self, block: Block) -> np.ndarray:
        """One within REDUCED_CELLS of an interface, else zero: [k, j, i] with the halo, down to reduced_layers."""
        if self.uniform:
            return np.zeros((1, 1, 1))
        h, layers = block.halo, self.reduced_layers
        near = np.zeros((layers + 2 * h, *allocated_shape(block, self.grid.nz)[1:]))
        inner = self.reduced(((-h, layers + h), (block.j0 - h, block.j1 + h), (block.i0 - h, block.i1 + h)))
        near[:, : inner.shape[1], : inner.shape[2]] = inner
        return near

    def reduced(self, box: Box) -> np.ndarray:
        """Which cells of a box lie within REDUCED_CELLS of an interface."""
        from scipy.ndimage import maximum_filter, minimum_filter

        r = REDUCED_CELLS
        (k0, k1), (j0, j1), (i0, i1) = box
        classes = self._classes(((k0 - r, k1 + r), (j0 - r, j1 + r), (i0 - r, i1 + r)))
        most, least = (f(classes, 2 * r + 1, mode="nearest") for f in (maximum_filter, minimum_filter))
        return np.asarray(most != least)[r:-r, r:-r, r:-r]

    def _classes(self, box: Box) -> np.ndarray:
        """As classes, but that the uppermost cells are repeated above a flat free surface."""
        if self.medium.terrain is not None and not self.survey.fluid_rock:
            return self._air_above(box, self.medium.terrain.classes(box))
        (k0, k1), rows, columns = box
        area = (rows[1] - rows[0]) * (columns[1] - columns[0])
        step = max(1, STRIP_CELLS // area)
        parts = (((k, min(k + step, k1)), rows, columns) for k in range(k0, k1, step))
        return self._air_above(box, np.concatenate([kinds(self.medium.cells(part)) for part in parts]))

    def _air_above(self, box: Box, classes: np.ndarray) -> np.ndarray:
        """Classes of a box, with air beyond the top where there is any."""
        if self.air_above:
            classes[: max(0, -box[0][0])] = AIR
        return classes


def build_terrain(
    config: SeismicConfig, grid: Grid3D, projection: Projection | None, comm: Comm
) -> Terrain | None:
    """The topography of a configuration, if it has one; raises InputError, on all ranks, for one that does not fit."""
    section = config.topography
    return None if section is None else root_first(comm, lambda: terrain.build(section, grid, projection))


def _first(wanted: np.ndarray, nz: int) -> np.ndarray:
    """First layer (nj, ni) in which cells (nk, nj, ni) are wanted; nz where none is."""
    return np.where(wanted.any(0), wanted.argmax(0), nz)
