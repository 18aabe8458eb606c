"""Frequency dispersion: the dispersion relation, the solitary wave, rest, coasts, breakers, and the same bits."""

import math

import numpy as np
import pytest
from support import nested, oceans
from support.scenes import checked, compute, configured, differing, japan, observed

from esim.backends.activity import without_skipping
from esim.config import from_dict
from esim.drivers.tsunami import Tsunami
from esim.grids.grid import Grid
from esim.ocean.forcing import dispersion
from esim.ocean.forcing.dispersion import Dispersion, relaxation_weights, spectral_radius
from esim.parallel.comm import run_ranks

G, DEPTH = 9.81, 100.0
CHANNEL = ("periodic", "periodic", "wall", "wall")


def dispersive(**more):
    """Physics with dispersion, also in water shallower than by default."""
    return oceans.physics(dispersion="serre", **{"dispersion_depth": 1.0, **more})


def flat(depth=DEPTH):
    return lambda x, y: np.full((y.size, x.size), -depth)


def frequency(kh, cells, sides=CHANNEL, *, along_y=False, lonlat=False, forces=(Dispersion,), **more):
    """Angular frequency [1/s] of a small standing wave, `cells` long, and what Airy's theory gives."""
    length = 2 * math.pi * DEPTH / kh
    dx = length / cells
    count = cells if sides[0] == "periodic" else cells // 2
    nx, ny = (4, count) if along_y else (count, 4)
    grid = oceans.plane(nx, ny, dx, (*sides[2:], *sides[:2]) if along_y else sides)
    if lonlat:
        degree = math.radians(1.0) * 6_371_000.0
        grid = Grid("lonlat", 0, 60, 2 * dx / degree, dx / degree, nx, ny, grid.boundary)

    def mode(x, y):
        place = (np.arange(count) + 0.5) * dx
        wave = np.cos(2 * np.pi * place / length)
        return np.broadcast_to(wave[:, None] if along_y else wave, (y.size, x.size))

    made = oceans.ocean(grid, flat(), lambda x, y: 1e-3 * mode(x, y), forces=forces, given=dispersive(**more))
    shape = mode(grid.x(), grid.y())
    exact = math.sqrt(G * kh / DEPTH * math.tanh(kh))
    dt = 0.8 / made.fastest()
    found = [np.mean(oceans.state(made)[0] * shape)]
    while len(found) * dt < 0.9 * 2 * math.pi / exact:
        made.step(dt, len(found) * dt)
        found.append(np.mean(oceans.state(made)[0] * shape))
    values = np.array(found)
    turns = np.flatnonzero(values[:-1] * values[1:] < 0)[:2]
    times = dt * (turns + values[turns] / (values[turns] - values[turns + 1]))
    return math.pi / (times[1] - times[0]), exact


# ------------------------------------------------------------------ linear waves


@pytest.mark.parametrize(
    ("kh", "cells", "limit"), [(0.5, 20, 0.005), (1, 20, 0.01), (2, 24, 0.02), (3, 24, 0.035)]
)
def test_waves_are_as_slow_as_airy_s(kh, cells, limit):
    found, exact = frequency(kh, cells)
    assert abs(found / exact - 1) < limit
    assert exact < (1 - 0.05 * kh) * math.sqrt(G * DEPTH) * kh / DEPTH, "there is nothing to show"


def test_the_relation_of_the_original_equations():
    found, _ = frequency(1.0, 40, dispersion_alpha=1.0)
    k = 1 / DEPTH
    assert found == pytest.approx(math.sqrt(G * DEPTH * k * k / (1 + 1 / 3)), rel=4e-3)


@pytest.mark.long
def test_walls_and_directions_change_nothing():
    """Half a wave between walls is a whole one in a ring, along x, along y, and on a small piece of a sphere."""
    fine = {"dispersion_tolerance": 1e-6}
    ring, _ = frequency(1.5, 16, **fine)
    walls = ("wall",) * 4
    assert frequency(1.5, 16, walls, **fine)[0] == pytest.approx(ring, rel=1e-6)
    assert frequency(1.5, 16, along_y=True, **fine)[0] == pytest.approx(ring, rel=1e-6)
    assert frequency(1.5, 16, walls, lonlat=True, **fine)[0] == pytest.approx(ring, rel=1e-3)
    assert frequency(1.5, 16, walls, lonlat=True, along_y=True, **fine)[0] == pytest.approx(ring, rel=1e-3)


def test_a_ring_of_an_odd_number_of_cells():
    """Two cells of a colour meet at its seam."""
    odd, exact = frequency(1.0, 21)
    assert odd == pytest.approx(exact, rel=0.01)


# ------------------------------------------------------------------ solitary waves


