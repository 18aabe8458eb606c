"""What does a key of the YAML file mean? Printed for people; esim.config.reference knows it."""

import textwrap
from collections.abc import Iterator, Sequence

from esim.config.reference import Key, find, sections

WIDTH = 110
LONGEST = 30  # letters of a default in a table


def explain(path: str | None) -> None:
    """Prints what a key means, in each scenario that has it; without one, the sections there are.

    Raises InputError, with the nearest key, for one that is unknown.
    """
    if path is None:
        rows = [_row(keys) for keys in _by_name(sections())]
        print("\n".join(_table(("section", "scenario", "what it says"), rows)))
        print("esim explain KEY says more, such as esim explain grid.boundary or esim explain source.okada")
        return
    print("\n\n".join("\n".join(_lines(keys)) for keys in _alike(find(path))))


def _by_name(keys: Sequence[Key]) -> list[list[Key]]:
    """The keys of each name, in their order."""
    found: dict[str, list[Key]] = {}
    for key in keys:
        found.setdefault(key.name, []).append(key)
    return list(found.values())


def _row(keys: Sequence[Key]) -> tuple[str, str, str]:
    words = dict.fromkeys(key.description for key in keys)
    return keys[0].name, ", ".join(key.scenario for key in keys), " / ".join(words)


def _alike(keys: Sequence[Key]) -> list[list[Key]]:
    """Keys that say the same, such as that of a grid in degrees and that of one in metres, together."""
    found: dict[tuple[object, ...], list[Key]] = {}
    for key in keys:
        same = (
            key.description,
            key.type,
            key.default,
            key.bounds,
            tuple(child.name for child in key.children),
        )
        found.setdefault(same, []).append(key)
    return list(found.values())


def _lines(keys: Sequence[Key]) -> Iterator[str]:
    key = keys[0]
    yield from _wrapped(", ".join(dict.fromkeys(f"{one.path} ({one.scenario})" for one in keys)), "", "  ")
    yield from _wrapped(key.description, "  ", "  ")
    facts = {"type": key.type, "unit": _units(key), "default": _default(key), "bounds": key.bounds}
    for name, text in facts.items():
        if text:
            yield f"  {name:<9}{text}"
    if key.children:
        yield ""
        yield from _children(key)
    if key.example:
        yield ""
        yield "  example"
        yield textwrap.indent(key.example, "    ")


def _units(key: Key) -> str:
    """The unit of a bare number, and those that may be written."""
    others = f", or with the unit: {', '.join(key.units[1:])}" if key.units[1:] else ""
    return f"{key.unit}{others}"


def _default(key: Key) -> str:
    """The default, with the unit that a bare number has."""
    if key.is_required:
        return "none, it must be given"
    return f"{key.default} {key.unit}" if key.unit and key.default not in ("null", "") else key.default


def _children(key: Key) -> list[str]:
    """A table of the kinds, or of the keys in the section."""
    if key.kinds:
        return _table(
            ("  kind", "what it is"), [(f"  {kind.name}", kind.description) for kind in key.children]
        )
    rows = [
        (f"  {child.name}", _short(_default(child)) or "those of its keys", child.description)
        for child in key.children
    ]
    return _table(("  key", "default", "what it says"), rows)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose last column is wrapped."""
    table = [headers, *rows]
    widths = [max(len(row[n]) for row in table) for n in range(len(headers) - 1)]
    indent = sum(widths) + 2 * len(widths)
    lines = []
    for *first, last in table:
        begin = "".join(f"{text:<{width}}  " for text, width in zip(first, widths, strict=True))
        lines += _wrapped(last, begin, " " * indent)
    margin = len(headers[0]) - len(headers[0].lstrip())
    return [lines[0], f"{' ' * margin}{'-' * (max(map(len, lines)) - margin)}", *lines[1:]]


def _wrapped(text: str, begin: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
