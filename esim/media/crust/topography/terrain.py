"""Which cells are air, sea or rock? A staircase approximation of topography."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from esim.config.crust.topography import TopographyConfig
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.media.crust.box import Box, Range, indices
from esim.media.crust.topography import relief

SOLID, WATER, AIR = 0, 1, 2
WATER_VP = 1500.0  # m/s
WATER_RHO = 1030.0  # kg/m3
STRIP = 1_000_000  # cells of the surface treated at one time
ROUNDING = 1e-6  # of a cell


def build(section: TopographyConfig, grid: Grid3D, projection: Projection | None) -> "Terrain":
    """The terrain of a section of the configuration, checked.

    projection is needed for a file in longitude and latitude. Raises InputError if the file is not usable, or the
    ground is not in the grid.
    """
    ground = relief.build(section, grid, projection)
    ground.check()
    terrain = Terrain(ground.elevation, grid, section.water)
    terrain.check()
    return terrain


@dataclass(frozen=True)
class Terrain:
    """The ground, and the sea over it, on a grid whose depth counts from sea level.

    elevation(x (nx,), y (ny,)) is the height of the ground [m], positive up, (ny, nx). A cell is rock if its
    centre is not above the ground; else it is sea if `water` is set and its centre is not above sea level; else
    air. The medium is not bent: below a mountain, depth 0 is sea level.
    """

    elevation: Callable[[np.ndarray, np.ndarray], np.ndarray]
    grid: Grid3D
    water: bool = True

    def check(self) -> None:
        """Raises InputError unless the ground is in the grid everywhere: below its top, above its lowest cells."""
        grid = self.grid.horizontal
        for rows, _ in self._strips():
            x, y = grid.x(), grid.y(*rows)
            self._require_inside(x, y, -self.elevation(x, y))

    def floor_index(self, rows: Range, columns: Range) -> np.ndarray:
        """First cell k of rock from above, int (nj, ni), nz where there is none.

        rows (j0, j1), columns (i0, i1) may reach beyond the grid, where the nearest column is repeated.
        """
        _, j, i = indices(self.grid, ((0, 1), rows, columns))
        ground = -self.elevation(self.grid.horizontal.x()[i], self.grid.horizontal.y()[j])
        return np.searchsorted(self.grid.depth(), ground, side="left")

    def top_index(self, rows: Range, columns: Range) -> np.ndarray:
        """First cell k of rock or water from above, int (nj, ni), nz where there is none; see floor_index."""
        return self._top(self.floor_index(rows, columns))

    def height_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height of the ground [m], positive up, at points x, y (n,) [m]: bilinear between cell centres, (n,).

        Beyond the outermost centres it is that of the nearest ones.
        """
        flat = self.grid.horizontal
        (j, up), (i, right) = (
            _between(points, first, size, cells)
            for points, first, size, cells in ((y, flat.y0, flat.dy, flat.ny), (x, flat.x0, flat.dx, flat.nx))
        )
        rows, columns = ((int(n.min()), min(int(n.max()) + 2, m)) for n, m in ((j, flat.ny), (i, flat.nx)))
        height = self.elevation(flat.x(*columns), flat.y(*rows))
        j, i = j - rows[0], i - columns[0]
        north, east = np.minimum(j + 1, height.shape[0] - 1), np.minimum(i + 1, height.shape[1] - 1)
        lower = (1 - right) * height[j, i] + right * height[j, east]
        upper = (1 - right) * height[north, i] + right * height[north, east]
        return np.asarray((1 - up) * lower + up * upper)

    def sea_remark(self) -> str | None:
        """A sentence if the sea does not reach up to depth 0, as the faces of cells have it; else None."""
        grid = self.grid
        begins = grid.depth_min + grid.dz * self._sea
        if abs(begins) < ROUNDING * grid.dz or not any(
            (self.floor_index(*strip) > self.top_index(*strip)).any() for strip in self._strips()
        ):
            return None
        return (
            f"topography: the sea begins at a face of the cells, here at depth {begins:g} m in place of 0; let "
            "grid.depth begin at a whole number of cells above 0"
        )

    def classes(self, box: Box) -> np.ndarray:
        """SOLID, WATER or AIR of the cells of a box ((k0, k1), (j0, j1), (i0, i1)), uint8 (nk, nj, ni)."""
        k = indices(self.grid, box)[0][:, None, None]
        floor = self.floor_index(*box[1:])
        return np.where(k >= floor, SOLID, np.where(k >= self._top(floor), WATER, AIR)).astype(np.uint8)

    def apply(self, values: np.ndarray, box: Box) -> np.ndarray:
        """Puts air and sea into lam, mu [Pa], rho [kg/m3], qp, qs of the cells of a box, (5, nk, nj, ni), in place.

        Air has zero moduli and density, sea water vp 1500 m/s and rho 1030 kg/m3; neither attenuates. Returns the
        classes of the cells.
        """
        classes = self.classes(box)
        sea, air = classes == WATER, classes == AIR
        for row, of_sea, of_air in (
            (0, WATER_RHO * WATER_VP**2, 0.0),
            (1, 0.0, 0.0),
            (2, WATER_RHO, 0.0),
            (3, np.inf, np.inf),
            (4, np.inf, np.inf),
        ):
            values[row][sea] = of_sea
            values[row][air] = of_air
        return classes

    def _require_inside(self, x: np.ndarray, y: np.ndarray, ground: np.ndarray) -> None:
        top, last = self.grid.depth_min, float(self.grid.depth()[-1])
        if not np.isfinite(ground).all():
            raise InputError(f"topography: no finite height at {_where(x, y, ~np.isfinite(ground))}")
        highest, lowest = float(ground.min()), float(ground.max())
        if highest < top:
            raise InputError(
                f"topography: rises to {-highest:g} m at {_where(x, y, ground == highest)}, above the top of the grid; "
                f"grid.depth must begin at {highest:g} m or above, not at {top:g} m"
            )
        if lowest > last:
            raise InputError(
                f"topography: falls to {-lowest:g} m at {_where(x, y, ground == lowest)}, below the lowest cells of "
                f"the grid, whose centres are at depth {last:g} m"
            )

    def _top(self, floor: np.ndarray) -> np.ndarray:
        """First cell of rock or water where the first one of rock is known."""
        return np.minimum(floor, self._sea) if self.water else floor

    @property
    def _sea(self) -> int:
        """First cell k of the sea, where there is one."""
        return int(np.searchsorted(self.grid.depth(), 0.0, side="left"))

    def _strips(self) -> Iterator[tuple[Range, Range]]:
        """Rows and columns of the whole grid, some at a time."""
        ny, nx = self.grid.horizontal.shape
        step = max(1, STRIP // nx)
        return (((first, min(first + step, ny)), (0, nx)) for first in range(0, ny, step))


def _between(points: np.ndarray, first: float, size: float, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """The cells whose centres are the last ones before points along an axis, and parts of the way to the next."""
    at = np.clip((points - first) / size - 0.5, 0, cells - 1)
    before = np.minimum(at.astype(int), max(cells - 2, 0))
    return before, at - before


def _where(x: np.ndarray, y: np.ndarray, marked: np.ndarray) -> str:
    j, i = np.argwhere(marked)[0]
    return f"x {x[i]:g}, y {y[j]:g} m"
