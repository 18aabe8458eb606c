"""What does a key mean? Type, unit, default, bounds, kinds and an example of every key, from the models themselves."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from esim.config.annotations import (
    bounds_of,
    choice_of,
    choices_of,
    dimension_of,
    sections_of,
    type_of,
    units_of,
)
from esim.config.examples import ALSO, EXAMPLES
from esim.config.scenarios import config_roots
from esim.config.yaml.section import Section
from esim.config.yaml.suggest import listed, nearest
from esim.config.yaml.write import to_yaml
from esim.errors import InputError

_Model = type[Section]
_Value = TypeVar("_Value")


@dataclasses.dataclass(frozen=True)
class _Step:
    """A word on the way to a key: the name of a scenario, of a key, of a list, or of a kind, which may be left out."""

    word: str
    is_kind: bool = False
    in_list: bool = False
    written: bool = False  # a kind that the key `kind` names


@dataclasses.dataclass(frozen=True)
class Key:
    """A key of the YAML file, or a kind of a section: source.okada.faults.slip is the slip of a fault of kind okada."""

    name: str
    path: str
    scenario: str
    type: str  # in words: "length", "list of mappings", "open or wall"
    units: tuple[str, ...]  # that numbers may have, that of a bare number first
    bounds: str  # "more than 0, at most 1"; "" for none
    description: str
    examples: tuple[Any, ...]  # plain data, as read from YAML
    kinds: tuple[str, ...]  # the children that are kinds, of which one is chosen
    children: tuple["Key", ...]
    way: tuple[_Step, ...] = dataclasses.field(repr=False)
    field: tuple[_Model, str] | None = dataclasses.field(repr=False)  # where it is declared; None for a kind

    @property
    def unit(self) -> str:
        """The unit of a bare number; "" for none."""
        return self.units[0] if self.units else ""

    @property
    def is_required(self) -> bool:
        """Whether the section that has the key cannot be without it."""
        return self.field is not None and self.info.is_required()

    @property
    def info(self) -> FieldInfo:
        """The field of the model; a kind has none."""
        assert self.field is not None
        model, name = self.field
        return model.model_fields[name]

    @property
    def default(self) -> str:
        """Its default as YAML; "required" where there is none; "" for a section, whose keys have their own."""
        if self.field is None:
            return ""
        if self.is_required:
            return "required"
        value = self.info.get_default(call_default_factory=True, validated_data={})
        return "" if isinstance(value, Section) else to_yaml(to_jsonable_python(value))

    @property
    def example(self) -> str:
        """The first example as YAML, from the top level of the file down; "" for none."""
        return to_yaml(_nested(self.way[1:], self.examples[0])) if self.examples else ""

    def is_named(self, path: str) -> bool:
        """Whether a path names the key; the scenario, and kinds on the way to it, may be left out."""
        *before, last = self.way
        words = [rf"(?:{step.word}\.)?" if step.is_kind else rf"{step.word}\." for step in before]
        return re.fullmatch("".join([*words, last.word]), path) is not None


_Way = tuple[_Step, ...]


def describe(path: str) -> Key:
    """The key of a path such as grid.spacing, source.okada or seismic.physics; of several the first, see find.

    Raises InputError, with the nearest key, for one that is unknown.
    """
    return find(path)[0]


def find(path: str) -> list[Key]:
    """All keys that a path names: scenario, kinds and numbers of items may be left out.

    Raises InputError, with the nearest key, where there is none.
    """
    wanted = ".".join(word for word in path.strip().split(".") if not word.isdecimal())
    found = [key for key in all_keys() if key.is_named(wanted)]
    if not found:
        raise InputError(f"there is no key '{path}', {_suggestion(wanted)}")
    return found


def _suggestion(wanted: str) -> str:
    """The path most like it, or those that end with the word most like its last one, or all sections."""
    paths = list(dict.fromkeys(key.path for key in all_keys()))
    last = wanted.rpartition(".")[2]
    near = [path for path in paths if path.endswith(f".{wanted}")]
    near = near or [path for path in [nearest(wanted, paths)] if path]
    if not near and (name := nearest(last, {key.name for key in all_keys()})):
        near = [path for path in paths if path.endswith(f".{name}")]
    if near:
        return f"did you mean {listed(near[:3]).replace(', ', ' or ')}?"
    return f"the sections are {listed(dict.fromkeys(key.name for key in sections()))}"


def all_keys() -> Iterator[Key]:
    """Every key and kind of all scenarios, each before its children."""
    for section in sections():
        yield from _with_children(section)


@cache
def sections() -> tuple[Key, ...]:
    """The keys at the top level of the YAML file, scenario by scenario."""
    return tuple(
        key for name, root in config_roots().items() for key in _keys(root, (_Step(name, is_kind=True),))
    )


def _with_children(key: Key) -> Iterator[Key]:
    yield key
    for child in key.children:
        yield from _with_children(child)


def _keys(model: _Model, above: _Way) -> tuple[Key, ...]:
    return tuple(_key(model, name, info, above) for name, info in model.model_fields.items())


def _key(model: _Model, name: str, info: FieldInfo, above: _Way) -> Key:
    """The key of a field, with its kinds or keys below it."""
    models, in_list = sections_of(info)
    way = (*above, _Step(name, in_list=in_list))
    kinds = tuple(models) if set(models) != {""} else ()
    if kinds:
        children = tuple(_kind(kind, models[kind], way) for kind in kinds)
    else:
        children = _keys(models[""], way) if models else ()
    return _made(
        way,
        type=type_of(info),
        units=units_of(dimension_of(info)),
        bounds=bounds_of(info),
        description=info.description or "",
        kinds=kinds,
        children=children,
        field=(model, name),
        value=_example(way, info, children, bool(kinds)),
    )


def _kind(name: str, model: _Model, above: _Way) -> Key:
    way = (*above, _Step(name, is_kind=True, written=name in choices_of(model.model_fields.get("kind"))))
    children = _keys(model, way)
    return _made(
        way,
        type="mapping",
        units=(),
        bounds="",
        description=" ".join((model.__doc__ or "").split()),
        kinds=(),
        children=children,
        field=None,
        value=_composed(way, children),
    )


def _made(way: _Way, value: Any, **facts: Any) -> Key:
    return Key(
        name=way[-1].word,
        path=".".join(step.word for step in way[1:]),
        scenario=way[0].word,
        examples=() if value is None else (value,),
        way=way,
        **facts,
    )


def _nested(way: _Way, value: Any) -> Any:
    """The value of a key in the lists and mappings around it; a mapping says which kind it is."""
    for step in reversed(way):
        if step.is_kind:
            value = {"kind": step.word} | value if step.written else value
        else:
            value = {step.word: [value] if step.in_list and not isinstance(value, list) else value}
    return value


def _example(way: _Way, info: FieldInfo, children: tuple[Key, ...], has_kinds: bool) -> Any:
    """A value as somebody would write it: of the table, or made of the keys below it or of the choices there are."""
    listed_value = _of_table(EXAMPLES, way)
    if listed_value is not None:
        return listed_value
    if not children:
        return choice_of(info)
    value = children[0].examples[0] if has_kinds else _composed(way, children)
    return [value] if value is not None and way[-1].in_list else value


def _composed(way: _Way, children: tuple[Key, ...]) -> Any:
    """A mapping of the keys that must be there, and of those that the table names for the section."""
    also = _of_table(ALSO, way) or ()
    shown = [key for key in children if key.is_required or key.name in also]
    shown.sort(key=lambda key: key.name != "kind")
    return {key.name: key.examples[0] for key in shown if key.examples} or None


def _of_table(table: Mapping[str, _Value], way: _Way) -> _Value | None:
    """What a table has for the longest end of a path."""
    words = [step.word for step in way]
    ends = (".".join(words[n:]) for n in range(len(words)))
    return next((table[end] for end in ends if end in table), None)
