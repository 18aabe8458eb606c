"""Which arrays does a checkpoint of the crust have? State, memory, motion of the surface, absorbing layers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.crust.absorbing_layers import AbsorbingLayer
from esim.crust.model import Crust
from esim.crust.output.surface_motion import SurfaceMotion
from esim.crust.state import CrustState
from esim.io.checkpoint import load_array
from esim.parallel.decomposition import Block


class SavedArray(NamedTuple):
    """An array [n, j, i] of this rank, the blocks of all ranks, and the rows and columns of the whole."""

    values: np.ndarray
    blocks: Sequence[Block]
    shape: tuple[int, int]


def saved_arrays(crust: CrustState, motion: SurfaceMotion) -> Iterator[tuple[str, SavedArray]]:
    """All arrays from which a run is resumed bit for bit, by name."""
    blocks, shape = crust.decomposition.blocks, crust.grid.horizontal.shape
    for name, array in _volumes(crust):
        own = crust.own(array)
        yield name, SavedArray(own.reshape(-1, *own.shape[-2:]), blocks, shape)
    for name, array in motion.state().items():
        yield name, SavedArray(array, blocks, shape)
    for layer in _remembering(crust):
        cuts, layer_shape = layer_blocks(layer, crust)
        mine = cuts[crust.comm.rank]
        depth = 6 * (layer.thickness if layer.axis == "z" else crust.grid.nz)
        own = crust.backend.to_host(layer.memory)
        own = own.reshape(depth, *mine.shape) if mine.cells else np.zeros((depth, 0, 0), own.dtype)
        yield f"layer_{layer.side}", SavedArray(own, cuts, layer_shape)


def restore_arrays(crust: Crust, motion: SurfaceMotion, path: Path) -> None:
    """Set all arrays to those of a checkpoint, on any number of ranks."""
    block, device = crust.block, crust.backend.from_host
    window = (block.j0, block.j1, block.i0, block.i1)
    k, j, i = (slice(*pair) for pair in crust.interior)
    for name, array in _volumes(crust):
        shape = (*array.shape[:-3], crust.grid.nz, *block.shape)
        # Packed values of 16 bits are whole numbers that every precision holds.
        array[..., k, j, i] = device(load_array(path, name, window).reshape(shape))
    motion.restore({name: load_array(path, name, window) for name in motion.state()})
    for layer in _remembering(crust):
        mine = layer_blocks(layer, crust)[0][crust.comm.rank]
        if mine.cells:
            values = load_array(path, f"layer_{layer.side}", (mine.j0, mine.j1, mine.i0, mine.i1))
            layer.memory[...] = device(values.reshape(layer.memory.shape))
    crust.refresh()


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
