"""Memory variables in 16 bits: right on average, the same bits everywhere, and refused where there are none."""

import json

import numpy as np
import pytest
from support.kernels import CRUST_COMPILED, RELAXING, assert_same, compute_packed, upper
from support.quakes import change, configured, quake
from support.quakes import compute as run_quake
from support.quakes import march as march_quake
from support.scenes import Killed, differing
from support.simulator import in_simulator

from esim.backends import select
from esim.backends.cpu import crust_sweep
from esim.config import from_dict
from esim.crust.layout import STRESSES, allocated_shape
from esim.crust.memory import predict_sources
from esim.crust.memory_variables import allocate_memory
from esim.crust.settings import crust_settings
from esim.crust.sweep import constants
from esim.drivers.seismic import Seismic
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels import scalar
from esim.kernels.crust import elastic
from esim.kernels.kernel import Part
from esim.parallel.comm import SerialComm
from esim.sources.crust import PointSources
from esim.validation.cases.crust import memory16
from esim.validation.kernel_catalogue import BODIES, MEMORIES
from esim.validation.kernel_catalogue import VOLUME as SIZE
from esim.validation.kernel_catalogue import crust_arrays as arrays
from esim.validation.kernel_catalogue import crust_box as whole

# ------------------------------------------------------------------ one value


def test_what_16_bits_hold_comes_back():
    """Every bfloat16 is a float32, and one that needs no rounding is not rounded, whatever the dice."""
    words = np.arange(1 << 16, dtype=np.uint16)
    values = scalar.unpack16(words)
    assert values.dtype == np.float32
    finite = np.isfinite(values)
    assert finite.sum() == (1 << 16) - (1 << 8)
    noise = np.random.default_rng(1).standard_normal(finite.sum()).astype(np.float32)
    np.testing.assert_array_equal(scalar.pack16(values[finite], noise), words[finite])
    np.testing.assert_array_equal(upper(values), words)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_right_on_average_and_never_off_by_a_whole_step(dtype):
    rng = np.random.default_rng(2)
    x = (rng.choice([-1, 1], 200) * 10.0 ** rng.uniform(-30, 10, 200)).astype(dtype)
    noise = rng.standard_normal((4000, 1)).astype(dtype) * np.abs(x)
    found = scalar.unpack16(scalar.pack16(np.broadcast_to(x, noise.shape).copy(), noise)).astype(np.float64)
    step = 2.0 ** (np.floor(np.log2(np.abs(x))) - 7)
    assert (np.abs(found - x) < step * (1 + 1e-6)).all()
    # A share p of them up, of 4000: four standard deviations are 0.032 of a step.
    assert (np.abs(found.mean(0) - x) < 0.035 * step).all()


def test_small_steps_are_not_lost():
    """A slow mechanism that is left alone decays by its factor, far less a step than 16 bits tell apart."""
    cells, steps, keep = 4000, 3000, np.float32(1 - 3e-4)
    rng = np.random.default_rng(3)
    words = upper(np.full(cells, 0.7))
    nearest = np.full(cells, 0.7, np.float32)
    for _ in range(steps):
        noise = rng.standard_normal(cells).astype(np.float32) * np.float32(1e-6)
        words = scalar.pack16(keep * scalar.unpack16(words), noise)
        bits = (keep * nearest).view(np.uint32)
        nearest = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    known = 0.69921875 * (1 - 3e-4) ** steps
    assert scalar.unpack16(words).mean(dtype=np.float64) == pytest.approx(known, rel=2e-3)
    assert (nearest > 0.69).all()


# ------------------------------------------------------------------ kernels


@pytest.mark.compile
@pytest.mark.parametrize(("dtype", "order", "variant"), CRUST_COMPILED[:2])  # each takes a minute to compile
def test_cpu_equals_numpy(dtype, order, variant, monkeypatch):
    monkeypatch.setattr(crust_sweep, "CACHE", 1.0)
    names = RELAXING if variant == "plain" else RELAXING[:2]
    expected = compute_packed(select("numpy", dtype), order, variant, names)
    for threads in (1, 2):
        assert_same(compute_packed(select("cpu", dtype, threads), order, variant, names), expected)


