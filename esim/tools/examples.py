"""The scenarios that come with esim: which are there, and copies of them to run and to change."""

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from esim import data
from esim.config.yaml.document import read
from esim.config.yaml.suggest import hint
from esim.errors import InputError, MachineError
from esim.tools.table import show

FOLDER = Path(__file__).parents[1] / "configs"
TAKES = re.compile(
    r"# Takes (.+?) and ([\d.]+ GB)\."
)  # the second line of a scenario; the first says what it is


class Example(NamedTuple):
    """A scenario: what it is, files it names and its own, as paths in FOLDER, and data that do not come with esim.

    time and memory are those of a run on two cores, in words. forecast says that it is the configuration of one.
    """

    what: str
    time: str
    memory: str
    files: tuple[Path, ...]
    data: tuple[str, ...]
    output: str
    forecast: bool


def example(name: str | None, folder: Path) -> None:
    """Lists the scenarios, or copies one into a folder and says how to go on.

    Raises InputError and MachineError as `copy` does, and InputError for a name that is unknown.
    """
    known = examples()
    if name is None:
        show(
            ("name", "time", "memory", "needs", "what it is"),
            [
                (name, found.time, found.memory, ", ".join(found.data) or "nothing else", found.what)
                for name, found in known.items()
            ],
        )
        print("esim example NAME [DIR] copies one; times are those of two cores")
        return
    found = known.get(name.removesuffix(".yaml"))
    if found is None:
        raise InputError(f"there is no example '{name}', {hint(name, known)}")
    paths = copy(found.files, folder)
    print(*paths, *map(_whereabouts, found.data), sep="\n")
    if found.forecast:
        print(f"next: esim forecast build {shlex.quote(str(paths[-1]))}")
        print(f"then: esim forecast run {found.output}/library.nc --data FILE")
        return
    run = f"esim-run {shlex.quote(str(paths[-1]))}"
    print(f"next: {run}    (on two ranks: mpirun -n 2 {run})\nthen: esim plot {found.output}")


def examples() -> dict[str, Example]:
    """All scenarios by name. Raises InputError if they were not installed."""
    found = {path.stem: _example(path) for path in sorted(FOLDER.glob("*.yaml"))}
    if not found:
        raise InputError(
            f"{FOLDER}: no scenarios there, where they are installed with esim; install esim again"
        )
    return found


def copy(files: tuple[Path, ...], folder: Path) -> list[Path]:
    """Copies files of FOLDER into a folder, which is made where it is missing; returns their new paths.

    All are copied or none. One that is there already is left alone if its content is the same. Raises InputError if
    it is another, or if something else is in the way; MachineError where nothing can be written.
    """
    sources = {folder / file: FOLDER / file for file in files}
    try:
        changed = [path for path, source in sources.items() if not _missing_or_same(path, source)]
        if changed:
            raise InputError(
                f"{', '.join(map(str, changed))}: there already with other content, and nothing was copied; "
                "move it away, or name another folder: esim example NAME DIR"
            )
        with ExitStack() as undo:
            for path, source in sources.items():
                if not path.exists():
                    _copy(source, path, undo)
            undo.pop_all()
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(
            f"{error.filename}: in the way, and nothing was copied; name another folder"
        ) from None
    except OSError as error:
        raise MachineError(
            f"cannot write {error.filename or folder}: {error.strerror}; nothing was copied"
        ) from None
    return list(sources)


def _copy(source: Path, path: Path, undo: ExitStack) -> None:
    """Copies one file to where there is none, and notes how to take it back."""
    for folder in [folder for folder in reversed(path.parents) if not folder.is_dir()]:
        folder.mkdir()
        undo.callback(folder.rmdir)
    with path.open("xb") as file:
        undo.callback(path.unlink)
        file.write(source.read_bytes())


def _missing_or_same(path: Path, source: Path) -> bool:
    return not path.exists() or (path.is_file() and path.read_bytes() == source.read_bytes())


def _example(path: Path) -> Example:
    content = read(path).data
    texts = list(_named(content))
    named = list(dict.fromkeys(Path(text) for text in texts if (FOLDER / text).is_file()))
    names = [text for text in texts if text.startswith(data.PREFIX)]
    what, takes = path.read_text(encoding="utf-8").splitlines()[:2]
    time, memory = TAKES.match(takes).groups()  # type: ignore[union-attr]  # each begins like this
    return Example(
        what.removeprefix("# "),
        time,
        memory,
        (*named, Path(path.name)),  # the scenario last: where it is, all that it names is there too
        tuple(name for name in names if not (data.FOLDER / name.removeprefix(data.PREFIX)).is_file()),
        content["output"]["directory"],
        "scenario" not in content,
    )


def _named(content: Any) -> Iterator[str]:
    """All texts of a scenario, and those of the scenario that it is based on."""
    for text in _texts(content):
        if text.endswith(".yaml") and (FOLDER / text).is_file():
            yield from _named(read(FOLDER / text).data)
        yield text


def _texts(value: Any) -> Iterator[str]:
    """All texts in nested mappings and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _whereabouts(name: str) -> str:
    """Where a data file is, or how it comes here."""
    known = next(known for known in data.table() if data.PREFIX + known.name == name)
    if known.path is not None:
        return f"needs {name}, which is {known.path}"
    if known.address is not None:
        return f"needs {name}, which is downloaded when it is first used"
    return f"needs {name}, which is not here: set ESIM_DATA to the folder that holds it (see esim data)"
