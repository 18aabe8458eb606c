"""Water at rest is left alone: with the same bits, and the saving is counted."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.oceans import bits_after, ocean, plane, rough, splash, state
from support.scenes import configured
from support.simulator import in_simulator

from esim.drivers.run import simulate
from esim.io import netcdf
from esim.ocean.activity import count_work
from esim.ocean.sources.seafloor_motion import truncated
from esim.parallel.comm import run_ranks

NX, NY, DX = 210, 150, 2000.0
GRID = plane(NX, NY, DX)
STEPS = 30


@pytest.fixture(scope="module")
def unskipped():
    """The bits of NumPy, which computes every cell."""
    made = splash(GRID, backend="numpy", skip=False)
    bits = bits_after(made, STEPS)
    assert made.activity.work() == (0, 0)
    return bits


@pytest.mark.parametrize(
    ("backend", "threads"), [("numpy", 1), ("cpu", 1), pytest.param("cpu", 2, marks=pytest.mark.compile)]
)
def test_the_bits_are_the_same_with_and_without_skipping(backend, threads, unskipped):
    made = splash(GRID, backend=backend, threads=threads)
    assert bits_after(made, STEPS) == unskipped
    computed, whole = made.activity.work()
    assert whole == STEPS * NX * NY
    # Waves have come 20 km further; the scheme's traces some ten cells more.
    assert 0.05 < computed / whole < 0.4


def test_the_count_is_that_of_the_cells_that_may_move():
    """One cell moves: it and what sees it, two cells around, are computed, on every backend."""
    for backend in ("numpy", "cpu"):
        made = ocean(GRID, lambda x, y: np.full((y.size, x.size), -4000.0), backend=backend)
        zeta = np.zeros((NY, NX))
        zeta[70, 100] = 1e-3
        made.fill(zeta)
        made.step(1.0, 1.0)
        computed, whole = made.activity.work()
        assert whole == NX * NY
        # The CPU looks through the columns of a tile by stripes; beyond tile and strip borders nothing is shared.
        assert 25 <= computed <= 5 * (25 + 2 * 16)


def test_what_is_lifted_or_filled_between_steps_moves_on():
    """Tiles that were found at rest, and so are not cleared, still follow what is done to the current state."""
    made, plain = splash(GRID, backend="cpu"), splash(GRID, backend="numpy", skip=False)
    for one in (made, plain):
        bits_after(one, 6)
        own = state(one)
        own[0, 130:135, 180:185] += 0.5
        own[1, 140, 10] = 2.0
        one.fill(*own.astype(np.float64))
        bits_after(one, 7)
        one.fill(np.zeros((NY, NX)))  # all at rest again
        bits_after(one, 2)
        own = np.zeros((NY, NX))
        own[20, 20] = 1.0
        one.fill(own)
    assert bits_after(made, 9) == bits_after(plain, 9)


def test_water_comes_to_rest_where_less_than_rounding_moves():
    made = ocean(
        plane(60, 8, DX), lambda x, y: np.full((y.size, x.size), -4000.0), dtype="float32", backend="numpy"
    )
    zeta = np.zeros((8, 60))
    zeta[:, 20:] = 1e-9
    zeta[:, 40:] = 1e-7
    made.fill(zeta)
    made.step(0.01, 0.01)
    found = state(made)[0]
    assert not found[:, :35].any() and found[:, 45:].all()


def test_not_a_number_is_no_rest():
    for backend in ("numpy", "cpu"):
        made = ocean(GRID, rough(), backend=backend)
        zeta = np.zeros((NY, NX))
        zeta[75, 100] = np.nan
        made.fill(zeta)
        made.step(1.0, 1.0)
        assert np.isnan(state(made)).any()


SIMULATE = """
from support.oceans import bits_after, plane, splash
grid = plane(26, 20, 2000.0, x0=9.4e4, y0=6.6e4)
made, known = (splash(grid, backend=backend, skip=skip) for backend, skip in (("cuda", True), ("numpy", False)))
bits = [bits_after(one, 2) for one in (made, known)]
computed, whole = made.activity.work()
print(bits[0] == bits[1], 0 < computed < whole, whole == 2 * 26 * 20)
"""


@pytest.mark.quick
@pytest.mark.simulator
def test_the_cuda_simulator_skips_with_the_same_bits():
    assert in_simulator(SIMULATE) == "True True True"


# ------------------------------------------------------------------ whole runs


def pond(directory: Path, **run) -> dict:
    """A fault in the corner of a wide sea, whose far field is left out; gauges near and far."""
    fault = {
        "length": "20 km",
        "width": "10 km",
        "depth": "3 km",
        "strike": 30,
        "dip": 40,
        "rake": 90,
        "slip": 4,
    }
    fault |= {"x": 50e3, "y": 40e3, "rise_time": 20}
    return {
        "scenario": "tsunami",
        "time": {"duration": 200},
        "grid": {"kind": "cartesian", "x": [0, 400e3], "y": [0, 300e3], "spacing": 4000},
        "bathymetry": {"kind": "flat", "depth": 3000},
        "source": [{"kind": "okada", "faults": [fault], "kajiura": True, "displacement_cutoff": 0.01}],
        "stations": [{"name": "near", "x": 52e3, "y": 41e3}, {"name": "far", "x": 390e3, "y": 290e3}],
        "output": {
            "directory": str(directory),
            "fields": {"every": 50, "variables": ["eta", "u"]},
            "checkpoint": {"every": 100},
        },
        "run": {"backend": "numpy", **run},
    }


def test_files_do_not_depend_on_skipping_nor_on_the_ranks(tmp_path):
    contents = []
    for name, ranks, skip in (("a", 1, True), ("b", 1, False), ("c", 3, True)):
        cfg = configured(pond(tmp_path / name, skip_at_rest=skip))
        run_ranks(ranks, lambda comm, cfg=cfg: simulate(cfg, comm))
        found = {}
        for file in ("fields", "maxima", "stations"):
            with netcdf.LIBRARY, netcdf.read(tmp_path / name / f"{file}.nc") as data:
                data.set_auto_maskandscale(False)
                found |= {f"{file}.{key}": data[key][...].tolist() for key in data.variables}
        contents.append(found)
        told = json.loads((tmp_path / name / "run.json").read_text())["at_rest"]
        if skip:
            assert 0.5 < told["skipped"] < 0.98 and told["computed"] < told["cell_updates"]
        else:
            assert told["skipped"] == 0
    assert contents[0] == contents[1] == contents[2]


def test_the_work_of_all_ranks_is_counted():
    def count(comm):
        made = splash(GRID, backend="numpy", comm=comm)
        bits_after(made, 4)
        return count_work(comm, [made])

    counts = run_ranks(2, count)
    assert counts[0] == counts[1]
    assert counts[0]["cell_updates"] == 4 * NX * NY


def test_the_summary_tells_the_saving(tmp_path, capsys):
    from esim.drivers.tsunami import Tsunami

    cfg = configured(pond(tmp_path / "a"))
    simulate(cfg)
    lines = Tsunami().summarize(json.loads((tmp_path / "a/run.json").read_text()))
    assert any(
        line.startswith("at rest: ") and line.endswith("% of the cell updates were skipped") for line in lines
    )


def test_displacements_below_the_cutoff_are_tapered_to_zero():
    field = np.array([[[0.0, 0.009, -0.0101, 0.015, 0.02, -1.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.5]]])
    weight = truncated(field, 0.01, 1.0)[0]
    np.testing.assert_array_equal(weight[[0, 1, 4, 5]], [0, 0, 1, 1])
    assert 0 < weight[2] < 0.01 and weight[3] == pytest.approx(0.5)
    # In a nest far away, small displacements are the largest, and cut off as on the whole grid.
    assert not truncated(field[..., :2], 0.01, 1.0).any()
