"""Do halos hold what the neighbours have?"""

import numpy as np
import pytest

from esim.backends.numpy.backend import NumpyBackend
from esim.parallel.comm import SerialComm, run_ranks
from esim.parallel.decomposition import HALO, MIN_CELLS, CostMap, decompose
from esim.parallel.halo import HaloExchange

WRAPS = [(False, False), (False, True), (True, False), (True, True)]


def exchanged(shape, periodic, size, seed=5) -> bool:
    """Whether all halos within the (continued) grid hold the values of the global array after an exchange."""
    world = np.random.default_rng(seed).random((3, *shape))
    edges = [
        np.sort(np.random.default_rng(seed + n).choice(np.arange(1, s), 3, False))
        for n, s in enumerate(shape)
    ]
    edges = [np.array([0, *e, s]) for e, s in zip(edges, shape, strict=True)]
    cost = CostMap(edges[0], edges[1], np.random.default_rng(seed).random((4, 4)) + 0.05)
    found = decompose(shape, size, periodic, cost)

    def work(comm):
        block = found.blocks[comm.rank]
        backend = NumpyBackend(np.dtype("float64"))
        state = np.full((3, *block.allocated), -1.0)
        (j0, j1), (i0, i1) = block.interior
        state[:, j0:j1, i0:i1] = world[:, block.j0 : block.j1, block.i0 : block.i1]
        halo = HaloExchange(comm, found, 3, backend)
        for _ in range(2):  # persistent buffers serve again
            halo.start(state)
            halo.finish(state)
        rows, columns = (
            np.arange(block.j0 - HALO, block.j1 + HALO),
            np.arange(block.i0 - HALO, block.i1 + HALO),
        )
        padded = world[:, rows % shape[0]][:, :, columns % shape[1]]
        in_j = np.full(rows.size, True) if periodic[0] else (rows >= 0) & (rows < shape[0])
        in_i = np.full(columns.size, True) if periodic[1] else (columns >= 0) & (columns < shape[1])
        known = in_j[:, None] & in_i[None, :]
        mine = state[:, : rows.size, : columns.size]
        assert np.array_equal(mine[:, known], padded[:, known])
        assert (mine[:, ~known] == -1).all()
        beyond = state.copy()
        beyond[:, : rows.size, : columns.size] = -1
        assert (beyond == -1).all()
        return halo.bytes

    sent = run_ranks(size, work, timeout=20)
    assert (sum(sent) > 0) == (size > 1)
    return True


@pytest.mark.parametrize("periodic", WRAPS)
@pytest.mark.parametrize("size", range(1, 8))
def test_halos_hold_what_the_neighbours_have(size, periodic):
    for shape in [(23, 31), (MIN_CELLS, 37), (30, 9)]:
        assert exchanged(shape, periodic, size)


def test_a_halo_is_started_once_and_finished_once():
    found = decompose((8, 8), 1, (True, True))
    halo = HaloExchange(SerialComm(), found, 1, NumpyBackend(np.dtype("float32")))
    state = np.zeros((1, *found.blocks[0].allocated), np.float32)
    with pytest.raises(RuntimeError, match="finished without being started"):
        halo.finish(state)
    halo.start(state)
    with pytest.raises(RuntimeError, match="started twice"):
        halo.start(state)
    halo.finish(state)
    with pytest.raises(RuntimeError, match="finished without being started"):
        halo.finish(state)
