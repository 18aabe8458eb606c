"""From a file, or a dictionary, to a complete configuration or one clear sentence."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from esim.config.document import Document, override, read
from esim.config.problems import input_error
from esim.config.root import Config


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Config:
    """Read a YAML configuration, apply overrides `key.path=value`, and check it.

    Input files named in the YAML are relative to the directory of the YAML file; those named in an override,
    and `output.directory` wherever it is written, are relative to the current directory. Raises InputError
    with a sentence per problem, each with file, line and column (or the override) and the key.
    """
    document = read(path)
    for setting in overrides:
        override(document, setting)
    return _validate(document)


def from_dict(data: Mapping[str, Any], directory: str | os.PathLike[str] = ".") -> Config:
    """Check a configuration given as nested dictionaries; input files are relative to `directory`.

    Raises InputError with a sentence per problem that names the key.
    """
    return _validate(Document(data, Path(os.path.abspath(directory))))


def _validate(document: Document) -> Config:
    try:
        return Config.model_validate(document.data, context={"directory": document.directory})
    except ValidationError as error:
        raise input_error(error, document) from None
