"""Which finer grids lie in the grid, and in each other?"""

from collections.abc import Sequence
from math import ceil, floor
from typing import Annotated

from pydantic import AfterValidator, Field

from esim.config.cells import WHOLE, Range
from esim.config.elevation import BathymetryConfig
from esim.config.limits import WaveHeight
from esim.config.yaml.section import KeyProblem, Section
from esim.config.yaml.suggest import hint
from esim.config.yaml.units import Angle, Count
from esim.grids.grid import Grid
from esim.grids.nested_grid import ROOT, NestedGrid

LONGEST_NAME = 100
MIN_CELLS = 4  # cells of the parent along each side of a nest
MIN_INSET = 2  # cells of the parent between a nest and the edge of its parent, unless it lies on it
MIN_SEPARATION = 1  # cells of the parent between two nests
SIDE_KEYS = {"lonlat": ("west", "east", "south", "north"), "cartesian": ("x", "x", "y", "y")}


def _file_name(name: str) -> str:
    if name and not (
        name[0].isalpha() and name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    ):
        raise ValueError(
            f"'{name}' cannot be part of a file name; use letters, digits, - and _, a letter first"
        )
    if len(name) > LONGEST_NAME:
        raise ValueError(
            f"has {len(name)} characters; expected at most {LONGEST_NAME}, as it is part of file names"
        )
    if name == ROOT:
        raise ValueError(f"'{ROOT}' is the name of the grid around all nests; use another one")
    return name


class NestConfig(Section):
    """A finer grid inside the grid, or inside another nest."""

    name: Annotated[str, AfterValidator(_file_name)] = Field(
        default="", description="Name, part of the file names; default: nest1, nest2, ..."
    )
    west: Angle | None = Field(default=None, ge=-360, le=720, description="West edge [degrees east].")
    east: Angle | None = Field(default=None, ge=-360, le=720, description="East edge [degrees east].")
    south: Angle | None = Field(default=None, ge=-90, le=90, description="South edge [degrees north].")
    north: Angle | None = Field(default=None, ge=-90, le=90, description="North edge [degrees north].")
    x: Range | None = Field(
        default=None, description="West and east edge [m] as [from, to], on a cartesian grid."
    )
    y: Range | None = Field(
        default=None, description="South and north edge [m] as [from, to], on a cartesian grid."
    )
    ratio: Count = Field(ge=2, le=100, description="Refinement ratio: cells along a side of a parent cell.")
    bathymetry: BathymetryConfig | None = Field(
        default=None, description="Bathymetry of the nest; null: that of the run, at the nest's resolution."
    )
    two_way: bool = Field(
        default=True,
        description="Two-way nesting: the parent is updated from the nest; false: one-way.",
    )
    activation_threshold: Annotated[WaveHeight, Field(ge=0)] | None = Field(
        default=1e-6,
        description="The nest is activated when the water surface of its parent changes by more than this [m] within "
        "its extent; 0: by any motion; null: active from the start.",
    )
    parent: str | None = Field(
        default=None,
        description=f"Name of the parent nest, or '{ROOT}'; null: the finest grid listed before that contains it.",
    )


def named(nests: tuple[NestConfig, ...]) -> tuple[NestConfig, ...]:
    """The nests, each with a name."""
    return tuple(
        nest if nest.name else nest.model_copy(update={"name": f"nest{n + 1}"})
        for n, nest in enumerate(nests)
    )


def place(grid: Grid, nests: Sequence[NestConfig], solver: str = "nonlinear") -> list[NestedGrid]:
    """The tree of grids, parents before their children, the whole grid first, which has a solver of its own.

    Raises KeyProblem, whose key begins with the place of the nest in the list, for what cannot be.
    """
    tree = [NestedGrid(ROOT, 0, grid, solver=solver)]
    for n, nest in enumerate(nests):
        if any(nest.name == other.name for other in tree):
            raise KeyProblem(
                (n, "name"), f"'{nest.name}' is already the name of another nest; names must be unique"
            )
        edges = _edges(n, nest, grid)
        parent = _parent(n, nest, edges, tree)
        placed = _placed(n, nest, edges, parent, len(tree))
        _check_apart(n, placed, parent, [other for other in tree if other.parent is parent])
        tree.append(placed)
    return tree


