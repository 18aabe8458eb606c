"""How does an undecorated cell body become a function of one backend?"""

import functools
import hashlib
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any

from esim.kernels.kernel import Kernel

# Arrays by these names do not spread over the whole grid: rows[k, j] and sides[k, 0, i].
ROWS, SIDES = "rows", "sides"
# Numbers by these names tell at which cell a part's own arrays begin, such as those of an absorbing layer.
CORNER = ("k0", "j0", "i0")


def link(function: Callable, jit: Callable, scalar: Mapping[Any, Any]) -> Callable:
    """Copy a body and every plain function it calls, scalar functions replaced, each copy passed through jit."""
    return linker(jit, scalar)(function)


def linker(jit: Callable, scalar: Mapping[Any, Any]) -> Callable[[Callable], Callable]:
    """What links bodies like `link` does, and a function that several of them call only once."""
    memo = dict(scalar)
    return lambda function: _link(function, jit, memo)


def _link(function: Callable, jit: Callable, memo: dict) -> Callable:
    if function not in memo:
        code = function.__code__
        names = {
            name: _link(value, jit, memo)
            if isinstance(value, types.FunctionType) and name in code.co_names
            else value
            for name, value in function.__globals__.items()
        }
        copy = types.FunctionType(code, names, function.__name__, function.__defaults__)
        memo[function] = jit(copy)
    return memo[function]


@functools.cache
def linked_source(kernel: Kernel) -> str:
    """Source text of all that a kernel is made of, for the key of compiled code on disk."""
    found: dict[Callable, str] = {}
    for stage in kernel.stages:
        for function in (stage.body, stage.mark, stage.plain and stage.plain.body):
            if function is not None:
                _collect(function, found)
    for shortcut in kernel.shortcuts:
        for function in shortcut:
            _collect(function, found)
    return "\n".join(found.values())


def _collect(function: Callable, found: dict) -> None:
    if function in found:
        return
    constants = {n: v for n, v in _used_globals(function) if not isinstance(v, types.FunctionType)}
    found[function] = source_text(function.__code__) + repr(sorted(constants.items()))
    for _, value in _used_globals(function):
        if isinstance(value, types.FunctionType):
            _collect(value, found)


@functools.cache
def source_text(code: types.CodeType) -> str:
    """Source text of a function, which takes a millisecond to find."""
    return inspect.getsource(code)


def _used_globals(function: Callable) -> list[tuple[str, object]]:
    return [(n, function.__globals__[n]) for n in function.__code__.co_names if n in function.__globals__]


def arguments(body: Callable) -> list[str]:
    """Names of what a body takes after its cell indices."""
    return [name for name in _taken(body) if name not in ("k", "j", "i")]


def has_layers(kernel: Kernel) -> bool:
    """Whether the bodies of a kernel have three indices k, j, i, as those of the crust do, and not j, i."""
    return _taken(kernel.stages[0].body)[0] == "k"


def _taken(body: Callable) -> tuple[str, ...]:
    """Names of all arguments; inspect.signature would take a tenth of the time in which a small run is prepared."""
    return body.__code__.co_varnames[: body.__code__.co_argcount]


def array_names(kernel: Kernel) -> list[str]:
    """Names of the arrays that a kernel takes, in order of first use; scratch and parameters left out."""
    names = dict.fromkeys(name for stage in kernel.stages for name in arguments(stage.body))
    return [name for name in names if name not in ("w", "p")]


def digest(*parts: object) -> str:
    """Short hash of the text of some objects, the same in every process."""
    return hashlib.sha256("\n".join(map(_text, parts)).encode()).hexdigest()[:20]


def _text(part: object) -> str:
    """Text of an object; a set has another order in every process, so it is sorted."""
    if isinstance(part, dict):
        return str(sorted((str(key), _text(value)) for key, value in part.items()))
    if isinstance(part, set | frozenset):
        return str(sorted(map(_text, part)))
    return str(list(map(_text, part))) if isinstance(part, tuple | list) else str(part)