def test_only_the_last_bits_differ_from_the_whole_variables():
    """Of one step: stresses to what half a word's last bit does, memory variables to the last bit itself."""
    machine, given = select("numpy", "float32"), arrays("float32", SIZE, 4)
    for name in MEMORIES:
        given[name] = scalar.unpack16(upper(given[name]))
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 90.0, 110.0, 20, 20, ("open",) * 4), 20, 100.0)
    p = machine.constants(constants(machine.dtype, grid, 4, 0.008))
    kernel = elastic.kernel("stress_relaxing", *BODIES["stress_relaxing"])
    machine.bind_sweep([], [Part(kernel, whole(SIZE, 4), given)], 0, p)()
    found = compute_packed(machine, 4, "plain", names=("stress_relaxing",))
    for name in STRESSES:
        np.testing.assert_array_equal(found[name], given[name], err_msg=name)
    for name in MEMORIES:
        difference = np.abs(scalar.unpack16(found[name]) - given[name])
        assert (difference <= 2.0**-7 * np.abs(given[name])).all()
        assert 0 < difference.max()


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cpu", marks=pytest.mark.compile)])
def test_any_cut_of_the_box_gives_the_same_bits(backend):
    names = ("stress_relaxing", "relax_x")
    expected = compute_packed(select("numpy", "float32"), 4, "plain", names)
    (k0, k1), (j0, j1), (i0, i1) = whole(SIZE, 4)
    cuts = (
        ((k0, k0 + 3), (j0, j1), (i0, i1)),
        ((k0 + 3, k1), (j0, j0 + 5), (i0, i1)),
        ((k0 + 3, k1), (j0 + 5, j1), (i0, i0 + 35)),
        ((k0 + 3, k1), (j0 + 5, j1), (i0 + 35, i1)),
    )
    assert_same(compute_packed(select(backend, "float32"), 4, "plain", names, cuts=cuts), expected)


SIMULATE = """
import json
import numpy as np
from support.kernels import CRUST_COMPILED, PACKED_TINY, RELAXING, compute_packed
from esim.backends import select
different = []
for dtype, order, variant in CRUST_COMPILED:
    expected = compute_packed(select("numpy", dtype), order, variant, RELAXING, PACKED_TINY)
    found = compute_packed(select("cuda", dtype), order, variant, RELAXING, PACKED_TINY)
    different += [(dtype, order, a) for a in expected if not np.array_equal(found[a], expected[a])]
print(json.dumps({"kernels": len(RELAXING), "different": different}))
"""


@pytest.mark.simulator
def test_cuda_simulator_equals_numpy():
    assert json.loads(in_simulator(SIMULATE)) == {"kernels": len(RELAXING), "different": []}


# ------------------------------------------------------------------ whole runs


