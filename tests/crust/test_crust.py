"""Whole small crusts: the same bits however computed, energy kept or absorbed, waves as fast as they should be."""

import math
from functools import cache

import numpy as np
import pytest
from support import crusts

from esim.crust.layout import VELOCITIES
from esim.parallel.comm import SerialComm, run_ranks

SHAPE = (18, 26, 30)
MIXED = crusts.rough(SHAPE, fluid=0.05, air=0.03)
OPTIONS = {
    "cpml": {"kinds": crusts.CPML, "cells": 10},  # as many as below, so that they share what is compiled
    "cpml, eighth order": {"kinds": crusts.CPML, "order": 8},
    "periodic": {"kinds": ("periodic", "periodic", "cpml", "wall")},
    "sponge": {"kinds": crusts.SPONGE, "free": False},
    "coarse": {"kinds": crusts.CPML, "attenuate": "coarse"},
    "coarse, periodic": {"kinds": ("periodic", "periodic", "cpml", "wall"), "attenuate": "coarse"},
    "conventional": {"kinds": crusts.CPML, "attenuate": "conventional"},
    "rough": {"kinds": crusts.CPML, "near": lambda k, j, i: (k + j + i) % 3 == 0},
}
RANKS = ("cpml", "periodic", "coarse, periodic")  # compiled, too: the other ones run on NumPy only
SLOW = ("cpml, eighth order", "coarse", "conventional")  # on three ranks only
COMBINED = ("periodic", "coarse")  # what another option has together


def waves(option, backend, threads=1, comm=None, steps=8):
    """The whole state after an explosion in a crust that was stirred, in all its cells."""
    comm = comm or SerialComm()
    made = crusts.build(
        SHAPE, MIXED, **OPTIONS[option], backend=backend, dtype="float32", threads=threads, comm=comm
    )
    crusts.stir(made)
    crusts.march(made, steps, crusts.explosion(made, (7, 12, 14), moment=1e9))
    return crusts.whole(comm, made)


@cache
def reference(option):
    """Waves on one rank by NumPy."""
    result = waves(option, "numpy")
    assert np.isfinite(result).all()
    assert np.abs(result).max() > 1e-3
    return result


@pytest.mark.parametrize(
    "option", [pytest.param(one, marks=[pytest.mark.long] * (one in COMBINED)) for one in OPTIONS]
)
def test_any_number_of_ranks_gives_the_same_bits(option):
    """Blocks of these grids begin at odd cells, too, so that the place of mechanisms is seen."""
    for ranks in (3,) if option in SLOW else (3, 4):
        for found in run_ranks(ranks, lambda comm: waves(option, "numpy", comm=comm)):
            np.testing.assert_array_equal(found, reference(option), err_msg=f"{ranks} ranks")


def test_blocks_of_three_ranks_begin_at_odd_cells():
    starts = run_ranks(3, lambda comm: crusts.build(SHAPE, comm=comm, backend="numpy").block)
    assert any(block.j0 % 2 or block.i0 % 2 for block in starts)


@pytest.mark.compile
@pytest.mark.parametrize("option", RANKS)
def test_the_cpu_gives_the_bits_of_numpy_on_any_ranks_and_threads(option):
    for threads in (1, 2):
        np.testing.assert_array_equal(waves(option, "cpu", threads), reference(option), err_msg=f"{threads}")
    for found in run_ranks(3, lambda comm: waves(option, "cpu", comm=comm)):
        np.testing.assert_array_equal(found, reference(option), err_msg="3 ranks")


# ---------------------------------------------------------------- energy


@pytest.mark.parametrize("order", [4, 8])
def test_a_closed_box_keeps_its_energy_to_round_off(order):
    """Random rock with fluid and air: what the scheme conserves is v now, and stress before times stress after."""
    shape = (12, 14, 16)
    rock = crusts.rough(shape, fluid=0.1, air=0.1)
    made = crusts.build(shape, rock, kinds=crusts.WALL, free=False, order=order, backend="numpy")
    crusts.stir(made)
    energies = []
    for _ in range(500):
        before = np.array(made.own(made.s))
        made.step()
        energies.append(crusts.invariant(made, before))
    energies = np.array(energies)
    assert energies[0] > 0
    assert np.abs(energies / energies[0] - 1).max() < 1e-11


