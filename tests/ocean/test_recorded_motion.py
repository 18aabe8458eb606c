"""A bed that moves as a seismic run has recorded it: the same bits however it is computed, and nothing lost."""

from functools import partial

import numpy as np
import pytest
from support.motions import ListedFrames, dome, geometry, rising, source
from support.nested import states, tree
from support.oceans import PERIODIC, WALL, advance, flat, ocean, physics, plane, rough, state, volume
from support.seafloor import Lift
from support.simulator import in_simulator

from esim.grids.grid import Grid
from esim.grids.projection import Projection
from esim.ocean.advice.recorded_motion import lost_motion
from esim.ocean.nesting.bathymetry import nested_bathymetries
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.parallel.comm import run_ranks
from esim.sources.ocean.landslide import Landslide, StraightTrajectory

DEEP = flat(3000.0)
GRID = plane(40, 36, 4e3, WALL, x0=-80e3, y0=-72e3)
SLOPE = 0.02


def slanting(x, y):
    """A bed that rises towards the east."""
    return np.broadcast_to(SLOPE * x[None] - 3000.0, (y.size, x.size))


def bed_of(sea):
    return np.array(sea.own(sea.bed)[0], np.float64)


def moved(sea, recorded, bed=DEEP, duration=60.0, dt=3.0):
    """An ocean after so many steps over a motion, and the motion."""
    motion = SeafloorMotion(sea, [recorded], bed)
    motion.begin()
    advance(sea, duration, dt=dt, motion=motion)
    motion.complete()
    return motion


# ------------------------------------------------------------------ what moves


def test_it_ends_where_the_last_frame_is_and_keeps_its_volume():
    place = geometry(30, 26, 3e3)
    sea = ocean(GRID, DEEP)
    before = bed_of(sea)
    motion = moved(sea, source(place, rising(place)))
    np.testing.assert_allclose(bed_of(sea) - before, motion.uplift, atol=1e-10)
    (about,) = motion.summary
    assert about["volume_error"] < 1e-12
    assert about["volume_on_grid_m3"] == pytest.approx(motion.uplift.sum() * 16e6, rel=1e-12)
    assert about["volume_in_record_m3"] == pytest.approx(dome(place).sum() * 9e6, rel=1e-6)
    assert about["volume_outside_grid_m3"] == pytest.approx(0.0, abs=1.0)
    assert about["largest_uplift_m"] == motion.uplift.max() == pytest.approx(2.0, rel=0.03)
    assert (about["begins_s"], about["ends_s"], about["moves_water"]) == (-5.0, 20.0, True)
    assert motion.end == 20.0
    assert volume(sea) == pytest.approx(3000.0 * 16e6 * 40 * 36, rel=1e-12)


@pytest.mark.parametrize(("spacing", "cells"), [(4e3, (60, 52)), (2e3, (120, 104))])
def test_it_is_the_deformation_of_a_file_within_the_error_of_interpolation(spacing, cells):
    """The same frames, as means of the dome over the ocean's cells: what `deformation` interpolates."""
    place = geometry(*cells, spacing)
    height = partial(lambda x, y: 2 * np.exp(-(x[None] ** 2 + y[:, None] ** 2) / 20e3**2))
    one, other = ocean(GRID, DEEP), ocean(GRID, DEEP)
    moved(one, source(place, rising(place)))
    times = 5.0 * np.arange(5)
    motion = SeafloorMotion(other, [Lift(height, times, times / 20.0)], DEEP)
    motion.begin()
    advance(other, 60.0, dt=3.0, motion=motion)
    # Means of cells of 4 km are less high than what is at their centres.
    assert np.abs(state(one) - state(other))[0].max() < 0.03
    np.testing.assert_allclose(state(one)[0].sum(), state(other)[0].sum(), rtol=1e-6)
    assert np.abs(state(other)[1]).max() > 10


def test_a_bed_pushed_along_a_slope_rises_and_falls():
    """uz - ux db/dx: what moves uphill carries lower ground there."""
    place = geometry(30, 26, 3e3)
    frames = rising(place, across=5.0)
    for with_slopes, wanted in ((True, 1.0 - 5.0 * SLOPE), (False, 1.0)):
        sea = ocean(GRID, slanting)
        motion = moved(sea, source(place, frames, horizontal_on_slope=with_slopes), slanting)
        plain = moved(ocean(GRID, DEEP), source(place, frames, horizontal_on_slope=False))
        inner = slice(2, -2)
        np.testing.assert_allclose(
            motion.uplift[inner, inner], wanted * plain.uplift[inner, inner], rtol=0, atol=1e-7
        )


