"""One line of the doctor's report."""

from typing import NamedTuple

FAST, FALLS_BACK, MISSING, NOTE = "fast", "falls back", "missing", ""


class Finding(NamedTuple):
    """What was looked at, what was found, how good that is, and what to do."""

    topic: str
    found: str
    state: str = NOTE
    advice: str = ""
