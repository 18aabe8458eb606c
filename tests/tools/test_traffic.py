"""Bytes that a step moves, against stand-ins of known traffic, and against sums by hand of esim's own kernels."""

import dataclasses
import json
from typing import NamedTuple

import numpy as np
import pytest

from esim.backends import bandwidth, select
from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.maxima import MAXIMA
from esim.tools import bench, kernel_rates
from esim.tools.kernel_rates import Measured, Rate
from esim.tools.traffic import Traffic, traffic

CELLS = 20 * 30


class Factor(NamedTuple):
    """The constant of the stand-ins."""

    k: float


def triad(j, i, a, b, c, p):
    """Writes what it has not read."""
    a[0, j, i] = b[0, j, i] + p.k * c[0, j, i]


def update(j, i, a, b, p):
    """Writes what it has read."""
    a[0, j, i] = a[0, j, i] + p.k * b[0, j, i]


def by_scratch(j, i, b, w, p):
    """Reads neighbours, which share what was fetched, and keeps the result in scratch."""
    w[0, j, i] = b[0, j, i - 1] + b[0, j, i + 1] + b[1, j, i]


def from_scratch(j, i, a, rows, w, p):
    """Writes one of two planes; rows are a table that does not spread over the grid."""
    a[1, j, i] = rows[0, j] * w[0, j, i]


def moved(*bodies, dtype="float32", **planes):
    """Traffic of a kernel on arrays of so many planes."""
    arrays = {name: np.empty((n, 20, 30), dtype) for name, n in planes.items()}
    arrays["rows"] = np.empty((9, 20), dtype)
    kernel = Kernel("stand-in", tuple(map(Stage, bodies)), Factor, slots=1)
    return traffic([(kernel, arrays)], CELLS, np.dtype(dtype))


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float64", 8)])
def test_a_triad_moves_four_values_where_caches_fetch_and_three_where_they_do_not(dtype, size):
    found = moved(triad, dtype=dtype, a=1, b=1, c=1)
    assert found == Traffic(2 * size, size, size)
    assert (found.moved(True), found.moved(False)) == (4 * size, 3 * size)


def test_an_update_moves_three_values_everywhere():
    found = moved(update, a=1, b=1)
    assert (found.moved(True), found.moved(False)) == (12, 12)


def test_scratch_and_tables_move_nothing_and_neighbours_share():
    assert moved(by_scratch, from_scratch, a=2, b=2) == Traffic(8, 4, 4)


def test_kernels_of_one_sweep_share_what_they_read_and_write():
    arrays = {name: np.empty((1, 20, 30), np.float32) for name in "abc"}
    first, second = (Kernel(body.__name__, (Stage(body),), Factor) for body in (triad, update))
    assert traffic([(first, arrays), (second, arrays)], CELLS, np.dtype(np.float32)) == Traffic(12, 4, 0)


@pytest.mark.parametrize(
    ("maxima", "times", "values"),
    [
        (False, False, 3 + 1 + 3),  # the state and the bed, the new state
        (True, False, 3 + 1 + 3 + 6 + 6 + 1),  # six maxima to and fro, and the level of the water
        (True, True, 3 + 1 + 3 + 12 + 12 + 1),
    ],
)
def test_a_step_of_the_ocean_moves_its_planes(maxima, times, values):
    kernel = shallow_water.step(maxima=maxima, times=times)
    planes = {"q": 3, "out": 3, "bed": 1, "maxima": len(MAXIMA) if times else MAXIMA.highest_time}
    arrays = {name: np.empty((n, 20, 30), np.float32) for name, n in planes.items()}
    arrays |= {"rows": np.empty((10, 20)), "sides": np.empty((2, 1, 30))}
    found = traffic([(kernel, arrays)], CELLS, np.dtype(np.float32))
    assert (found.moved(False), found.written_only) == (4 * values, 4 * 3)


@pytest.mark.parametrize(
    ("mechanisms", "memory", "fused", "apart"),
    [
        (False, None, 2 * 9 + 3, 13 + 17),
        (True, None, 2 * 15 + 5, 13 + 31),
        (True, "bfloat16", 2 * 12 + 5, 13 + 25),
    ],
)
def test_a_step_of_the_crust_moves_its_arrays_once_in_one_sweep(mechanisms, memory, fused, apart):
    crust = kernel_rates.crust_of(select("numpy", "float32"), 20, mechanisms, memory)
    assert kernel_rates.crust_bytes(crust) == 4 * apart
    backend = select("numpy", "float32")
    backend.name = "cpu"  # which makes one sweep of both
    assert kernel_rates.crust_bytes(dataclasses.replace(crust, backend=backend)) == 4 * fused


def test_the_ocean_that_is_timed_has_touched_all_that_it_reads():
    ocean = kernel_rates.ocean_of(select("numpy", "float32"), 20, True)
    (j0, j1), (i0, i1) = ocean.block.interior
    inside = ocean.maxima[:, j0:j1, i0:i1]
    assert (inside[MAXIMA.highest] > 0).any() and (inside[MAXIMA.lowest] < 0).any()
    assert (inside[MAXIMA.fall] != 0).any()  # NEVER, where no wave has come


def test_the_loop_of_the_bandwidth_is_counted_with_all_that_it_moves(monkeypatch):
    class Counted:
        size = 5

        def __init__(self):
            self.accesses = 0

        def __getitem__(self, i):
            self.accesses += 1
            return 1.0

        def __setitem__(self, i, value):
            self.accesses += 1

    a, b = Counted(), Counted()
    bandwidth.update(a, b, 2.0)
    assert a.accesses + b.accesses == bandwidth.VALUES * Counted.size


@pytest.mark.compile
@pytest.mark.parametrize(("precision", "size"), [("float32", 4), ("float64", 8)])
def test_the_bandwidth_is_bytes_over_time(monkeypatch, precision, size):
    monkeypatch.setattr(bandwidth, "SIZE", 8000)
    monkeypatch.setattr(bandwidth, "shortest", lambda work, repeats: len(work()))
    backend = select("numpy", precision)
    backend.threads = 2
    assert (
        bandwidth.bandwidth(backend) == 3 * 8000
    )  # two threads, each with three arrays' worth, in two seconds
    assert bandwidth.SIZE % size == 0


def test_shares_are_bytes_per_second_over_the_bandwidth(monkeypatch, capsys, tmp_path):
    measured = [
        Measured("ocean", Rate(2e8, 40, None), 100),
        Measured("elastic", Rate(1e8, 84, 3.0), 50, 55.7),
    ]
    monkeypatch.setattr(bench, "measure_kernels", lambda backend, size, volume: measured)
    monkeypatch.setattr(bandwidth, "bandwidth", lambda backend: 16e9)
    monkeypatch.setattr(bench, "measure_output", lambda: 100.0)
    monkeypatch.setattr(bench, "time_to_first_step", lambda *given: 1.0)
    options = {"backend": "numpy", "precision": "float32", "threads": None, "size": None, "volume": None}
    path = tmp_path / "bench.json"
    assert bench.main(type("Options", (), options | {"json": path})()) == 0
    kernels = json.loads(path.read_text())["kernels"]
    assert [k["fraction_of_floor"] for k in kernels] == [0.5, 0.525]
    assert [k["bytes_per_cell"] for k in kernels] == [40, 84]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["ocean", "numpy", "float32", "1", "200.0", "40", "8.00", "50.0%"] in lines
