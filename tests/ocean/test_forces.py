"""Accelerations beside those of the shallow-water equations, whatever they come from."""

import numpy as np
import pytest
from support import oceans

from esim.grids.grid import Grid
from esim.parallel.comm import run_ranks

G, DEPTH, LENGTH = 9.81, 100.0, 10_000.0


def channel(nx=100, sides=("periodic", "periodic", "wall", "wall")):
    """A channel along x."""
    return Grid("cartesian", 0.0, 0.0, LENGTH / nx, LENGTH / nx, nx, 8, sides)


class Shaking:
    """An acceleration a cos(w t) towards the east."""

    kept: dict = {}

    def __init__(self, ocean, a=1e-3, w=0.1):
        self.ocean, self.a, self.w = ocean, a, w

    def add(self, acceleration, time):
        (j0, j1), (i0, i1) = self.ocean.block.interior
        acceleration[0, j0:j1, i0:i1] += acceleration.dtype.type(self.a * np.cos(self.w * time))


class Weakening:
    """A share of the pressure gradient, taken back."""

    kept: dict = {}

    def __init__(self, ocean, share=0.5):
        self.ocean, self.share = ocean, share

    def add(self, acceleration, time):
        (j0, j1), (i0, i1) = self.ocean.block.interior
        eta = self.ocean.plan.state()[0]
        slope = (eta[j0:j1, i0 + 1 : i1 + 1] - eta[j0:j1, i0 - 1 : i1 - 1]) / (2 * self.ocean.grid.dx)
        acceleration[0, j0:j1, i0:i1] += acceleration.dtype.type(self.share * G) * slope


def floor(x, y):
    return np.full((y.size, x.size), -DEPTH)


def wave(x, y):
    return 0.01 * np.cos(2 * np.pi * x / LENGTH) + 0 * y[:, None]


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cpu", marks=pytest.mark.compile)])
def test_a_uniform_acceleration_moves_a_periodic_channel_as_a_whole(backend):
    made = oceans.ocean(channel(), floor, forces=[Shaking], backend=backend, given=oceans.physics(manning=0))
    oceans.advance(made, 20.0, dt=1.0)
    water = made.water()
    # The trapezoidal rule of a cosine.
    times = np.arange(21.0)
    expected = np.trapezoid(1e-3 * np.cos(0.1 * times), times)
    assert water.u == pytest.approx(np.full(made.grid.shape, expected), rel=1e-12)
    assert np.all(water.eta == 0) and np.all(water.v == 0)


def test_a_force_of_the_state_is_of_second_order():
    """Half of the pressure gradient taken back: waves run with sqrt(g h / 2)."""
    errors = []
    period = LENGTH / np.sqrt(G * DEPTH / 2)
    for nx in (40, 80):
        made = oceans.ocean(channel(nx), floor, wave, forces=[Weakening], given=oceans.physics(manning=0))
        oceans.advance(made, period, cfl=0.5)
        x = made.grid.x()
        errors.append(np.abs(made.water().eta - wave(x, made.grid.y())).max() / 0.01)
    assert errors[1] < 0.01
    assert np.log2(errors[0] / errors[1]) > 1.7


@pytest.mark.parametrize("ranks", [2, 3])
def test_forces_do_not_depend_on_ranks(ranks):
    grid = Grid("cartesian", 0.0, 0.0, 300.0, 300.0, 33, 24, ("wall", "open", "wall", "wall"))

    def bumps(x, y):
        return np.exp(-(((x - 4000) / 1500) ** 2) - ((y[:, None] - 3000) / 1500) ** 2)

    def run(comm):
        made = oceans.ocean(grid, floor, bumps, comm=comm, forces=[Weakening, Shaking], dtype="float32")
        oceans.march(made, 12, 3.0)
        return made.block, oceans.state(made)

    whole = run_ranks(1, run)[0][1]
    for block, part in run_ranks(ranks, run):
        np.testing.assert_array_equal(part, whole[:, block.j0 : block.j1, block.i0 : block.i1])


def test_water_without_waves_and_forces_stays_exactly_at_rest():
    made = oceans.ocean(channel(), floor, forces=[Weakening], dtype="float32")
    oceans.march(made, 5, 2.0)
    assert not oceans.state(made).any()


def test_a_push_moves_a_tile_that_was_at_rest():
    made = oceans.ocean(channel(), floor, forces=[Shaking], dtype="float32")
    oceans.march(made, 1, 2.0)
    assert oceans.state(made)[1].all()


@pytest.mark.compile
def test_backends_take_the_same_steps():
    states = []
    for backend in ("numpy", "cpu"):
        made = oceans.ocean(channel(24), floor, wave, forces=[Weakening, Shaking], backend=backend)
        oceans.march(made, 4, 2.0)
        states.append(oceans.state(made))
    assert np.array_equal(*states)
