"""What does a run of the ocean compute in a step, on any number of ranks?"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.grids.grid import CellFunction, Grid
from esim.kernels.ocean.state import STATE
from esim.ocean.forcing import build
from esim.ocean.nesting.grid_level import GridLevel
from esim.ocean.nesting.load_balance import BINS, DRY_COST, cut_nest
from esim.ocean.solver import SOLVERS
from esim.ocean.stability import StabilityCheck
from esim.parallel.decomposition import Block, CostMap, Decomposition, decompose
from esim.planning.work import Exchange, Output, Reduction, Term, Workload
from esim.timestepping.schedule import count_steps

POINTS = 3  # samples of the seafloor along a side of a bin of the map of costs
DISPERSION_PLANES = 6  # of the work array that a solution exchanges


def plan_ocean(
    config: TsunamiConfig,
    levels: Sequence[GridLevel],
    ranks: int,
    output: Output,
    memory: Callable[[Sequence[Sequence[Block]]], Mapping[str, int]],
) -> Workload:
    """The work of a step on so many ranks, with the blocks that such a run would have.

    memory gives the bytes of the largest rank, by name, from the blocks of each rank on each grid.
    """
    costs = [sampled_cost(level) for level in levels]
    found = decompositions(levels, costs, ranks)
    counts = total_substeps(levels)
    blocks = [one.blocks for one in found]
    terms = [
        [
            term
            for level, cost, count, own in zip(levels, costs, counts, blocks, strict=True)
            for term in _terms(config, level, levels, cost, count, own[rank])
        ]
        for rank in range(ranks)
    ]
    item = np.dtype(config.run.precision).itemsize
    return Workload(
        steps=count_steps(levels[0].dt, config.time.duration, due_intervals(config)),
        terms=terms,
        inside=_inside(blocks, counts),
        exchanges=[
            exchange
            for level, decomposition, count in zip(levels, found, counts, strict=True)
            for exchange in _exchanges(config, levels, level, decomposition, count, item)
        ],
        reductions=_reductions(config, levels, counts),
        output=output,
        memory=memory(blocks),
        cells=sum(level.grid.nx * level.grid.ny for level in levels),
        uncounted=_uncounted(config, levels),
    )


def due_intervals(config: TsunamiConfig) -> list[float]:
    """Intervals [s] at whose multiples steps have to end: those of snapshots."""
    return [] if config.output.fields is None else [config.output.fields.every]


def sampled_cost(level: GridLevel) -> CostMap:
    """Cost of the cells of a grid from samples of its seafloor, in cells of its parent if it has one."""
    unit = level.ratio if level.parent is not None else 1
    grid: Grid = level.grid
    shape = grid.ny // unit, grid.nx // unit
    edges = [np.unique(np.linspace(0, n, min(n, BINS) + 1).astype(int)) for n in shape]
    rows, columns = (_samples(unit * cuts) for cuts in edges)
    elevation: CellFunction = level.media.elevation
    wet = elevation(grid.x()[columns.ravel()], grid.y()[rows.ravel()]) < 0
    shares = np.where(wet, 1.0, DRY_COST)
    shares = shares.reshape(len(rows), POINTS, len(columns), POINTS).mean((1, 3))
    area = np.outer(np.diff(edges[0]), np.diff(edges[1])) * unit**2
    return CostMap(edges[0], edges[1], shares * area)


def _samples(cuts: np.ndarray) -> np.ndarray:
    """Numbers of some cells in each bin between cuts, (bins, POINTS)."""
    parts = (np.arange(POINTS) + 0.5) / POINTS
    return (cuts[:-1, None] + np.diff(cuts)[:, None] * parts).astype(int)


def decompositions(levels: Sequence[GridLevel], costs: Sequence[CostMap], ranks: int) -> list[Decomposition]:
    """The blocks of all grids on so many ranks: those of the run itself where it has as many."""
    if len(levels[0].decomposition.blocks) == ranks:
        return [level.decomposition for level in levels]
    load = np.zeros(ranks)
    return [
        decompose(level.grid.shape, ranks, level.grid.periodic, cost, SOLVERS[level.solver].halo)
        if level.parent is None
        else cut_nest(level.grid, level.ratio, cost, level.refinement, load)
        for level, cost in zip(levels, costs, strict=True)
    ]


def total_substeps(levels: Sequence[GridLevel]) -> list[int]:
    """Steps of each grid in one of the whole grid."""
    counts: list[int] = []
    for level in levels:
        counts.append(level.substeps * (counts[level.parent.number] if level.parent is not None else 1))
    return counts


def _terms(
    config: TsunamiConfig,
    level: GridLevel,
    levels: Sequence[GridLevel],
    cost: CostMap,
    count: int,
    block: Block,
) -> list[Term]:
    """The terms of a rank's block of one grid, which makes `count` steps in one of the whole grid."""
    if not block.cells:
        return []
    unit = level.ratio if level.parent is not None else 1
    moving = float(block.cells)
    if config.run.skip_at_rest:
        coarse = Block(block.j0 // unit, block.j1 // unit, block.i0 // unit, block.i1 // unit)
        moving = min(moving, cost.of(coarse))
    amount, calls = moving * count, float(count)
    kinds = ["ocean: deep solver" if SOLVERS[level.solver].linear else "ocean"]
    kinds += ["ocean: maxima"] if config.output.maxima else []
    kinds += ["ocean: arrival times"] if config.output.times else []
    kinds += ["ocean: friction map"] if level.media.roughness is not None else []
    kinds += ["ocean: tracer"] if config.physics.tracer is not None else []
    kinds += ["ocean: structures"] if level.structures is not None else []
    kinds += ["ocean: adaptive steps"] if config.run.adaptive else []
    terms = [Term(kind, amount, calls) for kind in kinds]
    if layered := absorbing_cells(level.layers(config.grid.layers), level.grid.shape, block):
        terms.append(Term("ocean: absorbing layers", layered * count, calls))
    if config.physics.dispersion != "none":
        sweeps = level.water.sweeps
        terms.append(Term("ocean: dispersion", amount, calls))
        terms.append(Term("ocean: dispersion sweeps", amount * sweeps, calls * sweeps))
    if level.parent is not None:
        times = count / level.substeps
        terms.append(Term("ocean: nests", block.cells * times, times))
    return terms


def absorbing_cells(layers: tuple[int, int, int, int], shape: tuple[int, int], block: Block) -> int:
    """Cells of a block in layers of so many cells along the west, east, south and north of a grid (ny, nx)."""
    west, east, south, north = layers
    free = Block(south, shape[0] - north, west, shape[1] - east)
    rows = max(0, min(block.j1, free.j1) - max(block.j0, free.j0))
    columns = max(0, min(block.i1, free.i1) - max(block.i0, free.i0))
    return block.cells - rows * columns


def _inside(blocks: Sequence[Sequence[Block]], counts: Sequence[int]) -> list[float]:
    """Of each rank the part of its cells that needs no neighbour."""
    found = []
    for rank in zip(*blocks, strict=True):
        cells = sum(count * block.cells for block, count in zip(rank, counts, strict=True))
        inner = sum(
            count * max(0, block.shape[0] - 2 * block.halo) * max(0, block.shape[1] - 2 * block.halo)
            for block, count in zip(rank, counts, strict=True)
        )
        found.append(inner / cells if cells else 0.0)
    return found


def _exchanges(
    config: TsunamiConfig,
    levels: Sequence[GridLevel],
    level: GridLevel,
    decomposition: Decomposition,
    count: int,
    item: int,
) -> list[Exchange]:
    """What the ranks of a grid exchange in a step of the whole grid."""
    state = (len(STATE) + (config.physics.tracer is not None)) * item
    found = [Exchange(decomposition, state, count, hidden=True)]
    if any(nest.two_way for nest in levels if nest.parent and nest.parent.number == level.number):
        found.append(Exchange(decomposition, state, count, hidden=False))  # after nests were averaged down
    if build.is_forced(config):
        found.append(Exchange(decomposition, 2 * item, count, hidden=False))
    if config.physics.dispersion != "none":
        found.append(Exchange(decomposition, DISPERSION_PLANES * item, count, hidden=False))
        found.append(Exchange(decomposition, item, count * (level.water.sweeps + 1), hidden=False))
    return found


def _reductions(config: TsunamiConfig, levels: Sequence[GridLevel], counts: Sequence[int]) -> list[Reduction]:
    """What all ranks find together in a step."""
    found = [Reduction("stability", 1 / StabilityCheck.interval, 16 * len(levels), blocking=False)]
    if config.run.adaptive:
        steps = sum(count / level.substeps for level, count in zip(levels, counts, strict=True))
        found.append(Reduction("time step", steps))
    waiting = [level for level in levels if level.activation_threshold is not None]
    if waiting:
        parents = {level.parent.number for level in waiting if level.parent}
        found.append(Reduction("activation of nests", len(parents), 8 * len(waiting)))
    return found


def _uncounted(config: TsunamiConfig, levels: Sequence[GridLevel]) -> list[str]:
    """Work that is not in the prediction, or more in it than there will be."""
    found = []
    if config.forcing:
        found.append("air pressure is not counted")
    if config.physics.self_attraction_loading or config.physics.seawater_compressibility:
        found.append("loading and compressibility are not counted")
    if any(level.activation_threshold is not None for level in levels):
        found.append("nests count from the start")
    return found
