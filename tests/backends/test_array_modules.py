"""The numpy backend on an array module that is not NumPy."""

import sys

import numpy as np
import pytest
from support import quakes, scenes, strict_arrays
from support.kernels import CRUST_TINY, assert_same

from esim.backends import array_module, select
from esim.backends.array_module import ArrayModule
from esim.backends.numpy.backend import NumpyBackend
from esim.validation.kernel_catalogue import BODIES, OCEAN, compute_crust, compute_ocean


@pytest.fixture
def strict(monkeypatch):
    """Lets run.array_module: nlcpy take the strict stand-in."""
    made = strict_arrays.module("nlcpy")
    monkeypatch.setitem(sys.modules, "nlcpy", made)
    return made


def machine(dtype, strip=array_module.LONG_STRIP_CELLS):
    """The backend on the strict stand-in."""
    return NumpyBackend(np.dtype(dtype), ArrayModule(strict_arrays.module(), strip))


# ------------------------------------------------------------------ kernels


@pytest.mark.parametrize("strip", [1, 100, array_module.LONG_STRIP_CELLS])
@pytest.mark.parametrize("name", OCEAN)
def test_kernels_of_the_ocean_give_numpys_bits(name, strip):
    kernel = OCEAN[name]
    expected = compute_ocean(select("numpy", "float32"), kernel)
    found = compute_ocean(machine("float32", strip), kernel)
    for array, value in expected.items():
        np.testing.assert_array_equal(found[array], value, err_msg=array)


@pytest.mark.parametrize("strip", [20, 500, array_module.LONG_STRIP_CELLS])
@pytest.mark.parametrize("order", [4, 8])
def test_kernels_of_the_crust_give_numpys_bits(order, strip):
    names = tuple(BODIES)
    expected = compute_crust(select("numpy", "float32"), names, order, "reduced_order", CRUST_TINY)
    found = compute_crust(machine("float32", strip), names, order, "reduced_order", CRUST_TINY)
    assert_same(found, expected)


def test_sums_and_extremes_are_numpys():
    values = np.random.default_rng(1).standard_normal((3, 5, 7, 9)).astype(np.float32)
    one, other = select("numpy", "float32"), machine("float32")
    given = other.from_host(values)
    assert other.square_sum(given) == one.square_sum(values)
    assert other.maximum(given) == values.max()
    assert other.finite(given)
    given[1, 2, 3, 4] = np.float32(np.nan)
    assert not other.finite(given) and np.isnan(other.maximum(given)) and np.isnan(other.square_sum(given))


# ------------------------------------------------------------------ whole runs


def ocean_run(folder, array_module, make=scenes.japan, duration=1800):
    """A scene of a few steps on an array module of the numpy backend."""
    scene = make(folder / array_module, backend="numpy", array_module=array_module)
    scene["time"]["duration"] = duration
    return scene


@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.long)])
@pytest.mark.parametrize("make", [scenes.japan, scenes.channel])
def test_a_tsunami_is_numpys(tmp_path, strict, make, ranks):
    found = scenes.compute(ocean_run(tmp_path, "nlcpy", make), ranks)
    assert scenes.differing(found, scenes.compute(ocean_run(tmp_path, "numpy", make))) == []


def earthquake(folder, array_module, changes):
    """A few steps of an earthquake on an array module of the numpy backend."""
    scene = quakes.quake(folder / array_module, backend="numpy", array_module=array_module)
    scene["time"]["duration"] = 0.3
    for path, value in changes.items():
        quakes.change(scene, path, value)
    return scene


@pytest.mark.long
@pytest.mark.parametrize(
    ("ranks", "changes"),
    [
        (1, {}),
        pytest.param(2, {"physics.attenuation": "coarse"}, marks=pytest.mark.long),
        pytest.param(1, {"physics.attenuation": "conventional", "physics.order": 8}, marks=pytest.mark.long),
        (1, {"physics.attenuation": "coarse", "physics.memory_variable_precision": "bfloat16"}),
        pytest.param(
            1,
            {"grid.surface": "absorbing", "grid.boundary.x": "sponge", "grid.boundary.y": "periodic"},
            marks=pytest.mark.long,
        ),
        pytest.param(
            2,
            {
                "topography": {"kind": "flat", "depth": 150},
                "source": [quakes.SLIP],
                "output.surface_displacement": {"every": 0.02, "low_pass": True, "sea_surface": True},
            },
            marks=pytest.mark.long,
        ),
    ],
)
def test_an_earthquake_is_numpys(tmp_path, strict, ranks, changes):
    found = quakes.compute(earthquake(tmp_path, "nlcpy", changes), ranks)
    assert scenes.differing(found, quakes.compute(earthquake(tmp_path, "numpy", changes))) == []


def test_runs_go_on_from_checkpoints_of_numpy(tmp_path, strict):
    scene = ocean_run(tmp_path, "numpy", duration=3600)
    whole = scenes.compute(scene)
    scene["run"]["array_module"] = "nlcpy"
    assert scenes.differing(scenes.compute(scene, resume=True), whole) == []
