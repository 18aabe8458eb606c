"""What did a run read? Checksums of its input files, each summed once, by one of the ranks."""

import heapq
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from esim.errors import EsimError, InputError
from esim.io.checksum import mark_of
from esim.io.provenance import input_file
from esim.parallel.comm import Comm


def sum_inputs(comm: Comm, files: Sequence[Path], threads: int = 1) -> list[dict[str, Any]]:
    """What run.json has of the input files, with their checksums. Collective.

    Ranks share the files out, the largest first. Where they do not see the same file under a path, because nodes have
    copies of their own, one rank of each node sums it; raises InputError, on all ranks, where these differ.
    """
    marks = comm.allgather([mark_of(path) for path in files])
    shared = [all(marks[0][n] == one[n] for one in marks) for n in range(len(files))]
    owner = _share_out([mark[0] for mark in marks[0]], comm.size)
    mine = [n for n in range(len(files)) if (owner[n] == comm.rank if shared[n] else comm.local_rank == 0)]
    found: dict[int, dict[str, Any]] = {}
    problem: EsimError | None = None
    try:
        with ThreadPoolExecutor(max(1, threads)) as pool:
            found = dict(zip(mine, pool.map(input_file, [files[n] for n in mine]), strict=True))
    except EsimError as error:
        problem = error
    told = comm.allgather((problem, found))
    for problem, _ in told:
        if problem is not None:
            raise problem
    return [_agreed(path, n, [found for _, found in told]) for n, path in enumerate(files)]


def _share_out(sizes: Sequence[int], ranks: int) -> list[int]:
    """A rank for each file, so that all have about as many bytes."""
    loads, owner = [(0, rank) for rank in range(ranks)], [0] * len(sizes)
    for n in sorted(range(len(sizes)), key=lambda n: -sizes[n]):
        load, owner[n] = heapq.heappop(loads)
        heapq.heappush(loads, (load + sizes[n], owner[n]))
    return owner


def _agreed(path: Path, number: int, told: Sequence[dict[int, dict[str, Any]]]) -> dict[str, Any]:
    """What those who have summed a file found, the same all of them."""
    ranks = [rank for rank, found in enumerate(told) if number in found]
    first = told[ranks[0]][number]
    for rank in ranks[1:]:
        if told[rank][number] | {"path": ""} != first | {"path": ""}:
            raise InputError(
                f"{path} is another file for rank {rank} than for rank {ranks[0]} (their checksums differ); give all "
                "nodes the same one"
            )
    return first
