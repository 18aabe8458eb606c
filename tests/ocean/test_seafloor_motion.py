"""Moving seafloor: what rises with it, in how many steps, on how many ranks."""

import numpy as np
import pytest
from support.oceans import PERIODIC, WALL, advance, flat, level, march, ocean, plane, state, volume, water
from support.seafloor import Lift, at_once

from esim.grids.grid import Grid
from esim.ocean.sources.seafloor_motion import SeafloorMotion, Uplift
from esim.parallel.comm import run_ranks
from esim.sources.finite_fault import FiniteFault
from esim.sources.ocean.fault_source import FaultSource
from esim.sources.ocean.hump import Hump

DTYPES = ("float32", "float64")


def slowly(shape, begin, end, steps=4, **more):
    return Lift(shape, np.linspace(begin, end, steps + 1), np.linspace(0, 1, steps + 1), **more)


def uniform(height):
    return lambda x, y: np.full((y.size, x.size), height)


def hill(height, x0, y0, radius):
    return lambda x, y: height * np.exp(-((x[None] - x0) ** 2 + (y[:, None] - y0) ** 2) / radius**2)


def shore(x, y):
    """A beach that rises from 200 m below the sea in the west to 100 m above it."""
    return np.broadcast_to(np.interp(x, [0, 60e3], [-200.0, 100.0])[None], (y.size, x.size))


def bed_of(sea):
    return np.array(sea.own(sea.bed)[0], np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform_uplift_of_a_closed_basin_lifts_all_the_water(dtype):
    sea = ocean(plane(24, 20, 2e3, WALL), flat(1000.0), dtype=dtype)
    motion = SeafloorMotion(sea, [slowly(uniform(2.0), 10.0, 110.0)], flat(1000.0))
    motion.begin()
    assert not state(sea).any()
    advance(sea, 150.0, dt=7.0, motion=motion)
    tolerance = 1e-12 if dtype == "float64" else 3e-6
    np.testing.assert_allclose(water(sea).eta, 2.0, rtol=0, atol=tolerance)
    assert not state(sea)[1:].any()
    np.testing.assert_allclose(bed_of(sea), -998.0, rtol=1e-6 if dtype == "float32" else 1e-14)
    np.testing.assert_array_equal(motion.uplift, 2.0)


def test_a_level_lake_keeps_its_depth_when_everything_rises():
    grid = plane(30, 12, 2e3, WALL)
    sea = ocean(grid, shore, level(1.7))
    before = volume(sea)
    motion = SeafloorMotion(sea, [slowly(uniform(-3.0), 0.0, 60.0)], shore)
    motion.begin()
    advance(sea, 60.0, dt=4.0, motion=motion)
    assert volume(sea) == pytest.approx(before, rel=1e-13)
    wet = water(sea).wet
    np.testing.assert_allclose(water(sea).eta[wet], 1.7 - 3.0, rtol=0, atol=1e-9)
    np.testing.assert_allclose(state(sea)[1:], 0, atol=1e-9)


def test_at_once_and_in_one_interval_before_the_start_are_the_same():
    grid, shape = plane(30, 30, 2e3), hill(3.0, 25e3, 30e3, 8e3)
    results = []
    for source in (at_once(shape), at_once(shape, -5.0), slowly(shape, -10.0, 0.0)):
        sea = ocean(grid, flat(500.0))
        motion = SeafloorMotion(sea, [source], flat(500.0))
        motion.begin()
        np.testing.assert_allclose(state(sea)[0], shape(grid.x(), grid.y()), rtol=0, atol=1e-13)
        advance(sea, 120.0, dt=5.0, motion=motion)
        results.append(state(sea))
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=0, atol=1e-10)


def test_a_fast_rise_comes_close_to_a_sudden_one():
    grid, shape = plane(40, 40, 2e3), hill(3.0, 40e3, 40e3, 10e3)
    surfaces = []
    for source in (at_once(shape), slowly(shape, 0.0, 10.0), slowly(shape, 0.0, 1.0)):
        sea = ocean(grid, flat(500.0))
        motion = SeafloorMotion(sea, [source], flat(500.0))
        motion.begin()
        advance(sea, 100.0, dt=0.5, motion=motion)
        surfaces.append(state(sea)[0])
    errors = [np.abs(surface - surfaces[0]).max() for surface in surfaces[1:]]
    assert errors[0] < 0.3 and errors[1] < 0.2 * errors[0]


