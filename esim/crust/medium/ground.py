"""Where is the ground? The uppermost solid cells of columns, wherever the sea above them comes from."""

from dataclasses import dataclass

import numpy as np

from esim.crust.layout import allocated_shape
from esim.crust.medium.medium import CrustMedium, MediumSurvey
from esim.grids.grid3d import Grid3D
from esim.media.crust.box import Box, Range
from esim.media.crust.topography.terrain import AIR, SOLID, WATER
from esim.parallel.decomposition import Block

INTERFACE_CELLS = 2  # cells around an interface of ground, sea and air in which differences are of second order
STRIP_CELLS = 2_000_000  # looked at together


@dataclass(frozen=True)
class Ground:
    """The ground of a medium, and the sea and the air above it, as cells have them.

    A cell is SOLID where it has a rigidity, WATER where it is another fluid, and AIR where it has no density, whether
    topography or the medium says so; beyond the top of the grid it is AIR. The ground of a column begins with its
    first SOLID cell.
    """

    medium: CrustMedium
    survey: MediumSurvey

    @property
    def grid(self) -> Grid3D:
        """The grid."""
        return self.medium.grid

    @property
    def free(self) -> bool:
        """Whether the top of the grid is a flat free surface."""
        return self.medium.surface.free

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
        return min(self.grid.nz, self.survey.soft_layers + 2 * INTERFACE_CELLS)

    def classes(self, box: Box) -> np.ndarray:
        """SOLID, WATER or AIR of the cells of a box, uint8 (nk, nj, ni), sides repeated or wrapped beyond the grid."""
        found = self._classes(box)
        found[: max(0, -box[0][0])] = AIR
        return found

    def columns(self, rows: Range, columns: Range) -> tuple[np.ndarray, np.ndarray]:
        """First cells k of sea or ground, and of ground, of columns, each (nj, ni); nz where there is none."""
        terrain, nz = self.medium.surface.terrain, self.grid.nz
        if terrain is not None and not self.survey.fluid_rock:
            floor = terrain.floor_index(rows, columns)
            return terrain.top_index(rows, columns), floor
        classes = self._classes(((0, nz if self.survey.mixed or not self.survey.solid else 1), rows, columns))
        return _first(classes != AIR, nz), _first(classes == SOLID, nz)

    def elevation(self, layers: np.ndarray) -> np.ndarray:
        """Height [m, positive up] above depth 0 of the upper faces of layers."""
        return -(self.grid.depth_min + self.grid.dz * layers)

    def describe(self) -> list[str]:
        """Its line of the plan of a run, where there is more than level ground."""
        if self.uniform and self.medium.surface.terrain is None:
            return []
        top = "a flat free surface" if self.free else "cells of air above, or absorbing"
        if not self.free and self.medium.surface.terrain is not None:
            top = "cells of air"
        layers = self.survey.soft_layers
        return [f"ground         solid cells, steps of {self.grid.dz:g} m; sea and air down to {layers} layers; above, {top}"]

    def near_interface(self, block: Block) -> np.ndarray:
        """One within INTERFACE_CELLS of an interface, else zero: [k, j, i] with the halo, down to reduced_layers."""
        if self.uniform:
            return np.zeros((1, 1, 1))
        h, r, layers = block.halo, INTERFACE_CELLS, self.reduced_layers
        wide = (-h - r, layers + h + r), (block.j0 - h - r, block.j1 + h + r), (block.i0 - h - r, block.i1 + h + r)
        near = np.zeros((layers + 2 * h, *allocated_shape(block, self.grid.nz)[1:]))
        inner = mixed(self._classes(wide), r)[r:-r, r:-r, r:-r]
        near[:, : inner.shape[1], : inner.shape[2]] = inner
        return near

    def _classes(self, box: Box) -> np.ndarray:
        """As classes, but that the uppermost cells are repeated above a flat free surface."""
        terrain = self.medium.surface.terrain
        if terrain is not None and not self.survey.fluid_rock:
            found = terrain.classes(box)
            if not self.free:
                found[: max(0, -box[0][0])] = AIR
            return found
        (k0, k1), rows, columns = box
        area = (rows[1] - rows[0]) * (columns[1] - columns[0])
        step = max(1, STRIP_CELLS // area)
        parts = (((k, min(k + step, k1)), rows, columns) for k in range(k0, k1, step))
        return np.concatenate([_kinds(self.medium.cells(part)) for part in parts])


def mixed(classes: np.ndarray, reach: int) -> np.ndarray:
    """Which cells have one of another kind within reach, along each axis and across."""
    from scipy.ndimage import maximum_filter, minimum_filter

    size = 2 * reach + 1
    most, least = (f(classes, size, mode="nearest") for f in (maximum_filter, minimum_filter))
    return np.asarray(most != least)


def _kinds(values: np.ndarray) -> np.ndarray:
    """SOLID, WATER or AIR of cells with lam, mu, rho ..."""
    return np.where(values[1] > 0, SOLID, np.where(values[2] > 0, WATER, AIR)).astype(np.uint8)


def _first(wanted: np.ndarray, nz: int) -> np.ndarray:
    """First layer (nj, ni) in which cells (nk, nj, ni) are wanted; nz where none is."""
    return np.where(wanted.any(0), wanted.argmax(0), nz)
