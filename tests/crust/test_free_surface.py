"""Below a flat free surface: energy is kept in any medium, Rayleigh waves are as fast as stated, and sources and
receivers change places at any depth."""

import numpy as np
import pytest
from support import crusts, reciprocity

from esim.grids.closure import CLOSURES
from esim.kernels.crust.staggered import WEIGHTS

ORDERS = (4, 8)
NODES = 24


# ---------------------------------------------------------------- the closure


@pytest.mark.parametrize(("order", "ahead", "behind"), [(4, 2, 2), (8, 2, 2)])
def test_differences_at_the_surface_are_exact_for_polynomials(order, ahead, behind):
    """Behind from the first power on on the surface itself, where stresses are zero, from constants on below it."""
    closure, rows = CLOSURES[order], CLOSURES[order].depth + 4
    faces = np.arange(NODES, dtype=float)
    layers = faces + 0.5
    for power in range(ahead + 1):
        slope = power * layers ** max(power - 1, 0)
        np.testing.assert_allclose((closure.ahead(NODES) @ faces**power)[:rows], slope[:rows], atol=1e-7)
    for power in range(behind + 1):
        slope = power * faces ** max(power - 1, 0)
        found = (closure.behind(NODES) @ layers**power)[power == 0 : rows]
        np.testing.assert_allclose(found, slope[power == 0 : rows], atol=1e-7)


@pytest.mark.parametrize("order", ORDERS)
def test_the_surface_does_not_shorten_the_time_step(order):
    """The largest singular value of a difference is that of a grid without end."""
    closure, k = CLOSURES[order], np.arange(80)
    layers, faces = (closure.parts(k, on_faces) for on_faces in (False, True))
    assert min(layers.min(), faces.min()) > 0.25
    largest = np.linalg.svd(closure.matrix(80) / np.sqrt(np.outer(layers, faces)), compute_uv=False)[0]
    assert largest <= 2 * np.abs(WEIGHTS[order]).sum() * 1.0001


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("points", [7, 12, 24])
def test_static_fields_of_sources_in_the_closure_are_those_of_a_half_space(order, points):
    """Along x they have a wavelength of so many cells; the closure has no slow mode of its own."""
    closure, nodes = CLOSURES[order], np.arange(60)
    layers, faces = (closure.parts(nodes, on_faces) for on_faces in (False, True))
    k = 2 * np.pi / points
    symbol = sum(2 * w * np.sin((n + 0.5) * k) for n, w in enumerate(WEIGHTS[order]))
    ahead, behind = closure.ahead(60), closure.behind(60)
    sheared = ahead.copy()
    sheared[:, 0] = 0  # there is no traction on the surface
    for operator, part, z in ((sheared @ behind, layers, nodes + 0.5), (behind @ ahead, faces, nodes + 0.0)):
        found = np.linalg.solve(symbol**2 * np.eye(60) - operator, np.diag(1 / part))
        known = np.exp(-k * np.abs(np.subtract.outer(z, z))) + np.exp(-k * np.add.outer(z, z))
        error = np.abs(2 * k * found - known)[:9, :9]
        apart = np.abs(np.subtract.outer(nodes[:9], nodes[:9])) > 1
        assert error[apart].max() < 0.05


@pytest.mark.parametrize("order", ORDERS)
def test_a_weight_is_the_same_number_wherever_it_is_used(order):
    closure, halo = CLOSURES[order], order // 2
    table = closure.table(halo, 0.0123, np.dtype("float32"))[halo:, :, 0]
    n, nodes = closure.depth, closure.reach
    ahead, behind = table[:, 1 : nodes + 1], table[:, nodes + 2 :]
    assert table.shape == (n, 2 * (nodes + 1))
    np.testing.assert_array_equal(ahead[:, :n], -behind[:, :n].T)


# ---------------------------------------------------------------- energy


def energies(made, steps, every):
    """Energy that a closed box keeps, every so many steps from a random state on."""
    crusts.stir(made)
    found = []
    for step in range(steps):
        before = np.array(made.own(made.s)) if step % every == 0 else None
        made.step()
        if before is not None:
            found.append(crusts.invariant(made, before))
    return np.array(found)


