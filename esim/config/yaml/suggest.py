"""Which valid word did the user mean?"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid word most like `word`, whatever its case; None where none is near."""
    lower = {v.lower(): v for v in valid}
    match = get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[match[0]] if match else None


def hint(word: object, valid: Iterable[str], what: str = "expected one of") -> str:
    """The end of a sentence about a wrong word: "did you mean ...?", or all the valid ones."""
    words = list(valid)
    near = nearest(word, words) if isinstance(word, str) else None
    return f"did you mean '{near}'?" if near else f"{what} {listed(words)}"


def listed(words: Iterable[str]) -> str:
    """Words in quotes with commas between them."""
    return ", ".join(f"'{word}'" for word in words)


def shown(value: object) -> str:
    """A value as the user would recognise it in YAML, shortened."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, Mapping):
        return "a mapping"
    text = f"'{' '.join(value.split())}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