def _edges(n: int, nest: NestConfig, grid: Grid) -> tuple[float, float, float, float]:
    """West, east, south and north edge that are asked for, longitudes on the same turn as the grid's."""
    sides = (nest.west, nest.east, nest.south, nest.north)
    given = {"lonlat": sides, "cartesian": (nest.x, nest.y)}
    wanted = ("west, east, south and north", "x and y")
    if not grid.lonlat:
        wanted = wanted[::-1]
    other = given["cartesian" if grid.lonlat else "lonlat"]
    if None in given[grid.kind] or other != (None,) * len(other):
        raise KeyProblem(
            (n,), f"nest '{nest.name}' needs {wanted[0]}, as grid.kind is '{grid.kind}', and no {wanted[1]}"
        )
    if not grid.lonlat:
        assert nest.x is not None and nest.y is not None
        edges = (*nest.x, *nest.y)
    else:
        west, east, south, north = sides
        assert west is not None and east is not None and south is not None and north is not None
        if (east - west) % 360 > 180 > west - east > 0:
            text = (
                f"nest '{nest.name}' from west {west:.10g} eastward to east {east:.10g} is {(east - west) % 360:.10g} "
                f"degrees around the globe; for {west - east:.10g} degrees write west: {east:.10g}, east: {west:.10g}"
            )
            raise KeyProblem((n, "east"), text)
        first = (west - grid.x0) % 360
        first = grid.x0 + (first if first < 360 - WHOLE else 0.0)
        edges = (first, first + ((east - west) % 360 or 360.0), south, north)
    for key, low, high in zip(SIDE_KEYS[grid.kind][1::2], edges[::2], edges[1::2], strict=True):
        if low >= high:
            raise KeyProblem((n, key), f"nest '{nest.name}': its edges {low:g} and {high:g} do not increase")
    return edges


def _cells(edges: tuple[float, float, float, float], grid: Grid) -> tuple[float, float, float, float]:
    """Edges in cells of a grid (i from, i to, j from, j to), not rounded."""
    west, east, south, north = edges
    return (
        (west - grid.x0) / grid.dx,
        (east - grid.x0) / grid.dx,
        (south - grid.y0) / grid.dy,
        (north - grid.y0) / grid.dy,
    )


def _outside(edges: tuple[float, float, float, float], grid: Grid) -> int | None:
    """Which of the edges west, east, south, north lies outside a grid; None if none does."""
    cells = _cells(edges, grid)
    for side, (low, high) in enumerate(zip(cells, (grid.nx, grid.nx, grid.ny, grid.ny), strict=True)):
        if low < -WHOLE or low > high + WHOLE:
            return side
    return None


