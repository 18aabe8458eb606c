"""What is a case of validation, and one comparison in it?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from esim.config import ScenarioConfig

Runs = Mapping[str, Path]  # output directories by the names of the runs; "" where there is only one


class Comparison(Protocol):
    """A line in the table of a case."""

    @property
    def passed(self) -> bool:
        """Whether it is as it should be."""
        ...

    def row(self) -> tuple[str, ...]:
        """The comparison as text: quantity, known, computed, difference, limit, result."""
        ...

    def record(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        ...


@dataclass(frozen=True)
class Check:
    """One comparison of a known value with the computed one, None where the run does not give it.

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
class Bound:
    """A number that should be small (an error), or with `at_least` large (an order); None where a run does not give it.

    Without a limit it is there to be read. The unit "%" is that of a fraction: 0.02 is shown as 2 %.
    """

    quantity: str
    computed: float | None
    limit: float | None = None
    unit: str = ""
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the number keeps to its limit."""
        if self.limit is None:
            return True
        if self.computed is None:
            return False
        return self.computed >= self.limit if self.at_least else self.computed <= self.limit

    def row(self) -> tuple[str, ...]:
        """The number as text: quantity, nothing, computed, nothing, limit, result."""
        computed = "none" if self.computed is None else self._text(self.computed)
        if self.limit is None:
            return self.quantity, "", computed, "", "", ""
        limit = f"{'at least' if self.at_least else 'at most'} {self._text(self.limit)}"
        return self.quantity, "", computed, "", limit, "pass" if self.passed else "FAIL"

    def record(self) -> dict[str, Any]:
        """The number as JSON values."""
        return asdict(self) | {"passed": self.passed}

    def _text(self, value: float) -> str:
        return f"{100 * value:.3g} %" if self.unit == "%" else f"{value:.3g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Case:
    """A case: the configurations of its runs, and how they are judged together.

    `configure` takes the output folder, and whether the case should be smaller; it returns a configuration for that
    folder, or several by the names of their folders in it. `draw` puts figures of the runs into a folder and returns
    their files. `compute` does a run where more is wanted of it than its files hold. `missing` says in a sentence what
    is not there that the case, or the smaller one, needs. `about` is prose for a report of the results.
    """

    name: str
    summary: str
    configure: Callable[[Path, bool], ScenarioConfig | Mapping[str, ScenarioConfig]]
    judge: Callable[[Runs], Sequence[Comparison]]
    draw: Callable[[Runs, Path], Sequence[Path]] | None = None
    compute: Callable[[ScenarioConfig], Path] | None = None
    missing: Callable[[bool], str | None] = lambda quick: None
    about: str = ""

    @classmethod
    def of_one_run(
        cls,
        name: str,
        summary: str,
        configure: Callable[[Path, bool], ScenarioConfig],
        judge: Callable[[Path], Sequence[Comparison]],
    ) -> "Case":
        """A case whose only run is judged by its directory."""
        return cls(name, summary, configure, lambda runs: judge(runs[""]))

    def run(self, folder: Path, quick: bool) -> Runs:
        """Compute all runs, one after the other, in a folder."""
        from esim.drivers.run import simulate

        wanted = self.configure(folder, quick)
        runs = wanted if isinstance(wanted, Mapping) else {"": wanted}
        compute = self.compute or simulate
        return {name: compute(cfg) for name, cfg in runs.items()}

    def find(self, folder: Path) -> Runs:
        """The runs of this case that are in a folder already."""
        several = sorted(path.parent for path in folder.glob("*/run.json"))
        if several and not (folder / "run.json").exists():
            return {path.name: path for path in several}
        return {"": folder}
