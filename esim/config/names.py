"""Is each name given once?"""

from collections.abc import Sequence
from typing import Protocol

from esim.config.yaml.section import KeyProblem


class Named(Protocol):
    """A section with a name."""

    @property
    def name(self) -> str:
        """The name, which no other item of the list may have."""


def check_names(key: str | tuple[str, ...], items: Sequence[Named]) -> None:
    """Raise KeyProblem for the first name in the list at `key` that an earlier item has."""
    place = (key,) if isinstance(key, str) else key
    seen: dict[str, int] = {}
    for n, item in enumerate(items):
        if item.name in seen:
            first = ".".join((*place, str(seen[item.name])))
            text = f"'{item.name}' is already the name of {first}; names must be unique"
            raise KeyProblem((*place, n, "name"), text)
        seen[item.name] = n
