"""What is a kernel on a GPU? Its text, and how the cells of a box are spread over threads."""

from collections.abc import Callable
from typing import NamedTuple

# What a kernel that leaves water at rest alone takes beside its arrays: flags of the tiles of the state and of the
# result, see esim.backends.activity, and the cells that each tile has computed so far.
REST = ("still", "was_still", "computed")


class KernelText(NamedTuple):
    """Source of the function `sweep`, and the functions of kernels that it calls, by name."""

    source: str
    functions: dict[str, Callable]


class LaunchShape(NamedTuple):
    """Blocks, and threads of a block, along i and j, and the numbers that a kernel takes first."""

    blocks: tuple[int, int]
    threads: tuple[int, int]
    numbers: tuple[int, ...]
