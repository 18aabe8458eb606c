"""The deep solver keeps waves and energy, any coast is a wall, nests join it, and any ranks have the same bits."""

import math

import numpy as np
import pytest
from support.nested import march as march_all
from support.nested import states, tree, volume
from support.oceans import OPEN, PERIODIC, SIDES, WALL, G, flat, level, ocean, physics, plane, state

from esim.config.ocean.checks import DEEP_REACH
from esim.ocean.solver import DEEP
from esim.parallel.comm import run_ranks

CELL, DEPTH = 1000.0, 4000.0
WAVELENGTHS = 5
SPEED = math.sqrt(G * DEPTH)


def test_all_who_know_how_far_a_step_reads_agree():
    assert DEEP_REACH == DEEP.halo


def march(sea, steps, dt):
    """Advance an ocean by steps of dt [s]."""
    for n in range(steps):
        sea.step(dt, (n + 1) * dt)


def plane_wave(cells, courant, diagonal):
    """What a plane wave of so many cells loses in a wavelength, and how late it is [wavelengths]."""
    # Along the diagonal of a periodic square, a wave of as many cells has whole wavelengths on both sides.
    on_axis = round(cells * math.sqrt(2)) if diagonal else cells
    kx = 2 * math.pi / (on_axis * CELL)
    ky = kx if diagonal else 0.0
    number = math.hypot(kx, ky)
    period = 2 * math.pi / (number * SPEED)
    steps = math.ceil(WAVELENGTHS * period / (courant * CELL / SPEED))
    dt = WAVELENGTHS * period / steps

    def eta(x, y):
        return 1e-3 * np.cos(kx * x[None] + ky * y[:, None])

    def along(k):
        return lambda x, y: k / number * SPEED / DEPTH * eta(x, y)

    grid = plane(2 * on_axis, 2 * on_axis if diagonal else DEEP.halo, CELL, ("periodic",) * 4)
    sea = ocean(grid, flat(DEPTH), eta, along(kx), along(ky), solver="deep")
    march(sea, steps, dt)
    found = 2 * np.mean(state(sea)[0] * np.exp(-1j * (kx * grid.x()[None] + ky * grid.y()[:, None]))) / 1e-3
    return 1 - abs(found) ** (1 / WAVELENGTHS), abs(np.angle(found)) / (2 * math.pi * WAVELENGTHS)


@pytest.mark.parametrize("diagonal", [False, True], ids=["straight", "diagonal"])
@pytest.mark.parametrize("courant", [0.3, DEEP.bound])
def test_a_plane_wave_keeps_height_and_phase(courant, diagonal):
    for cells, loss, phase in ((12, 3e-3, 3e-3), (16, 1e-3, 1e-3), (24, 2e-4, 3e-4)):
        lost, late = plane_wave(cells, courant, diagonal)
        assert lost < loss and late < phase, (cells, lost, late)


def rough_coast(n=60):
    """Depths (n, n) from cell to cell at random, with inlets and islands of one cell; land is 50 m high."""
    rng = np.random.default_rng(3)
    field = rng.standard_normal((n, n))
    for _ in range(6):
        field = (
            field
            + np.roll(field, 1, 0)
            + np.roll(field, -1, 0)
            + np.roll(field, 1, 1)
            + np.roll(field, -1, 1)
        ) / 5
    wet = field > -0.15 * field.std()
    wet |= rng.random(wet.shape) < 0.02
    wet &= rng.random(wet.shape) > 0.02
    return np.where(wet, 200 + 3800 * rng.random(wet.shape), -50.0)


def energy(sea, depth):
    """Sum of g zeta^2 + (hu^2 + hv^2) / H over the sea and its faces, of zeta over the sea, and of |zeta| over land.

    Cells and faces count by the width of their row.
    """
    zeta, _, _, west, south = state(sea)
    wet, width = depth > 0, sea.grid.cell_size()[0] / CELL
    along = sea.grid.face_width(0, sea.grid.ny)[1:] / CELL
    moving = [
        part * (flow[one] / length) ** 2 / (0.5 * (depth[one] + depth[other]))
        for flow, length, part, one, other in (
            (west, 1.0, width[:, None], np.s_[:, 1:], np.s_[:, :-1]),
            (south, along[:, None], along[:, None], np.s_[1:], np.s_[:-1]),
        )
        for open_faces in [(depth[one] > 0) & (depth[other] > 0)]
        for part in [np.where(open_faces, part, 0.0)]
    ]
    kept = width[:, None] * zeta
    still = (G * kept * zeta)[wet].sum()
    return still + sum(one.sum() for one in moving), kept[wet].sum(), np.abs(zeta[~wet]).max()


