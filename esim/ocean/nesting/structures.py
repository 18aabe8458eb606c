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

SQUARE = 64  # cells along the sides of the squares in which the ground is read


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
    warnings, found, pieces = list(drawn.warnings), [], structures.segments(drawn.lines)
    for nest, medium, faces in zip(grids, media, drawn.faces, strict=True):
        grid, least = nest.grid, cfg.levees or levees.WORTH_TELLING
        crests = None
        if cfg.levees is not None or levees.are_told(grid):
            crests = levees.find_crests(
                grid, medium.bathymetry, medium.elevation, cfg.physics.sea_level, comm, least
            )
        own = structures.join([])
        if cfg.levees is not None:
            if crests is None:
                warnings.append(
                    f"levees: the bathymetry of '{nest.name}' is no file finer than its cells, so it has none to keep"
                )
            else:
                own = crests.faces
            if nest.parent is not None:
                around = media[nest.parent.number]
                rim = levees.rim_crests(nest, medium, around, cfg.physics.sea_level, cfg.levees)
                own = structures.join([own, rim])
        elif crests is not None:
            warnings += levees.loss(grid, nest.name, crests)
        joined = structures.beyond(structures.join([faces, own]), grid)
        found.append(Structures(pieces, joined) if len(joined) else None)
    return AllStructures(tuple(found), tuple(warnings))


def _draw(cfg: TsunamiConfig, grids: Sequence[NestedGrid], ground: Sequence[CellFunction]) -> DrawnLines:
    """The lines of the configuration; ground [m above the still water] is that of each grid."""
    if not cfg.structures:
        return DrawnLines((), (structures.join([]),) * len(grids), ())
    whole, finest = grids[0].grid, min(min(nest.grid.dx, nest.grid.dy) for nest in grids)
    given, warnings = [], list[str]()
    for n, section in enumerate(cfg.structures):
        read, outside = _given(n, section, whole, cfg.physics.sea_level)
        given += read
        if outside:
            warnings.append(
                f"structures.{n}: {outside} of {outside + len(read)} lines of '{section.name}' lie outside the grid"
            )
    with_crest = _with_crests(given, grids, ground, finest)
    lines = structures.place(with_crest, whole.lonlat, finest)
    turns = len(lines) // len(given)
    faces, standing = [], []
    for nest, elevation in zip(grids, ground, strict=True):
        each = [
            structures.crossings(lines[n * turns : (n + 1) * turns], nest.grid) for n in range(len(given))
        ]
        stands = _standing(structures.gather(each), nest.grid, elevation)
        faces.append(each)
        standing.append(np.split(stands, np.cumsum([len(one) for one in each])[:-1]))
    use = [
        _use(line, with_crest[n], grids, [each[n] for each in faces], [each[n] for each in standing])
        for n, line in enumerate(given)
    ]
    for n in range(len(cfg.structures)):
        warnings += _warnings(n, [one for one in use if one.line.section == n])
    joined = (
        structures.join([one.take(stands) for one, stands in zip(each, above, strict=True)])
        for each, above in zip(faces, standing, strict=True)
    )
    return DrawnLines(lines, tuple(joined), tuple(warnings))


def _given(n: int, section: StructureConfig, grid: Grid, sea_level: float) -> tuple[list[GivenLine], int]:
    """The lines of a section, as far as they lie in the grid, and the number of those that do not.

    On the globe they run on across the dateline, on the grid's turn.
    """
    read: list[tuple[np.ndarray, np.ndarray | None]]
    if section.points is not None:
        key, read = f"structures.{n}.points", [(np.array(section.points, float), None)]
    else:
        key = f"structures.{n}.file"
        read = structure_lines.read(locate(str(section.file)), grid.lonlat, section.crest_from, key)
    found = []
    for number, (points, values) in enumerate(read, start=1):
        if not _overlaps(points, grid):
            continue
        if grid.lonlat:
            points = np.stack([np.unwrap(points[:, 0], period=360.0), points[:, 1]], axis=1)
            middle = 0.5 * (points[:, 0].min() + points[:, 0].max())
            points[:, 0] += 360.0 * np.round((grid.x0 + 0.5 * grid.nx * grid.dx - middle) / 360.0)
        if section.crest is not None:
            values = np.full(len(points), section.crest)
        name = section.name if len(read) == 1 else f"{section.name}, line {number}"
        crest = None if values is None else values - sea_level
        found.append(GivenLine(n, name, points, crest, section.height))
    if not found:
        x1, y1 = grid.x0 + grid.nx * grid.dx, grid.y0 + grid.ny * grid.dy
        names = ("lon", "lat") if grid.lonlat else ("x", "y")
        raise InputError(
            f"{key}: '{section.name}' lies outside the grid, which spans {names[0]} {grid.x0:g}..{x1:g}, "
            f"{names[1]} {grid.y0:g}..{y1:g}"
        )
    return found, len(read) - len(found)


