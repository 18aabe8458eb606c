"""What a kernel is: one or more cell bodies, computed in turn, that share scratch values between neighbours."""

from collections.abc import Callable
from typing import NamedTuple


class Stage(NamedTuple):
    """One body and how many cells its box reaches beyond the kernel's box on each side.

    A body `body(j, i, ..., p)` names the arrays it needs; `w[slot, j, i]` is scratch, private to the kernel. It
    writes its own cell only, and reads scratch that earlier stages have written at most one row further north
    than their box is ahead of its own. exact says that it writes arrays, so that it may not run past its box;
    one that writes scratch only may, to fill the last vector.
    """

    body: Callable
    west: int = 0
    east: int = 0
    south: int = 0
    north: int = 0
    exact: bool = False


class Kernel(NamedTuple):
    """Stages in order, the type of their constants p, scratch slots, and how far it all reads beyond its box.

    Scratch never goes to main memory: a backend computes all stages on one tile while it is in cache (CPU),
    in shared memory (GPU) or on one strip of rows (NumPy). So what neighbours share is computed once, and the
    result does not depend on how the box is cut. at_rest = (state, result) says that where the state is zero in
    all that a cell reads, the result is zero and nothing else changes, so that a backend may skip the work.
    """

    name: str
    stages: tuple[Stage, ...]
    params: type
    slots: int = 0
    halo: int = 0
    at_rest: tuple[str, str] | None = None
