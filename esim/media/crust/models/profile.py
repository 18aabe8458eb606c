"""Which values has a 1-D model at a depth? From a table, constant below each depth or linear between them."""

from dataclasses import dataclass

import numpy as np

from esim.grids.grid3d import Grid3D
from esim.media.crust.checks import require_bottom, require_sound, require_top
from esim.media.crust.medium import QP


@dataclass(frozen=True, eq=False)
class Profile:
    """A medium that depends on depth alone.

    depths [m] never fall; values (5, n) are vp, vs [m/s], rho [kg/m3], qp, qs at them. If `linear`, values run
    straight between depths (1/Q does, for Q), and a depth that is there twice is a jump; else they are those of
    the last depth above, and the lowest go on for ever. Above the first depth its values are continued.
    name and places (n,) say in messages where the values come from. remarks: what the user should know of them.
    """

    depths: np.ndarray
    values: np.ndarray
    linear: bool
    name: str
    places: tuple[str, ...]
    layered: bool = True
    remarks: tuple[str, ...] = ()

    @property
    def interfaces(self) -> tuple[float, ...]:
        """Depths [m], rising, at which values jump."""
        differ = (self.values[:, 1:] != self.values[:, :-1]).any(axis=0)
        step = np.diff(self.depths)
        jumps = differ & (step == 0) if self.linear else differ
        return tuple(float(depth) for depth in np.unique(self.depths[1:][jumps]))

    @property
    def detail(self) -> float:
        """Least distance of depths [m] between which values run straight; inf for constant layers."""
        steps = np.diff(self.depths)
        return float(steps[steps > 0].min(initial=np.inf)) if self.linear else np.inf

    def check(self, grid: Grid3D) -> None:
        """Raises InputError for impossible values, and unless the table covers the depths of the grid."""
        require_sound(self.values, lambda index: self.places[index[0]])
        require_top(float(self.depths[0]), grid, self.name)
        if self.linear:
            require_bottom(float(self.depths[-1]), grid, self.name)

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx)."""
        column = self.at(x, y, depth)
        return np.broadcast_to(column[:, :, None, None], (*column.shape, y.size, x.size)).copy()

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m]: float64 (5, n)."""
        return self._straight(depth) if self.linear else self.values[:, self._above(depth)]

    def _above(self, depth: np.ndarray) -> np.ndarray:
        """Index of the last entry at or above each depth; 0 above the table."""
        return np.maximum(np.searchsorted(self.depths, depth, side="right") - 1, 0)

    def _straight(self, depth: np.ndarray) -> np.ndarray:
        first = self._above(depth)
        second = np.minimum(first + 1, self.depths.size - 1)
        thickness = self.depths[second] - self.depths[first]
        below = np.maximum(depth - self.depths[first], 0.0)
        weight = np.divide(below, thickness, out=np.zeros_like(below), where=thickness > 0)
        table = self.values.copy()
        table[QP:] = 1 / table[QP:]
        column = table[:, first] + weight * (table[:, second] - table[:, first])
        with np.errstate(divide="ignore"):
            column[QP:] = 1 / column[QP:]
        return column
