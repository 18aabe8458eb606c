"""Where is the file? Relative to the configuration, or to the current directory for what was typed there."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from esim.config.yaml.suggest import nearest, shown
from esim.data import PREFIX, STORE

LONGEST_NAME, LONGEST_PATH = (
    255,
    3800,
)  # bytes; file systems take 255 and 4096, and files lie in the directory


class Here(str):
    """Text typed on the command line: as a path it is relative to the current directory."""


def input_file(value: Any, info: ValidationInfo) -> Path:
    """The absolute path of an existing file, `~` and `$NAME` expanded; `data:NAME` stays for esim.data.

    Raises ValueError where it is missing, naming a file of nearly that name.
    """
    path = expand(value)
    if str(path).startswith(PREFIX):
        return path
    if not isinstance(value, Here) and info.context:
        path = info.context["directory"] / path
    path = Path(os.path.abspath(path))
    try:
        if path.is_dir():
            raise ValueError(f"{path} is a directory; expected a file")
        if not path.is_file():
            raise ValueError(f"there is no file {path}{similar(path)}")
    except OSError as error:  # a name that is too long, say
        raise ValueError(f"{path} cannot be looked for: {error.strerror}") from None
    return path


def input_maps(value: Any, info: ValidationInfo) -> Path:
    """The absolute path of an existing file of maps: a file, as `input_file` has it, or a Zarr store."""
    path = expand(value)
    if path.suffix == STORE and not str(path).startswith(PREFIX):
        if not isinstance(value, Here) and info.context:
            path = info.context["directory"] / path
        path = Path(os.path.abspath(path))
        if path.is_dir():
            return path
    return input_file(value, info)


def output_directory(value: Any) -> Path:
    """The absolute path of a directory to be written, relative to the current directory."""
    path = Path(os.path.abspath(expand(value)))
    if (
        any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts)
        or len(os.fsencode(path)) > LONGEST_PATH
    ):
        raise ValueError(
            f"{path} is too long; expected at most {LONGEST_NAME} bytes between slashes, and {LONGEST_PATH} in all"
        )
    return path


def expand(value: Any) -> Path:
    """A path with `~` and environment variables replaced; ValueError names a variable that is not set."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError(f"{shown(value)} is not a path")
    text = os.path.expandvars(os.path.expanduser(value))
    unset = re.search(r"\$\{?(\w+)", text)
    if unset:
        raise ValueError(f"{shown(str(value))} needs the environment variable {unset[1]}, which is not set")
    return Path(text)


def similar(path: Path) -> str:
    """The end of a sentence about a missing file: one of nearly that name, or no directory."""
    if not path.parent.is_dir():
        return f": the directory {path.parent} does not exist"
    try:
        near = nearest(path.name, os.listdir(path.parent))
    except OSError:  # a directory that may not be listed has no suggestions
        near = None
    return f", did you mean '{near}'?" if near else ""


_PATH = WithJsonSchema({"type": "string"})
InputFile = Annotated[Path, BeforeValidator(input_file), _PATH]
InputMaps = Annotated[Path, BeforeValidator(input_maps), _PATH]
OutputDirectory = Annotated[Path, BeforeValidator(output_directory), _PATH]