def rough_sea(latitude, length):
    """A sea with a hump between walls and random relief, its depths, and a step [s] of a part of the bound."""
    depth = rough_coast()

    def hump(x, y):
        return np.where(depth > 0, np.exp(-((x[None] - 3e4) ** 2 + (y[:, None] - 3e4) ** 2) / 3e7), 0.0)

    grid = plane(60, 60, CELL, WALL, latitude)
    sea = ocean(grid, lambda x, y: -depth, hump, solver="deep", given=physics(coriolis=latitude != 0))
    return sea, depth, length * DEEP.cfl * CELL / SPEED


@pytest.mark.parametrize("latitude", [0.0, 50.0])
def test_energy_and_volume_are_kept_on_any_coast_and_relief(latitude):
    """With steps so short that what they keep is the energy itself, and not something near it."""
    sea, depth, dt = rough_sea(latitude, 0.005)
    before, much, _ = energy(sea, depth)
    march(sea, 200, dt)
    after, left, on_land = energy(sea, depth)
    assert after == pytest.approx(before, rel=1e-6)
    assert left == pytest.approx(much, rel=1e-13) and on_land == 0
    assert state(sea)[1:].any()


@pytest.mark.parametrize("latitude", [0.0, 50.0])
def test_the_longest_steps_neither_lose_nor_gain_energy(latitude):
    """Over rough relief, the shortest waves included: it swings, and its mean stays."""
    sea, depth, dt = rough_sea(latitude, 1.0)
    found = []
    for _ in range(700):
        sea.step(dt, 0.0)
        found.append(energy(sea, depth)[0])
    early, late = np.mean(found[100:300]), np.mean(found[-200:])
    assert late == pytest.approx(early, rel=0.02)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", SIDES)
def test_a_level_sea_stays_level_to_the_last_bit(kind, dtype):
    depth = rough_coast()
    dt = DEEP.cfl * CELL / SPEED
    # Beyond an open side still water is at level zero.
    for height in (0.0,) if kind in ("open", "sponge") else (0.0, 1.5):
        sea = ocean(
            plane(60, 60, CELL, SIDES[kind], 40.0),
            lambda x, y: -depth,
            level(height),
            solver="deep",
            dtype=dtype,
            given=physics(coriolis=True, manning=0.025),
            layers=(0, 0, 0, 0),
        )
        before = state(sea)
        march(sea, 20, dt)
        np.testing.assert_array_equal(state(sea), before)


def hump_between(layers, sides=OPEN, cells=80):
    """A sea of even depth with a hump of five cells, and a step of it."""

    def hump(x, y):
        far = np.hypot(x[None] - 0.5 * cells * CELL, y[:, None] - 0.5 * cells * CELL)
        return np.exp(-0.5 * (far / (5 * CELL)) ** 2)

    sea = ocean(plane(cells, cells, CELL, sides), flat(DEPTH), hump, solver="deep", layers=layers)
    return sea, DEEP.cfl * CELL / SPEED


def size(sea):
    """Of the waves that are there."""
    return np.sqrt((state(sea)[0] ** 2).sum())


@pytest.mark.parametrize(("cells", "limit"), [(10, 0.01), (20, 0.005)])
def test_waves_leave_through_open_sides(cells, limit):
    """Little is left of a hump when its waves have gone, at all angles."""
    sea, dt = hump_between((cells,) * 4)
    before = size(sea)
    march(sea, math.ceil(160 * CELL / SPEED / dt), dt)
    assert size(sea) < limit * before


@pytest.mark.parametrize("layers", [(8, 8, 8, 8), pytest.param((8, 8, 0, 0), marks=pytest.mark.long)])
@pytest.mark.long
def test_layers_never_grow(layers):
    sides = tuple("open" if cells else "wall" for cells in layers)
    sea, dt = hump_between(layers, sides, cells=36)
    found = []
    for _ in range(3):
        march(sea, 250, dt)
        found.append(size(sea))
    assert found[0] > found[1] > found[2]


# ------------------------------------------------------------------ ranks


