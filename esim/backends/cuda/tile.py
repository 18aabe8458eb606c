"""Text of a kernel of the ocean: a block of threads computes a tile, with scratch in shared memory."""

import numpy as np

from esim.backends.cuda.jit import constants, taken
from esim.backends.devices import simulated
from esim.backends.link import ROWS, SIDES, arguments, array_names
from esim.errors import MachineError
from esim.kernels.kernel import Kernel

SHARED_BYTES = 48 * 1024  # what every GPU gives a block without asking for more
PITCH_PAD = 1  # keeps neighbouring rows of a tile on different banks


def tile_shape(kernel: Kernel, itemsize: int) -> tuple[int, int]:
    """Rows and columns of a thread block: the largest tile whose scratch fits in shared memory."""
    shapes = ((8, 32), (4, 32), (8, 16), (4, 16), (4, 8))
    # The simulator's threads are those of the operating system: few of them are faster.
    for height, width in shapes[-1:] if simulated() else shapes:
        rows, columns = height + 2 * kernel.halo, width + 2 * kernel.halo + PITCH_PAD
        if kernel.slots * rows * columns * itemsize <= SHARED_BYTES:
            return height, width
    raise MachineError(f"kernel {kernel.name} needs more shared memory than a GPU block has")


def _rest_names(kernel: Kernel) -> list[str]:
    """What a kernel that leaves water at rest alone takes beside its arrays: see `_skipping`."""
    return ["still", "was_still", "computed"] if kernel.at_rest else []


def _skipping(kernel: Kernel, tile: tuple[int, int]) -> list[str]:
    """Lines with which a block of threads leaves a tile at rest alone.

    It sets the result to zero, unless that is known to be zero there still.
    """
    if not kernel.at_rest:
        return []
    states, result = kernel.at_rest
    (height, width), reach = tile, kernel.halo

    def over(cells: str, across: str, south: str, west: str) -> list[str]:
        return [
            f"    for cell in range(thread, {cells}, {height * width}):",
            f"        j = {south} + cell // ({across})",
            f"        i = {west} + cell % ({across})",
        ]

    around = f"(east - west + {2 * reach})"
    seen = over(f"(north - south + {2 * reach}) * {around}", around, f"south - {reach}", f"west - {reach}")
    for state in states:
        seen += [
            f"        for k in range({state}.shape[0]):",
            f"            if {state}[k, j, i] != 0:",
            "                moving = 1",
        ]
    own = over("(north - south) * (east - west)", "east - west", "south", "west")
    return [
        "    block = cuda.blockIdx.y * cuda.gridDim.x + cuda.blockIdx.x",
        "    moving = 0",
        *seen,
        "    if cuda.syncthreads_or(moving) == 0:",
        "        if not was_still[block]:",
        *("        " + line for line in own),
        f"                for k in range({result}.shape[0]):",
        f"                    {result}[k, j, i] = 0",
        "        if thread == 0:",
        "            still[block] = True",
        "        return",
        "    if thread == 0:",
        "        still[block] = False",
        "        was_still[block] = False",
        "        computed[block] += (north - south) * (east - west)",
    ]


def tile_source(kernel: Kernel, tile: tuple[int, int], dtype: np.dtype) -> str:
    """Text of the CUDA kernel: stages in turn, each spread over the threads of the block, barriers between."""
    height, width = tile
    reach = kernel.halo
    rows, columns = height + 2 * reach, width + 2 * reach + PITCH_PAD
    lines = [
        f"def sweep(j0, j1, i0, i1, {', '.join(array_names(kernel) + _rest_names(kernel))}, {constants(kernel)}):",
        *taken(kernel),
        f"    south = j0 + cuda.blockIdx.y * {height}",
        f"    west = i0 + cuda.blockIdx.x * {width}",
        f"    north = min(south + {height}, j1)",
        f"    east = min(west + {width}, i1)",
        f"    thread = cuda.threadIdx.y * {width} + cuda.threadIdx.x",
    ]
    lines += _skipping(kernel, tile)
    if kernel.slots:
        # Scratch belongs to the tile, so all arrays are seen from its corner and share its indices.
        lines.append(f"    w = cuda.shared.array(({kernel.slots}, {rows}, {columns}), dtype)")
        lines.append(f"    dj, di = south - {reach}, west - {reach}")
        corner = {ROWS: "dj:", SIDES: ":, di:"}
        lines += [f"    {name} = {name}[:, {corner.get(name, 'dj:, di:')}]" for name in array_names(kernel)]
    shift_j, shift_i = (" - dj", " - di") if kernel.slots else ("", "")
    for n, stage in enumerate(kernel.stages):
        if kernel.slots and n:
            lines.append("    cuda.syncthreads()")
        lines += [
            f"    across = east - west + {stage.west + stage.east}",
            f"    cells = across * (north - south + {stage.south + stage.north})",
            f"    for cell in range(thread, cells, {height * width}):",
            f"        j = south - {stage.south} + cell // across{shift_j}",
            f"        i = west - {stage.west} + cell % across{shift_i}",
            # Said once more, so that the compiler drops the wraparound of negative indices.
            f"        if j >= {reach - stage.south} and i >= {reach - stage.west}:",
            f"            stage_{n}(j, i, {', '.join(arguments(stage.body))})",
        ]
    return "\n".join(lines) + "\n"
