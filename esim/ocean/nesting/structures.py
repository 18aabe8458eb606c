"""Which structures does a run have on each of its grids, and where do they stand above the ground?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.structures import StructureConfig
from esim.data import locate
from esim.errors import InputError
from esim.grids.grid import CellFunction, Grid
from esim.grids.nested_grid import NestedGrid
from esim.io.ocean import structure_lines
from esim.media.ocean import structures
from esim.media.ocean.structures import Faces, Line
from esim.ocean.nesting import levees
from esim.ocean.nesting.grid_level import GridMedia
from esim.ocean.structures import Structures
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm

PIECE = 64  # cells at a time of which the ground is asked for: they lie near each other


@dataclass(frozen=True)
class GivenLine:
    """A line of the configuration: crest (n,) [m above the still water], or height [m] above the ground."""

    section: int
    name: str
    points: np.ndarray
    crest: np.ndarray | None
    height: float | None


@dataclass(frozen=True)
class DrawnLines:
    """The lines of the configuration that have been placed, where they stand on each grid, and what is to be told."""

    lines: tuple[Line, ...]
    faces: tuple[Faces, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class AllStructures:
    """Structures of all grids of a run (None: none stands there), and what the user should know of them."""

    on_grids: tuple[Structures | None, ...]
    warnings: tuple[str, ...]


def read_structures(
    cfg: TsunamiConfig, grids: Sequence[NestedGrid], media: Sequence[GridMedia], comm: Comm
) -> AllStructures:
    """The structures of a run: lines of the configuration, and levees of its bathymetry.

    Raises InputError for lines that cannot be read, or lie outside the grid.
    """
    ground = [medium.elevation for medium in media]
    drawn = comm.bcast(on_root(comm, lambda: _draw(cfg, grids, ground)))
    assert drawn is not None  # on_root raises on all ranks
    warnings, found, kept = list(drawn.warnings), [], list[Faces]()
    for nest, medium, faces in zip(grids, media, drawn.faces, strict=True):
        grid, least = nest.grid, cfg.levees or levees.WORTH_TELLING
        crests = None
        if cfg.levees is not None or levees.are_told(grid):
            crests = levees.find_crests(
                grid, medium.bathymetry, medium.elevation, cfg.physics.sea_level, comm, least
            )
        own = structures.join([])
        if cfg.levees is not None:
            own = own if crests is None else crests.faces
            if nest.parent is not None:
                own = levees.on_rim(own, kept[nest.parent.number], nest)
        elif crests is not None:
            warnings += levees.loss(grid, nest.name, crests)
        kept.append(own)
        joined = structures.beyond(structures.join([faces, own]), grid)
        found.append(Structures(drawn.lines, joined) if len(joined) else None)
    return AllStructures(tuple(found), tuple(warnings))


def _draw(cfg: TsunamiConfig, grids: Sequence[NestedGrid], ground: Sequence[CellFunction]) -> DrawnLines:
    """The lines of the configuration; ground [m above the still water] is that of each grid."""
    whole, finest = grids[0].grid, min(min(nest.grid.dx, nest.grid.dy) for nest in grids)
    given = [
        line
        for n, section in enumerate(cfg.structures)
        for line in _given(n, section, whole, cfg.physics.sea_level)
    ]
    with_crest = [_with_crest(line, grids, ground, finest) for line in given]
    lines = structures.place(with_crest, whole.lonlat, finest)
    parts: list[list[Faces]] = [[] for _ in grids]
    warnings: list[str] = []
    for n, line in enumerate(given):
        turns = len(lines) // len(given)
        own = lines[n * turns : (n + 1) * turns]
        faces = [structures.crossings(own, nest.grid) for nest in grids]
        standing = [
            _standing(*each) for each in zip(faces, (nest.grid for nest in grids), ground, strict=True)
        ]
        for part, one, stands in zip(parts, faces, standing, strict=True):
            part.append(one.take(stands))
        warnings += _warnings(line, with_crest[n], grids, faces, standing)
    return DrawnLines(lines, tuple(map(structures.join, parts)), tuple(warnings))


def _given(n: int, section: StructureConfig, grid: Grid, sea_level: float) -> Iterator[GivenLine]:
    """The lines of a section; on the globe they run on across the dateline, on the grid's turn."""
    read: list[tuple[np.ndarray, np.ndarray | None]]
    if section.points is not None:
        key, read = f"structures.{n}.points", [(np.array(section.points, float), None)]
    else:
        key = f"structures.{n}.file"
        read = structure_lines.read(locate(str(section.file)), grid.lonlat, section.crest_from, key)
    for number, (points, values) in enumerate(read, start=1):
        if grid.lonlat:
            points = np.stack([np.unwrap(points[:, 0], period=360.0), points[:, 1]], axis=1)
            middle = 0.5 * (points[:, 0].min() + points[:, 0].max())
            points[:, 0] += 360.0 * np.round((grid.x0 + 0.5 * grid.nx * grid.dx - middle) / 360.0)
        if section.crest is not None:
            values = np.full(len(points), section.crest)
        name = section.name if len(read) == 1 else f"{section.name}, line {number}"
        yield GivenLine(n, name, points, None if values is None else values - sea_level, section.height)
    if not any(_overlaps(points, grid) for points, _ in read):
        x1, y1 = grid.x0 + grid.nx * grid.dx, grid.y0 + grid.ny * grid.dy
        names = ("lon", "lat") if grid.lonlat else ("x", "y")
        raise InputError(
            f"{key}: '{section.name}' lies outside the grid, which spans {names[0]} {grid.x0:g}..{x1:g}, "
            f"{names[1]} {grid.y0:g}..{y1:g}"
        )


