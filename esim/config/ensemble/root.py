"""The whole configuration of scenario ensemble, complete and checked."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from esim.config.ensemble.hazard import HazardConfig
from esim.config.ensemble.key_path import KeyPath
from esim.config.ensemble.members import MembersConfig
from esim.config.ensemble.run import EnsembleRunConfig
from esim.config.load import validate
from esim.config.output import DirectoryConfig
from esim.config.run import ResourcesConfig
from esim.config.scenario import ScenarioConfig, SimulationConfig
from esim.config.yaml.document import Document, Key, key_of, put, read
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem
from esim.data import locate
from esim.errors import InputError

NOT_SET = ("scenario", "output.directory", "output.overwrite")  # what members do not have from `set`


class EnsembleConfig(ScenarioConfig):
    """Complete configuration of scenario ensemble."""

    scenario: Literal["ensemble"] = Field(description="Scenario: many runs that differ in some keys.")
    base: InputFile = Field(description="Configuration of which the members are variants, a YAML file.")
    set: dict[KeyPath, Any] = Field(
        default_factory=dict,
        description="Values of keys of the base for all members, by path: {grid.spacing: 4 arcmin}; of a mapping, such "
        "as {output: {fields: null}}, each key by itself, unless it is of another kind.",
    )
    members: MembersConfig = Field(description="Members, and how they differ.")
    hazard: HazardConfig | None = Field(
        default=None, description="What is computed of all members together; null: nothing."
    )
    output: DirectoryConfig = Field(
        description="Files of the ensemble; each member has a folder members/NAME."
    )
    run: EnsembleRunConfig = Field(
        default=EnsembleRunConfig(), validate_default=True, description="Machine, and ranks of each member."
    )

    @field_validator("run")
    @classmethod
    def _as_in_base(cls, run: EnsembleRunConfig, info: ValidationInfo) -> EnsembleRunConfig:
        if "base" not in info.data or "set" not in info.data:
            return run
        base = _validated(base_document(info.data["base"], info.data["set"]))
        given = {name: getattr(base.run, name) for name in ResourcesConfig.model_fields}
        return run.model_copy(update={k: v for k, v in given.items() if k not in run.model_fields_set})

    @model_validator(mode="after")
    def _check_paths(self) -> Self:
        for path in _paths(self.set):
            if path in NOT_SET:
                raise KeyProblem(("set", path), "belongs to the ensemble; set it there")
        if self.members.unit_sources is not None and self.hazard is not None:
            raise KeyProblem("hazard", "unit sources are no events that may happen; leave it out")
        for path in self.members.vary or ():
            if path in NOT_SET:
                raise KeyProblem(("members", "vary", path), "cannot differ between members")
        for n, level in enumerate(self.members.logic_tree):
            for path in level.paths.intersection(NOT_SET):
                raise KeyProblem(("members", "logic_tree", str(n)), f"{path} cannot differ between members")
        return self

    def document(self) -> Document:
        """The plain data of the base, with what is set for all members."""
        return base_document(self.base, self.set, self.machine)

    @property
    def machine(self) -> dict[str, Any]:
        """The settings of the machine that all members have."""
        told = self.run.model_dump(mode="json")
        return {f"run.{name}": told[name] for name in ResourcesConfig.model_fields}


def base_document(base: Path, given: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Document:
    """The plain data of a base, with keys by path that are given; raises InputError."""
    document = read(locate(base))
    for path, value in given.items():
        _set(document, key_of(path), value)
    for path, value in (more or {}).items():
        put(document, key_of(path), value, "run")
    return document


def _set(document: Document, key: Key, value: Any) -> None:
    """Give a key a value; a mapping changes those keys of a section that it has, unless it makes it another kind."""
    there = document.value(key)
    if (
        isinstance(value, Mapping)
        and isinstance(there, Mapping)
        and value.get("kind", there.get("kind")) == there.get("kind")
    ):
        for name, item in value.items():
            _set(document, (*key, name), item)
    else:
        put(document, key, deepcopy(value), "set")


def _paths(given: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of all keys that are given, of sections and of the keys in them."""
    for name, value in given.items():
        yield f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{above}{name}.")


def _validated(document: Document) -> SimulationConfig:
    """The base as a whole configuration. Raises InputError, at its own key, with what is wrong with it."""
    try:
        config = validate(document)
    except InputError as error:
        raise InputError(f"base: {error}") from None
    if not isinstance(config, SimulationConfig):
        raise InputError(f"base: is of scenario '{config.scenario}'; expected one that is computed in time")
    return config
