"""What will a library take? Runs, memory and time, before anything is computed."""

from collections.abc import Iterator
from dataclasses import dataclass

DOUBLE = 8  # bytes
RATE = 3e9  # floating-point operations a second of dense algebra on a core, low on purpose


@dataclass(frozen=True)
class Cost:
    """What decides the cost: numbers of runs, data, unknowns, values of forecasts, subfaults and cells of uplift.

    run_seconds and run_bytes are those of one run.
    """

    runs: int
    data: int
    unknowns: int
    forecasts: int
    subfaults: int
    cells: int
    run_seconds: float
    run_bytes: int

    @property
    def library_bytes(self) -> int:
        """The library, whose factor is the largest part of many data."""
        matrices = (
            self.data**2 + 2 * self.data * self.unknowns + self.forecasts * self.unknowns + self.unknowns**2
        )
        return DOUBLE * matrices + 4 * self.subfaults * self.cells

    @property
    def memory(self) -> int:
        """Memory [bytes] at most: a run with the uplifts, or the operator by slip and by x."""
        return max(self.run_bytes, 2 * self.library_bytes) + 4 * DOUBLE * self.subfaults * self.cells

    @property
    def algebra_seconds(self) -> float:
        """Time [s] of the matrices on one core."""
        steps = self.data + self.forecasts
        return 2 * steps * (self.unknowns**2 + self.subfaults * self.cells) / RATE

    def lines(self) -> Iterator[str]:
        """What is said before a library is built."""
        seconds = self.runs * self.run_seconds + self.algebra_seconds
        rates = "by rates of earlier runs or of other machines"
        yield f"runs           {self.runs} of {self.run_seconds:.3g} s each, {rates}"
        yield f"data           {self.data:,} of all sensors, for {self.unknowns:,} unknowns"
        yield f"forecasts      {self.forecasts:,} values"
        yield f"memory         {self.memory / 1e6:,.0f} MB at most; library {self.library_bytes / 1e6:,.0f} MB"
        yield f"predicted time {seconds:.3g} s, {self.algebra_seconds:.2g} s of it matrices"
