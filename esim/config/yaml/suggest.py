"""Which valid word did the user mean? And how are words, and sentences about many things, put together?"""

from collections.abc import Iterable, Mapping, Sequence
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


FEW = 3  # things that are named one by one


def several(names: Sequence[str]) -> str:
    """Names with commas between them; of many the first few, and how many more there are."""
    if len(names) <= FEW + 1:
        return ", ".join(names)
    return f"{', '.join(names[:FEW])} and {len(names) - FEW:,} more"


def gathered(found: Sequence[tuple[str, str]], many: str) -> list[str]:
    """A sentence "NAME: ..." for each of a few things (name, sentence), or one of all of them that ends with `many`."""
    if len(found) <= FEW:
        return [f"{name}: {sentence}" for name, sentence in found]
    return [f"{several([name for name, _ in found])}: {many}"]


def shown(value: object) -> str:
    """A value as the user would recognise it in YAML, shortened."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, Mapping):
        return "a mapping"
    text = f"'{' '.join(value.split())}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