def _overlaps(points: np.ndarray, grid: Grid) -> bool:
    """Whether the box around some points has a part in common with a grid, on any turn of the globe."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    low, high = grid.x0, grid.x0 + grid.nx * grid.dx
    turns = (-720.0, -360.0, 0.0, 360.0, 720.0) if grid.lonlat else (0.0,)
    beside = any(west + turn <= high and east + turn >= low for turn in turns)
    return beside and south <= grid.y0 + grid.ny * grid.dy and north >= grid.y0


def _with_crests(
    given: Sequence[GivenLine], grids: Sequence[NestedGrid], ground: Sequence[CellFunction], finest: float
) -> list[Line]:
    """The lines with their crests; those given above the ground have points from cell to cell of the finest grid."""
    dense = [_dense(line.points, finest) for line in given if line.crest is None]
    below = np.split(
        _below(np.concatenate([np.empty((0, 2)), *dense]), grids, ground), np.cumsum([*map(len, dense)])
    )
    places = iter(zip(dense, below, strict=False))
    found = []
    for line in given:
        if line.crest is not None:
            found.append(Line(line.name, line.points, line.crest))
            continue
        points, low = next(places)
        known = np.flatnonzero(
            np.isfinite(low)
        )  # where the line goes on beyond the grid, the ground does too
        low = (
            np.interp(np.arange(len(points)), known, low[known]) if known.size else np.full(len(points), -1e6)
        )
        found.append(Line(line.name, points, low + (line.height or 0.0)))
    return found


def _below(points: np.ndarray, grids: Sequence[NestedGrid], ground: Sequence[CellFunction]) -> np.ndarray:
    """Ground [m above the still water] under points (n, 2), of the finest grid there; NaN outside."""
    found = np.full(len(points), np.nan)
    for nest, elevation in sorted(zip(grids, ground, strict=True), key=lambda pair: pair[0].refinement):
        grid = nest.grid
        east = points[:, 0] - grid.x0
        i = np.floor((east % 360.0 if grid.lonlat else east) / grid.dx).astype(int)
        j = np.floor((points[:, 1] - grid.y0) / grid.dy).astype(int)
        here = (i >= 0) & (i < grid.nx) & (j >= 0) & (j < grid.ny)
        found[here] = _at_cells(elevation, grid, j[here], i[here])
    return found


def _dense(points: np.ndarray, spacing: float) -> np.ndarray:
    """Points along a line, no further apart than a spacing in x and in y, with all of its own."""
    parts = [points[:1]]
    for a, b in zip(points[:-1], points[1:], strict=True):
        count = max(1, int(np.ceil(np.abs(b - a).max() / spacing)))
        parts.append(a + (b - a) * (np.arange(1, count + 1) / count)[:, None])
    return np.concatenate(parts)


def _at_cells(elevation: CellFunction, grid: Grid, j: np.ndarray, i: np.ndarray) -> np.ndarray:
    """Elevation [m] of single cells (n,) of a grid, read square by square."""
    found = np.empty(j.size)
    square = (j // SQUARE) * (grid.nx // SQUARE + 1) + i // SQUARE
    order = np.argsort(square, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(square[order])) + 1):
        if members.size:
            j0, i0 = j[members].min(), i[members].min()
            around = elevation(grid.x(i0, i[members].max() + 1), grid.y(j0, j[members].max() + 1))
            found[members] = around[j[members] - j0, i[members] - i0]
    return found


def _standing(faces: Faces, grid: Grid, elevation: CellFunction) -> np.ndarray:
    """Which faces have a crest above the ground of both cells; those beyond the grid are taken to."""
    stands = np.ones(len(faces), bool)
    inside = np.flatnonzero(faces.inside(grid))
    j, i = (part[:, inside] for part in faces.beside())
    j, i = np.clip(j, 0, grid.ny - 1), np.clip(i, 0, grid.nx - 1)
    sides = _at_cells(elevation, grid, j.ravel(), i.ravel()).reshape(j.shape)
    stands[inside] = faces.crest[inside] > sides.max(axis=0)
    return stands


@dataclass(frozen=True)
class Use:
    """On how many cell faces of all grids a line lies, above how many of them it stands, and its highest crest [m]."""

    line: GivenLine
    total: int
    above: int
    crest: float


def _use(
    line: GivenLine,
    crests: Line,
    grids: Sequence[NestedGrid],
    faces: Sequence[Faces],
    standing: Sequence[np.ndarray],
) -> Use:
    inside = [one.inside(nest.grid) for one, nest in zip(faces, grids, strict=True)]
    total = sum(int(part.sum()) for part in inside)
    above = sum(int((part & stands).sum()) for part, stands in zip(inside, standing, strict=True))
    return Use(line, total, above, float(crests.crest.max()))


def _warnings(section: int, lines: Sequence[Use]) -> Iterator[str]:
    """Sentences about the lines of a section that do nothing, or not all along their way."""
    short = [one for one in lines if one.total == 0]
    low = [one for one in lines if one.total and one.above == 0]
    if short:
        yield f"{_named(section, short, lines)}: shorter than a cell, between no two centres, so of no effect"
    if low:
        yield (
            f"{_named(section, low, lines)}: below the ground everywhere, with a crest of at most "
            f"{max(one.crest for one in low):.4g} m above the still water, so of no effect"
        )
    total = sum(one.total for one in lines if one.above)
    above = sum(one.above for one in lines)
    if above < total:
        some = [one for one in lines if 0 < one.above < one.total]
        yield (
            f"{_named(section, some, lines)}: below the ground at {total - above} of {total} cell faces, and of no "
            "effect there"
        )


def _named(section: int, some: Sequence[Use], lines: Sequence[Use]) -> str:
    """Some of the lines of a section, as the begin of a sentence."""
    first = f"structures.{section}: '{some[0].line.name}'"
    return first if len(lines) == 1 else f"{first} ({len(some)} of {len(lines)} lines)"


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
