"""The ocean against exact solutions: rest, order, dam breaks, bowls, the sphere, rotation, friction, edges."""

import json
import math

import numpy as np
import pytest
from support.oceans import (
    OPEN,
    PERIODIC,
    SIDES,
    SPONGE,
    WALL,
    G,
    advance,
    coarsen,
    compiled,
    flat,
    japan,
    l1,
    level,
    march,
    ocean,
    physics,
    plane,
    rough,
    state,
    volume,
    water,
)
from support.simulator import in_simulator

from esim.constants import EARTH_RADIUS, EARTH_ROTATION
from esim.grids.grid import Grid
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.state import step_constants

DTYPES = ("float32", "float64")


def along_x(profile):
    """A formula that depends on x alone."""
    return lambda x, y: profile(x)[None, :] + np.zeros((y.size, 1))


def along_y(profile):
    """A formula that depends on y alone."""
    return lambda x, y: profile(y)[:, None] + np.zeros(x.size)


# ------------------------------------------------------------------ rest


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        *(("numpy", kind) for kind in SIDES),
        *(("cpu", kind) for kind in SIDES if kind != "sponge"),
        pytest.param("cpu", "sponge", marks=pytest.mark.compile),
    ],
)
def test_lake_at_rest_is_exactly_zero_over_real_islands(backend, kind, dtype):
    grid, bed = japan(40, SIDES[kind])
    sea = ocean(grid, bed, backend=backend, dtype=dtype, given=physics(coriolis=True), sponge_cells=10)
    land = np.array(sea.own(sea.bed)) > 0
    assert 0.1 < land.mean() < 0.9
    march(sea, 200, 0.8 / sea.fastest())
    assert not state(sea).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_lake_over_a_periodic_plane_is_exactly_zero(dtype):
    sea = compiled(plane(24, 24, 2e3, PERIODIC), rough(), dtype=dtype)
    march(sea, 200, 0.8 / sea.fastest())
    assert not state(sea).any()


REST = """
import json
from support.oceans import SIDES, japan, march, ocean, state
moved = []
for dtype, kind in [("float64", "wall"), *(("float32", kind) for kind in SIDES)]:
    grid, bed = japan(12, SIDES[kind], west=138.0, south=34.0)
    sea = ocean(grid, bed, backend="cuda", dtype=dtype, sponge_cells=4)
    march(sea, 2, 0.8 / sea.fastest())
    moved += [(dtype, kind)] if state(sea).any() else []
print(json.dumps({"moved": moved}))
"""


@pytest.mark.simulator
def test_lake_at_rest_is_exactly_zero_on_the_cuda_simulator():
    assert json.loads(in_simulator(REST)) == {"moved": []}


