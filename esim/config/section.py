"""One mapping of the YAML file: strict, frozen, and able to say which of its keys is wrong."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from esim.config.suggest import hint, listed, shown


class KeyProblem(ValueError):
    """A sentence about one key below the place where a check was made; `key` is the way down to it."""

    def __init__(self, key: str | tuple[str | int, ...], sentence: str) -> None:
        super().__init__(sentence)
        self.key = (key,) if isinstance(key, str) else key


class Section(BaseModel):
    """A mapping with fixed keys; an unknown key is an error that names the nearest valid one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(
                f"expected a mapping with the keys {listed(cls.model_fields)}, not {shown(value)}"
            )
        for key in value:
            if key not in cls.model_fields:
                raise KeyProblem(str(key), f"unknown key, {hint(key, cls.model_fields, 'the keys here are')}")
        return value

    def input_files(self) -> Iterator[Path]:
        """The files, as they are named, from which it and the sections in it are to be read."""
        for name in type(self).model_fields:
            yield from _input_files(getattr(self, name))


def _input_files(value: Any) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Section):
        yield from value.input_files()
    elif isinstance(value, tuple):
        for entry in value:
            yield from _input_files(entry)


def kind_of(value: Any) -> str:
    """The tag "kind=..." by which a union picks its model; problems.py takes it out of the keys again."""
    if isinstance(value, Section):
        return f"kind={value.kind}"  # type: ignore[attr-defined]
    if not isinstance(value, Mapping):
        return "kind="
    return f"kind={value.get('kind', '')}"
