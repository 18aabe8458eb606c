"""What pydantic found, in sentences that say where, what and what was expected."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from esim.config.yaml.document import Document, Key
from esim.config.yaml.section import KeyProblem, KeyProblems
from esim.config.yaml.suggest import hint, listed, shown
from esim.errors import InputError

SHOWN = 5  # errors reported at once, unless a check has found more together
MOST = 100  # that are shown in any case


def input_error(error: ValidationError, document: Document) -> InputError:
    """The first few problems, one sentence each: `file.yaml:LINE:COL: key.path: what is wrong`.

    What a check has found together (KeyProblems) is reported whole.
    """
    problems = [_apart(problem) for problem in error.errors(include_url=False) if not _echo(problem)]
    lines = list(dict.fromkeys(_line(one, document) for together in problems for one in together))
    shown = min(MOST, max(SHOWN, *map(len, problems)))
    if len(lines) > shown:
        lines[shown:] = [f"... and {len(lines) - shown} more"]
    return InputError("\n".join(lines))


def _apart(problem: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The problems of which one consists: itself, or those that a check has found together."""
    cause = problem.get("ctx", {}).get("error")
    if not isinstance(cause, KeyProblems):
        return [problem]
    return [{**problem, "ctx": {"error": one}} for one in cause.problems]


def _echo(problem: Mapping[str, Any]) -> bool:
    """Whether a list is called too short only because items of it are wrong, which is said already."""
    return problem["type"] == "too_short" and bool(problem["input"])


def _line(problem: Mapping[str, Any], document: Document) -> str:
    key = _as_written(_key(problem, document.data), document.data)
    name = ".".join(map(str, key))
    return ": ".join(
        part for part in (document.place(key), name, _sentence(problem, document.data, key)) if part
    )


def _key(problem: Mapping[str, Any], data: Any) -> Key:
    """The key as the user wrote it: without pydantic's union tags and what validators added."""
    location = [part for part in problem["loc"] if not str(part).startswith("kind=")]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, KeyProblem):
        return (*location, *cause.key)
    if problem["type"] == "union_tag_invalid" and isinstance(_value(data, tuple(location)), Mapping):
        return (*location, "kind")
    if problem["type"] == "missing":
        return tuple(location)
    while location and not _has(_value(data, tuple(location[:-1])), location[-1]):
        location.pop()
    return tuple(location)


def _as_written(key: Key, data: Any) -> Key:
    """The key without the number of an item that stands alone where a list may be."""
    written: list[str | int] = []
    for part in key:
        if isinstance(part, int) and isinstance(data, Mapping):
            continue
        written.append(part)
        data = data[part] if _has(data, part) else None
    return tuple(written)


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _value(data: Any, key: Key) -> Any:
    """The value at `key` as the user wrote it; None where there is none."""
    for part in key:
        if not _has(data, part):
            return None
        data = data[part]
    return data


def _sentence(problem: Mapping[str, Any], data: Any, key: Key) -> str:
    context = problem.get("ctx", {})
    given = shown(_value(data, key))
    match problem["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return "is missing"
        case "literal_error":
            return _wrong_choice(problem["input"], given, context["expected"])
        case "union_tag_invalid":
            return _wrong_kind(context, given, in_mapping=key[-1] == "kind")
        case "out_of_bounds":
            return f"{given} {context['problem']}"
        case "greater_than":
            return f"{given} is too small; expected more than {context['gt']:g}"
        case "greater_than_equal":
            return f"{given} is too small; expected at least {context['ge']:g}"
        case "less_than_equal":
            return f"{given} is too large; expected at most {context['le']:g}"
        case "string_type":
            return f"{given} is not text; write it in quotes"
        case "tuple_type":
            return f"expected a list such as [...], not {given}"
        case "too_long":
            return f"has {context['actual_length']} items; expected {context['max_length']}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case kind:
            return f"{given} is not {_EXPECTED[kind]}" if kind in _EXPECTED else problem["msg"]


_EXPECTED = {
    "int_type": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def _wrong_choice(value: Any, given: str, expected: str) -> str:
    """A value that is not one of pydantic's list of choices, which are words or else numbers."""
    words = _words(expected)
    return f"{given} is not a choice here, {hint(value, words) if words else f'expected {expected}'}"


def _words(text: str) -> list[str]:
    """The words between quotes in pydantic's list of choices."""
    return re.findall(r"'([^']*)'", text)


def _wrong_kind(context: Mapping[str, Any], given: str, in_mapping: bool) -> str:
    kind = context["tag"].removeprefix("kind=")
    kinds = [tag.removeprefix("kind=") for tag in _words(context["expected_tags"])]
    if not in_mapping:
        return f"expected a mapping with the key 'kind', not {given}"
    if not kind:
        return f"is missing; expected one of {listed(kinds)}"
    return f"unknown kind {given}, {hint(kind, kinds)}"
