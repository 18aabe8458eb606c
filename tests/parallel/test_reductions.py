"""Reductions that do not block: the same result on all ranks, of what they gave before they went on."""

import numpy as np
import pytest
from support import scenes

from esim.parallel.comm import run_ranks


def both(comm):
    """Sums and maxima under way together, begun again before anybody asks for anything else."""
    most, total = comm.reduction(2, "max"), comm.reduction(1, "sum")
    found = []
    for turn in range(3):
        most.values[:] = comm.rank + turn, -comm.rank
        total.values[0] = 10.0**comm.rank
        most.start()
        total.start()
        most.values[:] = np.nan  # what is under way does not change
        found.append([*total.wait(), *most.wait()])
    return found


def test_all_ranks_get_sums_and_maxima():
    assert run_ranks(3, both) == [[[111.0, 2.0 + turn, 0.0] for turn in range(3)]] * 3


ASK = """\
import numpy as np
from esim.parallel.comm import connect
comm = connect()
most, total, last = comm.reduction(1, "max"), comm.reduction(1, "sum"), comm.reduction(1, "max")
found = []
for turn in range(3):
    most.values[0], total.values[0] = comm.rank + turn, 10.0**comm.rank
    most.start(), total.start()
    most.values[0] = np.nan
    found += [float(total.wait()[0]), float(most.wait()[0])]
last.start()  # and nobody asks for it
comm.close()
print(found)
"""


@pytest.mark.mpi
def test_ranks_of_mpi_get_the_same():
    ran = scenes.mpirun(2, "-c", ASK)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [str([11.0, 1.0, 11.0, 2.0, 11.0, 3.0])] * 2
