"""How much memory does a run take, and how large are its files? Predicted before anything is allocated."""

import math
from collections.abc import Sequence

import numpy as np

from esim.backends.device_buffer import ROWS
from esim.config.crust.medium import LayersConfig, MediumConfig
from esim.config.crust.output import SurfaceDisplacementConfig
from esim.config.crust.root import SeismicConfig
from esim.crust.discretisation import Discretisation
from esim.crust.layout import allocated_shape
from esim.crust.medium.medium import STRIP_CELLS
from esim.crust.output.injection import REACH, recorded_box
from esim.crust.output.low_pass import WINDOWS
from esim.grids.grid3d import Grid3D
from esim.io.directory import predict_sum
from esim.parallel.decomposition import Block, Decomposition
from esim.sources.crust import InjectedField, PlaneWave, PointSources
from esim.variables.crust import DISPLACEMENT, SEA_SURFACE, needed_quantities

SURFACE_VALUES = 13  # values of a column, to which maxima are added: velocity, displacement, angle and more
SURFACE_INDEX = 8  # bytes of a column: where these are found
SEA_VALUES = 3  # values of a column: velocity and displacement of the sea surface, and whether there is any
SEA_INDEX = 8
ELEVATION_VALUES = (
    5  # values of a column with gravity: elevation of the sea surface, its weights, its maximum
)
PREPARATION = 8 * 12  # bytes per cell of a strip, while the medium is set
MECHANISMS = {"none": 0, "coarse": 1, "conventional": 3}  # in a cell
# Nodes of a component that a point source reaches; bytes of one on each rank, and on the rank that has it.
NODES, NODE_MADE, NODE_OWNED = 100, 40, 40
TYPICAL_SPEED = 6000.0  # m/s, for the number of steps before the medium is known
TYPICAL_COURANT = 0.3
SHORT_MEMORY = "physics.memory_variable_precision: bfloat16"  # a setting that needs less


def largest_block(decomposition: Decomposition) -> Block:
    """The block with the most cells."""
    return max(decomposition.blocks, key=lambda block: block.cells)


def allocated_cells(grid: Grid3D, decomposition: Decomposition) -> int:
    """Cells of an array of the largest rank, with its halo."""
    return math.prod(allocated_shape(largest_block(decomposition), grid.nz))


def savings(config: SeismicConfig) -> list[str]:
    """Settings with which this run would need less memory."""
    short = config.physics.memory_variable_precision is not None
    return [] if short or _attenuation(config) == "none" else [SHORT_MEMORY]


def _attenuation(config: SeismicConfig) -> str:
    """The form of attenuation, as far as it is known before files of the medium are read."""
    return config.physics.attenuation or ("coarse" if config.medium.attenuates else "none")


def predict_memory(
    config: SeismicConfig, grid: Grid3D, decomposition: Decomposition, gpu: bool
) -> dict[str, int]:
    """Bytes that the arrays of the largest rank will take, by name; gpu says whether they are on one."""
    item = np.dtype(config.run.precision).itemsize
    largest = largest_block(decomposition)
    cells = allocated_cells(grid, decomposition)
    mechanisms = MECHANISMS[_attenuation(config)]
    # Memory variables of 16 bits take their part of a value.
    variables = 6 * mechanisms * (1.0 if config.physics.memory_variable_precision is None else 2 / item)
    arrays = 9 + 3 + variables + 2 * (mechanisms > 0)
    kinds, side = config.grid.boundary.kinds, config.grid.boundary.cells
    nj, ni = largest.shape
    areas = {"x": grid.nz * nj, "y": grid.nz * ni}
    absorbing = sum(2 * areas[a] for a, kind in zip("xy", kinds, strict=False) if kind == "cpml")
    absorbing += (kinds[2] == "cpml") * nj * ni
    steps = config.time.duration / (config.run.dt or TYPICAL_COURANT * min(grid.spacing) / TYPICAL_SPEED)
    recorded = len(config.receivers) * len(needed_quantities(config.output.stations.variables))
    measures = len(config.output.maxima.variables) if config.output.maxima else 0
    sea = config.physics.gravity_surface
    state = int(item * (arrays * cells + 6 * side * absorbing))
    # A GPU has its own copy of the medium. On the host the state is there when the medium has been prepared.
    medium = item * cells * (3 + 2 * (mechanisms > 0)) if gpu else 0
    preparation = PREPARATION * min(STRIP_CELLS, cells) + 8 * cells
    return {
        "state and medium": state,
        "rough surface": item * cells if config.topography is not None or has_sea(config.medium) else 0,
        **(
            {"sea elevation": ELEVATION_VALUES * item * math.prod(allocated_shape(largest, 1)[1:])}
            if sea
            else {}
        ),
        "surface": (SURFACE_VALUES + measures) * nj * ni * item + SURFACE_INDEX * nj * ni,
        "surface displacement": _displacement_bytes(config, item) * nj * ni,
        "halos": _halo_values(grid, decomposition, largest) * item,
        "stations": ROWS * item * recorded,
        "seismograms": int(2 * item * recorded * steps),
        "preparation": preparation + medium if gpu else max(0, preparation - state),
    }