def scene(directory, attenuation="coarse", memory="bfloat16", **run):
    """The beginning of the small earthquake, its memory variables in 16 bits, with checkpoints at 0.1 and 0.2 s."""
    made = quake(directory, attenuation, **{"backend": "numpy", **run})
    made["physics"]["memory_variable_precision"], made["time"]["duration"] = memory, 0.26
    made["output"]["checkpoint"]["every"] = made["output"]["fields"]["every"] = 0.1
    made["output"]["planes"][0]["every"] = 0.1
    return made


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one rank and one thread write of the scene, without interruption."""
    return run_quake(scene(tmp_path_factory.mktemp("alone")))


@pytest.mark.long
def test_words_are_in_the_checkpoint_and_waves_are_nearly_those_of_whole_variables(alone, tmp_path):
    """Attenuation is seen in the first waves, rounding is a hundredth of it at most."""
    newest = max(key for key in alone if key.endswith(".memory"))
    assert alone[newest].dtype == np.uint16 and (alone[newest] != 0).mean() > 0.2
    whole = run_quake(scene(tmp_path / "whole", memory=None))
    elastic_only = run_quake(scene(tmp_path / "none", "none", memory=None))
    found, known, without = (made["stations.vx"][..., :3, :] for made in (alone, whole, elastic_only))
    changed, effect, size = (np.linalg.norm(x) for x in (found - known, without - known, known))
    assert 0 < changed < 0.01 * effect and effect > 0.02 * size


@pytest.mark.long
def test_any_ranks_give_the_same_bits(alone, tmp_path):
    assert differing(run_quake(scene(tmp_path), 3), alone) == []


@pytest.mark.long
def test_all_mechanisms_in_a_cell_on_any_ranks(tmp_path):
    found = []
    for ranks in (1, 2):
        found.append(run_quake(scene(tmp_path / str(ranks), "conventional", precision="float64"), ranks))
    assert np.abs(found[0]["fields.vx"]).max() > 0
    assert differing(found[1], found[0]) == []


@pytest.mark.long
def test_a_killed_run_goes_on_bit_for_bit(alone, tmp_path):
    def end(run, clock):
        if clock.step == 22:
            raise Killed

    with pytest.raises(Killed):
        march_quake(scene(tmp_path), end, 2)
    assert differing(run_quake(scene(tmp_path), 3, resume=True), alone) == []


def test_a_checkpoint_of_whole_variables_is_refused(tmp_path):
    made = change(scene(tmp_path, memory=None), "time.duration", 0.12)
    run_quake(made)
    with pytest.raises(InputError, match="another configuration"):
        run_quake(change(made, "physics.memory_variable_precision", "bfloat16"), resume=True)


@pytest.mark.parametrize(("attenuation", "precision", "item", "count"), [
    ("coarse", "float32", 4, 6), ("conventional", "float32", 4, 18), ("coarse", "float64", 8, 6),
])  # fmt: skip
def test_the_memory_predicted_is_that_allocated(attenuation, precision, item, count, tmp_path):
    setups = []
    for made in (
        scene(tmp_path, attenuation, None, precision=precision),
        scene(tmp_path, attenuation, precision=precision),
    ):
        setups.append(Seismic().check(configured(made), SerialComm()))
    whole, short = (setup.memory["state and medium"] for setup in setups)
    block = setups[1].decomposition.blocks[0]
    shape = allocated_shape(block, setups[1].grid.nz)
    settings = crust_settings(setups[1].config, setups[1].ground, setups[1].discretisation)
    assert whole - short == (item - 2) * count * np.prod(shape)
    memory, tables = allocate_memory(select("numpy", precision), block, shape, settings)
    assert memory.shape == (len(tables), 6, *shape) and memory.nbytes == 2 * count * np.prod(shape)


def test_a_type_of_nothing_is_refused():
    with pytest.raises(
        InputError,
        match="physics.memory_variable_precision: 'bfloat16' has no memory variables to apply to without attenuation",
    ):
        from_dict(change(quake("unused"), "physics.memory_variable_precision", "bfloat16"))
    with pytest.raises(InputError, match="bfloat16"):
        from_dict(change(quake("unused", "coarse"), "physics.memory_variable_precision", "float8"))


# ------------------------------------------------------------------ the case of validation


@pytest.mark.compile
def test_what_rounding_changes_is_a_hundredth_of_what_attenuation_does(tmp_path, monkeypatch):
    """At 2.5 and 3 wavelengths, in a smaller block than that of the case."""
    monkeypatch.setattr(memory16, "WAVES", np.array([2.5, 3.0]))
    bounds = memory16.judge(memory16.CASE.run(tmp_path, quick=True))
    assert [bound.quantity for bound in bounds if not bound.passed] == []
    assert len(bounds) == 8 and all(bound.computed > 0 for bound in bounds)
    whole, short = (bound.computed for bound in bounds[-2:])
    assert short == pytest.approx(whole, abs=1e-3)


def test_point_sources_take_memory_by_their_components():
    def group(n, moment, force):
        return PointSources(
            "group",
            *np.zeros((3, n)),
            moment=np.full((n, 6), moment),
            force=np.full((n, 3), force),
            rates=lambda times: np.zeros((times.size, n)),
        )

    both = predict_sources([group(10, 1.0, 1.0)], 1)["point sources"]
    moments, forces = (
        predict_sources([group(10, *amounts)], 1)["point sources"] for amounts in ((1, 0), (0, 1))
    )
    assert (moments, both) == (2 * forces, 3 * forces) and forces > 0
    assert predict_sources([group(1000, 1.0, 0.0)], 1)["point sources"] == 100 * moments
    assert predict_sources([], 2) == {"point sources": 0}
