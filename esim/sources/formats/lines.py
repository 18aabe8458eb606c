"""Lines of a text file, read one by one, with their numbers for messages."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from esim.errors import InputError


class Lines:
    """Lines of a file with something on them, and the place of the last one for messages."""

    def __init__(self, path: Path, lines: Iterator[str], comment: str | None = "#") -> None:
        self.path, self.number, self._lines, self._comment = path, 0, lines, comment
        self._remarks: dict[str, str] = {}

    @property
    def where(self) -> str:
        """File and line of the last line."""
        return f"{self.path} line {self.number}" if self.number else str(self.path)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What has been remarked, sentences with file and line."""
        return tuple(f"{where}: {text}" for text, where in self._remarks.items())

    def remark(self, text: str) -> None:
        """Keep what the user should know of the last line; the same once only."""
        self._remarks.setdefault(text, self.where)

    def remark_all(self, text: str) -> None:
        """Keep what the user should know of the whole file."""
        self._remarks.setdefault(text, str(self.path))

    def error(self, text: str) -> InputError:
        """What is wrong with the last line."""
        return InputError(f"{self.where}: {text}")

    def next(self, expected: str) -> str:
        """The next line that is neither blank nor a comment; InputError if there is none."""
        line = self.optional()
        if line is None:
            raise InputError(f"{self.where}: the file ends here, expected {expected}")
        return line

    def optional(self) -> str | None:
        """The next line, None at the end."""
        for line in self._lines:
            self.number += 1
            line = line.strip()
            if line and not (self._comment and line.startswith(self._comment)):
                return line
        return None

    def numbers(self, expected: str, count: int) -> list[float]:
        """The numbers of the next line, at least `count` of them."""
        words = self.next(expected).split()
        if len(words) < count:
            raise InputError(f"{self.where}: has {len(words)} values, expected {count}: {expected}")
        return self.numbers_of(words[:count], expected)

    def numbers_of(self, words: Sequence[str], expected: str) -> list[float]:
        """Finite numbers; InputError for the first word that is none."""
        try:
            values = [float(word) for word in words]
            if math.isfinite(sum(values)):
                return values
        except ValueError:
            pass
        return [self.number_of(word, expected) for word in words]

    def number_of(self, word: str, expected: str) -> float:
        """One number; InputError if it is none."""
        try:
            value = float(word)
            if math.isfinite(value):
                return value
        except ValueError:
            pass
        raise InputError(f"{self.where}: '{word}' is not a number, expected {expected}")


@contextmanager
def opened(path: Path, comment: str | None = "#") -> Iterator[Lines]:
    """The lines of a file, without those that begin with a comment mark; InputError if it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            yield Lines(path, iter(file), comment)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
