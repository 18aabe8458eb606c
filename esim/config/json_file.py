"""What is in a JSON file?"""

import json
from pathlib import Path
from typing import Any

from esim.config.yaml.suggest import shown


def read_json(path: Path) -> Any:
    """The content of a JSON file; ValueError, in words, where it is none, or has NaN or infinities."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse)
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None


def _refuse(word: str) -> float:
    raise ValueError(f"{shown(word)} is no number in JSON")