BASINS = {
    "real": lambda: japan(40),
    "deep": lambda: (plane(40, 40, 2e3), rough()),
    "beach": lambda: (plane(40, 40, 100.0), rough(height=5.0, depth=2.5, cell=100.0)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("basin", BASINS)
def test_lake_at_a_level_stays_at_rest_for_10000_steps(basin, dtype):
    grid, bed = BASINS[basin]()
    sea = compiled(grid, bed, level(1.7), dtype=dtype)
    before = state(sea)
    wet = water(sea).wet
    assert 0.05 < (~wet).mean() < 0.95
    march(sea, 10_000, 0.8 / sea.fastest())
    after, now = state(sea), water(sea)
    rounding = 16 * np.finfo(dtype).eps * 1.7
    assert np.abs(after[0] - before[0]).max() <= rounding
    # What a surface difference of rounding can set in motion.
    assert max(np.abs(now.u).max(), np.abs(now.v).max()) <= rounding * math.sqrt(G / 0.1)
    assert (now.wet == wet).all()


# ------------------------------------------------------------------ order


def smooth_wave(n, side=100e3, height=10.0, end=900.0):
    """A wave over an uneven bed on a turning plane, n x n cells."""
    k = 2 * np.pi / side
    sea = compiled(
        plane(n, n, side / n, PERIODIC, latitude=40.0),
        lambda x, y: -(1000 + 200 * np.sin(k * x)[None] * np.cos(k * y)[:, None]),
        lambda x, y: height * np.exp(np.cos(k * x)[None] + np.cos(k * y - 1)[:, None] - 2),
        given=physics(coriolis=True),
    )
    advance(sea, end, dt=0.35 * side / n / math.sqrt(G * 1250))
    return state(sea)


def test_second_order_in_space_and_time():
    fields = {n: smooth_wave(n) for n in (32, 64, 128, 256)}
    errors = np.array([np.abs(fields[n] - coarsen(fields[2 * n], 2)).mean((1, 2)) for n in (32, 64, 128)])
    orders = np.log2(errors[:-1] / errors[1:])
    assert (orders >= 1.9).all(), orders


# ------------------------------------------------------------------ dam breaks and bowls


def ritter(x, t, h0):
    """Depth after a dam at x = 0 broke onto dry ground (Ritter 1892)."""
    c, s = math.sqrt(G * h0), x / t
    return np.where(s < -c, h0, np.where(s < 2 * c, (2 * c - s) ** 2 / (9 * G), 0.0))


def stoker(x, t, left, right):
    """Depth after a dam at x = 0 broke onto still water (Stoker 1957, section 10.8)."""

    def excess(h):
        bore = (h - right) * math.sqrt(G * (h + right) / (2 * h * right))
        return 2 * (math.sqrt(G * left) - math.sqrt(G * h)) - bore

    low, high = right, left
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    flow = 2 * (math.sqrt(G * left) - math.sqrt(G * low))
    bore, c, s = low * flow / (low - right), math.sqrt(G * left), x / t
    fan = (2 * c - s) ** 2 / (9 * G)
    plateau = np.where(s < bore, low, right)
    return np.where(s < -c, left, np.where(s < flow - math.sqrt(G * low), fan, plateau))


def dam_break(n, right, cfl=0.8, base=0.0, dtype="float64", end=40.0):
    """(x, depth, relative change of mass) after a dam between depths of 10 m and `right` broke."""
    grid = plane(n, 4, 2000.0 / n, ("wall", "wall", "periodic", "periodic"), x0=-1000.0)
    surface = along_x(lambda x: np.where(x < 0, 10.0, right) + base)
    sea = compiled(grid, flat(-base), surface, dtype=dtype)
    before = volume(sea)
    advance(sea, end, cfl=cfl, adaptive=True)
    return grid.x(), water(sea).h[0], volume(sea) / before - 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("base", [0.0, -20.0])
@pytest.mark.parametrize(("right", "bound"), [(0.0, 2.5e-3), (0.02, 3e-3), (0.1, 3e-3), (2.0, 2e-3)], ids=str)
def test_dam_breaks(right, bound, base, dtype):
    x, h, mass = dam_break(400, right, base=base, dtype=dtype)
    exact = stoker(x, 40.0, 10.0, right) if right else ritter(x, 40.0, 10.0)
    assert l1(h, exact) < bound
    assert abs(mass) < (1e-12 if dtype == "float64" else 1e-6)


@pytest.mark.parametrize("cfl", [0.45, 0.9, 1.0])
def test_bore_runs_at_the_right_speed_at_any_courant_number(cfl):
    x, h, _ = dam_break(400, 0.1, cfl=cfl)
    exact = stoker(x, 40.0, 10.0, 0.1)
    assert abs(x[h > 0.2].max() - x[exact > 0.2].max()) <= 5 * 5.0


BOWL, DEPTH = 3000.0, 10.0  # radius of the rim and depth of Thacker's paraboloid [m]


def bowl(x, y):
    """Paraboloid (Thacker 1981, J. Fluid Mech. 107:499)."""
    return DEPTH * ((x[None] ** 2 + y[:, None] ** 2) / BOWL**2 - 1)


def planar(x, y, shift=600.0):
    """Surface, u, v and period of Thacker's planar solution at t = 0: the lake circles with a plane surface."""
    turn = math.sqrt(2 * G * DEPTH) / BOWL
    eta = shift * DEPTH / BOWL**2 * (2 * x[None] + 0 * y[:, None] - shift)
    return eta, 0 * eta, 0 * eta + shift * turn, 2 * np.pi / turn


def curved(x, y, a=0.3):
    """Surface, u, v and period of Thacker's radial solution at t = 0: the lake contracts and spreads."""
    r2 = (x[None] ** 2 + y[:, None] ** 2) / BOWL**2
    eta = DEPTH * (math.sqrt(1 - a * a) / (1 - a) - 1 - r2 * ((1 - a * a) / (1 - a) ** 2 - 1))
    return eta, 0 * eta, 0 * eta, 2 * np.pi * BOWL / math.sqrt(8 * G * DEPTH)


def slosh(solution, n, dtype, periods=3):
    """(L1 error of the depth, relative change of mass) after some periods in the bowl."""
    grid = plane(n, n, 9200.0 / n, WALL, x0=-4600.0, y0=-4600.0)
    sea = compiled(grid, bowl, *(lambda x, y, m=m: solution(x, y)[m] for m in range(3)), dtype=dtype)
    x, y = grid.x(), grid.y()
    start = volume(sea)
    advance(sea, periods * solution(x, y)[3], adaptive=True)
    exact = np.maximum(solution(x, y)[0] - bowl(x, y), 0)
    return l1(water(sea).h, exact), volume(sea) / start - 1


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.long), "float64"])
@pytest.mark.parametrize(
    ("solution", "bounds"),
    [pytest.param(planar, (0.005, 0.0015), marks=pytest.mark.long), (curved, (0.015, 0.007))],
)
def test_thackers_bowl(solution, bounds, dtype):
    coarse, mass_coarse = slosh(solution, 100, dtype)
    fine, mass_fine = slosh(solution, 200, dtype)
    assert coarse < bounds[0] and fine < bounds[1]
    assert math.log2(coarse / fine) > 1.0
    assert max(abs(mass_coarse), abs(mass_fine)) < (1e-12 if dtype == "float64" else 1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_mass_is_kept_where_water_runs_over_islands(dtype):
    grid = plane(80, 80, 10.0)
    heap = lambda x, y: np.where((x[None] - 400) ** 2 + (y[:, None] - 400) ** 2 < 150**2, 15.0, -1e9)  # noqa: E731
    sea = compiled(grid, rough(3, depth=2.0, height=3.0, cell=10.0), heap, dtype=dtype)
    before = volume(sea)
    advance(sea, 300.0, cfl=0.9, adaptive=True)
    assert abs(volume(sea) / before - 1) < (1e-12 if dtype == "float64" else 1e-6)
    assert water(sea).h.min() >= 0


CLOSED = {
    "plane": plane(40, 40, 50e3, WALL, latitude=45.0),
    "sphere": Grid("lonlat", 0.0, 30.0, 0.5, 0.5, 40, 40, WALL),
    "channel": Grid("lonlat", 0.0, -50.0, 0.5, 0.5, 40, 40, ("periodic", "periodic", "wall", "wall")),
}


@pytest.mark.parametrize("where", CLOSED)
def test_no_water_passes_a_wall_on_the_turning_earth(where):
    grid = CLOSED[where]
    x0, y0 = grid.x()[12], grid.y()[20]
    size = 4 * grid.dx
    hump = lambda x, y: np.exp(-((x[None] - x0) ** 2 + (y[:, None] - y0) ** 2) / size**2)  # noqa: E731
    sea = compiled(grid, flat(1000.0), hump, given=physics(coriolis=True))
    before = volume(sea)
    advance(sea, 86400.0)
    assert np.abs(state(sea)[1:]).max() > 1  # it still sloshes
    assert abs(volume(sea) / before - 1) < 1e-12


# ------------------------------------------------------------------ the sphere

OCEAN_DEPTH = 4000.0
CELERITY = math.sqrt(G * OCEAN_DEPTH)


def legendre(profile, t, angle, degree=160):
    """Linear wave on a sphere at time t from a surface profile(angle from the pole) at rest, by Legendre series.

    Degree l turns at the frequency sqrt(l (l + 1)) c / R.
    """
    mu, weight = np.polynomial.legendre.leggauss(3 * degree)
    basis = np.polynomial.legendre.legvander(mu, degree)
    n = np.arange(degree + 1)
    amplitude = (2 * n + 1) / 2 * ((profile(np.arccos(mu)) * weight) @ basis)
    swing = amplitude * np.cos(np.sqrt(n * (n + 1)) * CELERITY / EARTH_RADIUS * t)
    return np.polynomial.legendre.legval(np.cos(angle), swing)


ARRIVAL = EARTH_RADIUS * math.radians(35.0) / CELERITY  # s, over 35 degrees


def ridge_error(spacing):
    """L1 error of a ridge along the equator after 35 degrees of meridian, and where its northern crest is."""
    grid = Grid(
        "lonlat",
        0.0,
        -50.0,
        spacing,
        spacing,
        8,
        round(100 / spacing),
        ("periodic", "periodic", "open", "open"),
    )
    profile = lambda angle: 0.1 * np.exp(-(((np.degrees(angle) - 90) / 4) ** 2))  # noqa: E731
    sea = compiled(grid, flat(OCEAN_DEPTH), along_y(lambda y: profile(np.radians(90 - y))))
    advance(sea, ARRIVAL)
    eta = state(sea)[0]
    assert np.ptp(eta, axis=1).max() == 0
    y = grid.y()
    crest = y[y > 0][eta[y > 0, 0].argmax()]
    return l1(eta[:, 0], legendre(profile, ARRIVAL, np.radians(90 - y))), crest, eta[y > 0].max()


def test_wave_along_a_meridian():
    coarse, _, _ = ridge_error(0.5)
    fine, crest, height = ridge_error(0.25)
    assert fine < 5e-3 and math.log2(coarse / fine) > 1.9
    assert abs(crest - 35.0) <= 0.25
    # Converging meridians raise the half that goes north.
    assert height == pytest.approx(0.05 / math.sqrt(math.cos(math.radians(35))), rel=0.02)


def hump_error(spacing, lat0):
    """Largest error over the crest of a round hump at (0, lat0) after 35 degrees, and the distance of its crests."""
    half = 48.0
    n = round(2 * half / spacing)
    grid = Grid("lonlat", -half, max(lat0, 0.0) - half, spacing, spacing, n, n, OPEN)
    profile = lambda angle: 0.1 * np.exp(-((np.degrees(angle) / 5) ** 2))  # noqa: E731

    def distance(x, y):
        lon, lat, pole = np.radians(x)[None], np.radians(y)[:, None], math.radians(lat0)
        cosine = np.sin(lat) * math.sin(pole) + np.cos(lat) * math.cos(pole) * np.cos(lon)
        return np.arccos(np.clip(cosine, -1, 1))

    sea = compiled(grid, flat(OCEAN_DEPTH), lambda x, y: profile(distance(x, y)))
    advance(sea, ARRIVAL)
    angle, eta = distance(grid.x(), grid.y()), state(sea)[0]
    exact = legendre(profile, ARRIVAL, angle)
    near = angle < math.radians(44)
    crest = np.degrees(angle.ravel()[np.where(near, exact, 0).argmax()])
    east, north = eta[n // 2], eta[:, n // 2]
    found = [np.degrees(angle[n // 2][east.argmax()]), np.degrees(angle[:, n // 2][north.argmax()])]
    return np.abs(eta - exact)[near].max() / exact[near].max(), found, crest


def test_round_wave_on_the_sphere_arrives_everywhere_at_once():
    error, found, crest = hump_error(0.5, 0.0)
    assert error < 0.03
    assert np.abs(np.array(found) - crest).max() <= 0.5


def test_round_wave_at_middle_latitudes():
    assert hump_error(0.5, 20.0)[0] < 0.03


def balance_errors(spacing):
    """Largest v, change of u (both over u0) and of eta [m] of a steady zonal flow after 1.5 h in mid-channel."""
    sides = ("periodic", "periodic", "open", "open")
    grid = Grid("lonlat", 0.0, 10.0, spacing, spacing, 8, round(60 / spacing), sides)
    u0 = 20.0
    head = (EARTH_RADIUS * EARTH_ROTATION * u0 + u0**2 / 2) / G
    sea = compiled(
        grid,
        flat(3000.0),
        along_y(lambda y: head * (0.5 - np.sin(np.radians(y)) ** 2)),
        along_y(lambda y: u0 * np.cos(np.radians(y))),
        given=physics(coriolis=True),
    )
    before = water(sea)
    advance(sea, 5400.0)
    after, middle = water(sea), (grid.y() > 32) & (grid.y() < 48)
    return (
        np.abs(after.v[middle]).max() / u0,
        np.abs(after.u - before.u)[middle].max() / u0,
        np.abs(after.eta - before.eta)[middle].max(),
    )


def test_zonal_flow_in_geostrophic_balance_is_steady():
    """Williamson et al. (1992) test 2; without balance v would reach f t = 0.5 of u."""
    coarse, fine = np.array(balance_errors(1.0)), np.array(balance_errors(0.5))
    assert (fine < [2e-5, 5e-6, 1e-3]).all(), fine
    assert (np.log2(coarse / fine) > 1.8).all(), (coarse, fine)


# ------------------------------------------------------------------ rotation and friction


def test_inertial_oscillation():
    turn = 2 * EARTH_ROTATION * math.sin(math.radians(45))
    grid = plane(8, 8, 20e3, PERIODIC, latitude=45.0)
    sea = compiled(
        grid, flat(100.0), None, lambda x, y: np.ones((y.size, x.size)), given=physics(coriolis=True)
    )
    quarter = np.pi / 2 / turn
    advance(sea, quarter, dt=100.0)
    now = water(sea)
    # To the right on the northern hemisphere.
    assert np.abs(now.u).max() < 1e-4 and now.v == pytest.approx(-1.0, abs=1e-5)
    advance(sea, 11 * quarter, dt=100.0)
    now = water(sea)
    assert np.hypot(now.u, now.v) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(np.arctan2(now.v, now.u)).max() < 1e-3  # after three turns
    assert not now.eta.any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("manning", "depth"), [(0.03, 5.0), (0.1, 1.0)])
def test_manning_friction_slows_a_uniform_flow(manning, depth, dtype):
    """du/dt = -g n^2 u^2 / h^(4/3), so u = u0 / (1 + g n^2 u0 t / h^(4/3))."""
    grid = plane(8, 8, 100.0, PERIODIC)
    flow = lambda x, y: np.full((y.size, x.size), 2.0)  # noqa: E731
    sea = compiled(grid, flat(depth), None, flow, given=physics(manning=manning), dtype=dtype)
    mapped = ocean(
        grid, flat(depth), None, flow, roughness=lambda x, y: np.full((y.size, x.size), manning), dtype=dtype
    )
    for one in (sea, mapped):
        advance(one, 200.0)
        exact = 2.0 / (1 + 400.0 * G * manning**2 / depth ** (4 / 3))
        assert water(one).u == pytest.approx(exact, rel=1e-9 if dtype == "float64" else 2e-6)
    np.testing.assert_array_equal(water(sea).v, 0)


def test_friction_map_slows_only_where_it_is_rough():
    grid = plane(32, 8, 1000.0, ("periodic", "periodic", "periodic", "periodic"))
    rough_half = along_x(lambda x: np.where(x < 16e3, 0.1, 0.0))
    sea = ocean(grid, flat(1.0), None, lambda x, y: np.full((y.size, x.size), 0.1), roughness=rough_half)
    march(sea, 3, 10.0)
    u = water(sea).u[0]
    assert u[8] < 0.098 and u[24] == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 4e-7), ("float64", 2e-9)])
def test_inverse_cube_root(dtype, bound):
    x = np.logspace(-3, 4, 200_001).astype(dtype)
    found = shallow_water.rcbrt(x, step_constants(dtype, 1.0, 0.0))
    assert found.dtype == dtype
    exact = np.cbrt(x.astype(np.longdouble)) ** -1
    assert np.abs(found / exact - 1).max() < bound


# ------------------------------------------------------------------ edges

LENGTH, CELLS = 400e3, 200


def pulse(kind, axis, way, height=1.0, end=2 * LENGTH / CELERITY):
    """Surface after a pulse has run from the middle of a channel towards one end, that many seconds."""
    ends, sides = (kind, kind), ("periodic", "periodic")
    shape = (CELLS, 4) if axis == "x" else (4, CELLS)
    boundary = ends + sides if axis == "x" else sides + ends
    origin = {"x0": -LENGTH} if axis == "x" else {"y0": -LENGTH}
    grid = plane(*shape, 2 * LENGTH / CELLS, boundary, **origin)
    profile = lambda s: height * np.exp(-((s / 30e3) ** 2))  # noqa: E731
    # A simple wave: u - 2 sqrt(g h) is the same everywhere.
    speed = lambda s: way * 2 * (np.sqrt(G * (OCEAN_DEPTH + profile(s))) - CELERITY)  # noqa: E731
    formula = along_x if axis == "x" else along_y
    flow = {"u": formula(speed)} if axis == "x" else {"v": formula(speed)}
    make = ocean if kind == "sponge" else compiled
    sea = make(grid, flat(OCEAN_DEPTH), formula(profile), **flow, sponge_cells=40)
    advance(sea, end)
    return state(sea)[0] if axis == "x" else state(sea)[0].T


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize(("kind", "height", "bound"), [("open", 1.0, 1e-3), ("open", 20.0, 2e-3)])
def test_waves_leave(kind, height, bound, axis, way):
    assert np.abs(pulse(kind, axis, way, height)).max() < bound * height


@pytest.mark.parametrize(
    ("axis", "way"),
    [("x", 1), *(pytest.param(*side, marks=pytest.mark.long) for side in (("x", -1), ("y", 1), ("y", -1)))],
)
def test_a_sponge_swallows_waves(axis, way):
    """In NumPy, which takes its time; that all sides are alike has a test of its own."""
    assert np.abs(pulse("sponge", axis, way)).max() < 1e-3


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("axis", ["x", "y"])
def test_wall_sends_the_whole_wave_back(axis, way):
    # In the periodic channel it has come round from the other side; both have gone as far, to the middle.
    back, free = pulse("wall", axis, way)[0][::-1], pulse("periodic", axis, way)[0]
    assert back.max() == pytest.approx(free.max(), rel=2e-3)
    assert np.abs(back - free).max() < 0.02


def test_all_sides_of_an_ocean_are_alike():
    for kind in ("open", "sponge", "wall"):
        results = [pulse(kind, axis, 1, 5.0, end=1500.0)[0] for axis in "xy"]
        np.testing.assert_allclose(results[0], results[1], rtol=0, atol=1e-12)
        mirrored = pulse(kind, "x", -1, 5.0, end=1500.0)[0][::-1]
        np.testing.assert_allclose(results[0], mirrored, rtol=0, atol=1e-12)


@pytest.mark.long
def test_round_wave_leaves_an_open_square():
    grid = plane(100, 100, 8e3, OPEN, x0=-400e3, y0=-400e3)
    hump = lambda x, y: np.exp(-(x[None] ** 2 + y[:, None] ** 2) / 40e3**2)  # noqa: E731
    for boundary in (OPEN, SPONGE):
        make = ocean if boundary is SPONGE else compiled
        sea = make(Grid(**(vars(grid) | {"boundary": boundary})), flat(OCEAN_DEPTH), hump)
        advance(sea, 3 * LENGTH / CELERITY)
        assert np.abs(state(sea)[0]).max() < 0.006


@pytest.mark.parametrize("dtype", DTYPES)
def test_periodic_ocean_has_no_edge(dtype):
    grid = plane(24, 20, 1000.0, PERIODIC)
    rng = np.random.default_rng(2)
    noise, hills = rng.uniform(-1, 1, grid.shape), rng.uniform(-1, 1, grid.shape)

    def run(shift):
        roll = lambda a: np.roll(a, shift, (0, 1))  # noqa: E731
        sea = compiled(grid, lambda x, y: roll(50 * hills - 30), lambda x, y: roll(noise), dtype=dtype)
        march(sea, 60, 20.0)
        return state(sea)

    np.testing.assert_array_equal(np.roll(run((0, 0)), (7, 11), (1, 2)), run((7, 11)))


# ------------------------------------------------------------------ stability


@pytest.mark.parametrize("height", [1.0, 400.0])
def test_noise_decays_at_the_largest_courant_number(height):
    noise = height * np.random.default_rng(5).uniform(-1, 1, (48, 48))
    sea = compiled(plane(48, 48, 5e3, PERIODIC), flat(OCEAN_DEPTH), lambda x, y: noise, dtype="float32")

    def energy():
        now = water(sea)
        return (now.h * (now.u**2 + now.v**2) + G * now.eta**2).sum()

    energies = [energy()]
    for _ in range(6):
        for _ in range(100):
            march(sea, 1, 1.0 / sea.fastest())
        energies.append(energy())
    assert energies[1] < 0.1 * energies[0]
    assert (np.diff(energies) < 0).all()


# ------------------------------------------------------------------ enclosed water


@pytest.mark.parametrize(
    "depths", [[[148.0, 261.0], [136.0, 121.0]], [[136.0, 121.0]], [[20.0, 250.0, 30.0]]]
)
def test_water_between_cliffs_comes_to_rest(depths):
    """Inlets of a few cells: a surface that leans in every cell would swing without loss, and then ever higher."""
    ny, nx = np.shape(depths)
    ground = np.full((ny + 4, nx + 4), 400.0)
    ground[2:-2, 2:-2] = -np.array(depths)
    rng = np.random.default_rng(2)
    sea = compiled(
        Grid("cartesian", 0.0, 0.0, 6e3, 11e3, nx + 4, ny + 4, WALL),
        lambda x, y: ground,
        lambda x, y: 0.1 * rng.standard_normal(ground.shape),
        given=physics(manning=0.025),
    )
    march(sea, 3000, 8.0)
    now = water(sea)
    assert np.abs(now.u).max() < 1e-3 and np.abs(now.v).max() < 1e-3
    assert np.abs(now.eta[ground < 0]).max() < 0.2