def _overlaps(points: np.ndarray, grid: Grid) -> bool:
    """Whether the box around some points has a part in common with a grid, on any turn of the globe."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    low, high = grid.x0, grid.x0 + grid.nx * grid.dx
    turns = (-720.0, -360.0, 0.0, 360.0, 720.0) if grid.lonlat else (0.0,)
    beside = any(west + turn <= high and east + turn >= low for turn in turns)
    return beside and south <= grid.y0 + grid.ny * grid.dy and north >= grid.y0


def _with_crest(
    line: GivenLine, grids: Sequence[NestedGrid], ground: Sequence[CellFunction], finest: float
) -> Line:
    """A line with its crest; one that is given above the ground has points from cell to cell of the finest grid."""
    if line.crest is not None:
        return Line(line.name, line.points, line.crest)
    assert line.height is not None
    points, low = _dense(line.points, finest), np.empty(0)
    low = np.full(len(points), np.nan)
    for nest, elevation in sorted(zip(grids, ground, strict=True), key=lambda pair: pair[0].refinement):
        grid = nest.grid
        i = np.floor((points[:, 0] - grid.x0) / grid.dx).astype(int)
        j = np.floor((points[:, 1] - grid.y0) / grid.dy).astype(int)
        here = (i >= 0) & (i < grid.nx) & (j >= 0) & (j < grid.ny)
        low[here] = _at_cells(elevation, grid, j[here], i[here])
    known = np.flatnonzero(np.isfinite(low))
    if not known.size:
        return Line(line.name, points, np.full(len(points), -np.inf))
    low = np.interp(np.arange(len(points)), known, low[known])
    return Line(line.name, points, low + line.height)


def _dense(points: np.ndarray, spacing: float) -> np.ndarray:
    """Points along a line, no further apart than a spacing in x and in y, with all of its own."""
    parts = [points[:1]]
    for a, b in zip(points[:-1], points[1:], strict=True):
        count = max(1, int(np.ceil(np.abs(b - a).max() / spacing)))
        parts.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)


def _at_cells(elevation: CellFunction, grid: Grid, j: np.ndarray, i: np.ndarray) -> np.ndarray:
    """Elevation [m] of single cells (n,) of a grid."""
    found = np.empty(j.size)
    for first in range(0, j.size, PIECE):
        rows, columns = j[first : first + PIECE], i[first : first + PIECE]
        j0, i0 = rows.min(), columns.min()
        around = elevation(grid.x(i0, columns.max() + 1), grid.y(j0, rows.max() + 1))
        found[first : first + PIECE] = around[rows - j0, columns - i0]
    return found


def _standing(faces: Faces, grid: Grid, elevation: CellFunction) -> np.ndarray:
    """Which faces have a crest above the ground of both cells; those beyond the grid are taken to."""
    stands = np.ones(len(faces), bool)
    inside = np.flatnonzero(faces.inside(grid))
    j, i = (part[:, inside] for part in faces.beside())
    j, i = np.clip(j, 0, grid.ny - 1), np.clip(i, 0, grid.nx - 1)
    low, high = (_at_cells(elevation, grid, j[n], i[n]) for n in (0, 1))
    stands[inside] = faces.crest[inside] > np.maximum(low, high)
    return stands


def _warnings(
    line: GivenLine,
    crests: Line,
    grids: Sequence[NestedGrid],
    faces: Sequence[Faces],
    standing: Sequence[np.ndarray],
) -> Iterator[str]:
    """Sentences about a line that does nothing, or not all along its way."""
    inside = [one.inside(nest.grid) for one, nest in zip(faces, grids, strict=True)]
    total = sum(int(part.sum()) for part in inside)
    above = sum(int((part & stands).sum()) for part, stands in zip(inside, standing, strict=True))
    key = f"structures.{line.section}: '{line.name}'"
    if total == 0:
        yield f"{key} passes between no two cells of any grid, so it does nothing; it is shorter than a cell"
    elif above == 0:
        yield (
            f"{key} lies below the ground everywhere, so it does nothing; its crest is at most "
            f"{crests.crest.max():.4g} m above the still water"
        )
    elif above < total:
        yield f"{key} lies below the ground at {total - above} of {total} cell faces, and does nothing there"


def plan_lines(grids: Sequence[NestedGrid], found: Sequence[Structures | None]) -> Iterator[str]:
    """A line of the plan of a run for each grid with structures: how many faces, how high their crests."""
    for nest, one in zip(grids, found, strict=True):
        if one is None:
            continue
        faces = one.faces.take(one.faces.inside(nest.grid))
        if len(faces):
            yield (
                f"structures     on {len(faces):,} cell faces of {nest.name}, crests {faces.crest.min():.4g} to "
                f"{faces.crest.max():.4g} m above the still water"
            )
