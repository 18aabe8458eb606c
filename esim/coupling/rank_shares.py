"""How many ranks compute the crust, and how many the ocean, when both are computed at the same time?"""

from collections.abc import Callable

from esim.errors import InputError
from esim.parallel.collectives import from_root
from esim.parallel.comm import Comm

MOST_TRIED = 64
Predicted = Callable[
    [int], float
]  # time [s] on a number of ranks; raises InputError where the grid is too small


def share_ranks(comm: Comm, crust: Predicted, ocean: Predicted) -> int:
    """Number of ranks for the crust, so that the slower one of the two is done soonest. Collective.

    Raises InputError where no two parts of the ranks fit both grids.
    """
    return from_root(comm, lambda: _best(comm.size, crust, ocean))


def _best(ranks: int, crust: Predicted, ocean: Predicted) -> int:
    tried = sorted({1 + (ranks - 2) * n // (MOST_TRIED - 1) for n in range(MOST_TRIED)})
    times: dict[int, float] = {}
    problem: InputError | None = None
    for count in tried:
        try:
            times[count] = max(crust(count), ocean(ranks - count))
        except InputError as error:
            problem = error
    if not times:
        raise InputError(f"coupling.schedule: side_by_side does not fit {ranks} ranks: {problem}")
    return min(times, key=lambda count: times[count])
