"""How is a key of the base named? By its path, as --set has it."""

import re
from typing import Annotated

from pydantic import AfterValidator

from esim.config.yaml.suggest import shown


def key_path(text: str) -> str:
    """The path of a key of the base; ValueError for what cannot be one."""
    path = text.strip()
    if not re.fullmatch(r"\w+(\.\w+)*", path):
        raise ValueError(f"{shown(text)} is not the path of a key; expected one such as source.0.magnitude")
    return path


KeyPath = Annotated[str, AfterValidator(key_path)]
