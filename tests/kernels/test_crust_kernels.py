"""Every body of the crust on every backend gives the bits that NumPy gives, however its box is cut or swept."""

import json

import numpy as np
import pytest
from support.kernels import CRUST_COMPILED, CRUST_TINY, assert_same
from support.simulator import in_simulator

from esim.backends import select
from esim.backends.cpu import crust_sweep
from esim.crust.layout import STRESSES, VELOCITIES
from esim.crust.sweep import constants
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels.crust import anelastic, cpml, elastic, free_surface, sea_surface, sponge
from esim.kernels.kernel import Part
from esim.validation.kernel_catalogue import ABOVE, BODIES
from esim.validation.kernel_catalogue import VOLUME as SIZE
from esim.validation.kernel_catalogue import compute_crust as compute
from esim.validation.kernel_catalogue import crust_arrays as arrays
from esim.validation.kernel_catalogue import crust_box as whole

SWEPT = tuple(name for name in BODIES if name not in ABOVE)

ALL = [
    (dtype, order, variant)
    for dtype in ("float32", "float64")
    for order in (4, 8)
    for variant in elastic.VARIANTS
]


@pytest.mark.compile
@pytest.mark.parametrize(("dtype", "order", "variant"), CRUST_COMPILED)
def test_cpu_equals_numpy_swept_with_a_lag_or_not(dtype, order, variant, monkeypatch):
    """Stresses swept behind velocities, in tiles of the fewest rows, with one thread and with two; those near a surface
    after all velocities, as in a step."""
    monkeypatch.setattr(crust_sweep, "CACHE", 1.0)
    expected = compute(select("numpy", dtype), SWEPT, order, variant)
    lag = SIZE[0] if variant == "near_surface" else order // 2
    for threads in (1, 2):
        assert_same(compute(select("cpu", dtype, threads), SWEPT, order, variant, lag=lag), expected)


@pytest.mark.compile
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_free_surface_on_the_cpu_equals_numpy(dtype):
    expected = compute(select("numpy", dtype), ABOVE, 4, "plain")
    for threads in (1, 2):
        assert_same(compute(select("cpu", dtype, threads), ABOVE, 4, "plain"), expected)


def test_what_is_compiled_holds_every_body_of_the_crust():
    modules = (elastic, anelastic, cpml, sponge, free_surface, sea_surface)
    prefixes = ("velocity", "stress", "relax", "damp")
    bodies = {
        value
        for module in modules
        for name, value in vars(module).items()
        if name.startswith(prefixes) and value.__module__ == module.__name__
    }
    assert bodies == {body for group in BODIES.values() for body in group}


@pytest.mark.parametrize(("dtype", "order", "variant"), ALL)
def test_kernels_change_something_and_stay_finite(dtype, order, variant):
    machine = select("numpy", dtype)
    before = arrays(dtype, SIZE, order, variant)
    for name in BODIES:
        after = compute(machine, (name,), order, variant)
        assert all(np.isfinite(value).all() for value in after.values()), name
        assert any((after[key] != before[key]).any() for key in before), name


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cpu", marks=pytest.mark.compile)])
def test_any_cut_of_the_box_gives_the_same_bits(backend):
    names = ("velocity", "stress", "relax_x")
    expected = compute(select("numpy", "float32"), names, 4, "plain")
    (k0, k1), (j0, j1), (i0, i1) = whole(SIZE, 4)
    cuts = (
        ((k0, k0 + 3), (j0, j1), (i0, i1)),
        ((k0 + 3, k1), (j0, j0 + 5), (i0, i1)),
        ((k0 + 3, k1), (j0 + 5, j1), (i0, i0 + 35)),
        ((k0 + 3, k1), (j0 + 5, j1), (i0 + 35, i1)),
    )
    assert_same(compute(select(backend, "float32"), names, 4, "plain", cuts=cuts), expected)


