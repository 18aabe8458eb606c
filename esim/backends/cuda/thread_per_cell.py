"""How do bodies run on a GPU without the code generator? One thread computes one cell with the body itself.

A stage is a launch of its own, on its own box, and scratch is an array in the memory of the GPU: slow, but there is
next to nothing between the body and the compiler. Water at rest is computed like all other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from esim.backends.cuda.device import Device
from esim.backends.cuda.graph import Bound, Constants
from esim.backends.cuda.jit import compile_kernel, constants, taken
from esim.backends.cuda.kernel_text import KernelText, LaunchShape
from esim.backends.devices import simulated
from esim.backends.linker import ROWS, arguments, has_layers
from esim.kernels.kernel import Kernel, Stage

Box = Sequence[tuple[int, int]]  # from outer to inner axis: (k,) j, i
SCRATCH = "w"
TABLES = (ROWS, "weights")  # arrays [n, j]
THREADS = {"i": 32, "j": 4, "k": 1}  # of a block
SIMULATED = {"i": 8, "j": 8, "k": 1}  # the simulator starts a thread of the operating system for each


def stage_text(kernel: Kernel, n: int) -> KernelText:
    """The CUDA kernel of stage n: a thread calls its body for one cell."""
    axes = "kji" if has_layers(kernel) else "ji"
    names = [name for name in arguments(kernel.stages[n].body) if name != "p"]
    numbers = [f"{end}_{axis}" for axis in axes for end in ("first", "last")]
    index = {
        axis: f"first_{axis} + cuda.blockIdx.{a} * cuda.blockDim.{a} + cuda.threadIdx.{a}"
        for axis, a in zip(reversed(axes), "xyz", strict=False)
    }
    inside = " and ".join(f"{axis} < last_{axis}" for axis in axes)
    lines = [
        f"def sweep({', '.join((*numbers, *names))}, {constants(kernel)}):",
        *taken(kernel),
        *(f"    {axis} = {text}" for axis, text in index.items()),
        f"    if {inside}:",
        f"        stage_{n}({', '.join((*axes, *arguments(kernel.stages[n].body)))})",
    ]
    return KernelText("\n".join(lines) + "\n")


def launch_shape(stage: Stage, box: Box) -> LaunchShape:
    """Threads for all cells of the box of a stage of a kernel on a box."""
    (j0, j1), (i0, i1) = box[-2:]
    reach = [*box[:-2], (j0 - stage.south, j1 + stage.north), (i0 - stage.west, i1 + stage.east)]
    most = SIMULATED if simulated() else THREADS
    threads = [most[axis] for axis, _ in zip("ijk", reach, strict=False)]
    blocks = [-(-(last - first) // n) for (first, last), n in zip(reversed(reach), threads, strict=True)]
    return LaunchShape(tuple(blocks), tuple(threads), tuple(n for pair in reach for n in pair))


class ThreadPerCell:
    """Binds kernels of one precision to boxes and arrays of a device; all launches on one box share their scratch."""

    def __init__(self, device: Device, dtype: np.dtype) -> None:
        self._device, self._dtype = device, dtype
        self._scratch: dict[tuple[str, tuple], Any] = {}

    def bind(self, kernel: Kernel, box: Box, arrays: Mapping[str, Any]) -> Callable[[Constants], None]:
        """Compile the stages of a kernel; the result queues them in turn with given constants."""
        if kernel.slots:
            arrays, box = self._with_scratch(kernel, box, arrays)
        launches = [self._bind_stage(kernel, n, box, arrays) for n in range(len(kernel.stages))]

        def run(given: Constants) -> None:
            for launch in launches:
                launch(given)

        return run

    def _bind_stage(self, kernel: Kernel, n: int, box: Box, arrays: Mapping[str, Any]) -> Bound:
        stage = kernel.stages[n]
        shape = launch_shape(stage, box)
        compiled = compile_kernel(kernel, stage_text(kernel, n), self._dtype)
        named = [arrays[name] for name in arguments(stage.body) if name != "p"]
        given = [value if isinstance(value, int) else self._device.argument(value) for value in named]
        launch = self._device.launcher(compiled, shape.blocks, shape.threads)
        return Bound(launch, (*shape.numbers, *given))

    def _with_scratch(
        self, kernel: Kernel, box: Box, arrays: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], Box]:
        """Arrays that begin where the halo of a box does, and scratch of that shape; and the box in them."""
        ((j0, j1), (i0, i1)), h = box, kernel.halo
        cut = {
            name: _cut(name, array, j0 - h, i0 - h)
            for name, array in arrays.items()
            if any(name in arguments(stage.body) for stage in kernel.stages)
        }
        shape = kernel.slots, j1 - j0 + 2 * h, i1 - i0 + 2 * h
        key = kernel.name, (tuple(box), shape)
        if key not in self._scratch:
            self._scratch[key] = self._device.xp.zeros(shape, self._dtype)
        return cut | {SCRATCH: self._scratch[key]}, ((h, h + j1 - j0), (h, h + i1 - i0))


def _cut(name: str, array: Any, j: int, i: int) -> Any:
    """An array [var, j, i], [var, j] or, where it has one row only, [var, 0, i] from a cell on."""
    if name in TABLES:
        return array[:, j:]
    return array[:, j if array.shape[1] > 1 else 0 :, i:]