@pytest.mark.parametrize("order", ORDERS)
def test_a_block_with_a_free_surface_keeps_its_energy_to_round_off(order):
    """White noise in rock, water and air that change from cell to cell."""
    shape = (9, 8, 10)
    rock = crusts.rough(shape, fluid=0.1, air=0.1)
    made = crusts.build(shape, rock, kinds=crusts.WALL, order=order, backend="numpy")
    found = energies(made, 200, 10)
    assert found[0] > 0
    np.testing.assert_allclose(found / found[0], 1, rtol=0, atol=1e-11)


@pytest.mark.parametrize("attenuate", ["coarse", "conventional"])
def test_attenuation_takes_energy_below_a_free_surface(attenuate):
    shape = (9, 8, 10)
    made = crusts.build(shape, crusts.rough(shape), kinds=crusts.WALL, attenuate=attenuate, backend="numpy")
    found = energies(made, 300, 10)
    assert found[-1] < 0.9 * found[0]
    assert found.max() == found[0]


@pytest.mark.long
@pytest.mark.parametrize(
    ("order", "attenuate", "dtype", "steps"),
    [
        (4, None, "float32", 60_000),
        pytest.param(8, None, "float64", 6000, marks=pytest.mark.thorough),
        (8, "coarse", "float32", 6000),
        pytest.param(4, "conventional", "float64", 6000, marks=pytest.mark.thorough),
    ],
)
def test_energy_of_a_random_block_over_many_steps(order, attenuate, dtype, steps):
    shape = (24, 24, 24)
    made = crusts.build(
        shape, crusts.rough(shape), kinds=crusts.WALL, order=order, attenuate=attenuate, dtype=dtype
    )
    found = energies(made, steps, steps // 15)
    if attenuate is None:
        np.testing.assert_allclose(found / found[0], 1, rtol=0, atol=1e-5)
    else:
        assert found.max() == found[0] and found[-1] < 0.9 * found[0]


# ---------------------------------------------------------------- reciprocity


DEPTHS = np.arange(0, 4.01, 0.25)  # cells
SOME = (0.0, 0.25, 1.5, 3.75)
ALL = (*reciprocity.MOMENTS, *reciprocity.FORCES)
COARSE = 0.03  # largest misfit


@pytest.mark.parametrize("component", ["mxx", "mzz", "mxz", "fx", "fz"])
def test_a_source_near_the_surface_is_the_adjoint_of_a_receiver(component):
    """Between nodes, a quarter of a cell deep."""
    amplitude, misfit = reciprocity.Pair(order=4, shape=(12, 16, 18)).compare(component, 0.25)
    assert amplitude == pytest.approx(1, abs=0.005) and misfit < 0.01


@pytest.mark.long
@pytest.mark.parametrize(
    ("order", "attenuate"),
    [
        (4, None),
        pytest.param(4, "coarse", marks=pytest.mark.thorough),
        (4, "conventional"),
        pytest.param(8, None, marks=pytest.mark.thorough),
        (8, "coarse"),
        pytest.param(8, "conventional", marks=pytest.mark.thorough),
    ],
)
def test_sources_and_receivers_near_the_surface_change_places(order, attenuate):
    """All moments and forces from the surface to four cells below it."""
    pair = reciprocity.Pair(order=order, attenuate=attenuate)
    for component in ALL:
        for depth in DEPTHS if (order, attenuate) == (4, None) else SOME:
            if depth or component not in ("mxz", "myz"):  # there is no such strain on the surface
                amplitude, misfit = pair.compare(component, depth)
                assert amplitude == pytest.approx(1, abs=0.02), (component, depth)
                assert misfit < (COARSE if attenuate == "coarse" else 0.01), (component, depth)


def test_a_moment_that_shears_the_surface_does_nothing():
    """It is free of traction, so there is no strain that such a moment could work on."""
    pair = reciprocity.Pair(order=4, shape=(12, 16, 18))
    assert not pair.radiated("mxz", 0.0).any()
    assert pair.radiated("mxx", 0.0).any()