def _parent(
    n: int, nest: NestConfig, edges: tuple[float, float, float, float], tree: Sequence[NestedGrid]
) -> NestedGrid:
    names = [placed.name for placed in tree]
    if nest.parent is None:
        around = [placed for placed in tree if _outside(edges, placed.grid) is None]
        # The root has the message where it is in no grid at all.
        parent = min(around, key=lambda placed: (placed.grid.dx, placed.number)) if around else tree[0]
    elif nest.parent in names:
        parent = tree[names.index(nest.parent)]
    else:
        text = f"there is no grid '{nest.parent}' before it in the list, {hint(nest.parent, names)}"
        raise KeyProblem((n, "parent"), text)
    side = _outside(edges, parent.grid)
    if side is not None:
        grid = parent.grid
        ends = (grid.x0, grid.x0 + grid.nx * grid.dx, grid.y0, grid.y0 + grid.ny * grid.dy)
        low, high = ends[2 * (side // 2) : 2 * (side // 2) + 2]
        given = edges[2 * (side // 2) : 2 * (side // 2) + 2]
        if grid.lonlat and side < 2 and nest.west is not None and nest.east is not None:
            given = nest.west, nest.east
        raise KeyProblem(
            (n, SIDE_KEYS[grid.kind][side]),
            f"nest '{nest.name}' from {given[0]:.10g} to {given[1]:.10g} reaches out "
            f"of its parent '{parent.name}', which spans {low:.10g} to {high:.10g}",
        )
    return parent


def _placed(
    n: int, nest: NestConfig, edges: tuple[float, float, float, float], parent: NestedGrid, number: int
) -> NestedGrid:
    grid = parent.grid
    west, east, south, north = _cells(edges, grid)
    i0, i1 = floor(west + WHOLE), ceil(east - WHOLE)
    j0, j1 = floor(south + WHOLE), ceil(north - WHOLE)
    snapped = max(abs(west - i0), abs(east - i1), abs(south - j0), abs(north - j1)) > 2 * WHOLE
    keys = SIDE_KEYS[grid.kind]
    for key, cells in ((keys[1], i1 - i0), (keys[3], j1 - j0)):
        if cells < MIN_CELLS:
            text = f"nest '{nest.name}' covers {cells} cells of its parent '{parent.name}' along this side"
            raise KeyProblem((n, key), f"{text}; expected at least {MIN_CELLS}")
    boundary = []
    for side, (at, last) in enumerate(((i0, grid.nx), (i1, grid.nx), (j0, grid.ny), (j1, grid.ny))):
        inside = at if side % 2 == 0 else last - at
        kind = grid.boundary[side]
        if kind == "periodic" and (i0, i1) == (0, grid.nx) and side < 2:
            inside = 0
        elif kind == "periodic" and (j0, j1) == (0, grid.ny) and side >= 2:
            inside = 0
        elif inside == 0 and kind in ("nest", "periodic"):
            inside = 1
        if 0 < inside < MIN_INSET:
            size, origin = (grid.dx, grid.x0) if side < 2 else (grid.dy, grid.y0)
            nearest = origin + size * (MIN_INSET if side % 2 == 0 else last - MIN_INSET)
            text = (
                f"nest '{nest.name}' comes nearer to the edge of its parent '{parent.name}' than {MIN_INSET} of the "
                f"parent's cells; the nearest place for this edge is {nearest:.10g}"
            )
            more = "" if kind in ("nest", "periodic") else ", or the edge itself"
            raise KeyProblem((n, keys[side]), text + more)
        boundary.append(kind if inside == 0 else "nest")
    r = nest.ratio
    fine = Grid(
        grid.kind,
        grid.x0 + i0 * grid.dx,
        grid.y0 + j0 * grid.dy,
        grid.dx / r,
        grid.dy / r,
        (i1 - i0) * r,
        (j1 - j0) * r,
        tuple(boundary),  # type: ignore[arg-type]
        grid.latitude,
    )
    return NestedGrid(
        nest.name, number, fine, parent, r, (j0, j1, i0, i1), snapped, nest.two_way, nest.activation_threshold
    )


def _check_apart(n: int, placed: NestedGrid, parent: NestedGrid, siblings: Sequence[NestedGrid]) -> None:
    j0, j1, i0, i1 = placed.box
    for other in siblings:
        a0, a1, b0, b1 = other.box
        if (
            j0 < a1 + MIN_SEPARATION
            and a0 < j1 + MIN_SEPARATION
            and i0 < b1 + MIN_SEPARATION
            and b0 < i1 + MIN_SEPARATION
        ):
            raise KeyProblem(
                (n,),
                f"nests '{other.name}' and '{placed.name}' overlap or touch; leave at least {MIN_SEPARATION} cell of "
                f"their parent '{parent.name}' between them, or make them one nest",
            )
