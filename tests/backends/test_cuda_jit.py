"""From text to compiled kernels for CUDA, without a GPU: views of arrays, columns of cells, code kept on disk."""

import itertools
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("numba.cuda", reason="numba-cuda is not installed")

from esim.backends import kernel_cache
from esim.backends.cuda import compile_check, jit
from esim.backends.cuda.codegen import crust_sweep
from esim.errors import MachineError
from esim.kernels.crust import anelastic, cpml, elastic, sponge
from esim.kernels.kernel import Kernel, Stage

FLOAT32, FLOAT64 = np.dtype("float32"), np.dtype("float64")
KERNELS = {
    "velocity": (elastic.velocity,),
    "stress": (elastic.stress_normal, elastic.stress_shear),
    "stress_relaxing": (anelastic.stress_normal, anelastic.stress_shear),
    "velocity_y": (cpml.velocity_y,),
    "damp_velocity": (sponge.damp_velocity,),
}
# What a cell reads and writes of every array, each value once.
TRAFFIC = {
    "velocity": (40, 3),
    "stress": (44, 6),
    "stress_relaxing": (62, 12),
    "velocity_y": (30, 6),
    "damp_velocity": (4, 3),
}


def kernel(name):
    return elastic.kernel(name, *KERNELS[name])


def _double(j, i, result, q):
    result[0, j, i] = q[0, j, i] + q[0, j, i]


def _pass_on(j, i, other, q, p):
    _double(j, i, q=q, result=other)


def test_arrays_that_bodies_write_are_found_through_what_they_call():
    assert jit.written(kernel("velocity")) == {"vx", "vy", "vz"}
    assert jit.written(Kernel("x", (Stage(_pass_on, exact=True),), elastic.Params)) == {"other"}


def test_an_array_that_32_bits_do_not_reach_is_refused():
    def array(layers, address):
        shape, strides = (layers, 2**10, 2**10), (2**22, 2**12, 4)
        size, place = layers * 2**20, {"data": (address, False)}
        return SimpleNamespace(
            shape=shape, strides=strides, size=size, dtype=FLOAT32, __cuda_array_interface__=place
        )

    body = Kernel("doubling", (Stage(_pass_on, exact=True),), elastic.Params)
    jit.check_arrays(body, {"other": array(1, 0), "q": array(2047, 2**22)})
    with pytest.raises(
        MachineError, match=r"array q of kernel doubling has 2\.15e\+09 elements .* more ranks"
    ):
        jit.check_arrays(body, {"other": array(1, 0), "q": array(2048, 2**22)})


def test_an_array_taken_for_constant_may_not_overlap_one_that_is_written():
    q = np.zeros((3, 8, 8), np.float32)
    body = Kernel("doubling", (Stage(_pass_on, exact=True),), elastic.Params)
    jit.check_arrays(body, {"q": q[:1], "other": q[1:, ::-1].transpose(0, 2, 1)})
    with pytest.raises(ValueError, match="kernel doubling writes into q"):
        jit.check_arrays(body, {"q": q[:2], "other": q[1:, ::-1].transpose(0, 2, 1)})


@pytest.mark.parametrize("shape", list(itertools.product((1, 3, 10, 70), (1, 5, 21), (1, 10, 33, 300))))
@pytest.mark.parametrize("corner", [(0, 0, 0), (4, 2, 36)])
def test_threads_cover_every_cell_of_a_box_once(shape, corner):
    box = tuple((first, first + size) for first, size in zip(corner, shape, strict=True))
    blocks, threads, (k0, k1, j0, j1, i0, i1, west, run) = crust_sweep.spread(box)
    assert ((k0, k1), (j0, j1), (i0, i1)) == box
    assert np.prod(threads) <= crust_sweep.THREADS and threads[2] == 1
    layers = [k for n in range(blocks[2]) for k in range(k0 + n * run, min(k0 + n * run + run, k1))]
    columns = west + np.arange(blocks[0] * threads[0])
    rows = j0 + np.arange(blocks[1] * threads[1])
    assert layers == list(range(k0, k1))
    np.testing.assert_array_equal(columns[(columns >= i0) & (columns < i1)], np.arange(i0, i1))
    np.testing.assert_array_equal(rows[rows < j1], np.arange(j0, j1))
    # No block is without a cell.
    assert west + threads[0] > i0 and columns[-threads[0]] < i1 and rows[-threads[1]] < j1


