"""Where do waves from outside enter? On a box inside the absorbing layers: total field within, scattered field outside.

What is stored is the incident field u times chi, which is one in the box and zero outside, and all that scatters. A
step L of the incident field alone has to give chi L(u), and gives L(chi u); the difference, chi L(u) - L(chi u), is not
zero where a stencil reaches across a face of the box, and is what is added there. (Total-field/scattered-field
technique: Robertsson & Chapman 2000; Opršal et al. 2009.) With the stencils of the run and an incident field that obeys
them nothing of it leaves the box.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from esim.config.crust.grid import ABSORBING, BoundaryConfig
from esim.crust.sources.stencils import Stencil
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.parallel.decomposition import Block

Range = tuple[int, int] | None  # first cell and the one after the last; None: the box has no faces there
Cells = tuple[np.ndarray, np.ndarray, np.ndarray]  # k, j, i
MARGIN = 4  # cells between the box and absorbing layers: half the order of differences, at most
LEAST_CELLS = 4  # of the box along an axis
SURFACE_CELLS = 12  # of the box downwards: differences at a free surface reach no deeper


@dataclass(frozen=True)
class InjectionBox:
    """Cells of a box in a grid: below `bottom` and beside the ranges of rows and columns is outside."""

    bottom: int
    rows: Range
    columns: Range

    def contains(self, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        """Which cells are inside."""
        inside = k < self.bottom
        for n, pair in ((j, self.rows), (i, self.columns)):
            if pair is not None:
                inside = inside & (pair[0] <= n) & (n < pair[1])
        return inside

    @property
    def corner(self) -> tuple[int, int]:
        """Row and column of its cells in the south-west."""
        return (0 if self.rows is None else self.rows[0]), (0 if self.columns is None else self.columns[0])

    def encloses(self, k: float, j: float, i: float, cells: float) -> bool:
        """Whether a point, in cells whose centres are whole numbers, is so many cells inside all faces."""
        sides = [(n, pair) for n, pair in ((j, self.rows), (i, self.columns)) if pair is not None]
        beside = all(first + cells - 0.5 <= n <= last - cells - 0.5 for n, (first, last) in sides)
        return beside and k <= self.bottom - cells - 0.5

    def extent(self, grid: Grid3D) -> str:
        """In words, for messages."""
        area = grid.horizontal
        texts = []
        for name, pair, first, d in (
            ("x", self.columns, area.x0, area.dx),
            ("y", self.rows, area.y0, area.dy),
        ):
            if pair is not None:
                texts.append(f"{name} {first + pair[0] * d:g}..{first + pair[1] * d:g} m")
        return ", ".join([*texts, f"depth {grid.depth_min:g}..{grid.depth_min + self.bottom * grid.dz:g} m"])

    def around(self, grid: Grid3D, reach: int) -> list[tuple[tuple[int, int], ...]]:
        """Boxes of cells (layers, rows, columns), disjoint, that hold all within `reach` of the faces."""
        nz, ny, nx = grid.shape
        rows = self.rows or (0, ny)
        outer_rows = (max(0, rows[0] - reach), min(ny, rows[1] + reach))
        columns = self.columns or (0, nx)
        outer = (max(0, columns[0] - reach), min(nx, columns[1] + reach))
        deep, top = (max(0, self.bottom - reach), min(nz, self.bottom + reach)), max(0, self.bottom - reach)
        boxes: list[tuple[tuple[int, int], ...]] = [(deep, outer_rows, outer)]
        if self.columns is not None:
            for at in columns:
                boxes.append(((0, top), outer_rows, (at - reach, at + reach)))
        if self.rows is not None:
            inner = (columns[0] + reach, columns[1] - reach) if self.columns is not None else columns
            for at in rows:
                boxes.append(((0, top), (at - reach, at + reach), inner))
        return boxes

    def cell_count(self, grid: Grid3D, reach: int) -> int:
        """Number of cells within `reach` of the faces."""
        return sum(int(np.prod([b - a for a, b in part])) for part in self.around(grid, reach))

    def cells(self, grid: Grid3D, block: Block, reach: int) -> Cells:
        """The owned cells of a block within `reach` of the faces."""
        found = []
        for layers, rows, columns in self.around(grid, reach):
            j = np.arange(max(rows[0], block.j0), min(rows[1], block.j1))
            i = np.arange(max(columns[0], block.i0), min(columns[1], block.i1))
            found.append([n.ravel() for n in np.meshgrid(np.arange(*layers), j, i, indexing="ij")])
        k, j, i = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return k, j, i


def place_box(grid: Grid3D, boundary: BoundaryConfig) -> InjectionBox:
    """The largest box inside the absorbing layers; InputError where it has no room."""
    edge = boundary.cells + MARGIN
    ranges: list[Range] = []
    on_x, on_y, bottom = boundary.kinds
    nz, ny, nx = grid.shape
    for kind, size, name in ((on_y, ny, "y"), (on_x, nx, "x")):
        if kind in ABSORBING:
            _require_room(size - 2 * edge, LEAST_CELLS, f"grid.{name}", edge)
            ranges.append((edge, size - edge))
        elif kind == "periodic":
            ranges.append(None)
        else:
            raise InputError(
                f"grid.boundary.{name}: '{kind}' reflects what an incident wave scatters; expected cpml or sponge"
            )
    if bottom not in ABSORBING:
        raise InputError(
            f"grid.boundary.bottom: '{bottom}' reflects what comes down; an incident wave needs cpml or sponge"
        )
    _require_room(nz - edge, SURFACE_CELLS, "grid.depth", edge)
    return InjectionBox(nz - edge, ranges[0], ranges[1])


def require_free(box: InjectionBox, grid: Grid3D, boundary: BoundaryConfig, name: str) -> None:
    """Raises InputError unless the cells beside the faces of a box are inside the absorbing layers of a grid."""
    nz, ny, nx = grid.shape
    on_x, on_y, bottom = boundary.kinds
    edges = [boundary.cells if kind in ABSORBING else 0 for kind in (on_x, on_y, bottom)]
    for axis, pair, size, edge in (("x", box.columns, nx, edges[0]), ("y", box.rows, ny, edges[1])):
        least = edge + MARGIN
        if pair is not None and not least <= pair[0] <= pair[1] - LEAST_CELLS <= size - least - LEAST_CELLS:
            raise InputError(
                f"{name}: the box {box.extent(grid)} does not lie {least} cells inside the sides of the grid along "
                f"{axis}; expected cells {least} to {size - least} of grid.{axis}, at least {LEAST_CELLS} of them"
            )
    if not SURFACE_CELLS <= box.bottom <= nz - edges[2] - MARGIN:
        raise InputError(
            f"{name}: the lower face of the box {box.extent(grid)} is {box.bottom} cells down; expected "
            f"{SURFACE_CELLS} to {nz - edges[2] - MARGIN}"
        )


def _require_room(cells: int, least: int, name: str, edge: int) -> None:
    if cells < least:
        raise InputError(
            f"{name}: an incident wave enters on a box {edge} cells inside the sides (grid.boundary.cells and "
            f"{MARGIN} more), for which there is no room; expected at least {least - cells} more cells"
        )


@dataclass(frozen=True)
class Crossing:
    """What crosses the faces of a box: at targets (variable, k, j, i) amount times the value at sources."""

    target: np.ndarray  # (4, n)
    source: np.ndarray  # (4, n)
    amount: np.ndarray  # (n,)


def crossings(box: InjectionBox, grid: Grid3D, block: Block, stencils: Sequence[Stencil]) -> Crossing:
    """chi L(u) - L(chi u) of some stencils, at the cells of a block."""
    found = list(_crossings(box, grid, block, stencils))
    return Crossing(*(np.concatenate([one[n] for one in found], axis=-1) for n in range(3)))


def _crossings(
    box: InjectionBox, grid: Grid3D, block: Block, stencils: Sequence[Stencil]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    k, j, i = box.cells(grid, block, MARGIN)
    inside = box.contains(k, j, i)
    yield np.zeros((4, 0), int), np.zeros((4, 0), int), np.zeros(0)
    for one in stencils:
        dk, dj, di = one.offset
        weights = one.weights[j & 1, i & 1, k]
        at = np.flatnonzero((box.contains(k + dk, j + dj, i + di) != inside) & (weights != 0))
        amount = np.where(inside[at], 1.0, -1.0) * weights[at]
        places = k[at], j[at], i[at]
        target = np.stack([np.full(at.size, one.target), *places])
        source = np.stack([np.full(at.size, one.source), places[0] + dk, places[1] + dj, places[2] + di])
        yield target, source, amount
