"""How does any text become one word of bash, and a line that Slurm reads?"""

import re
import unicodedata
from collections.abc import Iterable

_ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": r"\\", "'": r"\'"}


def quote(text: str) -> str:
    """A text as one word of bash, on one line: control characters, such as line ends, are escaped ($'...').

    Raises ValueError for a NUL character, which no word can have.

    >>> print(quote("a; $(b)"), quote("two\\nlines"))
    'a; $(b)' $'two\\nlines'
    """
    if "\0" in text:
        raise ValueError("a NUL character, which no shell can pass on")
    if re.fullmatch(r"[\w@%+=:./-]+", text, re.ASCII):
        return text
    if not any(unicodedata.category(character) == "Cc" for character in text):
        return "'" + text.replace("'", "'\"'\"'") + "'"
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    ascii_control = character.isascii() and not character.isprintable()
    return f"\\x{ord(character):02x}" if ascii_control else character


def assignment(name: str, value: str) -> str:
    """A line that sets a variable."""
    return f"{name}={quote(value)}"


def array(name: str, values: Iterable[str]) -> str:
    """A line that sets an array."""
    return f"{name}=({' '.join(map(quote, values))})"


def job_name(text: str) -> str:
    """A text as the name of a job and of its log: letters, digits, '.', '-' and '_' only, at most 60.

    >>> job_name("Tohoku 2011; $(rm)")
    'Tohoku_2011_rm'
    """
    word = re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:60].strip("._-")
    return word or "esim"


def comment(text: str) -> str:
    """Lines of a comment: each printable, with a number sign before it, and none that Slurm takes for an option."""
    return "".join(f"# {_printable(line)}\n" for line in text.split("\n"))


def _printable(line: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in line)