def settle(made, steps, every=100):
    """Sums of squares of velocities over time, from a random state."""
    crusts.stir(made)
    motion = []
    for _ in range(steps // every):
        crusts.march(made, every)
        motion.append(made.motion())
    return np.array(motion)


HARD, SOFT = (6000.0, 3464.0, 2700.0), (3000.0, 1000.0, 2000.0)
WATER = (1500.0, 0.0, 1030.0)
LAYERED = {
    "layers": crusts.layered((0, SOFT), (12, (4500.0, 2000.0, 2300.0)), (25, HARD)),
    "thin": crusts.layered((0, SOFT), (4, HARD)),
    "water": crusts.layered((0, WATER), (6, SOFT), (15, HARD)),
}


@pytest.mark.parametrize("name", LAYERED)
def test_a_free_surface_does_not_grow(name):
    """2000 steps from a random state, the worst there is, in a box whose other sides are walls."""
    made = crusts.build(
        (30, 8, 40), LAYERED[name], kinds=("wall", "periodic", "wall", "wall"), dtype="float32"
    )
    crusts.stir(made)
    energies = []
    for _ in range(20):
        before = np.array(made.own(made.s))
        made.step()
        energies.append(crusts.invariant(made, before))
        crusts.march(made, 99)
    np.testing.assert_allclose(np.array(energies) / energies[0], 1, rtol=0, atol=1e-5)


@pytest.mark.compile
def test_a_rough_surface_with_air_does_not_grow():
    """Hills in steps of whole cells, full of air above, differences of second order beside them."""
    rng = np.random.default_rng(2)
    height = rng.integers(3, 12, (8, 40))

    def air(k, j, i):
        return k < height[np.broadcast_to(j, np.broadcast(k, j, i).shape) % 8, np.clip(i, 0, 39)]

    def rock(k, j, i):
        return tuple(np.where(air(k, j, i), 0.0, value) for value in (5000.0, 2500.0, 2300.0))

    made = crusts.build(
        (30, 8, 40),
        rock,
        kinds=("wall", "periodic", "wall", "wall"),
        free=False,
        near=lambda k, j, i: (k < 16) * 1.0,
        dtype="float32",
    )
    motion = settle(made, 3000)
    assert motion[0] > 0
    assert motion[-5:].max() < 1.1 * motion[:5].max()
    (k, j, i) = (slice(*pair) for pair in made.interior)
    here = np.broadcast_to(made.fields["rho"] == 0, made.v.shape[1:])[k, j, i]
    assert (made.own(made.s)[:3, here] == 0).all()


def absorbed(rock, frequency, shape=(40, 40, 40)):
    """Energy after 20 durations of a source over the greatest, with a free surface and CPML of ten cells.

    The source is as high as the grid carries: a Ricker wavelet whose highest waves have five cells.
    """
    made = crusts.build(shape, rock, cells=10, frequency=1.25 * frequency, dtype="float32", threads=2)
    nz, ny, nx = shape
    blast = crusts.explosion(made, (nz // 2, ny // 2, nx // 2), frequency=frequency, parts=(0, 3, 4))
    energies = []
    for _ in range(round(20 * 2.4 / frequency / made.dt / 50)):
        crusts.march(made, 50, blast)
        energies.append(made.energy())
    return energies[-1] / max(energies)


@pytest.mark.long
@pytest.mark.parametrize("name", LAYERED)
def test_strong_layers_leave_nothing_behind(name):
    """Vp/Vs of 3, and water, over rock: 20 durations of the source later less than 1e-5 of its energy is left."""
    assert absorbed(LAYERED[name], 0.8) < 1e-5


@pytest.mark.long
def test_uniform_rock_leaves_nothing_behind():
    assert absorbed(crusts.uniform(*HARD), 2.7) < 1e-8


# ---------------------------------------------------------------- accuracy


def box(n, spacing, **options):
    """A box that is periodic along all axes."""
    return crusts.build(
        (n, n, n),
        kinds=crusts.PERIODIC,
        free=False,
        spacing=spacing,
        closed_z=True,
        backend="numpy",
        **options,
    )


def deviation(made, wave, steps, discrete=False):
    """Error of velocities after some steps of an oblique plane wave, relative to the wave."""
    wavenumber = crusts.wavenumbers(made, (1, 1, 1))
    seen = crusts.symbol(made, wavenumber) if discrete else wavenumber
    polarisation = crusts.across(seen)[1 if wave == "p" else 0]
    exact = [
        crusts.plane_wave(made, crusts.ROCK, wavenumber, polarisation, time, discrete)
        for time in (0, steps * made.dt)
    ]
    crusts.put(made, exact[0])
    crusts.march(made, steps)
    error, expected = made.own(made.v - exact[1][:3]), made.own(exact[1][:3])
    return float(np.sqrt((error**2).mean() / (expected**2).mean()))


@pytest.mark.parametrize("wave", ["p", "s"])
@pytest.mark.parametrize(("order", "least", "dt"), [(4, 3.8, 1.2e-3), (8, 7.0, 1e-3)])
def test_order_in_space(order, least, dt, wave):
    """An oblique plane wave through a box; steps shrink so that their error does not show."""
    errors = []
    for n in (8, 12):
        step = dt * (8 / n) ** (order / 2)
        errors.append(deviation(box(n, 2400 / n, order=order, dt=step), wave, round(0.06 / step)))
    # Waves whose error is that of their steps say nothing of space.
    found = math.log(errors[0] / errors[1]) / math.log(12 / 8)
    assert found > (least if order == 4 or wave == "p" else 4.0)


@pytest.mark.parametrize("wave", ["p", "s"])
def test_order_in_time(wave):
    """Against the wave that differences in space carry, only the error of time steps is left."""
    errors = [deviation(box(8, 300.0, dt=0.018 / n), wave, 10 * n, discrete=True) for n in (1, 2)]
    assert math.log2(errors[0] / errors[1]) > 1.9


def rayleigh(made, rock, wavenumber):
    """Speed [m/s] and exact fields (9, ...) of a Rayleigh wave along x, of amplitude one at time 0."""
    from scipy.optimize import brentq

    vp, vs, _ = rock

    def roots(c):
        return np.sqrt(1 - (c / vp) ** 2), np.sqrt(1 - (c / vs) ** 2)

    speed = brentq(lambda c: (2 - (c / vs) ** 2) ** 2 - 4 * np.prod(roots(c)), 0.5 * vs, vs * (1 - 1e-9))
    _, lam, mu = crusts.moduli(*rock)
    k, omega = wavenumber, speed * wavenumber
    p, s = (k * root for root in roots(speed))
    share = 2 * p * s / (k * k + s * s)
    fields = []
    for name in crusts.PLACES:
        x, _, z = crusts.positions(made, name)
        wave = np.exp(1j * (k * x - omega * (0 if name[0] == "v" else made.dt / 2)))
        of_p, of_s = np.exp(-p * z), share * np.exp(-s * z)
        ux, uz = of_p - of_s, 1j * (p / k * of_p - k / s * of_s)
        exx, ezz = 1j * k * ux, 1j * (k * of_s - p * p / k * of_p)
        shear = s * of_s - p * of_p + 1j * k * uz
        value = {
            "vx": -1j * omega * ux,
            "vz": -1j * omega * uz,
            "sxx": 1e3 * (lam * (exx + ezz) + 2 * mu * exx),
            "syy": 1e3 * lam * (exx + ezz),
            "szz": 1e3 * (lam * (exx + ezz) + 2 * mu * ezz),
            "sxz": 1e3 * mu * shear,
        }.get(name, 0 * ux)
        fields.append(np.broadcast_to((value * wave).real / omega, made.v.shape[1:]))
    return speed, np.stack(fields)


@pytest.mark.parametrize(("points", "most"), [(6, 0.95), (8, 0.30)])
@pytest.mark.parametrize("rock", [HARD, SOFT])
def test_rayleigh_waves_are_as_slow_as_stated(points, most, rock):
    """Per cent, as esim.grids.closure says, at 6 and at 8 points per wavelength."""
    made = crusts.build(
        (4 * points, 4, 4 * points),
        crusts.uniform(*rock),
        kinds=crusts.PERIODIC,
        cfl=0.3,
        dtype="float32",
    )
    k = 2 * np.pi / (points * 100.0)
    speed, fields = rayleigh(made, rock, k)
    crusts.put(made, fields)
    h = made.block.halo
    carrier = np.exp(-1j * k * crusts.positions(made, "vz")[0])
    phases = []
    for _ in range(round(5 * 2 * np.pi / (speed * k * made.dt))):
        made.step()
        phases.append(np.angle((made.v[2, h, h] * carrier)[h : h + made.grid.horizontal.nx].sum()))
    omega = -np.polyfit(np.arange(len(phases)) * made.dt, np.unwrap(phases), 1)[0]
    error = 100 * (1 - omega / k / speed)
    assert 0.5 * most < error < most


@pytest.mark.compile
@pytest.mark.parametrize("attenuate", ["coarse", "conventional"])
@pytest.mark.parametrize(
    ("wave", "quality"), [("s", 50.0), pytest.param("s", 100.0, marks=pytest.mark.thorough), ("p", 50.0)]
)
def test_plane_waves_lose_what_q_says(attenuate, wave, quality):
    """Oblique waves at three frequencies, 14 points long: amplitude within 2 % of exp(-pi f t / Q), speed of the law.

    Velocities hold at 2 Hz; the wave that differences and steps carry without attenuation is what both are against.
    """
    for frequency in (0.5, 2.0, 8.0):
        decay, speed = travel(attenuate, wave, quality, frequency)
        assert decay == pytest.approx(1, abs=0.02), frequency
        assert speed == pytest.approx(1, abs=2e-3), frequency


def travel(attenuate, wave, quality, frequency, periods=8):
    """Amplitude after some periods over exp(-pi f t / Q), and speed over that of the law of attenuation."""
    velocity = crusts.ROCK[0 if wave == "p" else 1]
    counts, shape = np.array([1, 1, 1]), (24, 24, 40)
    shortest = np.linalg.norm(counts / np.array([40, 24, 24]))
    spacing = velocity / frequency * shortest
    options = {"kinds": crusts.PERIODIC, "free": False, "spacing": spacing, "closed_z": True}
    made = crusts.build(shape, attenuate=attenuate, q=(quality, quality), reference=2.0, **options)
    wavenumber = crusts.wavenumbers(made, counts)
    seen = crusts.symbol(made, wavenumber)
    across, along = crusts.across(seen)
    direction = along if wave == "p" else across
    exact = crusts.plane_wave(made, crusts.ROCK, wavenumber, direction, 0.0, discrete=True)
    crusts.put(made, exact)
    steps, values = round(periods / frequency / made.dt), []
    for _ in range(steps):
        made.step()
        values.append(project(made, wavenumber, direction))
    values, times = np.array(values), (1 + np.arange(steps)) * made.dt
    late = times > 1.5 / frequency
    rate = np.polyfit(times[late], np.log(np.abs(values[late])), 1)[0]
    omega = -np.polyfit(times[late], np.unwrap(np.angle(values[late])), 1)[0]
    span = periods / frequency
    law = crusts.attenuation.coarse_grained if attenuate == "coarse" else crusts.attenuation.conventional
    expected = law(crusts.BAND).phase_velocity(np.array([omega / 2 / np.pi]), velocity, 1 / quality, 2.0)[0]
    # A step of time makes waves faster: what it carries is sin(omega dt / 2) / (dt / 2).
    slow = 2 / made.dt * math.sin(omega * made.dt / 2)
    decay = math.exp(rate * span + math.pi * omega / 2 / np.pi * span / quality)
    return decay, slow / np.linalg.norm(seen) / expected


def project(made, wavenumber, direction):
    """Complex amplitude of velocities along a direction in a plane wave of a wavenumber."""
    total = 0j
    k, j, i = (slice(*pair) for pair in made.interior)
    for n, name in enumerate(VELOCITIES):
        x, y, z = crusts.positions(made, name)
        phase = wavenumber[0] * x + wavenumber[1] * y + wavenumber[2] * z
        total += direction[n] * (made.v[n] * np.exp(-1j * phase))[k, j, i].mean()
    return total
