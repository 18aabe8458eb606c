"""One mapping of the YAML file: strict, frozen, and able to say which of its keys is wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from esim.config.yaml.renamed import new_name
from esim.config.yaml.suggest import hint, listed, shown


class KeyProblem(ValueError):
    """A sentence about one key below the place where a check was made; `key` is the path down to it."""

    def __init__(self, key: str | tuple[str | int, ...], sentence: str) -> None:
        super().__init__(sentence)
        self.key = (key,) if isinstance(key, str) else key


class KeyProblems(ValueError):
    """Several sentences about keys, all that a check has found at once; each is reported at its own place."""

    def __init__(self, problems: Sequence[KeyProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class Section(BaseModel):
    """A mapping with fixed keys; an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def files(self) -> tuple[Path, ...]:
        """The input files that the section and those in it name, as the configuration has them."""
        return _files([getattr(self, name) for name in type(self).model_fields])

    @property
    def keyed_files(self) -> dict[str, Path]:
        """The same by the keys that name them, such as source.0.file."""
        return {key: file for key, file in _keyed("", self) if file in self.files}

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(
                f"expected a mapping with the keys {listed(cls.model_fields)}, not {shown(value)}"
            )
        for key, given in value.items():
            if key not in cls.model_fields:
                unknown = f"unknown key, {hint(key, cls.model_fields, 'the keys here are')}"
                raise KeyProblem(str(key), new_name(key, given, cls.model_fields) or unknown)
        return value


def _files(value: Any) -> tuple[Path, ...]:
    """The paths in the value of a key."""
    if isinstance(value, Section):
        return value.files
    if isinstance(value, list | tuple):
        return tuple(file for item in value for file in _files(item))
    return (value,) if isinstance(value, Path) else ()


def _keyed(key: str, value: Any) -> Iterator[tuple[str, Path]]:
    """The paths in the value of a key, each with its own key."""
    if isinstance(value, Section):
        items: Iterable[tuple[Any, Any]] = ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        items = ()
        if isinstance(value, Path):
            yield key, value
    for name, item in items:
        yield from _keyed(f"{key}.{name}" if key else str(name), item)


def check_one(section: Section, *names: str) -> None:
    """Raise ValueError unless exactly one of some keys is given."""
    given = [key for key in names if getattr(section, key) is not None]
    if len(given) != 1:
        wanted, two = f"{', '.join(names[:-1])} or {names[-1]}", len(names) == 2
        has = ("both" if two else " and ".join(given)) if given else "neither" if two else "none"
        raise ValueError(f"needs {wanted}; it has {has}")


def kind_of(value: Any) -> str:
    """The tag "kind=..." by which a union picks its model; problems.py takes it out of the keys again."""
    if isinstance(value, Section):
        return f"kind={value.kind}"  # type: ignore[attr-defined]
    if not isinstance(value, Mapping):
        return "kind="
    return f"kind={value.get('kind', '')}"