def predict_sources(
    sources: Sequence[PointSources | PlaneWave | InjectedField], ranks: int
) -> dict[str, int]:
    """Bytes that the nodes of point sources take while they are prepared: each rank finds all and keeps its own."""
    nodes = sum(
        NODES * group.x.size * (6 * bool(group.moment.any()) + 3 * bool(group.force.any()))
        for group in sources
        if isinstance(group, PointSources)
    )
    return {"point sources": nodes * (NODE_MADE + NODE_OWNED // ranks)}


def displacement_components(section: SurfaceDisplacementConfig) -> int:
    """Components of displacement that are recorded in every column."""
    return len(DISPLACEMENT) + (len(SEA_SURFACE) if section.sea_surface else 0)


def _displacement_bytes(config: SeismicConfig, item: int) -> int:
    """Bytes of a column that recording its displacement takes: sums of windows, and what the sea surface does."""
    section = config.output.surface_displacement
    if section is None:
        return 0
    sums = WINDOWS * displacement_components(section) if section.low_pass else 0
    sea, index = (SEA_VALUES, SEA_INDEX) if section.sea_surface else (0, 0)
    return (sums + sea) * item + index


def has_sea(medium: MediumConfig) -> bool:
    """Whether layers of a configuration are fluid."""
    return isinstance(medium, LayersConfig) and any(layer.vs == 0 for layer in medium.layers)


def _halo_values(grid: Grid3D, decomposition: Decomposition, block: Block) -> int:
    """Values of the messages of a block, sent and received: velocities, stresses, velocities above the surface."""
    blocks = decomposition.blocks
    rank = blocks.index(block)
    others = (decomposition.needs(rank, other) for other in range(len(blocks)) if other != rank)
    cells = sum(overlap.cells for overlaps in others for overlap in overlaps)
    return 2 * cells * (9 * (grid.nz + 2 * block.halo) + 3)


def predict_output(config: SeismicConfig, grid: Grid3D, discretisation: Discretisation, state: int) -> int:
    """Size of all outputs [bytes] before compression, at most; state [bytes] is that of all ranks together."""
    out, (nz, ny, nx) = config.output, grid.shape
    dt = discretisation.dt
    span = discretisation.steps * dt

    def records(every: float) -> int:
        return int(span / every) + 1

    maps = [(ny * nx, len(out.maxima.variables) + 2, 1)] if out.maxima else []
    if out.fields:
        maps.append((ny * nx, len(out.fields.variables), records(out.fields.every)))
    if out.surface_displacement:
        beyond = 2 * WINDOWS if out.surface_displacement.low_pass else 0  # records around the run, at most
        components = displacement_components(out.surface_displacement)
        maps.append((ny * nx, components, records(out.surface_displacement.every) + beyond))
    areas = {"x": nz * ny, "y": nz * nx, "depth": ny * nx}
    maps += [(areas[p.axis], len(p.variables), records(p.every)) for p in out.planes]
    if out.injection:
        nodes = 0 if (box := recorded_box(config, grid)) is None else box.cell_count(grid, REACH)
        maps.append((nodes, 9, records(out.injection.every or dt)))
    quantities = 3 * len(out.stations.variables)
    return predict_sum(
        maps,
        (len(config.receivers), quantities, records(dt * discretisation.sample_steps)),
        item=np.dtype(config.run.precision).itemsize,
        waveforms=out.stations.sac + out.stations.miniseed,
        checkpoint=state if out.checkpoint else 0,
        files=len(maps) + 2,
    )
