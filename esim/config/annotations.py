"""What does the annotation of a field say about its values: their type in words, unit, bounds, choices, sections?"""

import math
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BeforeValidator, Tag
from pydantic.fields import FieldInfo

from esim.config.yaml.paths import output_directory
from esim.config.yaml.section import Section
from esim.config.yaml.units import Dimension
from esim.config.yaml.within import Within

HUGE = 2.0**63  # a bound that is only one of the machine
WORDS = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "file",
    datetime: "date and time",
    NoneType: "null",
}


def sections_of(info: FieldInfo) -> tuple[dict[str, type[Section]], bool]:
    """The models of what the field holds, by kind ("" for the only one), and whether it is a list of them."""
    found: dict[str, type[Section]] = {}
    lists = set()
    for kind, model, in_list in _sections(whole(info), "", False):
        if kind not in found or issubclass(model, found[kind]):  # the one with more keys
            found[kind] = model
        lists.add(in_list)
    return found, lists == {True}


def _sections(annotation: Any, tag: str, in_list: bool) -> Iterator[tuple[str, type[Section], bool]]:
    """(kind, model, in a list) of all models in an annotation; the innermost tag is the kind."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        tags = [one.tag.removeprefix("kind=") for one in metadata if isinstance(one, Tag)]
        yield from _sections(inner, tags[0] if tags else tag, in_list)
    elif get_origin(annotation) is dict:  # its keys are the user's own
        return
    elif isinstance(annotation, type) and issubclass(annotation, Section):
        yield tag, annotation, in_list
    else:
        for inner in get_args(annotation):
            yield from _sections(inner, "", in_list or get_origin(annotation) is tuple)


def whole(info: FieldInfo) -> Any:
    """The annotation of a field with all its metadata."""
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def _metadata(annotation: Any) -> Iterator[Any]:
    """All metadata in an annotation, the outer first."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        for one in metadata:
            yield from one.metadata if isinstance(one, FieldInfo) else (one,)
        yield from _metadata(inner)
    else:
        for inner in get_args(annotation):
            if not isinstance(inner, str):
                yield from _metadata(inner)


def dimension_of(info: FieldInfo) -> Dimension | None:
    """What the numbers of a field measure; None where it holds none."""
    return _dimension(whole(info)) if not sections_of(info)[0] else None


def _dimension(annotation: Any) -> Dimension | None:
    functions = (one.func for one in _metadata(annotation) if isinstance(one, BeforeValidator))
    found = (one.keywords.get("dimension") for one in functions if isinstance(one, partial))
    return next((one for one in found if one is not None), None)


def units_of(dimension: Dimension | None) -> tuple[str, ...]:
    """The units of numbers, one spelling of each, that of a bare number first; none where numbers have none."""
    found: dict[Any, str] = {}
    for name, size in dimension.units.items() if dimension else ():
        found.setdefault(size, name)
    return tuple(sorted(found.values(), key=lambda name: name != found[1]))


def limits_of(info: FieldInfo) -> tuple[float, float]:
    """The least and the largest value that numbers of a field can have, those of their dimension included."""
    (low, _), (high, _) = _limits(whole(info))
    dimension = dimension_of(info)
    if dimension is not None:
        low, high = max(low, dimension.within.low), min(high, dimension.within.high)
    return low, high


def _limits(annotation: Any) -> tuple[tuple[float, bool], tuple[float, bool]]:
    """Lower and upper bound of an annotation, each with whether it is excluded; infinite for none."""
    metadata = list(_metadata(annotation))
    low = [(-math.inf, False)]
    low += [(float(one.gt), True) for one in metadata if isinstance(one, Gt)]  # type: ignore[arg-type]
    low += [(float(one.ge), False) for one in metadata if isinstance(one, Ge)]  # type: ignore[arg-type]
    high = [(math.inf, True)]
    high += [(float(one.lt), False) for one in metadata if isinstance(one, Lt)]  # type: ignore[arg-type]
    high += [(float(one.le), True) for one in metadata if isinstance(one, Le)]  # type: ignore[arg-type]
    for one in metadata:
        if isinstance(one, Within):
            low.append((one.low, False))
            high.append((one.high, True))
    lowest, highest = max(low), min(high)
    return lowest, (highest[0], not highest[1])


def bounds_of(info: FieldInfo) -> str:
    """Within which bounds values lie: "more than 0, at most 1"; "" for none but those of the dimension."""
    if sections_of(info)[0]:
        return ""
    words = []
    (low, above), (high, below) = _limits(whole(info))
    if low > -HUGE:
        words.append(f"{'more than' if above else 'at least'} {low:g}")
    if high < HUGE:
        words.append(f"{'less than' if below else 'at most'} {high:g}")
    if any(isinstance(one, MinLen) for one in _metadata(whole(info))):
        words.append("not empty")
    return ", ".join(words)


def type_of(info: FieldInfo) -> str:
    """The type of a field in words."""
    return _type(whole(info))


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(annotation)
    if origin is Literal:
        return _or([str(one) for one in inner])
    if origin in (Union, UnionType):
        return _or(list(dict.fromkeys(text for one in inner for text in _choice_words(one))))
    if origin is tuple:
        return _list(inner)
    if origin is dict:
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "mapping"
    return WORDS[annotation]


def _choice_words(annotation: Any) -> list[str]:
    """The words of a member of a union: each choice, where it has several."""
    if get_origin(annotation) is Literal:
        return [str(one) for one in get_args(annotation)]
    return [_type(annotation)]


def _annotated(annotation: Any) -> str:
    inner, *metadata = get_args(annotation)
    if any(isinstance(one, BeforeValidator) and one.func is output_directory for one in metadata):
        return "directory"
    dimension = _dimension(annotation) if inner in (int, float) else None
    return _noun(dimension) if dimension else _type(inner)


def _noun(dimension: Dimension) -> str:
    return dimension.name.split(maxsplit=1)[1].removeprefix("plain ")


def _list(inner: tuple[Any, ...]) -> str:
    if inner[-1] is Ellipsis:
        item = _type(inner[0])
        return f"list of {item}" if " or " in item or "[" in item else f"list of {item}s"
    words = [_type(one) for one in inner]
    if len(set(words)) == 1 and " or " in words[0]:
        return f"{len(words)} values, each {words[0]}"
    return f"[{', '.join(words)}]"


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def choices_of(info: FieldInfo | None) -> tuple[Any, ...]:
    """The values that a field may have, where these are listed."""
    return _choices(info.annotation) if info else ()


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(one for inner in get_args(annotation) for one in _choices(inner))


def choice_of(info: FieldInfo) -> Any:
    """A value other than the default, where there are a few to choose from; else None."""
    choices = (not info.default,) if info.annotation is bool else choices_of(info)
    other = next((one for one in choices if one != info.default), info.default if choices else None)
    return [other] if get_origin(info.annotation) is tuple and other is not None else other
