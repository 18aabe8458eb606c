"""Every body of the crust on every backend gives the bits that NumPy gives, however its box is cut or swept."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from esim.backends import planes, select
from esim.drivers import crust
from esim.grid import Grid
from esim.kernels import absorb, anelastic, elastic, free_surface, sponge
from esim.kernels.kernel import Part
from esim.volume import Volume

SIZE = (8, 34, 72)  # of the box that is computed: rows for two threads, columns for loops of any width
TINY = (5, 6, 9)  # for the simulator, which takes a tenth of a millisecond for a thread
LAYER = 4  # cells of an absorbing layer
MEMORIES = ("rxx", "ryy", "rzz", "rxy", "rxz", "ryz")
BODIES = {
    "velocity": (elastic.velocity,),
    "stress": (elastic.stress_normal, elastic.stress_shear),
    "stress_relaxing": (anelastic.stress_normal, anelastic.stress_shear),
    "relax": (anelastic.relax_normal, anelastic.relax_shear),
    "fade_velocity": (sponge.fade_velocity,),
    "fade_stress": (sponge.fade_stress,),
    "stress_above": (free_surface.stress_above,),
    "velocity_above": (free_surface.velocity_above,),
}
for axis in "xyz":
    BODIES[f"velocity_{axis}"] = (getattr(absorb, f"velocity_{axis}"),)
    for group in ("stress", "relax"):
        parts = (f"{group}_normal_{axis}", f"{group}_shear_{axis}")
        BODIES[f"{group}_{axis}"] = tuple(getattr(absorb, name) for name in parts)
ABOVE = ("stress_above", "velocity_above")
SWEPT = tuple(name for name in BODIES if name not in ABOVE)

# A kernel takes seconds to compile for a CPU, so the CPU sees every body in both precisions and every variant, not
# every combination of them.
COMPILED = [("float32", 4, "plain"), ("float64", 4, "rough"), ("float32", 8, "top")]
ALL = [
    (dtype, order, variant)
    for dtype in ("float32", "float64")
    for order in (4, 8)
    for variant in elastic.VARIANTS
]


def arrays(dtype, size, order):
    """Random waves, and random rock with fluid and air."""
    rng = np.random.default_rng(7)
    shape = tuple(n + order for n in size)
    named = {name: rng.standard_normal(shape) * 0.1 for name in (*crust.VELOCITIES, *crust.STRESSES)}
    named |= {name: rng.standard_normal(shape) * 1e-4 for name in MEMORIES}
    kind = rng.random(shape)
    named["rho"] = np.where(kind < 0.1, 0, rng.uniform(1.8, 3, shape))
    named["lam"] = np.where(kind < 0.1, 0, rng.uniform(5, 40, shape))
    named["mu"] = np.where(kind < 0.2, 0, rng.uniform(5, 40, shape))
    named["inv_qp"], named["inv_qs"] = rng.uniform(0, 0.02, (2, *shape))
    named["near"] = (rng.random(shape) < 0.3) * 1.0
    factors = np.array([0.9, 0.1, 0.3, 0.2])[:, None, None, None]
    named["relax"] = rng.random((4, 2, 2, shape[2])) * factors
    return {name: np.array(value, dtype) for name, value in named.items()}


def whole(size, order):
    """The box of cells that is computed, a halo within the arrays."""
    return tuple((order // 2, order // 2 + n) for n in size)


def layer(name, box):
    """Box of the layer that a kernel is for, at the far end of its axis, and the arrays that are its own."""
    axis = {"_x": 2, "_y": 1, "_z": 0}.get(name[-2:], 1 if name.startswith("fade") else None)
    if axis is None:
        return box, {}
    rng = np.random.default_rng(sum(map(ord, name)))
    box = tuple((b - LAYER, b) if n == axis else (a, b) for n, (a, b) in enumerate(box))
    shape = tuple(b - a for a, b in box)
    along = tuple(size if n == axis else 1 for n, size in enumerate(shape))
    signs = np.array([1, -1, -0.5, 1, -1, -0.5])[:, None, None, None]
    own = {psi: rng.standard_normal(shape) * 1e-3 for psi in ("pa", "pb", "pc")}
    return box, own | {"damp": rng.random((6, *along)) * signs, "keep": rng.random((1, *shape))}


def bound(names, order, variant, machine, shared, size, cuts=(None,)):
    """Parts of some kernels, one for each cut of the whole box."""
    box, found = whole(size, order), []
    for name in names:
        width = LAYER if name.endswith("_x") else 0
        kernel = elastic.kernel(name, *BODIES[name], order=order, variant=variant, width=width)
        place, own = layer(name, box)
        given = shared | {key: machine.from_host(value) for key, value in own.items()}
        given |= dict(zip(("k0", "j0", "i0"), (first for first, _ in place), strict=True))
        if name in ABOVE:
            place = ((place[0][0] + 1, place[0][0] + 2), *place[1:])
        found.append([Part(kernel, crust._cut(place, cut) if cut else place, given) for cut in cuts])
    return [list(column) for column in zip(*found, strict=True)]


def compute(machine, names, order, variant, size=SIZE, cuts=(None,), lag=0):
    """All arrays by name after the kernels have run on each cut: velocities first, then all else."""
    shared = {name: machine.from_host(value) for name, value in arrays(machine.dtype, size, order).items()}
    volume = Volume(Grid("cartesian", 0.0, 0.0, 90.0, 110.0, 20, 20, ("open",) * 4), 20, 100.0)
    p = machine.constants(crust.constants(machine.dtype, volume, order, 0.008))
    groups = [
        bound([n for n in names if ("velocity" in n) == lead], order, variant, machine, shared, size, cuts)
        for lead in (True, False)
    ]
    if lag:
        machine.bind_sweep(groups[0][0], groups[1][0], lag, p)()
    else:
        # On all cuts velocities move before any stress does.
        for group in groups:
            for parts in group:
                machine.bind_sweep(parts, [], 0, p)()
    found = {name: np.array(machine.to_host(value)) for name, value in shared.items()}
    for group in groups:
        for part in group[0] if group else ():
            for psi in {"pa", "pb", "pc"} & set(part.arrays):
                found[f"{psi} of {part.kernel.name}"] = np.array(machine.to_host(part.arrays[psi]))
    return found


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize(("dtype", "order", "variant"), COMPILED)
def test_cpu_equals_numpy_swept_with_a_lag_or_not(dtype, order, variant, monkeypatch):
    """Stresses swept behind velocities, in tiles of the fewest rows, with one thread and with two."""
    monkeypatch.setattr(planes, "CACHE", 1.0)
    expected = compute(select("numpy", dtype), SWEPT, order, variant)
    for threads in (1, 2):
        assert_same(compute(select("cpu", dtype, threads), SWEPT, order, variant, lag=order // 2), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_free_surface_on_the_cpu_equals_numpy(dtype):
    expected = compute(select("numpy", dtype), ABOVE, 4, "plain")
    for threads in (1, 2):
        assert_same(compute(select("cpu", dtype, threads), ABOVE, 4, "plain"), expected)


def test_what_is_compiled_holds_every_body_of_the_crust():
    modules = (elastic, anelastic, absorb, sponge, free_surface)
    prefixes = ("velocity", "stress", "relax", "fade")
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
    before = arrays(dtype, SIZE, order)
    for name in BODIES:
        after = compute(machine, (name,), order, variant)
        assert all(np.isfinite(value).all() for value in after.values()), name
        assert any((after[key] != before[key]).any() for key in before), name


@pytest.mark.parametrize("backend", ["numpy", "cpu"])
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
    expected = compute(select("numpy", "float64"), names, 8, "top")
    (k0, k1), (j0, j1), (i0, i1) = whole(SIZE, 8)
    cuts = (
        ((k0, k1 - 1), (j0, j1 - 2), (i0, i1)),
        ((k1 - 1, k1), (j0, j1 - 2), (i0, i1)),
        ((k0, k1), (j1 - 2, j1), (i0, i1)),
    )
    assert_same(compute(select("numpy", "float64"), names, 8, "top", cuts=cuts), expected)


def test_beside_rough_surfaces_differences_are_of_second_order():
    """Where near is one, eighth order and fourth order are the same scheme."""
    machine, results = select("numpy", "float64"), []
    for order in (4, 8):
        fields = arrays("float64", TINY, 8)
        fields["near"][...] = 1
        volume = Volume(Grid("cartesian", 0.0, 0.0, 90.0, 110.0, 20, 20, ("open",) * 4), 20, 100.0)
        p = machine.constants(crust.constants(machine.dtype, volume, order, 0.008))
        for name in ("velocity", "stress"):
            kernel = elastic.kernel(name, *BODIES[name], order=order, variant="rough")
            machine.bind_sweep([Part(kernel, whole(TINY, 8), fields)], [], 0, p)()
        results.append(fields)
    for name in (*crust.VELOCITIES, *crust.STRESSES):
        np.testing.assert_allclose(results[1][name], results[0][name], rtol=0, atol=1e-12, err_msg=name)


SIMULATE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from test_crust_kernels import BODIES, COMPILED, TINY, compute
from esim.backends import select
different = []
for dtype, order, variant in COMPILED:
    for name in BODIES:
        expected = compute(select("numpy", dtype), (name,), order, variant, TINY)
        found = compute(select("cuda", dtype), (name,), order, variant, TINY)
        different += [(dtype, order, name, a) for a in expected if not np.array_equal(found[a], expected[a])]
print(json.dumps({"kernels": len(BODIES), "different": different}))
"""


def test_cuda_simulator_equals_numpy():
    pytest.importorskip("numba.cuda", reason="numba-cuda, which brings the simulator, is not installed")
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    command = [sys.executable, "-c", SIMULATE, os.path.dirname(__file__)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"kernels": len(BODIES), "different": []}