def test_runs_are_long_where_there_are_columns_enough():
    whole = crust_sweep.spread(((2, 402), (2, 1002), (2, 1002)))
    assert whole.threads == (32, 8, 1) and whole.numbers[-2:] == (0, 58)
    middle = crust_sweep.spread(((2, 202), (2, 202), (2, 202)))
    assert middle.numbers[-1] == 8 and np.prod(middle.blocks) > 4000
    side = crust_sweep.spread(((2, 402), (2, 1002), (992, 1002)))
    assert side.threads == (10, 25, 1) and side.numbers[-2] == 992
    assert crust_sweep.spread(((2, 3), (2, 1002), (2, 1002))).blocks[2] == 1


def test_the_key_of_compiled_code_has_all_that_changes_it():
    body, text = kernel("velocity"), crust_sweep.text(kernel("velocity"), FLOAT32).source
    key = jit._key(body, text, FLOAT32, {})
    assert key == jit._key(kernel("velocity"), text, FLOAT32, {})
    others = [
        jit._key(kernel("stress"), text, FLOAT32, {}),
        jit._key(body, text + "\n", FLOAT32, {}),
        jit._key(body, text, FLOAT64, {}),
        jit._key(body, text, FLOAT32, {"launch_bounds": 128}),
        jit._key(elastic.kernel("velocity", elastic.velocity, order=8), text, FLOAT32, {}),
    ]
    assert len({key, *others}) == 6


@pytest.fixture
def pretended(monkeypatch, tmp_path):
    """Pretend that there is a GPU of a compute capability, and keep what is compiled in a folder of the test."""
    from numba.cuda import dispatcher
    from numba.cuda.cudadrv import devices

    if reason := compile_check.missing():
        pytest.skip(reason)

    def pretend(capability):
        device = SimpleNamespace(compute_capability=capability)
        for name in [name for name in sys.modules if name.startswith("esim_generated_cuda")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(kernel_cache, "cache_directory", lambda: tmp_path)
        monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
        monkeypatch.setattr(devices, "get_context", lambda: SimpleNamespace(device=device))
        monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
        monkeypatch.setattr(dispatcher._Kernel, "bind", lambda self: self._codelibrary.get_cubin())

    return pretend


@pytest.mark.parametrize(
    ("capability", "dtype"), [((8, 0), FLOAT64), ((9, 0), FLOAT32)], ids=["sm_80", "sm_90"]
)
@pytest.mark.parametrize("name", list(KERNELS))
def test_compiled_kernels_access_each_value_once_with_short_indices(name, capability, dtype, pretended):
    pretended(capability)
    body = kernel(name)
    compiled = jit.compile_kernel(body, crust_sweep.text(body, dtype), dtype)
    (ptx,) = compiled.inspect_asm().values()
    constant = len(re.findall(r"ld\.global\.nc\.f", ptx))
    loads, stores = len(re.findall(r"ld\.global\.(?:nc\.)?f", ptx)), len(re.findall(r"st\.global\.f", ptx))
    assert (loads, stores) == TRAFFIC[name]  # so the body stands there once, its loop not unrolled
    assert constant >= loads - 2 * stores and (constant > 0)
    assert "selp.b64" not in ptx and "ld.local" not in ptx and "ld.f" not in ptx
    assert ptx.count('.pragma "nounroll"') == 1
    if dtype == FLOAT32:
        assert ".f64" not in ptx


def test_compiled_code_is_found_again_on_disk(pretended):
    """As a second process finds it."""
    pretended((9, 0))
    body, found = kernel("damp_velocity"), []
    for _ in range(2):
        text = crust_sweep.text(body, FLOAT32)
        compiled = jit.compile_kernel(body, text, FLOAT32)
        assert compiled is jit.compile_kernel(body, text, FLOAT32)
        found.append((sum(compiled.stats.cache_hits.values()), sum(compiled.stats.cache_misses.values())))
        del sys.modules[compiled.py_func.__module__]
    assert found == [(0, 1), (1, 0)]
    assert compiled.targetoptions["fastmath"] is True and compiled.targetoptions["lto"] is False