def test_at_the_sea_surface_the_water_moves_and_the_bed_rests():
    place = geometry(30, 26, 3e3)
    frames = rising(place)[:, 2:]
    sea, other = ocean(GRID, DEEP, maxima=True), ocean(GRID, DEEP, maxima=True)
    before = bed_of(sea)
    motion = moved(sea, source(place, frames, at="sea_surface"))
    np.testing.assert_array_equal(bed_of(sea), before)
    assert not motion.uplift.any() and motion.summary[0]["largest_uplift_m"] > 1.9
    moved(other, source(place, frames, horizontal_on_slope=False))
    np.testing.assert_allclose(state(sea)[0], state(other)[0], atol=2e-3)
    assert np.abs(state(sea)[1]).max() > 10


def test_at_once_all_of_it_is_there_at_the_origin_time():
    place = geometry(30, 26, 3e3)
    frames = ListedFrames(rising(place))
    sea = ocean(GRID, DEEP)
    motion = SeafloorMotion(sea, [source(place, frames, instantaneous=True)], DEEP)
    motion.begin()
    assert frames.asked == [] and motion.end == 0.0 and not motion.is_recorded
    np.testing.assert_allclose(state(sea)[0], motion.uplift, atol=1e-12)
    slow = moved(ocean(GRID, DEEP), source(place, rising(place)))
    np.testing.assert_array_equal(slow.uplift, motion.uplift)
    assert motion.summary[0]["volume_error"] < 1e-12


def test_the_filter_of_the_water_rounds_the_surface_and_not_the_bed():
    place = geometry(30, 26, 3e3)
    frames = rising(place)
    filtered, plain = (
        moved(sea, source(place, frames, kajiura=on))
        for sea, on in ((ocean(GRID, DEEP), True), (ocean(GRID, DEEP), False))
    )
    np.testing.assert_array_equal(filtered.uplift, plain.uplift)
    sea, other = ocean(GRID, DEEP), ocean(GRID, DEEP)
    for one, on in ((sea, True), (other, False)):
        SeafloorMotion(one, [source(place, frames, kajiura=on, instantaneous=True)], DEEP).begin()
    assert state(sea)[0].max() < 0.98 * state(other)[0].max()
    assert state(sea)[0].sum() == pytest.approx(state(other)[0].sum(), rel=1e-4)


def test_the_level_of_waves_rises_with_the_bed():
    """Where all rises as one, there are no waves."""
    place = geometry(60, 60, 4e3)
    ones = np.ones((3, 3, 60, 60)) * np.array([0.0, 0.5, 1.0])[:, None, None, None]
    sea = ocean(GRID, DEEP, maxima=True)
    moved(sea, source(place, ones, taper=0.0, horizontal_on_slope=False))
    np.testing.assert_allclose(
        np.array(sea.own(sea.maxima))[0] - np.array(sea.own(sea.level))[0], 0, atol=1e-4
    )
    np.testing.assert_allclose(np.array(sea.own(sea.level))[0], 1.0, atol=5e-5)


# ------------------------------------------------------------------ frames


def test_frames_are_asked_for_in_order_when_their_time_comes():
    place = geometry(20, 20, 3e3, begin=10.0)
    frames = ListedFrames(rising(place, 4))
    sea = ocean(GRID, DEEP)
    motion = SeafloorMotion(sea, [source(place, frames)], DEEP)
    seen = []
    motion.begin()
    for n in range(10):
        motion.apply(4.0 * n, 4.0 * (n + 1))
        seen.append(list(frames.asked))
    # Frames are of 10, 15, 20 and 25 s; nothing moves before 5 s.
    assert seen[0] == [] and seen[1] == [0] and seen[2] == [0, 1] and seen[4] == [0, 1, 2]
    assert seen[-1] == [0, 1, 2, 3, 4]
    assert motion.end == 25.0


def test_two_frames_are_kept():
    place = geometry(20, 20, 3e3)
    sea = ocean(GRID, DEEP)
    motion = SeafloorMotion(sea, [source(place, rising(place, 9))], DEEP)
    for n in range(10):
        motion.apply(4.0 * n, 4.0 * (n + 1))
        assert len(motion.supplies[0]._kept) <= 2


