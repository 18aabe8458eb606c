"""The YAML text as plain data that knows where each of its keys stands."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

from esim.config.yaml.paths import Here, similar
from esim.config.yaml.suggest import shown
from esim.errors import InputError

Key = tuple[str | int, ...]
LEAST_VALUES = 100_000  # that any document may have


@dataclass
class Document:
    """Plain data, and for each key the place it came from ("file.yaml:3:5", or the text of a --set)."""

    data: Any
    directory: Path
    places: dict[Key, str] = field(default_factory=dict)

    def place(self, key: Key) -> str:
        """Where `key` stands, or else the nearest thing around it."""
        return next((self.places[key[:n]] for n in range(len(key), -1, -1) if key[:n] in self.places), "")

    def value(self, key: Key) -> Any:
        """What stands at a key; None where there is nothing."""
        found = self.data
        for part in key:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found


def read(path: str | os.PathLike[str], example: str = "scenario: tsunami") -> Document:
    """Read a YAML file; InputError says line and column of what is not valid YAML or given twice.

    The example is what the first line of such a file may look like.
    """
    path = Path(path)
    document = Document(None, Path(os.path.abspath(path.parent)))
    tree = _parse(_text(path), str(path))
    if not isinstance(tree, CommentedMap):
        raise InputError(f"{path}: expected a mapping such as '{example}', found {shown(tree)}")
    most = max(
        LEAST_VALUES, path.stat().st_size
    )  # a text that repeats nothing has fewer values than characters
    document.data = _Plain(document.places, str(path), most).of(tree, (), f"{path}:1:1", ())
    return document


def override(document: Document, setting: str) -> None:
    """Apply `key.path=value` to the document; the value is YAML, list items go by number."""
    where = f"--set {setting}"
    path, equals, text = setting.partition("=")
    key = key_of(path)
    if not equals or "" in key:
        raise InputError(f"{where}: expected key.path=value, such as run.cfl=0.5")
    put(document, key, _here(value_of(text, where, key)), where)


def put(document: Document, key: Key, value: Any, where: str) -> None:
    """Give a key a value; where says what is named in place of a line of the file when it is wrong."""
    container = _container(document.data, key, where)
    for n in range(1, len(key)):
        document.places.setdefault(key[:n], where)
    for old in [old for old in document.places if old[: len(key)] == key]:
        del document.places[old]
    container[key[-1]] = value
    document.places[key] = where


def value_of(text: str, where: str, key: Key = ()) -> Any:
    """A text as YAML has it: a number, true, a list; InputError, naming where it stands, for what is not YAML."""
    return _Plain({}, None, LEAST_VALUES).of(_parse(text, where), key, where, ())


def key_of(path: str) -> Key:
    """The key of a path such as source.0.magnitude, in which numbers are those of items of lists."""
    return tuple(int(part) if part.isdecimal() else part for part in path.strip().split("."))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file{similar(path)}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


class _Constructor(RoundTripConstructor):
    """Leaves dates as text: the model reads them, with a sentence about what is wrong."""


def _as_text(constructor: RoundTripConstructor, node: ScalarNode) -> str:
    return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


def _parse(text: str, name: str) -> Any:
    yaml = YAML()
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        raise InputError(f"{name}{_mark(error)}: {_reason(error)}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from None


def _mark(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""


def _reason(error: MarkedYAMLError) -> str:
    problem = error.problem or error.context or ""
    if isinstance(error, DuplicateKeyError):
        key = re.search(r'"(.*?)"', problem)
        return f"the key '{key[1]}' is given twice" if key else problem
    return f"not valid YAML: {problem}"


@dataclass
class _Plain:
    """Dicts, lists and scalars from the parser's tree; `places` is filled as it goes (file None: not).

    What an alias stands for is written out, at most so many values in all: ten nested aliases can stand for 1e10.
    """

    places: dict[Key, str]
    file: str | None
    most: int

    def of(self, node: Any, key: Key, place: str, above: tuple[int, ...]) -> Any:
        """The plain data of a node, which stands at a key and a place, within the nodes above."""
        self.places[key] = place
        if id(node) in above:
            raise InputError(f"{place}: a mapping cannot contain itself")
        if len(self.places) > self.most:
            raise InputError(
                f"{place}: its aliases (*name) stand for more than {self.most:,} values; write fewer"
            )
        if not isinstance(node, CommentedMap | CommentedSeq):
            return _scalar(node, place)
        result: Any = {} if isinstance(node, CommentedMap) else []
        for name, value, position in _items(node):
            at = f"{self.file}:{position[0] + 1}:{position[1] + 1}" if self.file and position else place
            item = self.of(value, (*key, name), at, (*above, id(node)))
            if isinstance(result, dict):
                result[name] = item
            else:
                result.append(item)
        return result


def _items(node: CommentedMap | CommentedSeq) -> Iterator[tuple[Any, Any, tuple[int, int] | None]]:
    """(key or index, value, (line, column)) of what a collection holds; merged keys have no place."""
    if isinstance(node, CommentedMap):
        own = node.lc.data or {}
        for key, value in node.items():
            yield str(key), value, node.lc.key(key) if key in own else None
    else:
        for n, value in enumerate(node):
            yield n, value, node.lc.item(n)


def _scalar(node: Any, place: str) -> Any:
    """A scalar as Python's own type, without the parser's memory of how it was written."""
    if node is None or isinstance(node, bool):
        return node
    if type(node).__name__ == "ScalarBoolean":
        return bool(node)
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    raise InputError(
        f"{place}: expected plain text, a number, a list or a mapping; YAML tags are not supported"
    )


def _here(value: Any) -> Any:
    """Mark the text in a value as typed on the command line."""
    if isinstance(value, dict):
        return {key: _here(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_here(item) for item in value]
    return Here(value) if isinstance(value, str) else value


def _container(data: Any, key: Key, where: str) -> Any:
    """The mapping or list that holds the last part of `key`; mappings that are absent are made."""
    for n, part in enumerate(key):
        parent = ".".join(map(str, key[:n]))
        _check_part(data, part, parent, where)
        if n == len(key) - 1:
            break
        if isinstance(data, dict) and data.get(part) is None:
            data[part] = {}
        data = data[part]
    return data


def _check_part(data: Any, part: str | int, parent: str, where: str) -> None:
    if isinstance(data, list):
        if not isinstance(part, int) or part >= len(data):
            raise InputError(f"{where}: {parent} is a list with the items 0 to {len(data) - 1}, not '{part}'")
    elif not isinstance(data, dict):
        raise InputError(f"{where}: {parent} is {shown(data)} and has no keys; set {parent} as a whole")
    elif isinstance(part, int):
        raise InputError(f"{where}: {parent or 'the configuration'} is not a list, so it has no item {part}")
