"""Values that a configuration may have anywhere by mistake, and what may be said about them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from esim.config import from_dict
from esim.errors import InputError

THINGS = (None, True, -7, 1e400, "junk", "", [], [[]], {}, {"a": 1}, {1: 2})
MACHINERY = r"pydantic|nput should|alidat|alue error|kind=|Here\(|Traceback"


def check_everywhere(good: Mapping[str, Any], thing: Any) -> None:
    """Put `thing` in the place of every value of a good configuration: it loads, or the user is told in words."""
    refused = 0
    for key in _places(good)[1:]:
        data = json.loads(json.dumps(good))
        holder = data
        for part in key[:-1]:
            holder = holder[part]
        holder[key[-1]] = thing
        try:
            from_dict(data)
        except InputError as error:
            refused += 1
            assert not re.search(MACHINERY, str(error)), f"{key}: {error}"
    assert refused > 20


def _places(data: Any, key: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key in nested dicts and lists."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [key, *(below for name, value in items for below in _places(value, (*key, name)))]
