"""How much memory will a run of the ocean take?"""

import math
from collections.abc import Sequence

import numpy as np

from esim.backends.device_buffer import ROWS
from esim.config.ocean.root import TsunamiConfig
from esim.grids import spline
from esim.grids.nested_grid import NestedGrid
from esim.kernels.ocean.maxima import ARRIVALS, MAXIMA
from esim.kernels.ocean.structures import PLANES
from esim.ocean.forcing import build
from esim.ocean.solver import SOLVERS
from esim.parallel.decomposition import Block, decompose
from esim.sources import geodesy
from esim.sources.ocean import AnySource, Landslide, SeafloorMotionSource, Source, kajiura
from esim.sources.ocean.fault_source import FaultSource

# Values of a cell, float64: the bed at first and at last, the uplift, the first depth, and the means of nests; and what
# is there at one time while the elevation is read. To write maxima takes more.
SEAFLOOR, PREPARATION = 6, 12
# Of a recorded motion: values of a cell of the block (three frames as they come, turned, and as coefficients), bytes of
# a weight and its place, twice while they are joined, and values of a cell of the box on a grid, where the filter has
# some for each depth.
FRAME_VALUES, WEIGHT, BOX_VALUES, FILTER_VALUES = 24, 24, 10, 60
# Values of a padded cell of Kajiura's filter, beside those of its reference depths. What it has freed stays with the
# process, and each thread has its own.
FILTERED = 6
DEEPEST = 9000.0  # m of water, for the reference depths of the filter before the bed is known


def estimated_blocks(grids: Sequence[NestedGrid], ranks: int) -> list[Sequence[Block]]:
    """Blocks of each rank on all grids before these are decomposed: equal ones."""
    return [
        decompose(nest.grid.shape, ranks, nest.grid.periodic, halo=SOLVERS[nest.solver].halo).blocks
        if nest.parent is None
        else (Block(0, math.ceil(nest.grid.ny / ranks), 0, nest.grid.nx),) * ranks
        for nest in grids
    ]


def predicted_memory(
    cfg: TsunamiConfig,
    grids: Sequence[NestedGrid],
    blocks: Sequence[Sequence[Block]],
    sources: Sequence[AnySource],
    between_operations: int,
    gpu: bool = False,
) -> dict[str, int]:
    """Bytes that the arrays of the largest rank will take, by name.

    blocks are those of each rank on each grid; between_operations are the bytes of temporaries of the backend; gpu says
    whether its arrays are on one, so that the host has only what is prepared there.
    """
    cells = largest_rank(blocks)
    largest = max(
        math.prod(block.allocated) for grid in blocks for block in grid
    )  # grids come one after another
    temporaries = len(MAXIMA) + 4 * len(ARRIVALS) + 3 if cfg.output.maxima else PREPARATION
    item = np.dtype(cfg.run.precision).itemsize
    maxima = (len(MAXIMA) if cfg.output.times else MAXIMA.highest_time) if cfg.output.maxima else 0
    mapped = not isinstance(cfg.physics.manning, float | int)
    solver = SOLVERS[cfg.grid.solver]
    state = len(solver.variables) + len(solver.layer_variables) * any(cfg.grid.layers)
    state += cfg.physics.tracer is not None
    planes = 2 * state + 1 + 2 + (1 + 3) * solver.linear + maxima + 2 * any(cfg.grid.layers) + mapped
    planes += len(PLANES) * (bool(cfg.structures) or cfg.levees is not None)
    times = sum(len(source.times) for source in sources if isinstance(source, Source))
    slides = [source for source in sources if isinstance(source, Landslide)]
    recorded = [source for source in sources if isinstance(source, SeafloorMotionSource)]
    preparation = largest * 8 * temporaries
    # While displacements are computed, nothing has been written to maxima, the new state and the rises that follow.
    later = 0 if gpu else cells * item * (maxima + state)
    displacements = _displacements(grids, blocks, sources, 0 if gpu else 2 * item) - later
    return {
        "state": cells * item * planes,
        "sources": cells * item * 2 * times,
        "source displacements": max(0, displacements - preparation),
        "recorded motion": sum(_recorded(grids, source, len(blocks[0])) for source in recorded)
        + cells * item * 2 * len(recorded),
        "forces": cells * item * build.planes_needed(cfg),
        "slides": _landslides(grids, slides, cfg.time.duration, len(blocks[0]), cells * item)
        if slides
        else 0,
        "gauges": ROWS * (state + 1) * 4 * len(cfg.gauges) * item,
        "strips": between_operations,
        "seafloor": cells * 8 * SEAFLOOR,
        "preparation": preparation,
    }


def largest_rank(blocks: Sequence[Sequence[Block]]) -> int:
    """Cells of an array on all grids of the rank that has most of them, halo and padding included."""
    return max(sum(math.prod(block.allocated) for block in rank) for rank in zip(*blocks, strict=True))


