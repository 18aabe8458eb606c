"""What is a kernel on a GPU? Its text, and how the cells of a box are spread over threads."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

NONE: Mapping[str, Any] = MappingProxyType({})


class KernelText(NamedTuple):
    """Source of the function `sweep`, the functions of kernels that it calls, by name, and how it is compiled.

    With a signature, the Numba types of its arguments, it is compiled before it is first launched; options are
    those of cuda.jit, launch_bounds say.
    """

    source: str
    functions: Mapping[str, Callable] = NONE
    signature: tuple | None = None
    options: Mapping[str, Any] = NONE


class LaunchShape(NamedTuple):
    """Blocks, and threads of a block, along i, j and for the crust k, and the numbers that a kernel takes first."""

    blocks: tuple[int, ...]
    threads: tuple[int, ...]
    numbers: tuple[int, ...]
