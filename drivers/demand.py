"""What does a run take of a machine? Known once it is checked, for any number of ranks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Demand:
    """Work, memory and files of a run.

    kernel is what computes, as `esim bench` calls it; updates are those of all cells of all grids in all steps; memory
    [bytes] is what the arrays of the largest rank take, by name; output [bytes] is before compression, at most.
    """

    kernel: Literal["ocean", "elastic", "viscoelastic"]
    cells: int
    steps: int
    updates: int
    memory: Mapping[str, int]
    output: int