def _displacements(
    grids: Sequence[NestedGrid], blocks: Sequence[Sequence[Block]], sources: Sequence[AnySource], rise: int
) -> int:
    """Bytes that displacements take while they are computed, at most, beyond what is there of them afterwards.

    One grid and one source come after another; rise are the bytes of a cell and time that stay on the host.
    """
    computed = [source for source in sources if isinstance(source, Source)]
    later = sum(
        rise * max(math.prod(block.allocated) for block in own) * len(source.times)
        for own in blocks
        for source in computed
    )
    most = 0
    for nest, own in zip(grids, blocks, strict=True):
        for source in computed:
            most = max(most, _at_once(nest, _computed(nest, grids[0], source), source, len(own)) - later)
            later -= rise * max(math.prod(block.allocated) for block in own) * len(source.times)
    return most


def _at_once(nest: NestedGrid, shape: tuple[int, int], source: Source, ranks: int) -> int:
    """Bytes that the displacement of a source on cells of a grid takes on a rank, at most.

    Each rank computes, and filters, its part of the rows or times; all of them gather what all have.
    """
    field = 8 * math.prod(shape) * len(source.times)
    part = field // ranks
    gathered = 2 * field + (part if ranks > 1 else 0)  # own, those of all, joined
    changed = isinstance(source, FaultSource) and (source.factor != 1 or source.displacement_cutoff > 0)
    if not source.kajiura or not field:
        return max(gathered, 2 * field * changed)
    return max(field + 2 * part + _filter(nest, shape), field + gathered, 4 * field * changed)


def _computed(nest: NestedGrid, root: NestedGrid, source: Source) -> tuple[int, int]:
    """Rows and columns of cells on which a source is computed: those that it moves, in a nest those beside them too."""
    j0, j1, i0, i1 = source.region(nest.grid)
    shape = max(j1 - j0, 0), max(i1 - i0, 0)
    if nest.parent is None or not source.kajiura or not all(shape):
        return shape
    j0, j1, i0, i1 = source.region(root.grid)
    whole = (j1 - j0) * root.grid.dy / nest.grid.dy, (i1 - i0) * root.grid.dx / nest.grid.dx
    found = [min(n + 2 * more, round(most)) for n, more, most in zip(shape, _reach(nest), whole, strict=True)]
    return max(shape[0], found[0]), max(shape[1], found[1])


def _reach(nest: NestedGrid) -> tuple[int, int]:
    """Rows and columns over which Kajiura's filter reaches in deep water."""
    width, height = nest.grid.cell_size()
    reach = kajiura.REACH * DEEPEST
    return math.ceil(reach / float(height.min())), math.ceil(reach / float(width.min()))


def _filter(nest: NestedGrid, shape: tuple[int, int]) -> int:
    """Bytes that Kajiura's filter takes: weights and gains of each reference depth on cells with those around them."""
    width, height = nest.grid.cell_size()
    depths = len(kajiura.reference_depths(DEEPEST, float(min(width.min(), height.min()))))
    padded = [n + 2 * more if 2 * more < n else 2 * n for n, more in zip(shape, _reach(nest), strict=True)]
    return int(8 * math.prod(padded) * (1.5 * depths + FILTERED))


def _landslides(
    grids: Sequence[NestedGrid], bodies: Sequence[Landslide], duration: float, ranks: int, plane: int
) -> int:
    """Bytes that landslides take on a rank: their rise, and the ground and the bodies' frames under their ways."""
    under = 0
    for nest in grids:
        j0, j1, i0, i1 = geodesy.union([body.region(nest.grid, duration) for body in bodies])
        under += min((j1 - j0) * (i1 - i0), math.ceil(nest.grid.nx * nest.grid.ny / ranks))
    return plane * 2 + under * 8 * (1 + 2 * len(bodies))


def _recorded(grids: Sequence[NestedGrid], source: SeafloorMotionSource, ranks: int) -> int:
    """Bytes that a recorded motion takes on the first rank: frames, weights of its cells, and fields on the boxes."""
    ny, nx = source.geometry.shape
    needed = 8 * nx * ny * FRAME_VALUES
    for nest in grids:
        j0, j1, i0, i1 = source.region(nest.grid)
        box = max(j1 - j0, 0) * max(i1 - i0, 0)
        if box:
            (width, height), (dx, dy) = nest.grid.cell_size(j0, j1), source.cells.size
            nodes = (width.max() / dx + spline.POINTS) * (height.max() / dy + spline.POINTS)
            needed += int(box / ranks * nodes * WEIGHT) + 8 * box * BOX_VALUES
            needed += 8 * box * FILTER_VALUES * source.kajiura
    return needed
