"""Messages by latency and bandwidth, against sums done by hand; and what the decomposition says of neighbours."""

import numpy as np
import pytest
from support.planned import work

from esim.parallel.decomposition import decompose
from esim.planning import network
from esim.planning.network import CALLS, PACKING, Hardware, Traffic, reduction_time, step_time
from esim.planning.rates import Rates, Way
from esim.planning.work import Reduction

HARDWARE = Hardware(4, 2e-6, 1e10, 1, 1e-6, 5e9)
RATES = Rates(Way("cpu", "float32"), {"ocean": (1e-8, 0.0)})


@pytest.mark.parametrize("periodic", [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("ranks", [2, 5, 12])
def test_cells_that_are_sent_are_those_of_the_decomposition(ranks, periodic):
    cut = decompose((40, 50), ranks, periodic)
    traffic = Traffic.of(cut, 3)
    for rank in range(ranks):
        others = {
            other: sum(o.cells for o in cut.needs(rank, other)) for other in range(ranks) if other != rank
        }
        near = [cells for other, cells in others.items() if other // 3 == rank // 3 and cells]
        far = [cells for other, cells in others.items() if other // 3 != rank // 3 and cells]
        assert (traffic.near[rank], traffic.near_cells[rank]) == (len(near), sum(near))
        assert (traffic.far[rank], traffic.far_cells[rank]) == (len(far), sum(far))


def test_a_hidden_exchange_costs_only_what_work_does_not_cover():
    cut = decompose((1000, 1000), 2)
    size = 2 * 1000 * 12
    copies, flight = 2 * size / PACKING + CALLS, 1e-6 + size / 5e9
    worked = 500_000 * 1e-8
    assert step_time(work(cut), RATES, HARDWARE, 2).halo == pytest.approx(copies)
    assert step_time(work(cut, hidden=False), RATES, HARDWARE, 2).halo == pytest.approx(copies + flight)
    assert step_time(work(cut, inside=0.0), RATES, HARDWARE, 2).halo == pytest.approx(copies + flight)
    assert step_time(work(cut), RATES, HARDWARE, 2).work == pytest.approx(worked)
    half = Hardware(4, 2e-6, 1e10, 1, 1e-6, 5e9, overlap=0.5)
    assert step_time(work(cut), RATES, half, 2).halo == pytest.approx(copies + flight / 2)


def test_ranks_of_a_node_share_its_cards():
    cut = decompose((100, 4000), 4)  # a strip for each rank
    exchange = work(cut).exchanges[0]
    alone, shared = (Traffic.of(cut, ranks).times(exchange, HARDWARE)[1] for ranks in (1, 2))
    size = 2 * 100 * 12
    assert alone[0] == pytest.approx(2e-6 + size / 1e10)
    assert alone[1] == pytest.approx(2 * 2e-6 + 2 * size / 1e10)
    assert shared[1] == pytest.approx(max(1e-6 + size / 5e9, 2e-6 + size / 1e10))
    two = Hardware(4, 2e-6, 1e10, 2, 1e-6, 5e9)
    assert np.all(Traffic.of(cut, 2).times(exchange, two)[1] <= shared)


def test_a_reduction_takes_a_message_for_each_doubling_of_ranks():
    cut = decompose((400, 400), 16)
    one = Reduction("courant", 0.5, size=8)
    found = reduction_time(work(cut, reductions=(one,)), HARDWARE, 4)
    assert found == pytest.approx(0.5 * (2 * (1e-6 + 8 / 5e9) + 2 * (2e-6 + 8 / 1e10) + network.CALLS))
    lagged = Reduction("courant", 0.5, blocking=False)
    assert reduction_time(work(cut, reductions=(lagged,)), HARDWARE, 4) == 0
