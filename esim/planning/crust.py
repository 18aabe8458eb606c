"""What does a run of the crust compute in a step, on any number of ranks?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.quiet import LONGEST
from esim.crust.stability import StabilityCheck
from esim.grids.grid3d import Grid3D
from esim.parallel.decomposition import Block, Decomposition
from esim.planning.work import Exchange, Output, Reduction, Term, Workload

VELOCITIES, STRESSES = 3, 6


def plan_crust(
    config: SeismicConfig,
    grid: Grid3D,
    decomposition: Decomposition,
    steps: int,
    sources: Sequence[Any],
    sites: Sequence[Any],
    output: Output,
    memory: Mapping[str, int],
) -> Workload:
    """The work of a step; config has the attenuation in force, memory [bytes] that of the largest rank, by name."""
    halo, ranks = config.physics.order // 2, len(decomposition.blocks)
    item = np.dtype(config.run.precision).itemsize
    points = sum(np.size(source.x) for source in sources if hasattr(source, "x"))
    terms = [
        _terms(config, grid, block, points / ranks, len(sites) / ranks) for block in decomposition.blocks
    ]
    layers = grid.nz + 2 * halo
    exchanges = [
        Exchange(decomposition, VELOCITIES * layers * item, 1, hidden=True),
        Exchange(decomposition, STRESSES * layers * item, 1, hidden=False),
    ]
    if config.grid.surface == "free":
        exchanges.append(Exchange(decomposition, VELOCITIES * item, 1, hidden=False))
    inside = [
        max(0, block.shape[0] - 2 * halo) * max(0, block.shape[1] - 2 * halo) / block.cells
        for block in decomposition.blocks
    ]
    return Workload(
        steps=steps,
        terms=terms,
        inside=inside,
        exchanges=exchanges,
        reductions=[Reduction(name, 1 / interval, blocking=False) for name, interval in _checks(config)],
        output=output,
        memory=memory,
        cells=grid.cells,
        uncounted=_uncounted(config, sources),
    )


def _checks(config: SeismicConfig) -> list[tuple[str, int]]:
    """What all ranks find out together, and every how many steps."""
    quiet = [] if config.until is None else [("end of motion", LONGEST)]
    return [("stability", StabilityCheck.interval), *quiet]


def kernel_of(config: SeismicConfig) -> str:
    """The kind of work of the kernels that step."""
    form = config.physics.attenuation or "none"
    if form == "none":
        return "crust: elastic"
    short = ", bfloat16" if config.physics.memory_variable_precision else ""
    return f"crust: {form} attenuation{short}"


def _terms(config: SeismicConfig, grid: Grid3D, block: Block, points: float, stations: float) -> list[Term]:
    """The terms of a rank's block."""
    cells, columns, output = block.cells * grid.nz, block.cells, config.output
    form = config.physics.attenuation or "none"
    terms = [Term(kernel_of(config), cells)]
    if config.physics.order == 8:
        terms.append(Term("crust: eighth order", cells))
    for kind, amount in absorbing_cells(config, grid, block).items():
        name = "CPML" if kind == "cpml" else kind
        more = f", {form} attenuation" if kind == "cpml" and form != "none" else ""
        terms.append(Term(f"crust: {name}{more}", amount))
    if any(section is not None for section in (output.maxima, output.surface_displacement, output.fields)):
        terms.append(Term("crust: surface", columns))
    if (recorded := output.surface_displacement) is not None and recorded.low_pass:
        terms.append(Term("crust: low-pass of the surface", columns))
    if stations:
        terms.append(Term("crust: stations", stations))
    if points:
        terms.append(Term("crust: sources", points))
    return terms


def absorbing_cells(config: SeismicConfig, grid: Grid3D, block: Block) -> dict[str, float]:
    """Cells of a block in absorbing layers by their kind; those in several layers count once for each."""
    boundary = config.grid.boundary
    (ny, nx), width = grid.horizontal.shape, boundary.cells
    found: dict[str, float] = {}

    def add(kind: str, cells: float) -> None:
        if kind in ("cpml", "sponge") and cells:
            found[kind] = found.get(kind, 0.0) + cells

    along_x = _inside(block.i0, block.i1, 0, width) + _inside(block.i0, block.i1, nx - width, nx)
    along_y = _inside(block.j0, block.j1, 0, width) + _inside(block.j0, block.j1, ny - width, ny)
    add(boundary.kinds[0], along_x * block.shape[0] * grid.nz)
    add(boundary.kinds[1], along_y * block.shape[1] * grid.nz)
    sides = 2 if config.grid.surface == "absorbing" else 1
    add(boundary.kinds[2], sides * min(width, grid.nz) * block.cells)
    return found


def _inside(first: int, last: int, begin: int, end: int) -> int:
    return max(0, min(last, end) - max(first, begin))


def _uncounted(config: SeismicConfig, sources: Sequence[Any]) -> list[str]:
    """Work that is not in the prediction."""
    found = []
    if config.topography is not None:
        found.append("the reduced order beside topography is not counted")
    if any(not hasattr(source, "x") for source in sources):
        found.append("plane waves and injected fields are not counted")
    return found
