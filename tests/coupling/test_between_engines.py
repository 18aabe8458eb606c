"""What passes between crust and ocean: how often, by messages, and on how many ranks each is computed."""

import numpy as np
import pytest

from esim.config import from_dict
from esim.coupling.frame_stream import FrameSender, ReceivedFrames
from esim.coupling.motion import planned_motion
from esim.coupling.rank_shares import share_ranks
from esim.coupling.record_interval import record_interval
from esim.errors import InputError
from esim.parallel.comm import Comm, SerialComm, run_ranks
from esim.parallel.decomposition import decompose


def sea(depth: float, spacing: float):
    return from_dict(
        {
            "scenario": "tsunami",
            "time": {"duration": 60},
            "grid": {"kind": "cartesian", "x": [0, 20 * spacing], "y": [0, 20 * spacing], "spacing": spacing},
            "bathymetry": {"kind": "flat", "depth": depth},
            "source": [],
            "output": {"directory": "out"},
        }
    )


def test_records_are_as_frequent_as_sound_and_cells_allow():
    """Two intervals are the period 4 h / c of water of 6 km (16 s), or half the way through a cell of 20 km (82 s)."""
    assert record_interval(sea(6000, 500), SerialComm()) == pytest.approx(8.0)
    assert record_interval(sea(6000, 20e3), SerialComm()) == pytest.approx(
        10e3 / np.sqrt(9.81 * 6000), rel=5e-3
    )


def test_the_interval_is_the_same_on_all_ranks():
    assert len(set(run_ranks(3, lambda comm: record_interval(sea(3000, 1000), comm)))) == 1


# ------------------------------------------------------------------ messages


SHAPE, COUNT = (9, 13), 4


def record(k: int, components: int = 3) -> np.ndarray:
    """A made-up record ux, uy, uz, sea_uz of the whole plane."""
    return np.random.default_rng(k).standard_normal((components, *SHAPE)).astype("f4")


def streamed(ranks: int, crust_ranks: int, at: str) -> list:
    """What the ocean's ranks get of the frames that the crust's ranks send."""

    def on(comm: Comm):
        mine = comm.split(int(comm.rank >= crust_ranks))
        if comm.rank < crust_ranks:
            blocks = decompose(SHAPE, crust_ranks).blocks
            sender = FrameSender(comm, mine, blocks, SHAPE, crust_ranks, at)
            block = blocks[mine.rank]
            for k in range(COUNT):
                whole = record(k, 4)
                sender(k, float(k), whole[:, block.j0 : block.j1, block.i0 : block.i1])
            sender.close()
            return None
        if mine.rank:
            return None
        frames = ReceivedFrames(comm, 0, (1 if at == "sea_surface" else 3, *SHAPE))
        second = frames.frame(1)
        return [second, frames.frame(2), frames.frame(2), frames.last(), frames.frame(COUNT)]

    return next(found for found in run_ranks(ranks, on) if found is not None)


@pytest.mark.parametrize(("ranks", "crust_ranks"), [(2, 1), (5, 3)])
def test_frames_come_whole_and_in_order(ranks, crust_ranks):
    second, third, again, (number, last), beyond = streamed(ranks, crust_ranks, "bed")
    for k, found in ((1, second), (2, third), (2, again), (3, last)):
        x, y, down, _ = record(k, 4)
        assert np.array_equal(found, np.stack([x, y, -down]))
    assert number == COUNT - 1 and beyond is None


def test_the_sea_surface_has_one_component_upwards():
    second, *_ = streamed(2, 1, "sea_surface")
    assert np.array_equal(second, -record(1, 4)[3:])


# ------------------------------------------------------------------ ranks


def test_the_slower_part_gets_more_ranks():
    assert share_ranks(Fixed(8), lambda n: 60 / n, lambda n: 20 / n) == 6
    assert share_ranks(Fixed(2), lambda n: 1 / n, lambda n: 100 / n) == 1


def test_parts_that_fit_no_shares_are_refused():
    def narrow(ranks: int) -> float:
        if ranks > 1:
            raise InputError("the grid has not enough cells")
        return 1.0

    with pytest.raises(InputError, match="side_by_side does not fit 4 ranks: the grid has not enough cells"):
        share_ranks(Fixed(4), narrow, narrow)


def Fixed(size: int) -> Comm:  # noqa: N802 - a communicator that only counts
    """One rank that says it is of so many."""
    comm = SerialComm()
    comm.size = size
    return comm


# ------------------------------------------------------------------ times


def test_planned_records_are_those_of_the_file(tmp_path):
    """To the last bit: a run by hand through the file is the run in one."""
    from support.coupled import compute, configured, scene

    from esim.config.coupled.translate import crust_run
    from esim.drivers.run import driver_of
    from esim.sources.ocean.recorded.file import read_motion

    made = scene(tmp_path / "out")
    made["crust"]["until"], made["crust"]["duration"], made["time"]["duration"] = None, 4.0, 20.0
    compute(made)
    found = read_motion(tmp_path / "out/crust/surface_displacement.nc").geometry
    crust = crust_run(configured(made))
    setup = driver_of(crust).check(crust, SerialComm())
    planned = planned_motion(setup.grid, setup.projection, setup.discretisation, made["coupling"]["every"])
    assert (found.every, found.begin) == (planned.every, planned.begin)
    assert np.array_equal(found.x, planned.x) and np.array_equal(found.y, planned.y)
