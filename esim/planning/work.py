"""What does a run compute? Amounts of each kind of work in a step, on each rank, and what ranks exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from esim.parallel.decomposition import Decomposition


@dataclass(frozen=True)
class Term:
    """Work of one kind in a step: so many updates of cells (or of what the kind counts), in so many calls."""

    kind: str
    amount: float
    calls: float = 1.0


@dataclass(frozen=True)
class Exchange:
    """An exchange of halos that each step makes `times`: bytes for each cell of an edge that is sent.

    hidden: it goes on while the inside of the block is computed.
    """

    decomposition: Decomposition
    bytes_per_cell: float
    times: float
    hidden: bool


@dataclass(frozen=True)
class Reduction:
    """A sum or maximum over all ranks: how often in a step, of how many bytes, and whether ranks wait for it."""

    name: str
    times: float
    size: int = 8
    blocking: bool = True


@dataclass(frozen=True, kw_only=True)
class Output:
    """What is written: bytes before compression of results, and of all checkpoints; and of the files that stay.

    at_end is the part of the results that is written when the last step is done.
    """

    results: int
    at_end: int
    checkpoints: int
    all: int
    compressed: bool


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A run on a number of ranks: steps, the terms of each rank, exchanges, reductions, output, memory by name [bytes].

    inside is the part of the work of each rank that needs no neighbour, behind which exchanges hide. uncounted are
    words for what is not predicted; memory is that of the largest rank.
    """

    steps: float
    terms: Sequence[Sequence[Term]]
    inside: Sequence[float]
    exchanges: Sequence[Exchange]
    reductions: Sequence[Reduction]
    output: Output
    memory: Mapping[str, int]
    cells: int
    uncounted: Sequence[str] = ()

    @property
    def ranks(self) -> int:
        """Number of ranks."""
        return len(self.terms)

    @property
    def kinds(self) -> list[str]:
        """The kinds of work that it has."""
        return sorted({term.kind for rank in self.terms for term in rank})

    def updates(self) -> float:
        """Cell updates of a step, of all ranks, by the kernels that step."""
        return sum(
            term.amount for rank in self.terms for term in rank if term.kind.startswith(("ocean", "crust"))
        )
