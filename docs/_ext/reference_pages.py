"""Pages of the reference that are made from the code at each build: keys of the YAML file, and commands."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from esim.cli import main as esim
from esim.cli import run as esim_run
from esim.config.reference import Key, sections

FOLDER = Path("reference/made")  # not in version control
SCENARIOS = {"tsunami": "Tsunami", "seismic": "Seismic waves", "ensemble": "Ensemble", "forecast": "Forecast"}
WIDTH = "86"  # columns of the help texts


def write_pages(app: Sphinx) -> None:
    """Write all pages; those that have not changed stay as they are, so that nothing is read again."""
    pages = dict(configuration_pages()) | {"commands": commands_page()}
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# ------------------------------------------------------------------ configuration


def configuration_pages() -> Iterator[tuple[str, str]]:
    """Name and text of the page of each scenario, and of each of its sections."""
    for scenario, title in SCENARIOS.items():
        keys = [key for key in sections() if key.scenario == scenario]
        parts = [key for key in keys if key.children]
        single = "\n\n".join(definition(key) for key in keys if not key.children)
        listed = "\n".join(f"- [`{key.name}`]({scenario}_{key.name}.md): {key.description}" for key in parts)
        names = "\n".join(f"{key.name} <{scenario}_{key.name}>" for key in parts)
        contents = f"```{{toctree}}\n:hidden:\n\n{names}\n```"
        yield scenario, f"# {title}\n\n{single}\n\nSections:\n\n{listed}\n\n{contents}\n"
        for key in parts:
            yield f"{scenario}_{key.name}", f"# {title}: `{key.name}`\n\n{section(key, 2, {})}\n"


def section(key: Key, level: int, seen: dict[tuple[tuple[str, str], ...], str]) -> str:
    """What a section says: its description, an example, its keys or kinds, and the sections below it.

    seen holds the paths of the sections of a page so far, by their keys: of those that are alike one is shown.
    """
    keys = tuple((child.name, child.description) for child in key.children)
    if keys in seen:
        return f"{key.description}\n\nThe same as `{seen[keys]}` above."
    seen[keys] = key.path
    if key.kinds:
        intro = "One of these kinds each:" if key.type.startswith("list") else "One of these kinds:"
        kinds = [f"{'#' * level} {kind.name}\n\n{section(kind, level + 1, seen)}" for kind in key.children]
        return "\n\n".join([key.description, intro, *kinds])
    single = sorted(
        (child for child in key.children if not child.children), key=lambda child: child.name != "kind"
    )
    entries = [definition(child) for child in single]
    deeper = [
        f"{'#' * level} `{child.name}`\n\n{facts(child)}\n\n{section(child, level + 1, seen)}"
        for child in key.children if child.children
    ]  # fmt: skip
    example = [f"```yaml\n{key.example.rstrip()}\n```"] if key.example else []
    return "\n\n".join([key.description, *example, *entries, *deeper])


def definition(key: Key) -> str:
    """A key as an entry of a definition list."""
    return f"`{key.name}` {facts(key)}\n: {key.description}"


def facts(key: Key) -> str:
    """Type, unit, default and bounds of a key in a few words."""
    default = "required" if key.is_required else f"default `{one_line(key.default)}`" * bool(key.default)
    return f"({', '.join(part for part in (key.type, key.unit, key.bounds, default) if part)})"


def one_line(text: str) -> str:
    """A value in YAML as one line."""
    return " ".join(text.split())


# ------------------------------------------------------------------ commands


def commands_page() -> str:
    """The help texts of all commands, as the commands print them."""
    os.environ["COLUMNS"] = WIDTH
    parsers = [esim_run.parser(), esim.parser()]
    texts = [f"## {parser.prog}\n\n```text\n{parser.format_help()}```" for parser in with_actions(parsers)]
    return "\n\n".join(["# Commands", "What `--help` prints.", *texts]) + "\n"


def with_actions(parsers: list[argparse.ArgumentParser]) -> Iterator[argparse.ArgumentParser]:
    """Parsers, each before those of its own commands."""
    for parser in parsers:
        yield parser
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from with_actions(list(action.choices.values()))


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before anything is read."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