@pytest.mark.parametrize("when", [0.0, 3.0, 12.0, 15.0, 21.0, 60.0])
def test_a_run_that_is_resumed_has_the_same_bits(when):
    place = geometry(20, 20, 3e3, begin=2.5)
    frames = rising(place, 5)

    def steps(sea, motion, begin, end):
        for n in range(round(begin / 3), round(end / 3)):
            motion.apply(3.0 * n, 3.0 * (n + 1))
            sea.step(3.0, 3.0 * (n + 1))

    sea = ocean(GRID, DEEP, dtype="float32")
    motion = SeafloorMotion(sea, [source(place, frames)], DEEP)
    motion.begin()
    steps(sea, motion, 0.0, when)
    q, bed = np.array(sea.plan.state()), np.array(sea.bed)
    end, uplift = motion.end, SeafloorMotion
    steps(sea, motion, when, 90.0)
    motion.complete()
    again, listed = ocean(GRID, DEEP, dtype="float32"), ListedFrames(frames)
    uplift = SeafloorMotion(again, [source(place, listed)], DEEP)
    again.plan.state()[...], again.bed[...] = q, bed
    uplift.resume(when)
    assert uplift.end == end
    assert len(listed.asked) <= 2
    steps(again, uplift, when, 90.0)
    uplift.complete()
    np.testing.assert_array_equal(state(again), state(sea))
    np.testing.assert_array_equal(bed_of(again), bed_of(sea))
    np.testing.assert_array_equal(uplift.uplift, motion.uplift)
    assert uplift.summary == motion.summary and motion.end == uplift.end == 22.5


def test_a_run_that_ends_first_has_risen_as_far_as_it_came():
    place = geometry(30, 26, 3e3)
    whole = moved(ocean(GRID, DEEP), source(place, rising(place)))
    sea = ocean(GRID, DEEP)
    half = moved(sea, source(place, rising(place)), duration=12.0)
    np.testing.assert_allclose(half.uplift, 0.6 * whole.uplift, atol=1e-7)
    np.testing.assert_allclose(bed_of(sea) + 3000.0, half.uplift, atol=1e-10)


# ------------------------------------------------------------------ ranks, grids, other sources


@pytest.mark.parametrize("sides", [WALL, PERIODIC], ids=["wall", "periodic"])
def test_any_number_of_ranks_gives_the_same_bits(sides):
    place = geometry(41, 33, 3e3, x0=-50e3)
    frames = rising(place, 4, across=3.0)
    grid = plane(40, 36, 4e3, sides, x0=-80e3, y0=-72e3)

    def work(comm):
        sea = ocean(grid, slanting, dtype="float32", comm=comm)
        motion = moved(sea, source(place, frames, kajiura=True, taper=9e3), slanting, duration=24.0)
        b = sea.block
        return (b.j0, b.j1, b.i0, b.i1), state(sea), bed_of(sea), motion.uplift, motion.summary

    whole = run_ranks(1, work)[0]
    assert np.abs(whole[1][1:]).max() > 1 and np.abs(whole[3]).max() > 1
    for ranks in (2, 4):
        for (j0, j1, i0, i1), q, ground, uplift, summary in run_ranks(ranks, work):
            np.testing.assert_array_equal(q, whole[1][:, j0:j1, i0:i1])
            np.testing.assert_array_equal(ground, whole[2][j0:j1, i0:i1])
            np.testing.assert_array_equal(uplift, whole[3][j0:j1, i0:i1])
            assert summary == whole[4]


def test_a_nest_around_the_block_keeps_the_volume_too():
    place = geometry(24, 20, 2e3, Projection(142.5, 38.0))
    grid = Grid("lonlat", 141.0, 37.0, 0.1, 0.1, 30, 20)
    nests = [{"west": 141.8, "east": 143.2, "south": 37.5, "north": 38.5, "ratio": 5}]
    found = {}
    for kajiura in (False, True):
        family, _ = tree(grid, nests, DEEP)
        placed = [level.place for level in family.levels]
        beds = nested_bathymetries(placed, [lambda x, y: DEEP(x, y)] * 2)
        recorded, frames = ListedFrames(rising(place)), None
        frames = source(place, recorded, lonlat=True, kajiura=kajiura)
        for level, elevation in zip(family.levels, beds, strict=True):
            around = None if level is family.root else family.root.motion
            level.motion = SeafloorMotion(level.ocean, [frames], elevation.with_halo, around=around)
        for level in family.levels:
            level.motion.begin()
        for n in range(12):
            family.step(2.0 * n, 2.0 * (n + 1), 2.0)
        for level in family.levels:
            level.motion.complete()
            width, height = level.ocean.grid.cell_size()
            found[level.place.name, kajiura] = (level.motion.uplift * (width * height)[:, None]).sum()
        assert recorded.asked == [0, 1, 2, 3, 4, 5]  # once for both grids
        assert np.isfinite(states(family)["root"]).all()
    volume_in_record = frames.volume(recorded.frames[-1] * frames.window)
    for total in found.values():
        assert total == pytest.approx(volume_in_record, rel=1e-9)