@pytest.mark.long
def test_a_solitary_wave_keeps_its_shape():
    height, way = 20.0, 1500.0
    speed = math.sqrt(G * (DEPTH + height))
    wide = math.sqrt(3 * height / (4 * DEPTH**2 * (DEPTH + height)))

    def eta(x, y, at=1000.0):
        return height / np.cosh(wide * (x - at)) ** 2 + 0 * y[:, None]

    def u(x, y):
        return speed * eta(x, y) / (DEPTH + eta(x, y))

    def error(dx, forces=(Dispersion,), alpha=1.0):
        grid = oceans.plane(int(3500 / dx), 4, dx, CHANNEL)
        made = oceans.ocean(grid, flat(), eta, u, forces=forces, given=dispersive(dispersion_alpha=alpha))
        oceans.advance(made, way / speed, cfl=0.8)
        assert not forces or made.forces.all[0].broken() == 0
        return np.abs(oceans.state(made)[0] - eta(grid.x(), grid.y(), 1000.0 + way)).max() / height

    coarse, fine = error(25.0), error(12.5)
    assert fine < 0.01 and coarse > 3 * fine
    assert error(25.0, alpha=1.159) < 0.05, "the improved equations have nearly the same wave"
    assert error(25.0, forces=()) > 0.3, "shallow water does as well"


# ------------------------------------------------------------------ rest, coasts, breakers


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_lake_at_rest_stays_so(dtype):
    grid, bed = oceans.japan(24)
    made = oceans.ocean(grid, bed, forces=[Dispersion], dtype=dtype, given=dispersive(coriolis=True))
    oceans.march(made, 10, 0.8 / made.fastest())
    assert not oceans.state(made).any()
    assert not any(
        np.array(made.own(made.forces.all[0].checkpoint_arrays[name])).any()
        for name in ("pressure", "broken")
    )


@pytest.mark.long
def test_waves_over_rough_ground_and_islands_do_not_grow():
    """Hills higher than the sea is deep, from one cell to the next."""
    size, dx = 40, 1000.0
    bed = oceans.rough(seed=2, cell=dx)

    def hump(x, y):
        return np.exp(-((x - 20 * dx) ** 2 + (y[:, None] - 20 * dx) ** 2) / (4 * dx) ** 2)

    made = oceans.ocean(oceans.plane(size, size, dx), bed, hump, forces=[Dispersion], given=dispersive())
    ground = np.array(made.own(made.bed)[0])

    def energy():
        water = oceans.water(made)
        level = np.where(ground < 0, water.eta, np.maximum(water.h, 0))
        return float((G * level**2 + water.h * (water.u**2 + water.v**2)).sum())

    first = energy()
    dt = 0.8 / made.fastest()
    for n in range(1, 601):
        made.step(dt, n * dt)
        if n % 100 == 0:
            assert energy() < first
    assert energy() < 0.5 * first


def test_there_is_no_dispersion_in_shallow_water_and_on_land():
    shore = lambda x, y: np.broadcast_to(np.linspace(-60, 30, x.size), (y.size, x.size))  # noqa: E731
    wave = lambda x, y: np.cos(x / 300.0) + 0 * y[:, None]  # noqa: E731
    made = oceans.ocean(
        oceans.plane(30, 6, 100.0), shore, wave, forces=[Dispersion], given=dispersive(dispersion_depth=20.0)
    )
    oceans.march(made, 5, 0.5 / made.fastest())
    pressure = np.array(made.own(made.forces.all[0].checkpoint_arrays["pressure"])[0])
    deep = np.array(made.own(made.bed)[0]) <= -20
    assert np.abs(pressure[deep]).min() > 0 and not pressure[~deep].any()


def test_breaking_waves_are_counted_and_lose_dispersion():
    """A bore of twice the depth breaks, a gentle wave does not."""

    def run(height):
        eta = lambda x, y: np.where(x < 1500.0, height, 0.0) + 0 * y[:, None]  # noqa: E731
        made = oceans.ocean(
            oceans.plane(60, 4, 50.0), flat(20.0), eta, forces=[Dispersion], given=dispersive()
        )
        oceans.advance(made, 30.0, cfl=0.8)
        return made

    breaking, gentle = run(20.0), run(0.5)
    count = breaking.forces.all[0].broken()
    assert 4 * 3 < count < 4 * 40
    assert gentle.forces.all[0].broken() == 0
    assert np.isfinite(oceans.state(breaking)).all()
    assert oceans.water(breaking).h.max() < 41.0


