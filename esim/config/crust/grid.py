"""Which cells? A block of the crust, the size of its cells and its boundary conditions."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from esim.config.cells import Range, Size, check_enough, check_range, count_cells, one_or
from esim.config.limits import Cells
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.units import Angle
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D

Kind = Literal["cpml", "sponge", "wall", "periodic"]
BottomKind = Literal["cpml", "sponge", "wall"]
Kinds = tuple[Kind, Kind, BottomKind]
ABSORBING = ("cpml", "sponge")


class OriginConfig(Section):
    """Geographic position of x = 0, y = 0."""

    lon: Angle = Field(ge=-360, le=360, description="Longitude [degrees east], either convention.")
    lat: Angle = Field(ge=-89, le=89, description="Latitude [degrees north].")


class BoundaryConfig(Section):
    """Boundary conditions of the sides and the bottom."""

    kind: Kind = Field(
        default="cpml",
        description="cpml (convolutional perfectly matched layer), sponge (damping layer), "
        "wall (reflecting) or periodic; default for the bottom of a periodic block: cpml.",
    )
    cells: Cells = Field(default=10, ge=1, description="Width of the absorbing layers, in cells.")
    x: Kind | None = Field(default=None, description="West and east sides; null: as kind.")
    y: Kind | None = Field(default=None, description="South and north sides; null: as kind.")
    bottom: BottomKind | None = Field(default=None, description="Bottom; null: as kind.")

    @property
    def kinds(self) -> Kinds:
        """The kinds in force (x, y, bottom)."""
        bottom: BottomKind = "cpml" if self.kind == "periodic" else self.kind
        return self.x or self.kind, self.y or self.kind, self.bottom or bottom


class CrustGridConfig(Section):
    """A block of the crust, edges of the outermost cells, metres; x towards east, y towards north."""

    kind: Literal["cartesian"] = Field(description="cartesian: x, y and depth in metres.")
    x: Range = Field(description="West and east side [m] as [from, to].")
    y: Range = Field(description="South and north side [m] as [from, to].")
    depth: Range = Field(
        description="Top and bottom [m] as [from, to], positive down; above 0 (negative) with topography."
    )
    spacing: Annotated[tuple[Size, Size, Size], *one_or(3)] = Field(
        description="Size of the cells [m], such as '100 m': one value or [dx, dy, dz]."
    )
    origin: OriginConfig | None = Field(
        default=None,
        description="Geographic position of x = 0, y = 0, for positions by lon and lat; null: none.",
    )
    surface: Literal["free", "absorbing"] = Field(
        default="free",
        description="Top of the grid: free (free surface) or absorbing (as the bottom).",
    )
    boundary: BoundaryConfig = Field(
        default=BoundaryConfig(), description="Boundary conditions of the sides and the bottom."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_range("x", self.x)
        check_range("y", self.y)
        check_range("depth", self.depth)
        x, y, bottom = self.boundary.kinds
        layers = (2, 2, 2 if self.surface == "absorbing" else 1)
        names = ("west to east", "south to north", "top to bottom")
        for kind, sides, cells, name in zip((x, y, bottom), layers, self.cells, names, strict=True):
            check_enough(cells, name)
            self._check_room(kind, sides, cells, name)
        return self

    def _check_room(self, kind: Kind, sides: int, cells: int, name: str) -> None:
        """Absorbing layers must leave cells between them."""
        width = sides * self.boundary.cells
        if kind in ABSORBING and width >= cells:
            raise KeyProblem(("boundary", "cells"), f"{width} cells of {kind} fill all {cells} from {name}")

    @property
    def cells(self) -> tuple[int, int, int]:
        """Number of cells (nx, ny, nz)."""
        dx, dy, dz = self.spacing
        return (
            count_cells(*self.x, dx, ("west", "east"), "m"),
            count_cells(*self.y, dy, ("south", "north"), "m"),
            count_cells(*self.depth, dz, ("top", "bottom"), "m"),
        )

    def build(self) -> Grid3D:
        """The block; its cell sizes are the exact shares of the extents."""
        nx, ny, nz = self.cells
        sizes = [(b - a) / n for (a, b), n in zip((self.x, self.y, self.depth), self.cells, strict=True)]
        x, y, _ = self.boundary.kinds
        grid = Grid("cartesian", self.x[0], self.y[0], sizes[0], sizes[1], nx, ny, (x, x, y, y))
        return Grid3D(grid, nz, sizes[2], self.depth[0])