@pytest.mark.parametrize("sides", [PERIODIC, OPEN, WALL])
@pytest.mark.parametrize("ranks", [2, 4, 5])
def test_any_number_of_ranks_has_the_same_bits(ranks, sides):
    depth = rough_coast()
    dt = DEEP.cfl * CELL / SPEED

    def run(comm):
        block = np.where(depth > 0, 1.0, 0.0)

        def hump(x, y):
            j, i = (np.floor(n / CELL).astype(int) for n in (y, x))
            there = np.exp(-((x[None] - 2e4) ** 2 + (y[:, None] - 2.5e4) ** 2) / 2e7)
            return there * block[j[:, None], i[None]]

        def bed(x, y):
            j, i = (np.floor(n / CELL).astype(int) % 60 for n in (y, x))
            return -depth[j[:, None], i[None]]

        sea = ocean(
            plane(60, 60, CELL, sides, 40.0),
            bed,
            hump,
            solver="deep",
            comm=comm,
            dtype="float32",
            given=physics(coriolis=True, manning=0.025),
            layers=tuple(6 if kind == "open" else 0 for kind in sides),
            maxima=True,
        )
        march(sea, 20, dt)
        return sea.block, state(sea), np.array(sea.own(sea.maxima))

    (_, whole, maxima), *_ = run_ranks(1, run)
    for block, piece, kept in run_ranks(ranks, run):
        part = (slice(None), slice(block.j0, block.j1), slice(block.i0, block.i1))
        np.testing.assert_array_equal(piece, whole[part])
        np.testing.assert_array_equal(kept, maxima[part])


# ------------------------------------------------------------------ nests


@pytest.mark.long
def test_a_nest_in_a_deep_grid_keeps_rest_and_volume():
    depth = np.repeat(np.repeat(rough_coast(20), 3, 0), 3, 1)
    dt = DEEP.cfl * CELL / SPEED

    def bed(x, y):
        j, i = (np.clip(np.floor(n / CELL).astype(int), 0, 59) for n in (y, x))
        return -depth[j[:, None], i[None]]

    nests = [{"x": [15e3, 42e3], "y": [18e3, 45e3], "ratio": 3, "activation_threshold": None}]
    for height in (0.0, 1.5):
        family, step = tree(plane(60, 60, CELL), nests, bed, level(height), solver="deep", dt=dt)
        before = states(family)
        march_all(family, 6, step)
        for name, after in states(family).items():
            np.testing.assert_array_equal(after, before[name])

    def hump(x, y):
        return 5 * np.exp(-((x[None] - 12e3) ** 2 + (y[:, None] - 20e3) ** 2) / 5e7)

    family, step = tree(plane(60, 60, CELL), nests, bed, hump, solver="deep", dt=dt)
    before = volume(family)
    march_all(family, 30, step)
    short = sum(family.mass_deficits().values())
    assert volume(family) - before == pytest.approx(short, abs=1e-9 * 5 * 5e7 * 3.14)
    assert states(family)["1"][1:].any() if "1" in states(family) else True


@pytest.mark.long
@pytest.mark.parametrize("ratio", [3, pytest.param(5, marks=pytest.mark.thorough)])
def test_a_long_wave_passes_a_nest_without_an_echo(ratio):
    """A crest of 24 cells and more goes into the nest and out of it; what comes back is below a hundredth of it."""
    dt = DEEP.cfl * CELL / SPEED

    def eta(x, y):
        return 1e-3 * np.exp(-((x[None] - 60e3) ** 2) / (2 * (6 * CELL) ** 2)) * np.ones((y.size, 1))

    def u(x, y):
        return SPEED / DEPTH * eta(x, y)

    nests = [{"x": [110e3, 150e3], "y": [0, 12e3], "ratio": ratio, "activation_threshold": None}]
    sides = ("open", "open", "wall", "wall")
    family, step = tree(plane(260, 12, CELL, sides), nests, flat(DEPTH), eta, u, solver="deep", dt=dt)
    march_all(family, round(140e3 / SPEED / dt), step)
    zeta = states(family)["root"][0]
    assert np.abs(zeta[:, :105]).max() < 1e-2 * 1e-3, "echo"
    assert zeta.max() == pytest.approx(1e-3, rel=0.02)
    assert 195 <= np.argmax(zeta[6]) <= 205
