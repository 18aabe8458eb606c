"""Which arrays does a checkpoint of the crust have? State, memory, motion of the surface, absorbing layers."""

import math
from collections.abc import Sequence
from typing import Any

from esim.crust.absorbing_layers import AbsorbingLayer
from esim.crust.model import Crust
from esim.crust.output.displacement import ColumnState
from esim.crust.state import CrustState
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.checkpoint.part import Part
from esim.parallel.decomposition import Block


def save_arrays(crust: CrustState, columns: Sequence[ColumnState], part: Part) -> None:
    """Write what this rank has of all arrays, from which a run is resumed bit for bit, into its part.

    columns are what has arrays of the surface.
    """
    flat, nz, mine = crust.grid.horizontal.shape, crust.grid.nz, crust.block
    for name, array in _volumes(crust):
        count = math.prod(array.shape[:-3])
        volumes = array.reshape(count, *array.shape[-3:])
        own = (crust.own(volumes[n]) for n in range(count))
        part.array(name, own, mine, (count * nz, *flat), array.dtype)
    for one in columns:
        for name, values in one.state().items():
            part.array(name, [values], mine, (len(values), *flat), values.dtype)
    for layer in _remembering(crust):
        blocks, shape = layer_blocks(layer, crust)
        depth = 6 * (layer.thickness if layer.axis == "z" else nz)
        memory = map(crust.backend.to_host, [layer.memory])
        part.array(_name(layer), memory, blocks[crust.comm.rank], (depth, *shape), layer.memory.dtype)


def restore_arrays(crust: Crust, columns: Sequence[ColumnState], checkpoint: Checkpoint) -> None:
    """Set all arrays to those of a checkpoint, on any number of ranks."""
    block, device, nz = crust.block, crust.backend.from_host, crust.grid.nz
    window = (block.j0, block.j1, block.i0, block.i1)
    k, j, i = (slice(*pair) for pair in crust.interior)
    for name, array in _volumes(crust):
        volumes = array.reshape(-1, *array.shape[-3:])
        for n in range(len(volumes)):
            # Packed values of 16 bits are whole numbers that every precision holds.
            values = checkpoint.load(name, window, (n * nz, (n + 1) * nz))
            volumes[n, k, j, i] = device(values)
    for one in columns:
        one.restore({name: checkpoint.load(name, window) for name in one.state()})
    for layer in _remembering(crust):
        mine = layer_blocks(layer, crust)[0][crust.comm.rank]
        if mine.cells:
            values = checkpoint.load(_name(layer), (mine.j0, mine.j1, mine.i0, mine.i1))
            layer.memory[...] = device(values.reshape(layer.memory.shape))
    crust.refresh()


def _name(layer: AbsorbingLayer) -> str:
    return f"layer_{layer.side}"


def _volumes(crust: CrustState) -> list[tuple[str, Any]]:
    """Velocities, stresses and, with attenuation, memory variables."""
    memory = [] if crust.memory is None else [("memory", crust.memory)]
    return [("v", crust.v), ("s", crust.s), *memory]


def _remembering(crust: CrustState) -> list[AbsorbingLayer]:
    """The absorbing layers with memory, CPML."""
    return [layer for layer in crust.layers if layer.memory is not None]


def layer_blocks(layer: AbsorbingLayer, crust: CrustState) -> tuple[list[Block], tuple[int, int]]:
    """The part of an absorbing layer that each rank has, in rows and columns of the layer, and its whole shape."""
    ny, nx = crust.grid.horizontal.shape
    rows, columns = (0, ny), (0, nx)
    if layer.axis == "y":
        rows = (0, layer.thickness) if layer.side == "south" else (ny - layer.thickness, ny)
    if layer.axis == "x":
        columns = (0, layer.thickness) if layer.side == "west" else (nx - layer.thickness, nx)
    blocks = []
    for block in crust.decomposition.blocks:
        j0, j1 = max(block.j0, rows[0]), min(block.j1, rows[1])
        i0, i1 = max(block.i0, columns[0]), min(block.i1, columns[1])
        if j0 >= j1 or i0 >= i1:
            blocks.append(Block(0, 0, 0, 0))
        else:
            blocks.append(Block(j0 - rows[0], j1 - rows[0], i0 - columns[0], i1 - columns[0]))
    return blocks, (rows[1] - rows[0], columns[1] - columns[0])
