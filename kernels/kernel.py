"""What a kernel is: one or more cell bodies, computed in turn, that share scratch values between neighbours."""

import types
from collections.abc import Callable, Mapping
from typing import NamedTuple

from esim.kernels import scalar


class Plain(NamedTuple):
    """A body that gives the bits of a stage's own with less work, on rows where all is plain.

    That is so where no cell is marked by the last stage before it that marks, neither in the row itself nor in so many
    rows south and north of it. None does nothing.
    """

    body: Callable | None = None
    south: int = 0
    north: int = 0


class Stage(NamedTuple):
    """One body and how many cells its box reaches beyond the kernel's box on each side.

    A body `body(j, i, ..., p)` names the arrays it needs; `w[slot, j, i]` is scratch, private to the kernel. It
    writes its own cell only, and reads scratch that earlier stages have written at most one row further north
    than their box is ahead of its own. exact says that it writes arrays, so that it may not run past its box;
    one that writes scratch only may, to fill the last vector.

    mark, with the arguments of a body, says after it whether a cell is out of the ordinary, as one is whose value is
    not a number; plain is for rows of a tile that have no such cell. Marks are made anew in every step, so that they
    follow whatever moves. A machine may leave both aside.
    """

    body: Callable
    west: int = 0
    east: int = 0
    south: int = 0
    north: int = 0
    exact: bool = False
    mark: Callable | None = None
    plain: Plain | None = None


class Shortcut(NamedTuple):
    """A function of a kernel, and one that gives the same with less work where `needs` of the same arguments is false.

    A machine that can branch may take it; on others the function is computed everywhere.
    """

    function: Callable
    needs: Callable
    short: Callable


class Kernel(NamedTuple):
    """Stages in order, the type of their constants p, scratch slots, and how far it all reads beyond its box.

    Scratch never goes to main memory: a backend computes all stages on one tile while it is in cache (CPU),
    in shared memory (GPU) or on one strip of rows (NumPy). So what neighbours share is computed once, and the
    result does not depend on how the box is cut. at_rest = (states, result) says that where all states are zero in
    all that a cell reads, the result is zero and nothing else changes, so that a backend may skip the work.

    A kernel of the crust has bodies (k, j, i, ...) and no scratch; none of them reads what another one writes.
    width, if not zero, is the number of columns that its boxes mostly have: a compiler may prepare for it. packed are
    the names of its arrays that hold bfloat16, as words of 16 bits. shortcuts are for machines that can branch.
    """

    name: str
    stages: tuple[Stage, ...]
    params: type
    slots: int = 0
    halo: int = 0
    at_rest: tuple[tuple[str, ...], str] | None = None
    width: int = 0
    shortcuts: tuple[Shortcut, ...] = ()
    packed: tuple[str, ...] = ()


class Part(NamedTuple):
    """A kernel of the crust on its box ((k0, k1), (j0, j1), (i0, i1)), with its arrays by name."""

    kernel: Kernel
    box: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    arrays: Mapping[str, object]


def varying(params: type) -> tuple[str, ...]:
    """Names of the constants of a kernel that differ from step to step; its type may say so."""
    return getattr(params, "varying", tuple)()


def with_names(body: Callable, **names: object) -> Callable:
    """Copy of a body in which names of its module stand for something else."""
    return types.FunctionType(body.__code__, body.__globals__ | names, body.__name__, body.__defaults__)


def replace(body: Callable, changes: Mapping[Callable, Callable]) -> Callable:
    """Copy of a body in which it, and every plain function that it calls, calls other functions for some."""
    # The scalar functions stay what they are: backends know them by identity.
    scalars = {f: f for f in vars(scalar).values() if isinstance(f, types.FunctionType)}
    return _replace(body, scalars | dict(changes))


def _replace(function: Callable, memo: dict) -> Callable:
    if function not in memo:
        code = function.__code__
        names = {
            name: _replace(value, memo)
            if isinstance(value, types.FunctionType) and name in code.co_names
            else value
            for name, value in function.__globals__.items()
        }
        memo[function] = types.FunctionType(code, names, function.__name__, function.__defaults__)
    return memo[function]