def test_a_wave_goes_on_breaking_behind_its_front(monkeypatch):
    """A bore 0.7 depths high has no dispersion at its front, nor in the fast water behind."""
    ratio, depth = 1.7, 20.0
    speed = (1 - 1 / ratio) * math.sqrt(G * ratio * depth * (1 + ratio) / 2)

    def run():
        behind = lambda x, y: np.where(x < 500.0, 1.0, 0.0) + 0 * y[:, None]  # noqa: E731
        made = oceans.ocean(
            oceans.plane(160, 4, 5.0), flat(depth),
            lambda x, y: (ratio - 1) * depth * behind(x, y),
            lambda x, y: speed * behind(x, y),
            forces=[Dispersion], given=dispersive(),
        )  # fmt: skip
        oceans.advance(made, 10.0, cfl=0.8)
        force = made.forces.all[0]
        return np.array(made.own(force.checkpoint_arrays["breaking"]))[0, 1]

    breaking = run()
    monkeypatch.setattr(dispersion, "CESSATION", 99.0)
    front_only = run()
    assert set(np.unique(breaking)) == {0.0, 1.0}
    assert breaking.sum() > 3 * front_only.sum() > 0


@pytest.mark.parametrize("side", ["open", pytest.param("sponge", marks=pytest.mark.long)])
def test_waves_leave_through_open_sides(side):
    length, dx = 4000.0, 50.0
    eta = lambda x, y: np.exp(-(((x - 2000.0) / 400.0) ** 2)) + 0 * y[:, None]  # noqa: E731
    sides = (side, side, "wall", "wall")
    made = oceans.ocean(
        oceans.plane(int(length / dx), 4, dx, sides), flat(), eta, forces=[Dispersion], given=dispersive()
    )
    oceans.advance(made, 250.0, cfl=0.8)
    assert np.abs(oceans.state(made)[0]).max() < 0.04


# ------------------------------------------------------------------ nests


def nested_family(eta, forces=Dispersion, comm=None, nest=True):
    """A short channel with a nest across its middle, or without one."""
    grid = oceans.plane(60, 6, 100.0, ("wall",) * 4)
    nests = [{"name": "fine", "x": [2000, 4000], "y": [0, 600], "ratio": 2}] if nest else []
    return nested.tree(grid, nests, flat(), eta, given=dispersive(), forces=forces, comm=comm, cfl=0.5)


def pulse(x, y):
    """A wave with much of its energy around kh = 1."""
    return 0.5 * np.exp(-(((x - 1000.0) / 200.0) ** 2)) + 0 * y[:, None]


@pytest.mark.long
def test_waves_pass_a_nest_and_nothing_comes_back():
    def after(closed=False, **more):
        family, dt = nested_family(pulse, **more)
        for one in family.levels[1:] if closed else ():
            one.ocean.forces.all[0].outside.clear()
        nested.march(family, 140, dt)
        return next(iter(nested.states(family).values()))[0]

    found, plain = after(), after(nest=False)
    assert np.abs(plain[:, 42:]).max() > 0.15, "the wave has not come out of the nest"
    # Twice as fine inside, the nest dissipates less.
    assert np.abs(found - plain).max() < 0.04

    def back(eta):
        return np.abs(eta - plain)[:, :18].max()

    assert back(found) < 1e-3
    assert back(after(closed=True)) > 2 * back(found), "the pressure of the parent makes no difference"


def test_nests_at_rest_and_on_ranks():
    family, dt = nested_family(None)
    nested.march(family, 3, dt)
    assert not any(state.any() for state in nested.states(family).values())
    assert family.levels[1].ocean.forces.all[0].outside

    def run(comm):
        family, dt = nested_family(pulse, comm=comm)
        nested.march(family, 20, dt)
        return nested.states(family)

    one = run_ranks(1, run)[0]
    for name, state in run_ranks(3, run)[0].items():
        np.testing.assert_array_equal(state, one[name])


# ------------------------------------------------------------------ the solver


@pytest.mark.parametrize("radius", [0.2, 0.8, 0.99])
def test_the_sweeps_reduce_an_error_as_promised(radius):
    """On the worst mode of a row of cells whose Jacobi method has this spectral radius."""
    n = 16
    mode = np.cos(np.pi * np.arange(n))  # red and black of opposite sign, the hardest with the constant
    for start in (np.ones(n), mode):
        x = start.copy()
        red = np.arange(n) % 2 == 0
        for pair in relaxation_weights(radius, 0.1):
            for cells, weight in zip((red, ~red), pair, strict=True):
                asked = radius * 0.5 * (np.roll(x, 1) + np.roll(x, -1))
                x = np.where(cells, x + weight * (asked - x), x)
        # Of a pair of modes that red-black relaxation mixes, the black cells are those fully told of the polynomial.
        assert np.abs(x[~red]).max() < 0.11
        assert np.abs(x).max() < 0.5
    assert relaxation_weights(0.0, 0.1) == [(1.0, 1.0)]
    assert len(relaxation_weights(0.9, 0.1, coloured=False)) > len(relaxation_weights(0.9, 0.1))


