"""What are keys called today that had another name in earlier versions?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Renamed:
    """The name of a key today, and for each of its old values that has changed, what is written today."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)


RENAMED = {
    "activation": Renamed("activation_threshold"),
    "loading": Renamed("self_attraction_loading", {"elastic": "true", "none": "false"}),
    "memory": Renamed("memory_variable_precision"),
    "motion": Renamed("surface_displacement"),
    "negligible": Renamed("displacement_cutoff"),
    "stratification": Renamed("seawater_compressibility", {"compressible": "true", "none": "false"}),
}


def new_name(key: object, value: object, valid: Iterable[str]) -> str | None:
    """A sentence that names today's key, one of the `valid` ones, for an old one; None for any other key."""
    today = RENAMED.get(key) if isinstance(key, str) else None
    if today is None or today.name not in valid:
        return None
    changed = today.values.get(value) if isinstance(value, str) else None
    return f"is now called {today.name}" + (f"; write {today.name}: {changed}" if changed else "")
