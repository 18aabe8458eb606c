"""What is a case of validation, and one comparison in it?"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from esim.config import Config


@dataclass(frozen=True)
class Check:
    """One comparison of what is known with what was computed, None where the run does not tell.

    With `relative` the difference, and its limit, are parts of the known value; else they are in its unit.
    """

    quantity: str
    known: float
    computed: float | None
    unit: str
    limit: float
    relative: bool = False

    @property
    def difference(self) -> float | None:
        """Computed less known."""
        if self.computed is None:
            return None
        return (self.computed - self.known) / (abs(self.known) if self.relative else 1.0)

    @property
    def passed(self) -> bool:
        """Whether the difference is within the limit."""
        return self.difference is not None and abs(self.difference) <= self.limit

    def row(self) -> tuple[str, ...]:
        """The comparison as text: quantity, known, computed, difference, limit, result."""
        computed = "none" if self.computed is None else self._value(self.computed)
        difference = "" if self.difference is None else self._size(self.difference, "+")
        result = "pass" if self.passed else "FAIL"
        return self.quantity, self._value(self.known), computed, difference, self._size(self.limit), result

    def record(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        return asdict(self) | {"difference": self.difference, "passed": self.passed}

    def _value(self, value: float) -> str:
        return f"{value:.0f} {self.unit}" if self.unit == "s" else f"{value:.3f} {self.unit}"

    def _size(self, value: float, sign: str = "") -> str:
        return f"{100 * value:{sign}.1f} %" if self.relative else f"{value:{sign}.0f} {self.unit}"


@dataclass(frozen=True)
class Case:
    """A case: its configuration for an output folder (smaller if `quick`), and how a run of it is judged."""

    name: str
    summary: str
    configure: Callable[[Path, bool], Config]
    judge: Callable[[Path], list[Check]]