def test_a_cut_across_absorbing_layers_gives_the_same_bits():
    names = tuple(name for name in SWEPT if name[-2:] in ("_x", "_y", "_z"))
    expected = compute(select("numpy", "float64"), names, 8, "near_surface")
    (k0, k1), (j0, j1), (i0, i1) = whole(SIZE, 8)
    cuts = (
        ((k0, k1 - 1), (j0, j1 - 2), (i0, i1)),
        ((k1 - 1, k1), (j0, j1 - 2), (i0, i1)),
        ((k0, k1), (j1 - 2, j1), (i0, i1)),
    )
    assert_same(compute(select("numpy", "float64"), names, 8, "near_surface", cuts=cuts), expected)


def test_beside_rough_surfaces_differences_are_of_second_order():
    """Where near is one, eighth order and fourth order are the same scheme."""
    machine, results = select("numpy", "float64"), []
    for order in (4, 8):
        fields = arrays("float64", CRUST_TINY, 8)
        fields["near_interface"][...] = 1
        grid = Grid3D(Grid("cartesian", 0.0, 0.0, 90.0, 110.0, 20, 20, ("open",) * 4), 20, 100.0)
        p = machine.constants(constants(machine.dtype, grid, order, 0.008))
        for name in ("velocity", "stress"):
            kernel = elastic.kernel(name, *BODIES[name], order=order, variant="reduced_order")
            machine.bind_sweep([Part(kernel, whole(CRUST_TINY, 8), fields)], [], 0, p)()
        results.append(fields)
    for name in (*VELOCITIES, *STRESSES):
        np.testing.assert_allclose(results[1][name], results[0][name], rtol=0, atol=1e-12, err_msg=name)


# Blocks of a few threads and runs of two layers, so that tiny boxes have several of each along every axis; narrow boxes
# have blocks of their own width, others begin where blocks of four columns do. Cuts: thin ones along each axis.
SIMULATE = """
import json
import numpy as np
from esim.backends import select
from esim.validation.kernel_catalogue import ABOVE, BODIES
from esim.validation.kernel_catalogue import compute_crust as compute
from esim.validation.kernel_catalogue import crust_box as whole
from support.kernels import CRUST_COMPILED, CRUST_TINY
from esim.backends.cuda.codegen import crust_sweep
crust_sweep.WARP, crust_sweep.THREADS, crust_sweep.WIDE, crust_sweep.LONGEST, crust_sweep.SHORTEST = 4, 12, 8, 2, 2
different, blocks = [], set()
for n, (dtype, order, variant) in enumerate(CRUST_COMPILED):
    (k0, k1), (j0, j1), (i0, i1) = whole(CRUST_TINY, order)
    thin = (
        ((k0, k0 + 1), (j0, j1), (i0, i1)),
        ((k0 + 1, k1), (j0, j0 + 1), (i0, i1)),
        ((k0 + 1, k1), (j0 + 1, j1), (i0, i1 - 1)),
        ((k0 + 1, k1), (j0 + 1, j1), (i1 - 1, i1)),
    )
    blocks.add(crust_sweep.spread(whole(CRUST_TINY, order)).blocks)
    for name in BODIES:
        expected = compute(select("numpy", dtype), (name,), order, variant, CRUST_TINY)
        for cuts in ((None,), thin) if n == 0 and name not in ABOVE else ((None,),):
            found = compute(select("cuda", dtype), (name,), order, variant, CRUST_TINY, cuts)
            different += [(dtype, name, len(cuts), a) for a in expected if not np.array_equal(found[a], expected[a])]
print(json.dumps({"kernels": len(BODIES), "different": different, "fewest": min(min(n) for n in blocks)}))
"""


@pytest.mark.simulator
def test_cuda_simulator_equals_numpy():
    assert json.loads(in_simulator(SIMULATE)) == {
        "kernels": len(BODIES),
        "different": [],
        "fewest": 2,
    }
