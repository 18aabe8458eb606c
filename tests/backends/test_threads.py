"""Threads of a rank: who computes a tile changes no bit, and an error of one thread is one of the launch."""

import sys
import threading
import time

import numba
import numpy as np
import pytest

from esim.backends.cpu import launch
from esim.backends.cpu.backend import CpuBackend
from esim.backends.cpu.thread_pool import ThreadPool
from esim.backends.numpy.backend import NumpyBackend
from esim.kernels.ocean import seafloor

SHAPE = 1, 330, 410  # six by five tiles, those at the sides cut


def rates(backend, rng) -> np.ndarray:
    """What COURANT_RATE finds on a rough bed."""
    q = rng.random((3, *SHAPE[1:])) * 10
    arrays = {"q": q, "bed": rng.random(SHAPE) - 100, "rows": rng.random((30, SHAPE[1]))}
    arrays = {name: backend.from_host(array) for name, array in arrays.items()} | {
        "speed": backend.zeros(SHAPE)
    }
    params = seafloor.RateParams(*map(backend.dtype.type, (9.81, 0.0, 1.0, 0.01)))
    run = backend.bind(seafloor.COURANT_RATE, ((3, 325), (2, 408)), arrays)
    for _ in range(3):
        run(backend.constants(params))
    return arrays["speed"]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_bits_do_not_depend_on_the_number_of_threads(threads, monkeypatch):
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 8)
    monkeypatch.setattr(launch, "WORTHWHILE", 1)
    dtype = np.dtype("float64")
    found = rates(CpuBackend(dtype, threads), np.random.default_rng(5))
    expected = rates(NumpyBackend(dtype), np.random.default_rng(5))
    assert np.count_nonzero(found) > 100_000 and found.tobytes() == expected.tobytes()


def test_few_cells_do_not_wake_a_thread():
    assert launch.threads_for(launch.WORTHWHILE, 9, 4) == 1
    assert launch.threads_for(3 * launch.WORTHWHILE, 9, 4) == 3
    assert launch.threads_for(100 * launch.WORTHWHILE, 2, 4) == 2
    assert launch.threads_for(0, 0, 4) == 1


def test_a_pool_does_all_jobs_at_once_and_raises_what_one_raises():
    pool, met = ThreadPool(3), threading.Barrier(3, timeout=20)
    names: list[str] = []

    def meet(name: str) -> None:
        met.wait()
        names.append(name)

    pool.do([meet] * 3, "a")
    assert names == ["a"] * 3
    ended: list[int] = []

    def fail() -> None:
        time.sleep(0.05)
        ended.append(1)
        raise ValueError("of a thread")

    with pytest.raises(ValueError, match="of a thread"):
        pool.do([lambda: None, fail, fail])
    assert ended == [1, 1]
    pool.do([meet] * 3, "b")
    assert names[3:] == ["b"] * 3
    pool.do([])


def test_threads_end_with_their_pool():
    before = threading.active_count()
    pool = ThreadPool(3)
    pool.do([lambda: None] * 3)
    assert threading.active_count() == before + 2
    del pool
    end = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_a_pool_serves_several_ranks_at_once():
    pool, sums = ThreadPool(2), [0, 0]

    def add(rank: int) -> None:
        for _ in range(200):
            pool.do([lambda: None, lambda: sums.__setitem__(rank, sums[rank] + 1)])

    ranks = [threading.Thread(target=add, args=(rank,)) for rank in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for rank in ranks:
            rank.start()
        for rank in ranks:
            rank.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert sums == [200, 200]
