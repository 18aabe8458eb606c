"""Which part of its parent does a nested grid cover?"""

from dataclasses import dataclass

from esim.grids.grid import ABSORBING, Grid

ROOT = "root"  # name of the whole grid


@dataclass(frozen=True)
class NestedGrid:
    """A grid in the hierarchy: the whole grid, or a nest of `ratio` cells to each of its parent's in a box.

    number is its place in the list of all grids, its parent's being smaller. box are the cells (j0, j1, i0, i1) of the
    parent that it covers; snapped says that the box that was asked for was smaller than these. The parent of a two-way
    nest takes over what that computes. A nest is computed from when the water of its parent is further from rest than
    activation_threshold [m] (None: from the start). solver is that of its step.
    """

    name: str
    number: int
    grid: Grid
    parent: "NestedGrid | None" = None
    ratio: int = 1
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    snapped: bool = False
    two_way: bool = False
    activation_threshold: float | None = None
    solver: str = "nonlinear"

    @property
    def refinement(self) -> int:
        """Cells of this grid along a side of one of the whole grid."""
        return self.ratio * self.parent.refinement if self.parent is not None else 1

    def layers(self, whole: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """How many cells absorb along its sides, from those along the sides of the whole grid."""
        west, east, south, north = (
            cells * self.refinement if kind in ABSORBING else 0
            for cells, kind in zip(whole, self.grid.boundary, strict=True)
        )
        return west, east, south, north
