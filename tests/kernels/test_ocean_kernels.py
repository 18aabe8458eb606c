"""Every body on every backend gives the bits that NumPy gives."""

import json

import numpy as np
import pytest
from support.kernels import changed_by_cuts
from support.simulator import in_simulator

from esim.backends import select
from esim.validation.kernel_catalogue import OCEAN as KERNELS
from esim.validation.kernel_catalogue import compute_ocean as compute
from esim.validation.kernel_catalogue import margin
from esim.validation.kernel_catalogue import ocean_arrays as arrays
from esim.validation.kernel_catalogue import ocean_box as whole
from esim.validation.kernel_catalogue import ocean_constants as constants

DTYPES = ("float32", "float64")

# Every body is in one of the others too; a compilation takes seconds, so the CPU does not see all combinations.
SIMILAR = ("step with a friction map", "step in a layer", "step with maxima")
COMPILED = tuple(name for name in KERNELS if name not in SIMILAR)
# Of these the thorough tests alone see float64.
SOME_IN_DOUBLE = (
    "step",
    "deep step",
    "deep step with everything",
    "step with structures",
    "step with a tracer",
)
# Threads take twice as long to compile, and differ in the loop over tiles only.
THREADED = tuple((name, "float32") for name in COMPILED if name != "step with everything")


@pytest.mark.compile
@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        pytest.param(
            name, dtype, marks=[pytest.mark.thorough] if dtype == "float64" and name in SOME_IN_DOUBLE else []
        )
        for name in COMPILED
        for dtype in DTYPES
    ],
)
def test_cpu_equals_numpy(name, dtype):
    kernel = KERNELS[name]
    expected = compute(select("numpy", dtype), kernel)
    for threads in (1, 2) if (name, dtype) in THREADED else (1,):
        found = compute(select("cpu", dtype, threads), kernel)
        for array, value in expected.items():
            assert found[array].dtype == dtype
            np.testing.assert_array_equal(found[array], value, err_msg=array)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_change_something_and_stay_finite(name, dtype):
    kernel = KERNELS[name]
    before, after = arrays(dtype, margin=margin(kernel)), compute(select("numpy", dtype), kernel)
    assert all(np.isfinite(value).all() for value in after.values())
    assert any((after[array] != before[array]).any() for array in after)


def test_compiled_kernels_hold_every_body():
    bodies = [
        {stage.body for name in names for stage in KERNELS[name].stages} for names in (COMPILED, KERNELS)
    ]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cpu", marks=pytest.mark.compile)])
def test_any_cut_of_the_box_gives_the_same_bits(backend):
    assert not changed_by_cuts(select(backend, "float32"))


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("step", (90, 92, 93, *range(177, 190, 2))),
        pytest.param("deep step", (370, 372, 373, 738, 744), marks=pytest.mark.compile),
    ],
)
def test_any_width_of_a_box_gives_the_bits_of_numpy(name, widths):
    """About that of the largest tile, once and twice: loops that fill a last vector must stay within their scratch."""
    kernel, rows = KERNELS[name], 2 * margin(KERNELS[name]) + 5
    for width in widths:
        expected, found = (
            compute(select(which, "float32"), kernel, (rows, width)) for which in ("numpy", "cpu")
        )
        for array, value in expected.items():
            np.testing.assert_array_equal(found[array], value, err_msg=f"{array}, {width} columns")


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


# Of these the thorough tests alone simulate the others in float64.
LARGEST = ("step with everything", "deep step with everything", "dispersion load with structures")

SIMULATE = """
import json
import sys
import numpy as np
from esim.backends import select
from esim.validation.kernel_catalogue import OCEAN, compute_ocean
from support.kernels import changed_by_cuts
dtype, *names = sys.argv[1:]
different = []
for name in names:
    # The simulator is slow: a little more than two blocks along each axis of a kernel with scratch.
    expected = compute_ocean(select("numpy", dtype), OCEAN[name], (9, 13))
    found = compute_ocean(select("cuda", dtype), OCEAN[name], (9, 13))
    different += [(name, a) for a in expected if not np.array_equal(found[a], expected[a])]
if dtype == "float32":
    different += changed_by_cuts(select("cuda", dtype))
print(json.dumps({"kernels": len(names), "different": different}))
"""


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("dtype", "names"),
    [
        ("float32", tuple(KERNELS)),
        ("float64", LARGEST),
        pytest.param("float64", tuple(KERNELS), marks=pytest.mark.thorough),
    ],
    ids=["float32", "float64 of some", "float64"],
)
def test_cuda_simulator_equals_numpy(dtype, names):
    assert json.loads(in_simulator(SIMULATE, dtype, *names)) == {"kernels": len(names), "different": []}
