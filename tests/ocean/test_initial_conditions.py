"""Water that does not begin at rest: solitary waves, N-waves, and states from files."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from support.oceans import OPEN, WALL, G, advance, ocean, physics, plane, state, volume, water
from support.scenes import checked, configured
from support.sections import section

from esim.config.ocean.source import OceanSourceConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.ocean.solver import NONLINEAR
from esim.ocean.sources.initial_conditions import courant_rate, initial_states, initial_water
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.parallel.comm import run_ranks
from esim.sources.ocean import InitialState, Source, build
from esim.sources.ocean.hump import Hump


def solitary(**changes):
    return build(
        section(OceanSourceConfig, kind="solitary_wave", **dict(height=0.1, depth=2.0) | changes), False
    )


def n_wave(**changes):
    return build(section(OceanSourceConfig, kind="n_wave", **dict(height=0.1, depth=1.0) | changes), False)


def flat(depth):
    return lambda x, y: np.full((y.size, x.size), -depth)


def beach(x, y):
    """Level ground 2 m below the water, and a beach of 1 in 10 from x = 40 m on."""
    return np.broadcast_to(np.maximum(-2.0, -2.0 + 0.1 * (x - 40.0))[None], (y.size, x.size))


def begun(grid, bed, *sources, **more):
    sea = ocean(grid, bed, **more)
    motion = SeafloorMotion(sea, sources, bed)
    motion.begin()
    return sea, motion


def test_kinds_of_sources_are_told_apart():
    assert isinstance(solitary(), InitialState) and not isinstance(solitary(), Source)
    hump = Hump("hump", 0.0, 0.0, 1.0, 1e3)
    assert isinstance(hump, Source) and not isinstance(hump, InitialState)


@pytest.mark.parametrize("direction", [90.0, 270.0, 0.0, 30.0])
def test_profile_of_a_solitary_wave(direction):
    x, y = np.linspace(-30, 50, 41), np.linspace(-20, 30, 26)
    eta, u, v = solitary(x=5.0, y=-3.0, direction=direction).water(x, y, False)
    east, north = np.sin(np.deg2rad(direction)), np.cos(np.deg2rad(direction))
    along = (x[None] - 5.0) * east + (y[:, None] + 3.0) * north
    np.testing.assert_allclose(eta, 0.1 / np.cosh(np.sqrt(0.75 * 0.1 / 8.0) * along) ** 2, atol=1e-12)
    np.testing.assert_allclose(u * east + v * north, eta * np.sqrt(9.81 / 2.0), atol=1e-12)
    np.testing.assert_allclose(u * north - v * east, 0.0, atol=1e-12)


def test_velocities_of_waves():
    x, y = np.zeros(1), np.zeros(1)
    speed = {
        kind: solitary(velocity=kind).water(x, y, False)[1, 0, 0] for kind in ("exact", "simple", "rest")
    }
    assert speed["exact"] == pytest.approx(np.sqrt(9.81 * 2.1) * 0.1 / 2.1)
    assert speed["simple"] == pytest.approx(2 * (np.sqrt(9.81 * 2.1) - np.sqrt(9.81 * 2.0)))
    assert speed["rest"] == 0.0


@pytest.mark.parametrize("leading", ["depression", "elevation"])
@pytest.mark.parametrize("offset", [None, 0.0, 4.0, -3.0])
def test_n_waves(leading, offset):
    x = np.linspace(-60, 60, 24001)
    eta = n_wave(leading=leading, offset=offset).water(x, np.zeros(1), False)[0, 0]
    assert eta.max() == pytest.approx(0.1, rel=1e-5)
    first, last = (eta.argmax(), eta.argmin()) if leading == "depression" else (eta.argmin(), eta.argmax())
    assert x[last] > x[first]  # it runs towards +x, so what leads lies ahead
    if offset is None:
        assert eta.min() == pytest.approx(-0.1, rel=1e-5)
        # Isosceles: 3 sqrt(3)/2 H sech^2 tanh, with k = 3/2 sqrt(H sqrt(3/4)) for a depth of 1.
        k = 1.5 * np.sqrt(0.1 * np.sqrt(0.75))
        sign = -1 if leading == "depression" else 1
        form = sign * 1.5 * np.sqrt(3) * 0.1 * np.tanh(k * x) / np.cosh(k * x) ** 2
        np.testing.assert_allclose(eta, form, atol=1e-12)
    else:
        inner = slice(min(first, last), max(first, last))
        assert np.interp(0.0, sign_to_rise(eta[inner]), x[inner]) == pytest.approx(offset, abs=1e-6)
        smaller = abs(eta[last]) < abs(eta[first])
        assert smaller == (offset > 0) or offset == 0.0


def sign_to_rise(values):
    return values if values[-1] > values[0] else -values


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_wave_leaves_dry_land_dry_and_rest_exactly_at_rest(dtype):
    grid = plane(80, 6, 1.0)
    sea, motion = begun(grid, beach, solitary(x=45.0, height=0.5), dtype=dtype)
    now, dry = water(sea), -beach(grid.x(), grid.y()) <= sea.physics.dry_depth
    assert dry.any() and not now.h[dry].any()
    exact = solitary(x=45.0, height=0.5).water(grid.x(), grid.y(), False)
    np.testing.assert_allclose(now.eta[~dry], exact[0][~dry], rtol=0, atol=1e-7)
    np.testing.assert_allclose(now.u[~dry], exact[1][~dry], rtol=1e-5, atol=1e-7)
    assert motion.summary[0]["highest_m"] == pytest.approx(0.5, rel=0.02)
    assert not state(ocean(grid, beach)).any()
    far = begun(grid, beach, solitary(x=-200.0))[0]
    assert not state(far).any()


@pytest.mark.long
def test_waves_add_up_and_travel_both_ways():
    """Two waves meet, pass, and have their height and volume in the end."""
    grid = plane(400, 4, 0.5, ("open", "open", "wall", "wall"))
    one = dict(height=0.005, depth=0.5)
    waves = [solitary(x=50.0, **one), solitary(x=150.0, direction=270.0, **one)]
    sea, _ = begun(grid, flat(0.5), *waves)
    before = volume(sea)
    advance(sea, 100.0 / np.sqrt(G * 0.5), cfl=0.5)
    eta = water(sea).eta[1]
    assert volume(sea) == pytest.approx(before, rel=1e-6)
    assert np.abs(eta - eta[::-1]).max() < 1e-12
    at = grid.x()[eta[:200].argmax()]
    assert eta.max() == pytest.approx(0.005, rel=0.02) and at == pytest.approx(50.0, abs=3.0)


def test_the_simple_wave_sends_nothing_back():
    grid = plane(300, 4, 0.5, ("open", "open", "wall", "wall"))
    back = {}
    for velocity in ("simple", "rest"):
        sea, _ = begun(grid, flat(2.0), solitary(x=75.0, height=0.2, velocity=velocity))
        advance(sea, 30.0 / np.sqrt(G * 2.0), cfl=0.5)
        back[velocity] = np.abs(water(sea).eta[1, :120]).max()
    assert back["simple"] < 5e-3 * 0.2 < 0.4 * 0.2 < back["rest"]


def saved(path: Path, x, y, names=("x", "y"), units="m", **fields):
    dims = (names[1], names[0])
    unit = {"eta": units, "u": "m s-1", "v": "m/s"}
    data = {
        name: (dims if value.ndim == 2 else ("time", *dims), value, {"units": unit.get(name, "")})
        for name, value in fields.items()
    }
    xr.Dataset(data, {names[0]: x, names[1]: y}).to_netcdf(path)
    return path


def from_file(path, lonlat=False, time=None, sea_level=0.0):
    return build(section(OceanSourceConfig, kind="state", file=path, time=time), lonlat, sea_level=sea_level)


def test_a_state_says_where_the_water_is(tmp_path):
    """Water stands on land above the level at rest, and a hollow below it is dry."""
    grid = plane(40, 4, 1.0)
    x, y = grid.x(), grid.y()

    def bed(x, y):
        return np.broadcast_to(np.where(x < 20, 1.0, -1.0)[None], (y.size, x.size))

    eta = np.broadcast_to(np.where(x < 10, 3.0, np.nan)[None], (4, 40))
    u = np.broadcast_to(np.where(x < 10, 0.5, np.nan)[None], (4, 40))
    path = saved(tmp_path / "state.nc", x, y, eta=eta, u=u, v=-0.5 * u)
    for dtype in ("float32", "float64"):
        now = water(begun(grid, bed, from_file(path), dtype=dtype)[0])
        np.testing.assert_allclose(now.h, np.where(x < 10, 2.0, 0.0)[None] + 0 * eta[:, :1], atol=0)
        np.testing.assert_allclose(now.u, np.nan_to_num(u), atol=1e-7)
        np.testing.assert_allclose(now.v, np.nan_to_num(-0.5 * u), atol=1e-7)


def test_a_state_is_interpolated_and_water_is_at_rest_outside_it(tmp_path):
    x, y = np.arange(10.0, 31.0, 2.0), np.arange(-3.0, 30.0, 3.0)
    eta = 0.1 + np.add.outer(0.01 * y, 0.02 * x)
    source = from_file(saved(tmp_path / "part.nc", x, y, eta=eta), sea_level=0.1)
    grid = plane(60, 20, 1.0, OPEN)
    sea = ocean(grid, flat(10.0))
    SeafloorMotion(sea, [source], flat(10.0)).begin()
    zeta, hu, _ = state(sea)
    xs, ys = grid.x(), grid.y()
    inner = (slice(None), (xs > 10) & (xs < 30))
    np.testing.assert_allclose(zeta[inner], np.add.outer(0.01 * ys, 0.02 * xs)[inner], atol=1e-6)
    assert not zeta[:, xs > 32].any() and not hu.any()


def test_the_surface_of_a_state_goes_on_to_the_next_node_of_its_file(tmp_path):
    """A coarse file has no surface on land; how far its water reaches there is for the bed to say."""
    x, y = np.arange(0.0, 41.0, 4.0), np.arange(0.0, 9.0, 4.0)
    eta = np.where(x < 22, 0.5, np.nan) * np.ones((y.size, 1))
    grid = plane(36, 8, 1.0)
    now = water(begun(grid, flat(5.0), from_file(saved(tmp_path / "gap.nc", x, y, eta=eta)))[0])
    np.testing.assert_allclose(now.eta[:, grid.x() < 24], 0.5, atol=1e-12)
    assert not now.wet[:, grid.x() > 24].any()
    beach = begun(grid, lambda x, y: 0.25 * (x - 21.0)[None] + 0 * y[:, None], from_file(tmp_path / "gap.nc"))
    np.testing.assert_array_equal(water(beach[0]).wet[0], grid.x() < 23)


def test_a_state_of_a_moment(tmp_path):
    x = y = np.arange(0.0, 10.0)
    eta = np.arange(3.0)[:, None, None] + np.zeros((3, 10, 10))
    path = tmp_path / "times.nc"
    data = {"eta": (("time", "y", "x"), eta, {"units": "m"})}
    xr.Dataset(data, {"x": x, "y": y, "time": ("time", [0.0, 60.0, 120.0], {"units": "s"})}).to_netcdf(path)
    assert from_file(path, time=60.0).water(x[2:4], y[3:5], False)[0].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises(InputError, match="no record at 70 s, the nearest is at 60 s; it has 3 records"):
        from_file(path, time=70.0)
    with pytest.raises(InputError, match="key time which record"):
        from_file(path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (dict(z=1), "no variable eta"),
        (dict(eta=1, u=1), "no variable v"),
        (dict(eta=1, units="cm"), "eta is in 'cm', expected m"),
    ],
)
def test_unusable_states(tmp_path, fields, words):
    x = y = np.arange(0.0, 10.0)
    units = fields.pop("units", "m")
    given = {name: np.zeros((10, 10)) for name in fields}
    with pytest.raises(InputError, match=words):
        from_file(saved(tmp_path / "bad.nc", x, y, units=units, **given))


def test_states_that_do_not_fit(tmp_path):
    x = y = np.arange(0.0, 10.0)
    source = from_file(saved(tmp_path / "a.nc", x, y, eta=np.zeros((10, 10))))
    with pytest.raises(InputError, match=r"a.nc: the state lies outside the grid; it covers -0.5 to 9.5"):
        source.check(plane(10, 10, 1.0, x0=100.0))
    with pytest.raises(InputError, match="both say where all the water is"):
        initial_states([source, solitary(), source])
    with pytest.raises(InputError, match="needs a cartesian grid"):
        solitary().check(Grid("lonlat", 0.0, 0.0, 1.0, 1.0, 10, 10))
    with pytest.raises(InputError, match="no times"):
        from_file(tmp_path / "a.nc", time=3.0)


def test_odd_water_is_warned_of(tmp_path):
    x = y = np.arange(50.0, 1000.0, 100.0)
    path = saved(tmp_path / "a.nc", x, y, eta=np.full((10, 10), np.nan))
    scene = {
        "scenario": "tsunami",
        "time": {"duration": 10},
        "grid": {"kind": "cartesian", "x": [0, 1000], "y": [0, 1000], "spacing": 100},
        "bathymetry": {"kind": "flat", "depth": 5},
        "physics": {"dispersion": "serre"},
        "source": [{"kind": "state", "file": str(path)}],
        "output": {"directory": str(tmp_path / "out")},
    }
    warnings = checked(configured(scene)).warnings.texts
    assert ["a.nc leaves no water" in text for text in warnings] == [True, False]
    assert "no water is deeper than physics.dispersion_depth, 10 m" in warnings[1]


def test_the_time_step_knows_of_water_that_begins_high():
    x, y, bed = np.arange(5.0), np.arange(4.0), np.full((4, 5), 1.0)
    lake = SimpleNamespace(
        whole=True, water=lambda x, y, lonlat: np.stack([5.0 + 0 * bed, 2.0 + 0 * bed, 0 * bed])
    )
    q = initial_water([lake], bed, x, y, False, 1e-3)
    rate = courant_rate(q, bed, np.full(4, 10.0), np.full(4, 20.0), physics(), NONLINEAR.rate)
    assert rate == pytest.approx((2.0 + np.sqrt(9.81 * 4)) / 10 + np.sqrt(9.81 * 4) / 20)


def test_any_number_of_ranks_gives_the_same_bits(tmp_path):
    grid = plane(31, 23, 1.0, WALL)
    rng = np.random.default_rng(3)
    x, y = np.arange(-2.0, 40.0, 1.7), np.arange(-2.0, 30.0, 2.3)
    eta = np.where(rng.uniform(size=(y.size, x.size)) < 0.2, np.nan, rng.uniform(-1, 1, (y.size, x.size)))
    path = saved(tmp_path / "rough.nc", x, y, eta=eta, u=0.5 * eta, v=eta**2)

    def bed(x, y):
        return 0.3 * np.sin(np.add.outer(0.3 * y, 0.4 * x)) - 0.2

    def work(comm):
        sea = ocean(grid, bed, dtype="float32", comm=comm)
        motion = SeafloorMotion(sea, [solitary(x=10.0, direction=40.0), from_file(path)], bed)
        motion.begin()
        b = sea.block
        return (b.j0, b.j1, b.i0, b.i1), state(sea), motion.summary

    whole = run_ranks(1, work)[0]
    assert np.abs(whole[1][1:]).max() > 0.1
    for ranks in (2, 5):
        for (j0, j1, i0, i1), q, summary in run_ranks(ranks, work):
            np.testing.assert_array_equal(q, whole[1][:, j0:j1, i0:i1])
            assert summary == whole[2]