@pytest.mark.parametrize("begin", [0.0, 3.3, -2.0])
@pytest.mark.parametrize("length", [0.0, 1e-3, 7.7, 100.0])
def test_shares_of_a_rise_add_up_to_one(begin, length):
    rise = Uplift(begin, begin + length, (None, None))
    times = np.concatenate([[-1e9, 0.0], np.cumsum(np.random.default_rng(4).uniform(0.1, 5.0, 80))])
    fractions = [rise.fraction(a, b) for a, b in zip(times, times[1:], strict=False)]
    assert times[-1] > begin + length
    assert min(fractions) >= 0 and sum(fractions) == pytest.approx(1.0, abs=1e-12)


def test_a_jump_at_the_seam_of_two_steps_happens_once():
    for begin in np.linspace(0.1, 5.0, 50):
        rise = Uplift(begin, begin, (None, None))
        steps = np.linspace(0, 5.0, 51)
        assert sum(rise.fraction(a, b) for a, b in zip(steps, steps[1:], strict=False)) == 1.0


@pytest.mark.parametrize("height", [7.0, -7.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dry_land_stays_dry_and_the_sea_follows(height, dtype):
    grid = plane(30, 12, 2e3, WALL)
    sea = ocean(grid, shore, dtype=dtype)
    dry, depth, before = ~water(sea).wet, water(sea).h, bed_of(sea)
    motion = SeafloorMotion(sea, [slowly(uniform(height), -10.0, 0.0, steps=3)], shore)
    motion.begin()
    now = water(sea)
    assert dry.any() and not now.h[dry].any()
    # Water is carried, none is made or lost, also where a beach of sea becomes land or land comes to lie below.
    np.testing.assert_allclose(now.h, depth, rtol=0, atol=1e-11 if dtype == "float64" else 2e-4)
    np.testing.assert_allclose(
        bed_of(sea), before + height, rtol=0, atol=1e-11 if dtype == "float64" else 2e-4
    )
    assert ((before < 0) != (bed_of(sea) < 0)).any()


def test_land_that_rises_out_of_the_sea_sheds_its_water():
    grid = plane(60, 60, 500.0)
    sea = ocean(grid, flat(10.0))
    start = volume(sea)
    motion = SeafloorMotion(sea, [slowly(hill(30.0, 15e3, 15e3, 4e3), 0.0, 300.0)], flat(10.0))
    motion.begin()
    advance(sea, 1500.0, motion=motion, cfl=0.4)
    now = water(sea)
    assert bed_of(sea)[30, 30] > 15 and now.h[30, 30] < 0.05
    assert volume(sea) == pytest.approx(start, rel=1e-12)
    assert now.h.min() >= 0


def test_a_hump_moves_water_and_no_bed():
    grid = plane(40, 40, 2e3)
    sea = ocean(grid, flat(1000.0))
    hump = Hump("hump", 40e3, 40e3, 2.0, 8e3)
    motion = SeafloorMotion(sea, [hump], flat(1000.0))
    motion.begin()
    x, y = grid.x(), grid.y()
    exact = 2.0 * np.exp(-((x[None] - 40e3) ** 2 + (y[:, None] - 40e3) ** 2) / 8e3**2)
    np.testing.assert_allclose(state(sea)[0], exact, rtol=0, atol=1.01e-4)
    assert (bed_of(sea) == -1000.0).all() and not motion.uplift.any()
    before = state(sea)
    motion.apply(0.0, 50.0)
    np.testing.assert_array_equal(state(sea), before)


@pytest.mark.parametrize("shift", [(10, 12), (3, -5), (-10, 12)])
def test_motion_across_a_periodic_edge(shift):
    """Wherever a lift lies in a periodic ocean, it gives the same bits."""
    grid = plane(24, 20, 2e3, PERIODIC)
    lift = hill(3.0, 24e3, 20e3, 6e3)(grid.x(), grid.y())

    def run(by):
        moved = np.roll(lift, by, (0, 1))
        sea = ocean(grid, flat(300.0))
        motion = SeafloorMotion(sea, [slowly(lambda x, y: moved, 0.0, 50.0, steps=2)], flat(300.0))
        motion.begin()
        march_with(sea, motion, 20, 5.0)
        return state(sea)

    np.testing.assert_array_equal(np.roll(run((0, 0)), shift, (1, 2)), run(shift))


def march_with(sea, motion, steps, dt):
    for n in range(steps):
        motion.apply(n * dt, (n + 1) * dt)
        march(sea, 1, dt)


def fault(lonlat):
    """Two subfaults that slip in two windows."""
    x, y = ([142.6, 142.9], [38.0, 38.3]) if lonlat else ([60e3, 90e3], [70e3, 100e3])
    both = np.ones(2)
    return FiniteFault(
        lonlat=lonlat,
        x=np.array(x),
        y=np.array(y),
        along=0.5 * both,
        down=0 * both,
        depth=np.array([5e3, 8e3]),
        length=40e3 * both,
        width=30e3 * both,
        strike=np.array([200.0, 195.0]),
        dip=np.array([10.0, 15.0]),
        rake=90 * both,
        start=np.array([[0.0, 30.0], [20.0, 50.0]]),
        rise=30 * np.ones((2, 2)),
        slip=np.array([[3.0, 5.0], [4.0, 0.0]]),
        opening=0 * both,
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lonlat", [False, True])
def test_a_fault_in_windows_ends_where_the_sudden_one_does(lonlat, dtype):
    grid = Grid("lonlat", 141.5, 37.0, 0.1, 0.1, 24, 22) if lonlat else plane(24, 22, 8e3)
    ends = []
    for one in (fault(lonlat), fault(lonlat).instantaneous()):
        sea = ocean(grid, flat(4000.0), dtype=dtype)
        motion = SeafloorMotion(sea, [FaultSource("fault", one, one.times(10.0))], flat(4000.0))
        start = bed_of(sea)
        motion.begin()
        for n in range(21):
            motion.apply(4.0 * n, 4.0 * (n + 1))
        assert motion.end <= 84.0
        # Rounding of a bed 4000 m deep; the surface has none of it.
        rounding = 1e-11 if dtype == "float64" else 8e-3
        np.testing.assert_allclose(bed_of(sea) - start, motion.uplift, rtol=0, atol=rounding)
        np.testing.assert_allclose(
            state(sea)[0], motion.uplift, rtol=0, atol=1e-12 if dtype == "float64" else 4e-6
        )
        ends.append(motion.uplift)
    assert np.abs(ends[0]).max() > 0.5
    np.testing.assert_allclose(ends[0], ends[1], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "sides", [WALL, PERIODIC, ("open", "open", "wall", "wall")], ids=["wall", "periodic", "open"]
)
def test_any_number_of_ranks_gives_the_same_bits(sides):
    grid = plane(26, 23, 8e3, sides)
    one = fault(False)

    def bed(x, y):
        return -1000 + 0.02 * x[None] + 0.004 * y[:, None]

    def work(comm):
        sea = ocean(grid, bed, dtype="float32", comm=comm)
        sources = [
            FaultSource("fault", one, one.times(10.0), kajiura=True, horizontal_on_slope=True),
            Hump("hump", 100e3, 90e3, 1.0, 20e3),
            at_once(hill(1.0, 0.0, 90e3, 30e3), 33.0),
        ]
        motion = SeafloorMotion(sea, sources, bed)
        motion.begin()
        march_with(sea, motion, 12, 8.0)
        b = sea.block
        return (b.j0, b.j1, b.i0, b.i1), state(sea), bed_of(sea), motion.uplift, motion.summary

    whole = run_ranks(1, work)[0]
    assert np.abs(whole[1][1:]).max() > 1
    for ranks in (2, 3, 4, 6):
        for (j0, j1, i0, i1), q, ground, uplift, summary in run_ranks(ranks, work):
            np.testing.assert_array_equal(q, whole[1][:, j0:j1, i0:i1])
            np.testing.assert_array_equal(ground, whole[2][j0:j1, i0:i1])
            np.testing.assert_array_equal(uplift, whole[3][j0:j1, i0:i1])
            assert summary == whole[4]
