"""Every body on every backend gives the bits that NumPy gives."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from esim.backends import select
from esim.backends.link import array_names
from esim.kernels import dispersion, edges, pressure, push, seafloor, shallow_water, stratification

DTYPES = ("float32", "float64")
NY, NX = 21, 37
KERNELS = {
    "step": shallow_water.step(),
    "step with a friction map": shallow_water.step(friction_map=True),
    "step with a sponge": shallow_water.step(sponge=True),
    "step with peaks": shallow_water.step(peaks=True),
    "step with everything": shallow_water.step(friction_map=True, sponge=True, peaks=True, push=True),
    "wall": edges.WALL,
    "open": edges.OPEN,
    "lift": seafloor.LIFT,
    "slide": seafloor.SLIDE,
    "rate": seafloor.RATE,
    "push corrected": push.CORRECT,
    "push mirrored": push.MIRROR,
    "push continued": push.GO_ON,
    "incident wave": edges.INCIDENT,
    "given surface": edges.TOTAL,
    "pressure bell": pressure.BELL,
    "pressure n-wave": pressure.N_WAVE,
    "pressure between": pressure.BLEND,
    "stratification": stratification.SLOWER,
    "dispersion load": dispersion.load(in_place=False),
    "dispersion load in place": dispersion.load(in_place=True),
    "dispersion relaxed": dispersion.RELAX,
    "dispersion push": dispersion.PUSH,
}

# Every body is in one of the others too; a compilation takes seconds, so the CPU does not see all combinations.
SIMILAR = ("step with a friction map", "step with a sponge", "step with peaks")
COMPILED = tuple(name for name in KERNELS if name not in SIMILAR)
# Threads take twice as long to compile, and differ in the loop over tiles only.
THREADED = tuple((name, "float32") for name in COMPILED if name != "step with everything")


def constants(kernel, dtype):
    """Constants of a kernel for a coarse, rough ocean."""
    if kernel.params is shallow_water.Params:
        return shallow_water.constants(dtype, dt=0.05, time=1.5, manning=0.03)
    given = {
        "inward": -1,
        "g": 9.81,
        "half": 0.5,
        "zero": 0,
        "one": 1,
        "dry": 1e-3,
        "share": 0.3,
        "half_dt": 0.1,
        "quarter": 0.25,
        "ahead": 0.5,
        "eta": 0.4,
        "growth": 0.2,
        "gain": -0.1,
        "speed": 0.7,
        "sense": -1,
        "crest": 0.2,
        "per_reach": 0.6,
        "sixteen": 16,
        "fifteen": 15,
        "norm": 5.5,
        "early": 0.7,
        "late": 0.3,
        "per_height": 0.2,
        "third": 1 / 3,
        "alpha": 1.159,
        "least": 0.5,
        "rising": 1.0,
        "trough": -0.5,
        "flush": 1e-6,
        "red": 1.2,
        "black": 1.3,
    }
    return kernel.params(*(np.dtype(dtype).type(given[name]) for name in kernel.params._fields))


def arrays(dtype):
    """Rough water with islands, waves, dry land and thin films; every array a kernel may name."""
    rng = np.random.default_rng(3)
    shape = (NY + 4, NX + 27)
    bed = (3 * rng.standard_normal((1, *shape)) - 2).astype(dtype)
    depth = np.maximum(rng.standard_normal(shape) * 0.5 - bed[0], 0)
    depth[rng.random(shape) < 0.1] = 5e-4
    q = np.stack(
        [depth - np.maximum(-bed[0], 0), 0.3 * rng.standard_normal(shape), rng.standard_normal(shape)]
    )
    q[1:, depth == 0] = 0
    rows = np.abs(rng.standard_normal((9, shape[0]))) * 0.1 + 0.4
    rows[6:] = 1 / rows[[0, 2, 3]]
    peaks = np.zeros((5, *shape))
    peaks[4] = 1e30
    named = {
        "q": q,
        "out": np.zeros_like(q),
        "rows": rows,
        "sides": np.stack([np.sign(rng.standard_normal((1, shape[1]))), np.ones((1, shape[1]))]),
        "peaks": peaks,
        "speed": np.zeros((1, *shape)),
        "roughness": rng.random((1, *shape)) * 0.01,
        "sponge": rng.random((1, *shape)),
        "rise": rng.standard_normal((2, *shape)),
        "ground": rng.standard_normal((2, *shape)),
        "zeta": q[:1],
        "normal": q[1:2],
        "along": q[2:3],
        "push": rng.standard_normal((2, *shape)),
        "before": rng.standard_normal((2, *shape)),
        "pulse": rng.standard_normal((5, *shape)),
        "early": rng.standard_normal((2, *shape)),
        "late": rng.standard_normal((2, *shape)),
        "work": rng.random((3, *shape)),
        "load": rng.standard_normal((1, *shape)),
        "x": rng.standard_normal((1, *shape)),
        "start": rng.standard_normal((1, *shape)),
        "broken": np.zeros((1, *shape)),
    }
    return {name: np.array(value, dtype) for name, value in named.items()} | {"bed": bed}


def compute(backend, kernel, box):
    """All arrays after one launch on a box."""
    given = {name: backend.from_host(value) for name, value in arrays(backend.dtype).items()}
    backend.bind(kernel, box, given)(backend.constants(constants(kernel, backend.dtype)))
    return {name: np.array(backend.to_host(given[name])) for name in array_names(kernel)}


def whole(kernel):
    """The box of a kernel: an edge is one column, all else the inner cells."""
    edge = kernel.params in (edges.EdgeParams, edges.IncidentParams, push.GhostParams)
    columns = (1, 2) if edge else (2, NX + 2)
    return (2, NY + 2), columns


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", COMPILED)
def test_cpu_equals_numpy(name, dtype):
    kernel = KERNELS[name]
    expected = compute(select("numpy", dtype), kernel, whole(kernel))
    for threads in (1, 2) if (name, dtype) in THREADED else (1,):
        found = compute(select("cpu", dtype, threads), kernel, whole(kernel))
        for array, value in expected.items():
            assert found[array].dtype == dtype
            np.testing.assert_array_equal(found[array], value, err_msg=array)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_change_something_and_stay_finite(name, dtype):
    kernel = KERNELS[name]
    before, after = arrays(dtype), compute(select("numpy", dtype), kernel, whole(kernel))
    assert all(np.isfinite(value).all() for value in after.values())
    assert any((after[array] != before[array]).any() for array in after)


def test_compiled_kernels_hold_every_body():
    bodies = [
        {stage.body for name in names for stage in KERNELS[name].stages} for names in (COMPILED, KERNELS)
    ]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("backend", ["numpy", "cpu"])
def test_any_cut_of_the_box_gives_the_same_bits(backend):
    kernel = KERNELS["step with everything"]
    machine = select(backend, "float32")
    expected = compute(machine, kernel, whole(kernel))
    given = {name: machine.from_host(value) for name, value in arrays("float32").items()}
    c = machine.constants(constants(kernel, "float32"))
    (j0, j1), (i0, i1) = whole(kernel)
    for box in [((j0, j0 + 3), (i0, i1)), ((j0 + 3, j1), (i0, i0 + 5)), ((j0 + 3, j1), (i0 + 5, i1))]:
        machine.bind(kernel, box, given)(c)
    for name, value in expected.items():
        np.testing.assert_array_equal(machine.to_host(given[name]), value, err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tiles_at_rest_are_skipped_with_the_same_bits(dtype):
    """Still water on one side, a wave on the other: NumPy computes all of it, the CPU skips what does not move."""
    kernel, size = KERNELS["step"], (150, 230)
    results = []
    for name in ("numpy", "cpu"):
        backend = select(name, dtype)
        rng = np.random.default_rng(1)
        q = np.zeros((3, *size))
        q[:, 60:70, 150:160] = rng.standard_normal((3, 10, 10)) * 0.1
        given = {
            "q": q,
            "out": np.ones_like(q),
            "bed": rng.standard_normal((1, *size)) - 3,
            "rows": np.ones((9, 150)),
            "sides": np.ones((1, 1, 230)),
        }
        given = {key: backend.from_host(value) for key, value in given.items()}
        backend.bind(kernel, ((2, 148), (2, 200)), given)(backend.constants(constants(kernel, dtype)))
        results.append(backend.to_host(given["out"]))
    np.testing.assert_array_equal(*results)
    assert np.count_nonzero(results[0][:, 2:148, 2:200]) < 3 * 15 * 15


def test_nan_does_not_count_as_rest():
    kernel, backend = KERNELS["step"], select("cpu", "float32")
    given = {name: backend.from_host(value) for name, value in arrays("float32").items()}
    given["q"][...] = 0
    given["q"][1, 10, 10] = np.nan
    backend.bind(kernel, whole(kernel), given)(backend.constants(constants(kernel, "float32")))
    assert np.isnan(given["out"][:, 10, 10]).any()


SIMULATE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import test_kernels
from test_kernels import KERNELS, compute, whole
from esim.backends import select
different = []
for dtype in ("float32", "float64"):
    for name, kernel in KERNELS.items():
        # The simulator is slow: a little more than a block of 8 x 32 threads, or than half a block.
        test_kernels.NY, test_kernels.NX = 9, 34 if name == "step with everything" else 14
        expected = compute(select("numpy", dtype), kernel, whole(kernel))
        found = compute(select("cuda", dtype), kernel, whole(kernel))
        different += [(dtype, name, a) for a in expected if not np.array_equal(found[a], expected[a])]
print(json.dumps({"kernels": len(KERNELS), "different": different}))
"""


def test_cuda_simulator_equals_numpy():
    pytest.importorskip("numba.cuda", reason="numba-cuda, which brings the simulator, is not installed")
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    command = [sys.executable, "-c", SIMULATE, os.path.dirname(__file__)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"kernels": len(KERNELS), "different": []}
