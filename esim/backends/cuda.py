"""Numba CUDA on a GPU, or on Numba's simulator: a block of threads computes a tile, scratch in shared memory."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from esim.backends.devices import gpu_count, simulated
from esim.backends.link import ROWS, SIDES, arguments, array_names, link
from esim.backends.rest import Count, Rest
from esim.decomposition import Box
from esim.errors import MachineError
from esim.kernels import scalar
from esim.kernels.kernel import Kernel, Part

SHARED_BYTES = 48 * 1024  # what every GPU gives a block without asking for more
VOLUME_BLOCK = (32, 4, 2)  # threads of a block along i, j, k where a kernel of the crust runs
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
        f"def sweep(j0, j1, i0, i1, {', '.join(array_names(kernel) + _rest_names(kernel))}, p):",
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


def _select(condition, a, b):  # type: ignore[no-untyped-def]
    return a if condition else b


def _guess_rcbrt() -> Callable:
    """kernels.scalar.guess_rcbrt on the bits of a register; plain NumPy in the simulator."""
    if simulated():
        return scalar.guess_rcbrt
    from numba.cuda.extending import intrinsic

    from esim.backends.bits import guess_rcbrt_code

    @intrinsic
    def guess_rcbrt(typingctx, x, magic):  # type: ignore[no-untyped-def]
        return x(x, x), guess_rcbrt_code

    return guess_rcbrt


def _tools() -> tuple[Callable, dict]:
    """What links a body to CUDA: its compiler, and the scalar functions."""
    from numba import cuda

    jit = cuda.jit(device=True)
    return jit, {
        scalar.sqrt: math.sqrt,
        scalar.minimum: min,
        scalar.maximum: max,
        scalar.where: jit(_select),
        scalar.guess_rcbrt: _guess_rcbrt(),
    }


def compile_kernel(kernel: Kernel, tile: tuple[int, int], dtype: np.dtype) -> Any:
    """Numba CUDA dispatcher of a kernel for one precision."""
    import numba
    from numba import cuda

    jit, functions = _tools()
    scope: dict[str, Any] = {"cuda": cuda, "dtype": numba.from_dtype(dtype)}
    scope |= {f"stage_{n}": link(s.body, jit, functions) for n, s in enumerate(kernel.stages)}
    exec(tile_source(kernel, tile, dtype), scope)
    return cuda.jit(scope["sweep"])


def part_source(kernel: Kernel) -> str:
    """Text of the CUDA kernel of a part of the crust: a thread for each cell of its box."""
    names, h = array_names(kernel), kernel.halo
    own = " and k >= k0 and j >= j0 and i >= i0" if "k0" in names else ""
    return "\n".join(
        [
            f"def sweep(first_k, last_k, first_j, last_j, first_i, last_i, {', '.join(names)}, p):",
            "    i, j, k = cuda.grid(3)",
            "    k, j, i = k + first_k, j + first_j, i + first_i",
            "    if k < last_k and j < last_j and i < last_i:",
            # Said so that the compiler drops the wraparound of negative indices.
            f"        if k >= {h} and j >= {h} and i >= {h}{own}:",
            *(
                f"            stage_{n}(k, j, i, {', '.join(arguments(stage.body))})"
                for n, stage in enumerate(kernel.stages)
            ),
            "",
        ]
    )


def compile_part(kernel: Kernel) -> Any:
    """Numba CUDA dispatcher of a kernel of the crust."""
    from numba import cuda

    scope: dict[str, Any] = {"cuda": cuda}
    scope |= {f"stage_{n}": link(stage.body, *_tools()) for n, stage in enumerate(kernel.stages)}
    exec(part_source(kernel), scope)
    return cuda.jit(scope["sweep"])


def _busy(part: Part) -> bool:
    return all(first < last for first, last in part.box)


class CudaBackend:
    """Bodies as CUDA threads on CuPy arrays; the simulator takes NumPy arrays in their place."""

    name = "cuda"

    def __init__(self, dtype: np.dtype, local_rank: int = 0) -> None:
        self.dtype = dtype
        self.xp: Any = np
        if simulated():
            return
        count = gpu_count()
        if not count:
            raise MachineError(
                "run.backend: cuda needs an NVIDIA GPU and its driver, and none was found; use cpu or numpy"
            )
        try:
            import cupy
        except ImportError as error:
            raise MachineError(f"run.backend: cuda needs CuPy ({error}); pip install 'esim[cuda]'") from None
        self.xp = cupy
        cupy.cuda.Device(local_rank % count).use()

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """Array of zeros on the device, in the run's precision."""
        return self.xp.zeros(shape, self.dtype)

    def from_host(self, array: np.ndarray) -> Any:
        """Copy of a NumPy array on the device, in the run's precision."""
        return self.xp.array(np.ascontiguousarray(array), dtype=self.dtype)

    def index(self, numbers: np.ndarray) -> Any:
        """Whole numbers with which arrays are indexed, on the device."""
        return self.xp.asarray(numbers)

    def to_host(self, array: Any) -> np.ndarray:
        """Copy of a device array on the host."""
        return array if self.xp is np else self.xp.asnumpy(array)

    def maximum(self, array: Any) -> float:
        """Largest value; NaN if there is one."""
        return float(array.max())

    def finite(self, array: Any) -> bool:
        """Whether all values are finite; a sum carries every NaN and infinity."""
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(float(array.sum(dtype=np.float64))))

    def square_sum(self, array: Any) -> float:
        """Sum of the squares of all values; not finite if a value is not."""
        flat = array.reshape(-1, array.shape[-2] * array.shape[-1])
        return float(sum(float(self.xp.vdot(plane, plane)) for plane in flat))

    def message_buffer(self, size: int) -> np.ndarray:
        """Pinned host memory, which the device and the network card both reach directly."""
        if self.xp is np:
            return np.zeros(size, self.dtype)
        memory = self.xp.cuda.alloc_pinned_memory(max(1, size) * self.dtype.itemsize)
        return np.frombuffer(memory, self.dtype, size)

    def pack(self, array: Any, region: tuple[slice, ...], buffer: np.ndarray) -> None:
        """Copy a region of a device array into a host buffer."""
        buffer[...] = self.to_host(array[region])

    def unpack(self, buffer: np.ndarray, array: Any, region: tuple[slice, ...]) -> None:
        """Copy a host buffer into a region of a device array."""
        array[region] = self.xp.asarray(buffer)

    def synchronize(self) -> None:
        """Wait for the device."""
        if self.xp is not np:
            self.xp.cuda.get_current_stream().synchronize()

    def constants(self, params: tuple) -> tuple:
        """The parameters as they are: they travel with the launch."""
        return params

    def bind(self, kernel: Kernel, box: Box, arrays: dict[str, Any]) -> Callable[[Any], None]:
        """Compile a kernel and tie it to a box and its arrays; the result launches it with given parameters."""
        (j0, j1), (i0, i1) = box
        height, width = tile_shape(kernel, self.dtype.itemsize)
        blocks = -(-(i1 - i0) // width), -(-(j1 - j0) // height)
        named = [self._argument(arrays[name]) for name in array_names(kernel)]
        launcher = compile_kernel(kernel, (height, width), self.dtype)[blocks, (width, height)]
        counted: Callable = lambda run: run  # noqa: E731
        if kernel.at_rest:
            count, more = self._rest(kernel, box, arrays, max(0, blocks[0]) * max(0, blocks[1]))
            counted, named = count.counted, named + more

        def run(p: Any) -> None:
            if blocks[0] > 0 and blocks[1] > 0:
                launcher(j0, j1, i0, i1, *named, p)

        return counted(run)

    def _rest(self, kernel: Kernel, box: Box, arrays: dict[str, Any], blocks: int) -> tuple[Count, list[Any]]:
        """The count of the work of a launch, and its arguments by `_rest_names`."""
        assert kernel.at_rest is not None
        states, result = kernel.at_rest
        rest: Rest = arrays.get("rest") or Rest()
        both = (arrays[states[0]], arrays[result])
        flags = [rest.still(array, box, lambda: self.xp.zeros(blocks, bool)) for array in both]
        computed = self.xp.zeros(blocks, np.int64)
        return rest.count(box, computed, self.to_host), [
            self._argument(array) for array in (*flags, computed)
        ]

    def bind_sweep(
        self, leading: Sequence[Part], trailing: Sequence[Part], lag: int, constants: tuple
    ) -> Callable[[], None]:
        """Compile parts and tie them to their boxes and arrays; the result launches them in turn."""
        launches = [self._bind_part(part, constants) for part in (*leading, *trailing) if _busy(part)]

        def run() -> None:
            for launch in launches:
                launch()

        return run

    def _bind_part(self, part: Part, p: tuple) -> Callable[[], None]:
        (k0, k1), (j0, j1), (i0, i1) = part.box
        width, height, depth = VOLUME_BLOCK
        blocks = -(-(i1 - i0) // width), -(-(j1 - j0) // height), -(-(k1 - k0) // depth)
        given = [
            value if isinstance(value := part.arrays[name], int) else self._argument(value)
            for name in array_names(part.kernel)
        ]
        launcher = compile_part(part.kernel)[blocks, VOLUME_BLOCK]
        return lambda: launcher(k0, k1, j0, j1, i0, i1, *given, p)

    def _argument(self, array: Any) -> Any:
        from numba import cuda

        if self.xp is np:
            from numba.cuda.simulator.cudadrv.devicearray import FakeCUDAArray

            return FakeCUDAArray(array)
        return cuda.as_cuda_array(array)

    def describe(self) -> dict[str, Any]:
        """Name of the device."""
        if self.xp is np:
            return {"precision": self.dtype.name, "device": "CUDA simulator"}
        properties = self.xp.cuda.runtime.getDeviceProperties(self.xp.cuda.runtime.getDevice())
        return {"precision": self.dtype.name, "device": properties["name"].decode()}
