"""A section of a configuration, as loading makes it: `section(OceanSourceConfig, kind="hump", ...)`."""

from typing import Any

from pydantic import TypeAdapter


def section(model: Any, /, **values: Any) -> Any:
    """The section of that class, or of that union, with these values and the defaults of all others."""
    return TypeAdapter(model).validate_python(values)
