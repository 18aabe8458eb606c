"""A GPU fuses products and sums, which NumPy and the CPU do not: does the ocean bear it?

Here the CPU's compiler may fuse too, and divide by multiplying with reciprocals.
"""

import llvmlite.binding as llvm
import numpy as np
import pytest
from support.oceans import SIDES, G, compiled, japan, level, march, physics, plane, rough, state, water

from esim.backends import select
from esim.backends.cpu import compiler
from esim.backends.cpu.backend import module_name
from esim.validation.kernel_catalogue import OCEAN, compute_ocean

pytestmark = pytest.mark.compile
ULP = 4  # of the largest value of a field, that a step with fused operations may differ from one without
# The same for maxima: speeds divide by depths, which feel the rounding of an elevation that is twenty times as large.
# Set after 5.5 was seen.
ULP_OF_MAXIMA = 8


@pytest.fixture(autouse=True)
def fused(monkeypatch):
    """Let the CPU's compiler do what a GPU's does."""
    if not llvm.get_host_cpu_features().get("fma"):
        pytest.skip("this processor has no fused multiply-add")
    monkeypatch.setitem(compiler.FLAGS, "fastmath", compiler.FLAGS["fastmath"] | {"contract", "arcp"})


def test_fused_code_has_another_name(monkeypatch):
    """On disk and in a process: else it would be run where none is asked for, and the other way around."""
    kernel, dtype = OCEAN["step"], np.dtype("float32")
    name = module_name(kernel, dtype)
    monkeypatch.setitem(compiler.FLAGS, "fastmath", compiler.FLAGS["fastmath"] - {"contract", "arcp"})
    assert module_name(kernel, dtype) != name


@pytest.mark.parametrize("name", ["step with everything", "dispersion load", "dispersion relaxed"])
def test_a_step_differs_by_rounding_only(name):
    kernel, dtype = OCEAN[name], "float32"
    expected = compute_ocean(select("numpy", dtype), kernel)
    found = compute_ocean(select("cpu", dtype), kernel)
    differ = 0
    for array, value in expected.items():
        limit = ULP_OF_MAXIMA if array == "maxima" else ULP
        for plane_, other in zip(value, found[array], strict=True):
            usual = np.abs(plane_) < 1e29
            scale = np.abs(plane_[usual]).max(initial=0)
            assert np.abs(other - plane_)[usual].max(initial=0) <= limit * np.finfo(dtype).eps * scale
            assert (other[~usual] == plane_[~usual]).all()
            differ += np.count_nonzero(other != plane_)
    assert differ


@pytest.mark.parametrize("kind", SIDES)
def test_a_lake_at_rest_is_exactly_zero_over_real_islands(kind):
    grid, bed = japan(40, SIDES[kind])
    sea = compiled(grid, bed, dtype="float32", given=physics(coriolis=True, manning=0.025), sponge_cells=10)
    march(sea, 500, 0.8 / sea.fastest())
    assert not state(sea).any()


def test_a_lake_at_a_level_that_floats_hold_does_not_move_at_all():
    """Heights in quarters of a metre are exact, so is their sum with the level: nothing may come of it, not even less
    than what counts as motion."""
    hills = rough(height=5.0, depth=2.5, cell=100.0)
    sea = compiled(
        plane(40, 40, 100.0),
        lambda x, y: np.round(4 * hills(x, y)) / 4,
        level(1.75),
        dtype="float32",
        given=physics(manning=0.025),
        skip=False,
    )
    before = state(sea)
    wet = water(sea).wet
    assert 0.05 < wet.mean() < 0.95
    march(sea, 1000, 0.8 / sea.fastest())
    np.testing.assert_array_equal(state(sea), before)


@pytest.mark.parametrize("height", [5.0, 3000.0])
def test_a_lake_at_any_level_moves_by_rounding_only(height):
    cell = 100.0 if height < 10 else 2e3
    sea = compiled(
        plane(40, 40, cell), rough(height=height, depth=height / 2, cell=cell), level(1.7), dtype="float32"
    )
    before, wet = state(sea), water(sea).wet
    march(sea, 2000, 0.8 / sea.fastest())
    rounding = 16 * np.finfo(np.float32).eps * 1.7
    now = water(sea)
    assert np.abs(state(sea)[0] - before[0]).max() <= rounding
    assert max(np.abs(now.u).max(), np.abs(now.v).max()) <= rounding * np.sqrt(G / 0.1)
    assert (now.wet == wet).all()
