"""Masses that slide under water and into it: their shapes and ways, the bed, and the waves of linear theory."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.oceans import OPEN, PERIODIC, WALL, G, march, ocean, plane, state, volume, water
from support.scenes import compute, cut_off, differing

from esim.config.ocean.source import LandslideConfig as Config
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.parallel.comm import run_ranks
from esim.sources.ocean import Landslide, build
from esim.sources.ocean.landslide import StraightTrajectory, read_track

DTYPES = ("float32", "float64")
STEADY = {"kind": "steady", "velocity": 15.0}
SLIDE = {"kind": "slide", "acceleration": 0.4, "velocity": 25.0}
SLUMP = {"kind": "slump", "distance": 3000.0, "duration": 120.0}


def slide(motion=STEADY, lonlat=False, **changes) -> Landslide:
    """A landslide as the configuration gives it."""
    values = dict(kind="landslide", x=10e3, y=5e3, direction=90, thickness=20, length=3e3, width=2e3)
    if lonlat:
        values = {key: value for key, value in values.items() if key not in "xy"}
    return build(Config.model_validate(values | {"motion": motion} | changes), lonlat)


def flat(depth):
    return lambda x, y: np.full((y.size, x.size), -depth)


def beach(x, y):
    """From 400 m above the water in the west to 400 m below it in the east, 40 km farther."""
    return np.broadcast_to((400.0 - 0.02 * x)[None], (y.size, x.size))


def thickness(body, grid, time):
    return body.body(*body.frame(grid.x(), grid.y()), time)


def slid(sea, motion, times, dt):
    """March along times as a run does, with half of the motion before and half after each step."""
    for begin, end in zip(times, times[1:], strict=False):
        middle = 0.5 * (begin + end)
        motion.apply(begin, middle)
        march(sea, 1, dt)
        motion.apply(middle, end)


# Shapes and ways


@pytest.mark.parametrize("shape", ["sech", "sech2", "gaussian", "ellipse"])
def test_shapes(shape):
    grid = plane(80, 60, 125.0)
    body = slide(shape=shape, x=5e3, y=3.75e3)
    t = thickness(body, grid, 0.0)
    assert t.min() == 0.0 and t.max() == pytest.approx(20.0, rel=0.02)
    np.testing.assert_allclose(t, t[::-1, ::-1], atol=1e-12)
    if shape != "gaussian":
        outside = (np.abs(grid.x() - 5e3)[None] > 1.5e3) | (np.abs(grid.y() - 3.75e3)[:, None] > 1e3)
        assert not t[outside].any() and t[~outside].any()
    j0, j1, i0, i1 = body.box(grid, 0.0)
    t[j0:j1, i0:i1] = 0
    assert not t.any()


def test_volume_of_half_an_ellipsoid():
    grid = plane(200, 160, 50.0)
    volume = thickness(slide(shape="ellipse", x=5e3, y=4e3, direction=30), grid, 0.0).sum() * 50.0**2
    assert volume == pytest.approx(2 / 3 * np.pi * 1.5e3 * 1e3 * 20, rel=2e-3)


@pytest.mark.parametrize("direction", [0.0, 90.0, 225.0])
@pytest.mark.parametrize("lonlat", [False, True])
def test_a_body_keeps_its_shape_and_moves_by_its_law(direction, lonlat):
    grid = Grid("lonlat", 140, 0.0, 0.002, 0.002, 100, 80) if lonlat else plane(100, 80, 220.0)
    at = {"lon": 140.1, "lat": 0.08} if lonlat else {"x": 11e3, "y": 8.8e3}
    body = slide({"kind": "steady", "velocity": 10, "distance": 4e3}, lonlat, direction=direction, **at)
    x, y = grid.x(), grid.y()
    metres = 111.19e3 if lonlat else 1.0

    def centre(time):
        t = thickness(body, grid, time)
        return np.array([(t.sum(0) * x).sum(), (t.sum(1) * y).sum()]) / t.sum() * metres

    moved = centre(300.0) - centre(0.0)
    s, c = np.sin(np.deg2rad(direction)), np.cos(np.deg2rad(direction))
    np.testing.assert_allclose(moved, [3e3 * s, 3e3 * c], atol=5.0)
    np.testing.assert_array_equal(thickness(body, grid, 400.0), thickness(body, grid, 1e4))


def test_laws_of_motion():
    way = StraightTrajectory("slide", 90.0, velocity=25.0, acceleration=0.4)
    t = 62.5  # t0
    assert way.travelled(t) == pytest.approx(25.0**2 / 0.4 * np.log(np.cosh(1.0)))
    assert way.travelled(1.0) == pytest.approx(0.5 * 0.4, rel=1e-3)
    assert way.travelled(1e5) - way.travelled(1e5 - 1) == pytest.approx(25.0)
    assert way.travelled(-5.0) == 0.0 and way.end == np.inf
    ended = StraightTrajectory("slide", 90.0, distance=2e3, velocity=25.0, acceleration=0.4)
    assert way.travelled(ended.end) == pytest.approx(2e3)
    assert ended.travelled(ended.end + 1.0) == 2e3
    far = StraightTrajectory("slide", 90.0, distance=2e6, velocity=25.0, acceleration=0.4)
    assert way.travelled(far.end) == pytest.approx(2e6)
    slump = StraightTrajectory("slump", 0.0, distance=3e3, duration=120.0)
    assert slump.at(60.0) == pytest.approx((0.0, 1.5e3)) and slump.at(500.0) == pytest.approx((0.0, 3e3))
    for law, top in ((way, 25.0 * np.tanh(1.6)), (slump, 0.5 * np.pi * 25.0)):
        times = np.linspace(0, 100, 2001)
        steps = np.diff([law.travelled(time) for time in times]) / 0.05
        assert law.speed(100.0) == pytest.approx(top, rel=1e-3) == pytest.approx(steps.max(), rel=1e-2)


def written(folder: Path, text: str) -> Path:
    path = folder / "way.csv"
    path.write_text(text)
    return path


def test_a_path_from_a_file(tmp_path):
    path = written(tmp_path, "# a comment\ntime, x, y\n10, 1000, 2000\n20, 1100, 2000\n40, 1100, 2400\n")
    values = dict(kind="landslide", thickness=5, length=300, width=200, start="5 s")
    body = build(Config.model_validate(values | {"motion": {"kind": "path", "file": str(path)}}), False)
    assert (body.x, body.y, body.start, body.end) == (1000.0, 2000.0, 15.0, 45.0)
    assert body.direction == pytest.approx(np.rad2deg(np.arctan2(100, 400)))
    assert body.trajectory.at(20.0 - body.start) == pytest.approx((50.0, 0.0))
    assert body.trajectory.at(35.0 - body.start) == pytest.approx((100.0, 200.0))
    assert body.trajectory.speed(100.0) == pytest.approx(20.0) and body.run_out(100.0) == pytest.approx(
        412.31, abs=0.01
    )
    grid = plane(40, 40, 100.0)
    j0, j1, i0, i1 = body.region(grid, 100.0)
    for time in np.linspace(0, 60, 13):
        t = thickness(body, grid, time)
        assert t.any()
        t[j0:j1, i0:i1] = 0
        assert not t.any()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,lon,lat\n0,1,2\n", "line 1: the columns are time, lon, lat, expected time, x, y"),
        ("time,x,y\n0,1\n", "line 2: has 2 values, expected 3"),
        ("time,x,y\n0,1,2\n0,2,2\n", "line 3: the times must rise"),
        ("time,x,y\n0,1,2\n", "has 1 places, expected two"),
        ("time,x,y\n0,1,2\n1,1,2\n", "all places are the same"),
        ("time,x,y\n0,a,2\n", "line 2: 'a' is not a number"),
        ("time,x,y\n-3,1,2\n1,1,2\n", "line 2: the time is -3 s, expected 0 or later"),
    ],
)
def test_unusable_paths(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        read_track(written(tmp_path, text), False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"direction": None}, "is needed for the motion 'steady'"),
        ({"x": None}, "needs lon and lat, or x and y"),
        ({"motion": {"kind": "path", "file": __file__}}, "leave this key out"),
        ({"thickness": -1}, "greater than 0"),
        ({"motion": {"kind": "fall"}}, "kind"),
    ],
)
def test_impossible_configurations(changes, words):
    values = dict(kind="landslide", x=1, y=2, direction=90, thickness=20, length=3, width=2, motion=STEADY)
    with pytest.raises(ValueError, match=words):
        Config.model_validate(values | changes)
    with pytest.raises(InputError, match="expected lon and lat"):
        build(Config.model_validate(values), True)
    with pytest.raises(
        InputError, match="the centre of the landslide, x 10000, y 5000, lies outside the grid"
    ):
        slide().check(plane(10, 10, 100.0))


# The bed


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bed_is_higher_by_the_thickness_and_nothing_stays_behind(dtype):
    grid = plane(120, 60, 200.0, OPEN)
    sea = ocean(grid, flat(3000.0), dtype=dtype)
    body = slide(SLUMP, x=6e3)
    pristine = np.array(sea.own(sea.bed)[0], np.float64)
    motion = SeafloorMotion(sea, [body], flat(3000.0), 200.0)
    np.testing.assert_array_equal(sea.own(sea.bed)[0], (pristine + thickness(body, grid, 0.0)).astype(dtype))
    motion.begin()
    assert not state(sea).any()
    slid(sea, motion, np.arange(0.0, 151.0, 0.7), 0.7)
    last = (pristine + thickness(body, grid, 150.0)).astype(dtype)
    np.testing.assert_array_equal(sea.own(sea.bed)[0], last)
    rise = thickness(body, grid, 200.0) - thickness(body, grid, 0.0)
    np.testing.assert_array_equal(motion.uplift, rise)
    assert rise.max() > 15 and motion.end == 120.0
    (found,) = motion.summary
    assert found["volume_m3"] == pytest.approx(thickness(body, grid, 0.0).sum() * 4e4)
    assert found["displaced_m3"] == pytest.approx(np.maximum(rise, 0).sum() * 4e4)
    assert (found["run_out_m"], found["begins_s"], found["ends_s"]) == (3000.0, 0.0, 120.0)


def test_a_mass_that_the_bathymetry_has_leaves_a_hollow():
    grid = plane(100, 50, 200.0)
    body = slide(SLUMP, in_bathymetry=True)
    sea = ocean(grid, flat(1000.0))
    motion = SeafloorMotion(sea, [body], flat(1000.0), 200.0)
    assert (sea.own(sea.bed)[0] == -1000.0).all()
    motion.apply(0.0, 200.0)
    now = np.array(sea.own(sea.bed)[0]) + 1000.0
    assert now.min() < -15 and now.max() > 15
    np.testing.assert_allclose(now, motion.uplift, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_water_far_from_the_slide_is_exactly_at_rest_and_none_is_lost(dtype):
    grid = plane(150, 50, 200.0, WALL)
    sea = ocean(grid, beach, dtype=dtype)
    motion = SeafloorMotion(sea, [slide(SLIDE, x=24e3, y=5e3, thickness=10)], beach, 100.0)
    before = volume(sea)
    motion.begin()
    slid(sea, motion, np.arange(0.0, 40.1, 2.0), 2.0)
    q = state(sea)
    assert np.abs(q[0]).max() > 0.3
    cells = 4 * 20 + 2  # what two cells a step and stage can reach
    assert not q[:, :, : int(22e3 / 200) - cells].any()
    assert not q[:, water(sea).h == 0.0][1:].any()
    tolerance = 1e-12 if dtype == "float64" else 1e-6
    assert volume(sea) == pytest.approx(before, rel=tolerance)


def test_a_slide_from_land_enters_the_water_and_pushes_it_away():
    grid = plane(160, 50, 200.0, WALL)
    sea = ocean(grid, beach)
    body = slide(
        {"kind": "slide", "acceleration": 1.0, "velocity": 40.0, "distance": 6e3}, x=17e3, thickness=60
    )
    motion = SeafloorMotion(sea, [body], beach, 300.0)
    before = volume(sea)
    motion.begin()
    dry = ~water(sea).wet
    assert not state(sea).any() and not water(sea).h[dry].any()
    slid(sea, motion, np.arange(0.0, 241.0, 1.0), 1.0)
    assert np.abs(water(sea).eta[:, 110:]).max() > 5.0
    assert volume(sea) == pytest.approx(before, rel=1e-12) and water(sea).h.min() >= 0
    entered = motion.summary[0]["displaced_m3"]
    assert entered == pytest.approx(motion.summary[0]["volume_m3"], rel=0.05)


# Waves


def forced(x, t, c, body, steps=1500):
    """Linear waves over level ground: eta = 1/2 int (h_t(x - c (t - s), s) + h_t(x + c (t - s), s)) ds."""
    tau = (np.arange(steps) + 0.5) * t / steps
    small, eta = 1e-3, np.zeros(x.size)
    for s in tau:
        for sense in (-1, 1):
            place = x + sense * c * (t - s)
            rate = body.body(place[None], 0 * place[None], s + small)
            rate = rate - body.body(place[None], 0 * place[None], s - small)
            eta += 0.5 * t / steps * rate[0] / (2 * small)
    return eta


@pytest.mark.parametrize("motion", [STEADY, SLIDE, SLUMP], ids=["steady", "slide", "slump"])
def test_waves_of_a_slide_over_level_ground_are_those_of_linear_theory(motion):
    depth, end, dx = 100.0, 200.0, 50.0
    grid = plane(700, 4, dx, ("open", "open", "wall", "wall"))
    body = slide(motion, x=14e3, y=100.0, thickness=0.05, shape="gaussian", length=2e3, width=None)
    sea = ocean(grid, flat(depth))
    made = SeafloorMotion(sea, [body], flat(depth), end)
    made.begin()
    steps = 320
    slid(sea, made, np.linspace(0, end, steps + 1), end / steps)
    eta = forced(grid.x() - 14e3, end, np.sqrt(G * depth), body)
    found = water(sea).eta[1]
    assert np.abs(eta).max() > 0.01
    assert np.abs(found - eta).max() < 0.008 * np.abs(eta).max()
    if motion is STEADY:  # the sum in closed form
        speed, c = 15.0, np.sqrt(G * depth)
        ahead, back = -0.5 * speed / (speed - c), -0.5 * speed / (speed + c)
        at = grid.x() - 14e3
        profile = [body.body((at - v * end)[None], 0 * at[None], 0.0)[0] for v in (speed, c, -c)]
        exact = speed**2 / (speed**2 - c**2) * profile[0] + ahead * profile[1] + back * profile[2]
        np.testing.assert_allclose(eta, exact, atol=2e-4 * np.abs(eta).max())


def test_a_slide_down_a_beach_makes_the_waves_of_linear_theory():
    from esim.validation.references.landslide import beach as known

    grid = plane(360, 4, 30.0, ("wall", "open", "wall", "wall"), x0=-600.0)
    body = slide(SLIDE, x=1500.0, y=60.0, thickness=0.05, shape="gaussian", length=800.0, width=None)
    sea = ocean(grid, lambda x, y: np.broadcast_to(-0.05 * x[None], (y.size, x.size)))
    motion = SeafloorMotion(sea, [body], lambda x, y: -0.05 * x[None] + 0 * y[:, None], 60.0)
    motion.begin()
    slid(sea, motion, np.linspace(0.0, 60.0, 241), 0.25)
    far = grid.x() > 600.0
    x = grid.x()[far]
    eta = known(lambda x, t: body.body(x[None] - body.x, 0 * x[None], t)[0], 0.05, x, [60.0], 15e3, 200)
    assert np.abs(eta).max() > 0.005
    assert np.abs(water(sea).eta[1, far] - eta[0]).max() < 0.01 * np.abs(eta).max()


# Ranks and restart


def bumpy(x, y):
    return -600 + 0.02 * x[None] + 0.01 * y[:, None] + 40 * np.sin(np.add.outer(y, x) / 3e3)


class Quake:
    """A bed that rises where the slide is, in two steps of time."""

    name, target, kajiura, horizontal_on_slope, moment, magnitude = "quake", "bed", False, False, None, None
    times = np.array([0.0, 30.0, 60.0])

    def check(self, grid):
        pass

    def region(self, grid):
        return 3, grid.ny - 2, 4, grid.nx - 1

    def displacement(self, x, y, lonlat, slope_x=None, slope_y=None):
        shape = 3 * np.exp(-((x[None] - 9e3) ** 2 + (y[:, None] - 5e3) ** 2) / 4e3**2)
        return np.array([0.0, 0.3, 1.0])[:, None, None] * shape


@pytest.mark.long
@pytest.mark.parametrize(
    "sides",
    [
        pytest.param(WALL, id="wall"),
        pytest.param(PERIODIC, id="periodic", marks=pytest.mark.long),
        pytest.param(("open", "open", "wall", "wall"), id="open", marks=pytest.mark.long),
    ],
)
def test_any_number_of_ranks_and_a_restart_give_the_same_bits(sides):
    grid = plane(40, 36, 400.0, sides)
    bodies = [
        slide(SLIDE, x=5e3, y=5e3, direction=75),
        slide(
            {"kind": "slump", "distance": 4e3, "duration": 70}, x=12e3, y=11e3, direction=200, start="20 s"
        ),
        slide(STEADY, x=0.3e3, y=12e3, shape="ellipse"),
    ]
    times = np.linspace(0.0, 100.0, 41)

    def work(comm):
        sea = ocean(grid, bumpy, dtype="float32", comm=comm)
        motion = SeafloorMotion(sea, [bodies[0], Quake(), *bodies[1:]], bumpy, 120.0)
        motion.begin()
        slid(sea, motion, times[:19], 2.5)
        q, bed, number = [np.array(a) for a in sea.plan.states], np.array(sea.bed), sea.plan.current
        slid(sea, motion, times[18:], 2.5)
        b = sea.block
        again = ocean(grid, bumpy, dtype="float32", comm=comm)
        second = SeafloorMotion(again, [bodies[0], Quake(), *bodies[1:]], bumpy, 120.0)
        again.bed[...] = bed
        again.plan.states[again.plan.current][...] = q[number]
        slid(again, second, times[18:], 2.5)
        for one, other in ((state(sea), state(again)), (np.array(sea.bed), np.array(again.bed))):
            np.testing.assert_array_equal(one, other)
        return (
            (b.j0, b.j1, b.i0, b.i1),
            state(sea),
            np.array(sea.own(sea.bed)[0]),
            motion.uplift,
            motion.summary,
        )

    whole = run_ranks(1, work)[0]
    assert np.abs(whole[1][1:]).max() > 1
    for ranks in (2, 4, 5):
        for (j0, j1, i0, i1), q, ground, uplift, summary in run_ranks(ranks, work):
            np.testing.assert_array_equal(q, whole[1][:, j0:j1, i0:i1])
            np.testing.assert_array_equal(ground, whole[2][j0:j1, i0:i1])
            np.testing.assert_array_equal(uplift, whole[3][j0:j1, i0:i1])
            assert summary == whole[4]


def scene(directory: Path) -> dict:
    """A slide from a shore with a nest where it goes, a hump, and a fault that slips beneath it."""
    fault = {
        "length": "9 km",
        "width": "6 km",
        "depth": "2 km",
        "strike": 10,
        "dip": 30,
        "rake": 90,
        "slip": 3,
    }
    mass = {
        "kind": "landslide",
        "x": 6e3,
        "y": 9e3,
        "direction": 80,
        "thickness": 60,
        "length": 3e3,
        "width": 2e3,
    }
    nest = {"name": "near", "x": [8e3, 14e3], "y": [6e3, 12e3], "ratio": 2}
    return {
        "scenario": "tsunami",
        "time": {"duration": 200},
        "grid": {"kind": "cartesian", "x": [0, 20e3], "y": [0, 18e3], "spacing": 500, "nests": [nest]},
        "bathymetry": {"kind": "slope", "depth": 300, "slope": 0.05, "direction": 270},
        "source": [
            mass | {"motion": SLIDE},
            {"kind": "okada", "faults": [fault | {"x": 9e3, "y": 8e3, "rise_time": 40}], "time_step": 10},
            {"kind": "solitary_wave", "x": 15e3, "height": 1, "depth": 300, "direction": 270},
        ],
        "stations": [{"name": "a", "x": 12e3, "y": 9e3}],
        "output": {"directory": str(directory), "fields": {"every": 50}, "checkpoint": {"every": 80}},
        "run": {"backend": "cpu", "threads": 1},
    }


@pytest.mark.long
def test_a_whole_run_on_ranks_with_a_nest_and_cut_off_is_the_same(tmp_path):
    whole = compute(scene(tmp_path / "whole"))
    assert np.abs(near(tmp_path / "whole")["eta"][-1]).max() > 0.5
    assert differing(compute(scene(tmp_path / "three"), ranks=3), whole) == []
    cut_off(scene(tmp_path / "cut"), 70)
    assert differing(compute(scene(tmp_path / "cut"), resume=True, ranks=2), whole) == []
    for name in ("three", "cut"):
        assert differing(near(tmp_path / name), near(tmp_path / "whole")) == []


def near(directory: Path) -> dict[str, np.ndarray]:
    """What the nest has written."""
    found = {}
    for file in ("fields_near", "maxima_near"):
        with xr.open_dataset(directory / f"{file}.nc", decode_times=False) as data:
            found |= {name: np.nan_to_num(data[name].values.astype(float)) for name in data.data_vars}
    return found


def test_odd_sources_are_warned_of():
    grid = plane(60, 50, 200.0)
    sea = ocean(grid, flat(100.0))
    sources = [
        slide(SLUMP),
        slide(STEADY, start="90 s"),
        slide(STEADY),
        slide(STEADY, length=10, width=10, x=10e3 + 100, y=5e3 - 200),
    ]
    warnings = SeafloorMotion(sea, sources, flat(100.0), 80.0).warnings(80.0)
    assert [" ".join(text.split()[2:4]) for text in warnings] == [
        "moves until",
        "begins at",
        "moves nothing:",
    ]
