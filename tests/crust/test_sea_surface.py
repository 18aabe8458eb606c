"""Gravity at the sea surface: energy kept, the same bits however computed, long waves as fast as they should be."""

import math

import numpy as np
import pytest
from support import crusts

from esim.constants import GRAVITY
from esim.crust.discretisation import step_with_gravity
from esim.crust.sea_surface import find_sea_level, surface_part
from esim.crust.settings import SeaLevel
from esim.errors import InputError
from esim.parallel.comm import SerialComm, run_ranks
from esim.validation.references.compressible_ocean import Ocean, gravity_mode

WATER, ROCK, AIR = (1500.0, 0.0, 1000.0), (3000.0, 1700.0, 2500.0), (0.0, 0.0, 0.0)
# Water in which sound is only ten times as fast as long waves are, for steps that are not so short; and ground so heavy
# that water does not move it.
SLOW, STIFF = (100.0, 0.0, 1000.0), (100.0, 50.0, 1e7)
SHAPE = (18, 26, 30)


def coast(k, j, i):
    """Air, three layers of it, over a sea with land in the west: the sea surface is the upper face of layer 3."""
    shape = np.broadcast(k, j, i).shape
    k, i = np.broadcast_to(k, shape), np.broadcast_to(i, shape)
    land, sea = (k >= 8 - i // 3), (k >= 3)
    return tuple(np.where(land, r, np.where(sea, w, 0.0)) for r, w in zip(ROCK, WATER, strict=True))


def beside(rock, reach=2):
    """One within some cells of an interface along k or i, as the formula `near` of crusts.build."""

    def near(k, j, i):
        kinds = [
            rock(k + dk, j, i + di)[1] for dk in range(-reach, reach + 1) for di in range(-reach, reach + 1)
        ]
        heavy = [
            rock(k + dk, j, i + di)[2] for dk in range(-reach, reach + 1) for di in range(-reach, reach + 1)
        ]
        return (np.ptp(kinds, axis=0) > 0) | (np.ptp(heavy, axis=0) > 0)

    return near


def made(which="coast", **options):
    """A stirred crust with a sea: on a coast below air, or all of it below a flat free surface."""
    if which == "coast":
        rock, level, free = coast, SeaLevel(3, 500.0, 1), False
    else:
        rock, level, free = crusts.layered((0, WATER), (14, ROCK)), SeaLevel(0, 1400.0, 1), True
    options = {"backend": "numpy", "near": beside(rock), "kinds": crusts.CPML} | options
    crust = crusts.build(SHAPE, rock, free=free, sea=level, **options)
    crusts.stir(crust)
    return crust


def elevation(crust):
    """Elevation (ny, nx) of the whole grid."""
    whole = np.zeros(crust.grid.horizontal.shape, crust.v.dtype)
    for block, own in crust.comm.allgather((crust.block, crust.own(crust.sea.eta)[0])):
        whole[block.j0 : block.j1, block.i0 : block.i1] = own
    return whole


def with_gravity(crust, stress_before, eta_before):
    """The energy [J] that a closed box keeps: `crusts.invariant` and that of the risen sea surface."""
    dx, dy, _ = crust.grid.spacing
    k = crust.sea.k - crust.block.halo
    rho = crust.own(crust.fields["rho"])[k].astype(np.float64)
    lifted = rho * eta_before[0] * crust.own(crust.sea.eta)[0]
    return crusts.invariant(crust, stress_before) + 0.5e3 * GRAVITY * dx * dy * float(lifted.sum())


@pytest.mark.parametrize(
    ("which", "order"),
    [
        ("coast", 4),
        ("flat", 8),
        pytest.param("coast", 8, marks=pytest.mark.long),
        pytest.param("flat", 4, marks=pytest.mark.long),
    ],
)
def test_a_closed_box_keeps_its_energy_to_round_off(which, order):
    """Below air and below a flat free surface; nothing is at rest, and a part of the energy is that of gravity."""
    crust = made(which, order=order, kinds=crusts.WALL, spacing=10.0)
    own = (slice(None), *(slice(*pair) for pair in crust.block.interior))
    rng = np.random.default_rng(2)
    crust.sea.eta[own] = 1e-3 * rng.standard_normal(crust.sea.wet.shape) * crust.sea.wet
    energies, parts = [], []
    for _ in range(200):
        before, eta = crust.own(crust.s).copy(), crust.own(crust.sea.eta).copy()
        crust.step()
        energies.append(with_gravity(crust, before, eta))
        parts.append(energies[-1] - crusts.invariant(crust, before))
    assert max(parts) > 1e-4 * energies[0] and np.ptp(parts) > 0.05 * max(parts)
    assert np.abs(np.array(energies) / energies[0] - 1).max() < 1e-11


def test_only_water_at_the_top_rises():
    crust = made()
    crusts.march(crust, 5)
    i = np.arange(crust.grid.horizontal.nx)
    wet = 8 - i // 3 > 3
    assert ((elevation(crust) != 0) == wet).all() and wet.any() and not wet.all()


def test_the_surface_follows_the_water():
    """Without absorption: eta falls by what vz carries down, to rounding."""
    crust = made(kinds=crusts.WALL)
    total = 0.0
    for _ in range(20):
        crust.step()
        total = total - crust.dt * crust.own(crust.v)[2, 3]
    np.testing.assert_allclose(
        crust.own(crust.sea.eta)[0], np.where(crust.sea.wet, total, 0), rtol=1e-12, atol=1e-18
    )


def run(backend="numpy", threads=1, comm=None, which="coast", kinds=crusts.CPML):
    comm = comm or SerialComm()
    crust = made(which, backend=backend, threads=threads, comm=comm, dtype="float32", kinds=kinds)
    crusts.march(crust, 8)
    return crusts.whole(comm, crust), elevation(crust)


@pytest.mark.parametrize("kinds", [crusts.CPML, ("periodic", "sponge", "wall", "wall")])
@pytest.mark.parametrize("which", ["coast", "flat"])
def test_any_number_of_ranks_gives_the_same_bits(which, kinds):
    wanted = run(which=which, kinds=kinds)
    assert np.abs(wanted[1]).max() > 1e-7
    for found in run_ranks(3, lambda comm: run(comm=comm, which=which, kinds=kinds)):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.compile
@pytest.mark.parametrize("which", ["coast", "flat"])
def test_the_cpu_gives_the_bits_of_numpy_on_any_ranks_and_threads(which):
    wanted = run(which=which)
    several = run_ranks(3, lambda comm: run("cpu", comm=comm, which=which))
    for found in (run("cpu", which=which), run("cpu", 2, which=which), *several):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


# ---------------------------------------------------------------- waves


def tank(depth, wavelength, layers, columns, dtype="float64", free=False, backend="numpy"):
    """A standing gravity wave of one wavelength in a periodic box over a bottom that does not move; and its shape."""
    air = 0 if free else 3
    rock = crusts.layered(*[(0, AIR)] * (not free), (air, SLOW), (air + layers, STIFF))
    spacing = (wavelength / columns, wavelength / columns, depth / layers)
    crust = crusts.build(
        (air + layers + 4, 4, columns), rock, kinds=crusts.PERIODIC, free=free, spacing=spacing, backend=backend,
        near=beside(rock), sea=SeaLevel(air, depth, 4 * columns), dtype=dtype,
    )  # fmt: skip
    h = crust.block.halo
    shape = np.cos(2 * np.pi * (np.arange(columns) + 0.5) / columns)
    crust.sea.eta[0, h:-h, h : h + columns] = shape
    crust.s[:3, h + air : h + air + layers, h:-h, h : h + columns] = -1e-3 * GRAVITY * shape
    crust.refresh()
    return crust, shape


def amplitudes(crust, shape, steps):
    """Amplitude of the standing wave after each step."""
    h, found = crust.block.halo, []
    for _ in range(steps):
        crust.step()
        found.append(2 * float((crust.sea.eta[0, h, h : h + shape.size] * shape).mean()))
    return np.array(found)


@pytest.mark.parametrize("free", [False, True])
def test_long_waves_are_as_fast_as_gravity_has_them(free):
    """The first zero of a standing wave, a quarter of its period: of water that sound needs time to cross."""
    depth, wavelength = 10.0, 100.0
    crust, shape = tank(depth, wavelength, 10 if free else 5, 20, free=free)
    quarter = np.pi / 2 / gravity_mode(2 * np.pi / wavelength, Ocean(depth, SLOW[0], SLOW[2]))
    found = amplitudes(crust, shape, int(1.3 * quarter / crust.dt))
    n = int(np.argmax(found < 0))
    time = crust.dt * (
        n + 0.5 + found[n - 1] / (found[n - 1] - found[n])
    )  # eta is half a step after its velocity
    assert time == pytest.approx(quarter, rel=0.01)


def test_single_precision_does_not_drift():
    """A slow wave, of which a step is a thousandth of a period, in float32 and in float64."""
    found = {}
    for dtype in ("float32", "float64"):
        crust, shape = tank(10.0, 200.0, 4, 8, dtype)
        found[dtype] = amplitudes(crust, shape, 1200)
    assert np.abs(found["float64"]).max() > 0.9
    assert np.abs(found["float32"] - found["float64"]).max() < 2e-5


@pytest.mark.parametrize(("kind", "most"), [("cpml", 0.02), ("wall", 1.0)])
@pytest.mark.long
def test_absorbing_sides_let_long_waves_out(kind, most):
    """A hump wider than the layers are thick; between walls all of it comes back."""
    columns, size, depth = 60, 20.0, 20.0
    rock = crusts.layered((0, AIR), (3, SLOW), (5, STIFF))
    crust = crusts.build(
        (9, 4, columns), rock, kinds=(kind, "periodic", "wall", "wall"), free=False, spacing=(size, size, depth / 2),
        near=beside(rock), sea=SeaLevel(3, depth, 4 * columns), cells=10, contrast=1.0, backend="numpy",
    )  # fmt: skip
    h = crust.block.halo
    x = size * (np.arange(columns) + 0.5 - columns / 2)
    hump = np.exp(-((x / 120.0) ** 2) / 2)
    crust.sea.eta[0, h:-h, h : h + columns] = hump
    crust.s[:3, h + 3 : h + 5, h:-h, h : h + columns] = -1e-3 * GRAVITY * hump
    crust.refresh()
    crusts.march(crust, int(1400.0 / math.sqrt(GRAVITY * depth) / crust.dt))
    left = np.abs(crust.sea.eta[0, h, h + 10 : h + columns - 10]).max()
    assert left < most
    assert kind == "cpml" or left > 0.3


def test_the_time_step_is_a_little_shorter():
    crust = made("flat", kinds=crusts.WALL)
    without, grid = crust.dt, crust.grid
    found = step_with_gravity(without, grid, 4)
    assert 0.999 * without < found < without
    assert (2 / found) ** 2 - (2 / without) ** 2 == pytest.approx(
        GRAVITY / (surface_part(crust.settings) * grid.dz), rel=1e-6
    )


# ---------------------------------------------------------------- where the sea is


class Columns:
    """The ground as find_sea_level sees it: first cells of sea or ground, and of ground."""

    def __init__(self, grid, top, floor):
        self.grid, self.top, self.floor = grid, np.array(top), np.array(floor)

    def columns(self, rows, columns):
        return self.top[slice(*rows), slice(*columns)], self.floor[slice(*rows), slice(*columns)]


def level(top, floor, ranks=1):
    """What ranks, each with a part of the columns, find."""

    def find(comm):
        crust = crusts.build((8, 8, 8), comm=comm, backend="numpy")
        return find_sea_level(Columns(crust.grid, top, floor), crust.block, comm)

    return run_ranks(ranks, find)


def test_the_sea_level_is_that_of_all_ranks():
    top, floor = np.full((8, 8), 2), np.full((8, 8), 2)
    floor[1, 5], floor[4, 0], top[3, 3], floor[3, 3] = 6, 4, 1, 1
    assert level(top, floor, 3) == [SeaLevel(2, 400.0, 2)] * 3


def test_a_block_without_a_sea_is_refused():
    with pytest.raises(
        InputError, match="physics.gravity_surface: no water is at the top of the block; expected a sea"
    ):
        level(np.zeros((8, 8), int), np.zeros((8, 8), int))


def test_a_sea_that_is_not_level_is_refused():
    top = np.zeros((8, 8), int)
    top[0, 0] = 1
    with pytest.raises(
        InputError, match="the water begins at depths from 0 to 100 m; expected one level sea surface"
    ):
        level(top, np.full((8, 8), 3))
