"""How much work did water at rest save?"""

from collections.abc import Iterable

from esim.ocean.model import Ocean
from esim.parallel.comm import Comm


def count_work(comm: Comm, oceans: Iterable[Ocean]) -> dict[str, float]:
    """Cell updates of all ranks by the oceans of this process: all, those computed, and the fraction that was not.

    Every rank calls it.
    """
    mine = [ocean.activity.work() for ocean in oceans]
    computed, whole = (sum(part[n] for rank in comm.allgather(mine) for part in rank) for n in (0, 1))
    return {"cell_updates": whole, "computed": computed, "skipped": 1 - computed / whole if whole else 0.0}
