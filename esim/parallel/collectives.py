"""Work that one rank does for the others, or before them."""

from collections.abc import Callable
from typing import Any, TypeVar

from esim.errors import EsimError
from esim.parallel.comm import Comm

T = TypeVar("T")


def on_root(comm: Comm, work: Callable[[], T]) -> T | None:
    """Result of work() on rank 0, which alone does it; if it raises an EsimError, all ranks do."""
    result: T | None = None
    problem: EsimError | None = None
    if comm.rank == 0:
        try:
            result = work()
        except EsimError as error:
            problem = error
    if problem := comm.bcast(problem):
        raise problem
    return result


def from_root(comm: Comm, work: Callable[[], T]) -> T:
    """Result of work() on every rank, done by rank 0 alone; if it raises an EsimError, all ranks do."""
    result = comm.bcast(on_root(comm, work))
    return result  # type: ignore[return-value]  # rank 0 has it


def root_first(comm: Comm, work: Callable[[], T]) -> T:
    """Result of work(), which may download files, done by rank 0 before the others."""
    result = on_root(comm, work)
    return result if result is not None else work()


def one_per_node(comm: Comm, work: Callable[[], Any]) -> Any:
    """Result of work(), done on the first rank of each node before the others begin."""
    result = work() if comm.local_rank == 0 else None
    comm.barrier()
    return result if comm.local_rank == 0 else work()