def test_the_bound_of_the_spectral_radius():
    grid = oceans.plane(8, 8, 50.0)
    physics = dispersive(dispersion_alpha=1.2)
    found = spectral_radius(grid, physics, np.full((10, 10), DEPTH), 0)
    coupling = 1.2 / 3 * 4 * (DEPTH / 50.0) ** 2
    assert found == pytest.approx(coupling / (1 + coupling))


def test_a_smaller_tolerance_changes_little():
    coarse, _ = frequency(1.5, 16, dispersion_tolerance=0.3)
    fine, _ = frequency(1.5, 16, dispersion_tolerance=1e-5)
    assert coarse == pytest.approx(fine, rel=1e-3)


# ------------------------------------------------------------------ the same bits


def whole(ranks=1, steps=6, height=3.0, **more):
    """State, pressure and breaking waves of the whole grid after some steps."""
    grid, bed = oceans.japan(24)
    hump = lambda x, y: height * np.exp(-((x - 140.5) ** 2) - (y[:, None] - 34.3) ** 2)  # noqa: E731
    given = dispersive(coriolis=True, dispersion_depth=10.0, dispersion_tolerance=0.01)

    def work(comm):
        made = oceans.ocean(
            grid, bed, hump, forces=[Dispersion], given=given, comm=comm, dtype="float32", **more
        )
        oceans.march(made, steps, 0.8 / made.fastest())
        block, force = made.block, made.forces.all[0]
        own = np.concatenate(
            [
                oceans.state(made),
                *(np.array(made.own(force.checkpoint_arrays[n])) for n in sorted(force.checkpoint_arrays)),
            ]
        )
        return block, own, len(force.weights)

    found = np.zeros((7, *grid.shape), np.float32)
    parts = run_ranks(ranks, work)
    for block, own, _ in parts:
        found[:, block.j0 : block.j1, block.i0 : block.i1] = own
    assert len({sweeps for *_, sweeps in parts}) == 1
    assert np.abs(found).max() > 0.1
    assert found[4].any() == (height > 100)
    return found


@pytest.mark.compile
@pytest.mark.parametrize("height", [3.0, 600.0])
def test_ranks_threads_and_backends_compute_the_same(height):
    """Also where waves break."""
    one = whole(backend="numpy", height=height)
    np.testing.assert_array_equal(whole(backend="cpu", height=height), one)
    for ranks in (2, 3):
        np.testing.assert_array_equal(whole(ranks, backend="numpy", height=height), one)


# NumPy skips nothing of so small a grid: the test above compares what is skipped with what is not, too.
@pytest.mark.thorough
def test_water_at_rest_is_skipped_with_the_same_bits(monkeypatch):
    one = whole(backend="cpu")
    monkeypatch.setattr(dispersion, "ActivityMap", lambda: None)
    for name in ("load", "RELAX", "ACCELERATION"):
        kernel = getattr(dispersion.dispersion, name)
        bare = (
            (lambda in_place, make=kernel: without_skipping(make(in_place)))
            if name == "load"
            else without_skipping(kernel)
        )
        monkeypatch.setattr(dispersion.dispersion, name, bare)
    np.testing.assert_array_equal(whole(backend="cpu"), one)


def with_dispersion(directory, **run):
    scene = japan(directory, **run)
    scene["physics"]["dispersion"] = "serre"
    scene["time"]["duration"] = 2700
    return scene


def test_a_run_goes_on_from_its_checkpoint_bit_for_bit(tmp_path):
    run = {"backend": "numpy"}
    expected = compute(with_dispersion(tmp_path / "whole", **run))
    cut = with_dispersion(tmp_path / "cut", **run)

    class Killed(BaseException):
        pass

    def end(run, clock):
        if clock.time > 2000:
            raise Killed

    with pytest.raises(Killed):
        observed(configured(cut), oceans.SerialComm(), end)
    assert differing(compute(cut, 2, resume=True), expected) == []
    shallow = compute(japan(tmp_path / "shallow", **run) | {"time": with_dispersion(tmp_path)["time"]})
    assert differing(shallow, expected) != []


@pytest.mark.thorough
def test_a_broken_wave_comes_to_the_wall_as_in_the_laboratory(tmp_path):
    """NTHMP BP5: C's crests at gauges 8 and 9 and its run-up, within the limits of the case."""
    from esim.drivers.run import simulate
    from esim.validation.cases.nthmp import bp5

    runs = {name: simulate(config) for name, config in bp5.configure(tmp_path, quick=True).items()}
    lines = [line for line in bp5.judge(runs) if isinstance(line, bp5.Check)]
    assert len(lines) == 3
    assert [line.quantity for line in lines if not line.passed] == []


def test_what_check_prints(tmp_path):
    lines = Tsunami().describe(checked(from_dict(with_dispersion(tmp_path))))
    assert any(line.startswith("dispersion     serre, 1 sweeps per step") for line in lines)