def test_a_nest_that_the_block_does_not_reach_keeps_no_frames():
    place = geometry(10, 10, 3e3, x0=-50e3)
    family, _ = tree(GRID, [{"x": [40e3, 60e3], "y": [-20e3, 20e3], "ratio": 2}], DEEP)
    recorded = source(place, rising(place, 9))
    for level in family.levels:
        around = None if level is family.root else family.root.motion
        level.motion = SeafloorMotion(level.ocean, [recorded], DEEP, around=around)
        level.motion.begin()
    for n in range(11):
        family.step(4.0 * n, 4.0 * (n + 1), 4.0)
        assert len(family.root.motion.supplies[0]._kept) <= 2
    family.levels[1].motion.complete()
    assert not family.levels[1].motion.uplift.any() and family.root.motion.end == 40.0


def test_a_landslide_goes_over_a_bed_that_moves():
    place = geometry(30, 26, 3e3)
    track = StraightTrajectory("steady", 90.0, velocity=50.0)
    slide = Landslide("slide", False, 0.0, 0.0, track, 90.0, "gaussian", 20.0, 8e3, 8e3, 0.0, False)
    sea = ocean(GRID, DEEP)
    motion = SeafloorMotion(sea, [slide, source(place, rising(place))], DEEP, end=60.0)
    motion.begin()
    advance(sea, 60.0, dt=3.0, motion=motion)
    before, slid = motion.uplift.copy(), ocean(GRID, DEEP)
    motion.complete()
    alone = SeafloorMotion(slid, [slide], DEEP, end=60.0)
    alone.begin()
    advance(slid, 60.0, dt=3.0, motion=alone)
    rise = motion.uplift - before
    assert rise.max() > 1.9
    np.testing.assert_allclose(bed_of(sea) - bed_of(slid), rise, atol=1e-9)


def test_tiles_at_rest_awake_where_the_bed_moves_with_the_same_bits():
    grid, found = plane(100, 80, 4e3, x0=-80e3, y0=-72e3), []
    place = geometry(20, 20, 3e3)
    bed = rough()
    for skip in (True, False):
        sea = ocean(grid, bed, dtype="float32", skip=skip, given=physics())
        moved(sea, source(place, rising(place)), bed, duration=40.0, dt=4.0)
        found.append(state(sea))
    np.testing.assert_array_equal(*found)
    assert found[0].any()


BACKENDS = """
import sys
import numpy as np
from support.motions import geometry, rising, source
from support.oceans import ocean, plane, state
from esim.ocean.sources.seafloor_motion import SeafloorMotion

def bits(backend):
    bed = lambda x, y: np.broadcast_to(0.02 * x[None] - 400.0, (y.size, x.size))
    sea = ocean(plane(14, 11, 4e3, x0=-28e3, y0=-22e3), bed, dtype="float32", backend=backend, maxima=True)
    place = geometry(10, 9, 4e3)
    motion = SeafloorMotion(sea, [source(place, rising(place, 3, across=2.0, radius=9e3))], bed)
    motion.begin()
    for n in range(3):
        motion.apply(4.0 * n, 4.0 * (n + 1))
        sea.step(4.0, 4.0 * (n + 1))
    assert np.abs(state(sea)[1]).max() > 1
    return state(sea).tobytes() + np.array(sea.own(sea.bed)).tobytes() + np.array(sea.own(sea.level)).tobytes()

print(bits(sys.argv[1]) == bits("numpy"))
"""


@pytest.mark.simulator
def test_the_cuda_simulator_has_the_same_bits():
    assert in_simulator(BACKENDS, "cuda") == "True"


@pytest.mark.compile
def test_the_compiled_backend_has_the_same_bits():
    assert in_simulator(BACKENDS, "cpu") == "True"


# ------------------------------------------------------------------ what is lost


def test_what_the_grid_and_the_taper_cut_is_known_and_said():
    place = geometry(40, 40, 3e3)
    grid = plane(40, 36, 4e3, WALL, x0=0.0, y0=-72e3)  # the eastern half of the block
    recorded = source(place, rising(place), taper=50e3)
    sea = ocean(grid, DEEP)
    motion = moved(sea, recorded)
    (about,) = motion.summary
    inside = about["volume_in_record_m3"] - about["volume_tapered_m3"]
    assert about["volume_outside_grid_m3"] == pytest.approx(0.5 * inside, rel=1e-3)
    assert about["volume_error"] < 1e-12
    last = rising(place)[-1].astype(np.float32)
    (text,) = lost_motion(recorded, last, grid)
    assert "cut off are up to" in text and "by the taper over 5e+04 m" in text and "beyond the grid" in text
    assert f"{recorded.outside(last, grid).volume:.3g} m3 beyond the grid" in text
    assert (
        list(
            lost_motion(
                source(place, rising(place), taper=9e3), last, plane(99, 99, 4e3, x0=-198e3, y0=-198e3)
            )
        )
        == []
    )
