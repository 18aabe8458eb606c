"""How much memory will a run of the ocean take?"""

import math
from collections.abc import Sequence

import numpy as np

from esim.backends.device_buffer import ROWS
from esim.config.ocean.root import TsunamiConfig
from esim.grids.nested_grid import NestedGrid
from esim.kernels.ocean.maxima import ARRIVALS, MAXIMA
from esim.kernels.ocean.state import STATE
from esim.kernels.ocean.structures import PLANES
from esim.ocean.forcing import build
from esim.parallel.decomposition import Block, decompose
from esim.sources import geodesy
from esim.sources.ocean import AnySource, Landslide, Source

# Values of a cell, float64: the bed at first and at last, the uplift, the first depth, and the means of nests; and what
# is there at one time while the elevation is read. To write maxima takes more.
SEAFLOOR, PREPARATION = 6, 12


def estimated_blocks(grids: Sequence[NestedGrid], ranks: int) -> list[Sequence[Block]]:
    """Blocks of each rank on all grids before these are decomposed: equal ones."""
    return [
        decompose(nest.grid.shape, ranks, nest.grid.periodic).blocks
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
) -> dict[str, int]:
    """Bytes that the arrays of the largest rank will take, by name.

    blocks are those of each rank on each grid; between_operations are the bytes of temporaries of the backend.
    """
    cells = largest_rank(blocks)
    largest = max(
        math.prod(block.allocated) for grid in blocks for block in grid
    )  # grids come one after another
    temporaries = len(MAXIMA) + 4 * len(ARRIVALS) + 3 if cfg.output.maxima else PREPARATION
    whole = sum(nest.grid.nx * nest.grid.ny for nest in grids)
    item = np.dtype(cfg.run.precision).itemsize
    maxima = (len(MAXIMA) if cfg.output.times else MAXIMA.highest_time) if cfg.output.maxima else 0
    mapped = not isinstance(cfg.physics.manning, float | int)
    state = len(STATE) + (cfg.physics.tracer is not None)
    planes = 2 * state + 1 + 2 + maxima + 2 * any(cfg.grid.layers) + mapped
    planes += len(PLANES) * (bool(cfg.structures) or cfg.levees is not None)
    times = sum(len(source.times) for source in sources if isinstance(source, Source))
    slides = [source for source in sources if isinstance(source, Landslide)]
    return {
        "state": cells * item * planes,
        "sources": cells * item * 2 * times,
        "source displacements": 8 * whole * times,
        "forces": cells * item * build.planes_needed(cfg),
        "slides": _landslides(grids, slides, cfg.time.duration, len(blocks[0]), cells * item)
        if slides
        else 0,
        "gauges": ROWS * (state + 1) * 4 * len(cfg.gauges) * item,
        "strips": between_operations,
        "seafloor": cells * 8 * SEAFLOOR,
        "preparation": largest * 8 * temporaries,
    }


def largest_rank(blocks: Sequence[Sequence[Block]]) -> int:
    """Cells of an array on all grids of the rank that has most of them, halo and padding included."""
    return max(sum(math.prod(block.allocated) for block in rank) for rank in zip(*blocks, strict=True))


def _landslides(
    grids: Sequence[NestedGrid], bodies: Sequence[Landslide], duration: float, ranks: int, plane: int
) -> int:
    """Bytes that landslides take on a rank: their rise, and the ground and the bodies' frames under their ways."""
    under = 0
    for nest in grids:
        j0, j1, i0, i1 = geodesy.union([body.region(nest.grid, duration) for body in bodies])
        under += min((j1 - j0) * (i1 - i0), math.ceil(nest.grid.nx * nest.grid.ny / ranks))
    return plane * 2 + under * 8 * (1 + 2 * len(bodies))
