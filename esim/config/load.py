"""From a file, or a dictionary, to a complete configuration or one clear sentence."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from esim.config.scenario import ScenarioConfig
from esim.config.scenarios import SCENARIOS
from esim.config.yaml.document import Document, override, read
from esim.config.yaml.problems import input_error
from esim.config.yaml.suggest import hint, listed, nearest, shown
from esim.errors import InputError

FORECAST_KEYS = {"unknowns", "sensors", "targets"}  # by which a forecast is told, which has no scenario


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> ScenarioConfig:
    """Read a YAML configuration, apply overrides `key.path=value`, and check it.

    Input files named in the YAML are relative to the directory of the YAML file; those named in an override,
    and `output.directory` wherever it is written, are relative to the current directory. Raises InputError
    with a sentence per problem, each with file, line and column (or the override) and the key.
    """
    document = read(path)
    for setting in overrides:
        override(document, setting)
    return validate(document)


def from_dict(data: Mapping[str, Any], directory: str | os.PathLike[str] = ".") -> ScenarioConfig:
    """Check a configuration given as nested dictionaries; input files are relative to `directory`.

    Raises InputError with a sentence per problem that names the key:

    >>> from_dict({"scenario": "tsunmi"})
    Traceback (most recent call last):
        ...
    esim.errors.InputError: scenario: 'tsunmi' is not a choice here, did you mean 'tsunami'?
    """
    return validate(Document(data, Path(os.path.abspath(directory))))


def validate(document: Document) -> ScenarioConfig:
    """Check the plain data of a configuration; raises InputError as `load` does."""
    model = _model(document)
    try:
        return model.model_validate(document.data, context={"directory": document.directory})
    except ValidationError as error:
        raise input_error(error, document) from None


def _model(document: Document) -> type[ScenarioConfig]:
    """The configuration of the scenario that the document names; InputError where it names none of them."""
    data = document.data
    if not isinstance(data, Mapping):
        raise InputError(f"expected a mapping such as 'scenario: tsunami', found {shown(data)}")
    if "scenario" not in data:
        raise InputError(_without_scenario(document))
    name = data["scenario"]
    if isinstance(name, str) and name in SCENARIOS:
        return SCENARIOS[name].load_config()
    text = f"{shown(name)} is not a choice here, {hint(name, SCENARIOS)}"
    raise InputError(_sentence(document, "scenario", text))


def _without_scenario(document: Document) -> str:
    if FORECAST_KEYS <= document.data.keys():
        place = document.place(("unknowns",))
        return f"{place}: is the configuration of a forecast; build its library with `esim forecast build`"
    misspelt = nearest("scenario", [key for key in document.data if isinstance(key, str)])
    if misspelt:
        return _sentence(document, misspelt, "unknown key, did you mean 'scenario'?")
    return _sentence(document, "scenario", f"is missing; expected one of {listed(SCENARIOS)}")


def _sentence(document: Document, key: str, text: str) -> str:
    return ": ".join(part for part in (document.place((key,)), key, text) if part)
